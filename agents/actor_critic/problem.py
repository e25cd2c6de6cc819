"""The objects built from a config: environment, networks and optimizer."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import jax
import jax.numpy as jnp
from jax import Array

import jaxdist as jd

from ..execution.shards import Shard
from ..experience import environments
from ..experience.environment import Environment
from ..networks.actors import Actor
from ..networks.critics import Critic
from ..networks.layers import ACTIVATIONS, Network, Params
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
      torso: the network from observations to features that actor and critic share, or None.
    """

    config: AnyConfig
    env: Environment
    actor: Actor
    critic: Critic
    optimizer: Any
    shard: Shard
    torso: Network[Array] | None = None

    def policy(self, params: dict[str, Params], s: Array) -> jd.Distribution:
        """The distribution over actions at observations `[..., observation_size]`."""
        return self.actor.apply(params["actor"], self.head_input(params, s))

    def value(self, params: dict[str, Params], s: Array) -> Array:
        """The output of the critic at observations, `[...]` or `[..., config.values.size]`."""
        return self.critic.apply(params["critic"], self.head_input(params, s))

    def policy_and_value(
        self, params: dict[str, Params], s: Array
    ) -> tuple[jd.Distribution, Array]:
        """Both, of which what they share is computed and differentiated once."""
        x = self.head_input(params, s)
        return self.actor.apply(params["actor"], x), self.critic.apply(params["critic"], x)

    def head_input(self, params: dict[str, Params], s: Array) -> Array:
        """The input of actor and critic: observations, or their mask and the shared features."""
        return s if self.torso is None else self.masked(s, self.features(params, s))

    def features(self, params: dict[str, Params], s: Array) -> Array:
        """The activations of the torso, `[..., features]`."""
        assert self.torso is not None
        return ACTIVATIONS[self.config.activation](self.torso.apply(params["torso"], s))

    def masked(self, s: Array, features: Array) -> Array:
        """The mask of actions of observations, if there is one, followed by features."""
        return jnp.concatenate([s[..., : self.env.mask_size], features], axis=-1)


def build_problem(
    config: AnyConfig, optimizer: Any, shard: Shard, torso: Network[Array] | None = None
) -> Problem[AnyConfig]:
    """The problem of a config, an optimizer, a shard and the torso of shared features."""
    env = environments.make(config.env)
    actor, critic = reads_floats(config.make_actor()), reads_floats(config.make_critic())
    return Problem(config, env, actor, critic, optimizer, shard, torso)


def reads_floats(network: Actor | Network[Array]) -> Network[Any]:
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
