"""What a config describes, built once and passed down: environment, networks and optimizer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from agents.actor_critic.config import Config, OnPolicyConfig
from agents.experience import environments
from agents.experience.environments import Environment
from agents.networks.actors import Actor, make_actor
from agents.networks.critics import Critic, make_critic

AnyConfig = TypeVar("AnyConfig", bound=Config)


@dataclass(frozen=True, eq=False)
class Problem(Generic[AnyConfig]):
    """The objects that a config describes.

    Numbers of the config may be tracers, so build the problem inside the transformed function.

    Attributes:
      config: the hyper-parameters.
      env: the environment.
      actor: the network of the policy.
      critic: the network of the value function.
      optimizer: the optimizer of the parameters, or a collection of optimizers.
    """

    config: AnyConfig
    env: Environment
    actor: Actor
    critic: Critic
    optimizer: Any


AnyOnPolicyConfig = TypeVar("AnyOnPolicyConfig", bound=OnPolicyConfig)


def on_policy_problem(config: AnyOnPolicyConfig, optimizer: Any) -> Problem[AnyOnPolicyConfig]:
    """The problem of a config and an optimizer."""
    env, shape = environments.make(config.env), (config.hidden_sizes, config.activation)
    return Problem(
        config=config,
        env=env,
        actor=config.actor or make_actor(env, *shape, config.distribution),
        critic=config.critic or make_critic(env, *shape),
        optimizer=optimizer,
    )
