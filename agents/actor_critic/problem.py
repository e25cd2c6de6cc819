"""The objects built from a config: environment, networks and optimizer."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import jax
import jax.numpy as jnp
from jax import Array

from ..execution.shards import Shard
from ..experience import environments
from ..experience.environment import Environment
from ..networks.actors import Actor
from ..networks.critics import Critic
from ..networks.layers import Network, Params
from .config import Config

AnyConfig = TypeVar("AnyConfig", bound=Config)
AnyProblem = TypeVar("AnyProblem", bound="Problem[Any]")


@dataclass(frozen=True, eq=False)
class Problem(Generic[AnyConfig]):
    """The objects that a config describes.

    Numbers of the config may be tracers, so build the problem inside the transformed function.

    Attributes:
      config: the hyper-parameters.
      env: the environment.
      actor: the network of the policy.
      critic: the network of the value function, to the input of `config.values`.
      optimizer: the optimizer of the parameters, or a collection of optimizers.
      shard: the shard of the streams that this program computes.
    """

    config: AnyConfig
    env: Environment
    actor: Actor
    critic: Critic
    optimizer: Any
    shard: Shard


def build_problem(config: AnyConfig, optimizer: Any, shard: Shard) -> Problem[AnyConfig]:
    """The problem of a config, an optimizer and a shard."""
    env = environments.make(config.env)
    actor, critic = reads_floats(config.make_actor()), reads_floats(config.make_critic())
    return Problem(config, env, actor, critic, optimizer, shard)


def reads_floats(network: Actor | Critic) -> Network[Any]:
    """A network that converts its input, which may be stored in another dtype, to float32."""

    def apply(params: Params, x: Array) -> Any:
        return network.apply(params, x.astype(jnp.promote_types(x.dtype, jnp.float32)))

    return Network(network.init, apply)


def recompute_critic(problem: AnyProblem) -> AnyProblem:
    """The problem with a critic that keeps no activations for its derivative.

    They are computed again when the derivative needs them, and then those of the actor need no
    memory any more.
    """
    critic = problem.critic._replace(apply=jax.checkpoint(problem.critic.apply))
    return dataclasses.replace(problem, critic=critic)
