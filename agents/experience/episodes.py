"""Statistics of episodes: returns, lengths, and numbers that are not finite."""

from __future__ import annotations

import functools
import math
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import Array

import jaxdist as jd

from .streams import Transition


class Episodes(jd.Pytree):
    """Statistics of a rollout, as sums, whose size does not grow with it.

    Attributes:
      count: number of episodes that ended.
      total_return: the sum of their undiscounted returns.
      total_length: the sum of their lengths.
      nonfinite_observations: number of steps in which the environment returned an observation that
        is NaN or infinite, see `nonfinite`.
      nonfinite_rewards: number of steps in which it returned such a reward.
    """

    count: Array
    total_return: Array
    total_length: Array
    nonfinite_observations: Array
    nonfinite_rewards: Array

    def metrics(self) -> dict[str, Array]:
        """The number of episodes, their mean return and mean length (NaN without episodes).

        Under `jax_debug_nans`, where a NaN is an error, the means of no episodes are 0. The numbers
        of steps that are not finite are there too; a run does not log them (`agents.runs.guards`).
        """
        none = 0.0 if getattr(jax.config, "jax_debug_nans", False) else math.nan
        mean = lambda total: jnp.where(self.count > 0, total / jnp.maximum(self.count, 1), none)
        return {
            "episodes": self.count,
            "episode_return": mean(self.total_return),
            "episode_length": mean(self.total_length),
            "nonfinite_observations": self.nonfinite_observations,
            "nonfinite_rewards": self.nonfinite_rewards,
        }


class Nonfinite(NamedTuple):
    """Where an environment has returned NaN or infinite numbers, booleans `[...]`.

    Attributes:
      observation: in one of the observations.
      reward: in the reward.
    """

    observation: Array
    reward: Array


def nonfinite(transitions: Transition, is_first: Array) -> Nonfinite:
    """Find the steps in which an environment has returned numbers that are not finite.

    What follows an observation or an action that is not finite does not count: it is an effect.

    Args:
      transitions: the steps, `[...]`.
      is_first: whether an episode begins with the step, `[...]`.
    """
    num_axes = is_first.ndim
    before = _are_finite(transitions.observation, num_axes)
    after = _are_finite(transitions.next_observation, num_axes)
    is_given = before & _are_finite(transitions.action, num_axes)
    return Nonfinite(
        observation=(is_given & ~after) | (is_first & ~before),
        reward=is_given & ~jnp.isfinite(transitions.reward),
    )


def _are_finite(tree: Any, num_axes: int) -> Array:
    """Whether all floats of a tree are finite, without reducing its first axes."""
    # Booleans and integers are always finite.
    floats = [x for x in jax.tree.leaves(tree) if jnp.issubdtype(x.dtype, jnp.inexact)]
    finite = [jnp.all(jnp.isfinite(x), axis=tuple(range(num_axes, x.ndim))) for x in floats]
    return functools.reduce(jnp.logical_and, finite, jnp.asarray(True))


def summarize_rollout(ill: Nonfinite, ended: Array, returns: Array, lengths: Array) -> Episodes:
    """The statistics of a rollout.

    Args:
      ill: where it has numbers that are not finite, each `[num_steps, num_streams]`.
      ended: whether an episode ended with the step, `[num_steps, num_streams]`.
      returns: the return of the episode up to the step, `[num_steps, num_streams]`.
      lengths: its length up to the step, `[num_steps, num_streams]`.
    """
    return Episodes(
        count=jnp.sum(ended),
        total_return=jnp.sum(jnp.where(ended, returns, 0.0)),
        total_length=jnp.sum(jnp.where(ended, lengths, 0)),
        nonfinite_observations=jnp.sum(ill.observation),
        nonfinite_rewards=jnp.sum(ill.reward),
    )


def summarize_episodes(transitions: Transition, mask: Array) -> Episodes:
    """The statistics of what `play_episodes` returns."""
    first = jnp.arange(len(mask))[:, None] == 0
    ill = nonfinite(transitions, jnp.broadcast_to(first, mask.shape))
    return Episodes(
        count=jnp.asarray(mask.shape[1]),
        total_return=jnp.sum(transitions.reward, where=mask),
        total_length=jnp.sum(mask),
        nonfinite_observations=jnp.sum(ill.observation, where=mask),
        nonfinite_rewards=jnp.sum(ill.reward, where=mask),
    )
