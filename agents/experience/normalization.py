"""Normalization of observations and rewards by running statistics, and of advantages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import jax
import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

import jaxdist as jd

from ..execution.shards import ALL_STREAMS, Shard

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


def update_moments(moments: Moments, x: Array, shard: Shard = ALL_STREAMS) -> Moments:
    """Update running moments by a batch.

    Args:
      moments: the moments of earlier observations, of shape `event`.
      x: the shard's part of the batch, `[..., *event]`.
      shard: the shard.

    Returns:
      The moments of earlier observations and the batch of all shards together.

    References:
      Chan et al. 1979, "Updating formulae and a pairwise algorithm for computing sample variances".
    """
    x = x.reshape(-1, *moments.mean.shape).astype(moments.mean.dtype)
    mean, variance = (m[0] for m in batch_moments(x, shard, axis=(0,)))
    count = shard.count * x.shape[0]
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


def batch_moments(x: Array, shard: Shard, axis: Sequence[int]) -> tuple[Array, Array]:
    """The mean and the variance over some axes, which stay with length 1, and over the shards."""
    mean = shard.mean(jnp.mean(x, axis, keepdims=True))
    return mean, shard.mean(jnp.mean((x - mean) ** 2, axis, keepdims=True))


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

    stream_axes: ClassVar[dict[str, int]] = {"returns": 0}

    moments: Moments
    returns: Array


def initial_scale(num_streams: int) -> RewardScale:
    """The scale before the first reward."""
    return RewardScale(initial_moments(), jnp.zeros(num_streams))


def normalize_rewards(
    scale: RewardScale,
    reward: Array,
    ended: Array,
    gamma: ArrayLike,
    shard: Shard = ALL_STREAMS,
) -> tuple[RewardScale, Array]:
    """Divide rewards by the running standard deviation of the discounted return.

    G_t = gamma G_tm1 + r_t, reset with every episode; r_t / stddev(G), clipped to [-LIMIT, LIMIT].

    Args:
      scale: the scale before the rollout.
      reward: the rewards of a rollout, `[num_steps, num_streams]`.
      ended: whether an episode ended with the step, of the same shape.
      gamma: discount factor, scalar.
      shard: the shard that the streams are.

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
    moments = update_moments(scale.moments, returns, shard)
    normalized = jnp.clip(reward / jnp.sqrt(moments.variance + 1e-8), -LIMIT, LIMIT)
    return RewardScale(moments, last), normalized


def standardize(x: Array, mean: Array, variance: Array) -> Array:
    """(x - mean) / stddev."""
    return (x - mean) / (jnp.sqrt(variance) + 1e-8)


def normalize_advantages(advantage: Array, shard: Shard = ALL_STREAMS) -> Array:
    """Advantages, `[rows]`, with mean 0 and standard deviation 1 over the rows of all shards."""
    return standardize(advantage, *batch_moments(advantage, shard, axis=(0,)))
