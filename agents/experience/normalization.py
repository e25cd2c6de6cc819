"""Normalization of observations and rewards by running statistics, and of advantages."""

from __future__ import annotations

import dataclasses
from typing import Any, TypeVar

import jax
import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

import jaxdist as jd

AnyBatch = TypeVar("AnyBatch", bound=Any)

LIMIT = 10.0
"""Normalized numbers are clipped to [-LIMIT, LIMIT]."""


class Moments(jd.Pytree):
    """Running mean and variance.

    Attributes:
      mean: the mean, shape of one observation.
      variance: the variance, of the same shape.
      count: number of observations, scalar.
    """

    mean: Array
    variance: Array
    count: Array


def initial_moments(shape: tuple[int, ...] = ()) -> Moments:
    """The moments before the first observation: mean 0 and variance 1, of weight 0."""
    return Moments(jnp.zeros(shape), jnp.ones(shape), jnp.zeros(()))


def update_moments(moments: Moments, x: Array) -> Moments:
    """Update running moments by a batch.

    Args:
      moments: the moments of earlier observations, of shape `event`.
      x: the batch, `[..., *event]`.

    Returns:
      The moments of earlier observations and the batch together.

    References:
      Chan et al. 1979, "Updating formulae and a pairwise algorithm for computing sample variances".
    """
    x = x.reshape(-1, *moments.mean.shape).astype(moments.mean.dtype)
    mean, variance, count = x.mean(0), x.var(0), x.shape[0]
    total = moments.count + count
    weight = count / total
    delta = mean - moments.mean
    return Moments(
        mean=moments.mean + delta * weight,
        variance=moments.variance * (1 - weight)
        + variance * weight
        + delta**2 * weight * (1 - weight),
        count=total,
    )


def normalize(moments: Moments, x: Array) -> Array:
    """(x - mean) / stddev, clipped to [-LIMIT, LIMIT]."""
    scaled = (x - moments.mean) / jnp.sqrt(moments.variance + 1e-8)
    return jnp.clip(scaled, -LIMIT, LIMIT)


class RewardScale(jd.Pytree):
    """Running statistics of the discounted return, by which rewards are scaled.

    Attributes:
      moments: the moments of the return, scalars.
      returns: the current return of each stream, `[num_streams]`.
    """

    moments: Moments
    returns: Array


def initial_scale(num_streams: int) -> RewardScale:
    """The scale before the first reward."""
    return RewardScale(initial_moments(), jnp.zeros(num_streams))


def normalize_rewards(
    scale: RewardScale, reward: Array, ended: Array, gamma: ArrayLike
) -> tuple[RewardScale, Array]:
    """Divide rewards by the running standard deviation of the discounted return.

    G_t = gamma G_tm1 + r_t, reset with every episode; r_t / stddev(G), clipped to [-LIMIT, LIMIT].

    Args:
      scale: the scale before the rollout.
      reward: the rewards of a rollout, `[num_steps, num_streams]`.
      ended: whether an episode ended with the step, of the same shape.
      gamma: discount factor, scalar.

    Returns:
      The scale, updated by these rewards, and the normalized rewards.

    References:
      Engstrom et al. 2020, "Implementation matters in deep policy gradients", section 3.
    """

    def step(g_tm1: Array, x: tuple[Array, Array]) -> tuple[Array, Array]:
        r_t, ended_t = x
        g_t = jnp.asarray(gamma) * g_tm1 + r_t
        return jnp.where(ended_t, 0.0, g_t), g_t

    last, returns = jax.lax.scan(step, scale.returns, (reward, ended))
    moments = update_moments(scale.moments, returns)
    normalized = jnp.clip(reward / jnp.sqrt(moments.variance + 1e-8), -LIMIT, LIMIT)
    return RewardScale(moments, last), normalized


def normalize_advantages(batch: AnyBatch) -> AnyBatch:
    """A batch, any dataclass with an `advantage`, whose advantages have mean 0 and stddev 1."""
    advantage = batch.advantage
    advantage = (advantage - advantage.mean()) / (advantage.std() + 1e-8)
    return dataclasses.replace(batch, advantage=advantage)
