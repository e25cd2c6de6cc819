"""Statistics of episodes: returns, lengths, and numbers that are not finite."""

from __future__ import annotations

import functools
import math
from typing import NamedTuple

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
      nonfinite_observations: number of steps with an observation that is NaN or infinite.
      nonfinite_rewards: number of steps with such a reward.
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


def nonfinite(observations: tuple[Array, ...], reward: Array) -> Nonfinite:
    """Find the numbers of steps that are not finite.

    Args:
      observations: the observations of the steps, `[..., observation_size]`.
      reward: their rewards, `[...]`.
    """
    no = jnp.zeros(reward.shape, bool)
    # Booleans and integers are always finite.
    floats = [s for s in observations if jnp.issubdtype(s.dtype, jnp.inexact)]
    ill = [~jnp.all(jnp.isfinite(s), axis=-1) for s in floats]
    return Nonfinite(functools.reduce(jnp.logical_or, ill, no), ~jnp.isfinite(reward))


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
    reached = (transitions.observation, transitions.next_observation)
    ill = nonfinite(reached, transitions.reward)
    return Episodes(
        count=jnp.asarray(mask.shape[1]),
        total_return=jnp.sum(transitions.reward, where=mask),
        total_length=jnp.sum(mask),
        nonfinite_observations=jnp.sum(ill.observation, where=mask),
        nonfinite_rewards=jnp.sum(ill.reward, where=mask),
    )
