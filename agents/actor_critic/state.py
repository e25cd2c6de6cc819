"""The state of training: parameters, optimizer, streams and running statistics."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array

import jaxdist as jd

from ..experience import normalization
from ..experience.normalization import Moments, RewardScale
from ..experience.rollout import FeedForwardPolicy, start_streams
from ..experience.streams import Streams
from ..networks.layers import Params
from .config import OnPolicyConfig
from .problem import Problem

Metrics = dict[str, Array]
"""Scalars by name; stacked over updates by `train`."""


class TrainState(jd.Pytree):
    """The training state that every algorithm has.

    Attributes:
      params: the parameters, by the name of their network.
      optimizer: the state of the optimizer, or of each of the optimizers.
      steps: environment steps so far, int32 scalar; it wraps around beyond 2^31, and runs count on
        (`agents.runs.metrics.count_steps`).
      key: a PRNG key.
    """

    params: dict[str, Params]
    optimizer: Any
    steps: Array
    key: Array


class ActorCriticState(TrainState):
    """The training state of on-policy algorithms.

    The parameters are those of `"actor"` and `"critic"` and, if they share features, `"torso"`.

    Attributes:
      streams: the environments between two rollouts.
      observations: running moments of the observations, or None if they are not normalized.
      rewards: running scale of the rewards, or None if they are not normalized.
    """

    streams: Streams
    observations: Moments | None
    rewards: RewardScale | None


def init_state(
    key: Array, problem: Problem[Any], init_optimizer: Callable[[dict[str, Params]], Any]
) -> ActorCriticState:
    """The state before the first update.

    Args:
      key: a PRNG key.
      problem: the problem.
      init_optimizer: function from the parameters to the state of the optimizer.
    """
    key_actor, key_critic, key_streams, key = jax.random.split(key, 4)
    params = {"actor": problem.actor.init(key_actor), "critic": problem.critic.init(key_critic)}
    if problem.torso is not None:
        params["torso"] = problem.torso.init(jax.random.fold_in(key_actor, 1))
    return ActorCriticState(
        params=params,
        optimizer=init_optimizer(params),
        streams=start_streams(
            key_streams, problem.env, problem.config.num_envs, shard=problem.shard
        ),
        **initial_statistics(problem),
        steps=jnp.zeros((), jnp.int32),
        key=key,
    )


def initial_statistics(problem: Problem[Any]) -> dict[str, Any]:
    """The running statistics of a state before the first step."""
    config: OnPolicyConfig = problem.config
    shape = (problem.env.observation_size,)
    moments = normalization.initial_moments(shape) if config.normalize_observations else None
    num_streams = problem.shard.share(config.num_envs)
    scale = normalization.initial_scale(num_streams) if config.normalize_rewards else None
    return {"observations": moments, "rewards": scale}


def current_policy(state: ActorCriticState, problem: Problem[Any]) -> FeedForwardPolicy:
    """The policy with a state's parameters, from observations to distributions over actions."""
    return lambda *observation: problem.policy(
        state.params, normalize_observation(problem.env.as_flat(*observation), state, problem)
    )


def current_value(state: ActorCriticState, problem: Problem[Any]) -> Callable[[Array], Array]:
    """The value function with a state's parameters, from observations to values."""
    decode = problem.config.values.decode
    return lambda s: decode(problem.value(state.params, normalize_observation(s, state, problem)))


def normalize_observation(
    observation: Array, state: ActorCriticState, problem: Problem[Any]
) -> Array:
    """The input of the networks: a normalized observation, except for its action mask."""
    if state.observations is None:
        return observation
    is_mask = jnp.arange(observation.shape[-1]) < problem.env.mask_size
    return jnp.where(is_mask, observation, normalization.normalize(state.observations, observation))


def update_moments(
    state: ActorCriticState, observation: Array, problem: Problem[Any]
) -> Moments | None:
    """The running moments of the observations, updated by those of a rollout."""
    if state.observations is None:
        return None
    return normalization.update_moments(state.observations, observation, problem.shard)
