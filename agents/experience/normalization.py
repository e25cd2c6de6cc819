"""Running statistics of observations and rewards, and what they bring to a common scale."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

import jaxdist as jd

LIMIT = 10.0
"""Where normalised numbers are cut off."""


class Moments(jd.Pytree):
    """Mean and variance of all that has been seen.

    Attributes:
      mean: the mean, shape of one observation.
      variance: the variance, of the same shape.
      count: how many have been seen, scalar.
    """

    mean: Array
    variance: Array
    count: Array


def no_moments(shape: tuple[int, ...] = ()) -> Moments:
    """The moments before anything has been seen: they change nothing when normalising."""
    return Moments(jnp.zeros(shape), jnp.ones(shape), jnp.zeros(()))


def see(moments: Moments, x: Array) -> Moments:
    """Take a batch into account.

    Args:
      moments: those of what was seen before, of shape `event`.
      x: the batch, `[..., *event]`.

    Returns:
      The moments of all.

    References:
      Chan et al. 1979, "Updating formulae and a pairwise algorithm for computing sample variances".
    """
    x = x.reshape(-1, *moments.mean.shape)
    mean, variance, count = x.mean(0), x.var(0), x.shape[0]
    total = moments.count + count
    share = count / total
    delta = mean - moments.mean
    return Moments(
        mean=moments.mean + delta * share,
        variance=moments.variance * (1 - share) + variance * share + delta**2 * share * (1 - share),
        count=total,
    )


def standardize(moments: Moments, x: Array) -> Array:
    """(x - mean) / stddev, cut off at `LIMIT`."""
    scaled = (x - moments.mean) / jnp.sqrt(moments.variance + 1e-8)
    return jnp.clip(scaled, -LIMIT, LIMIT)


class Scale(jd.Pytree):
    """What scales rewards: the moments of the discounted return so far, and that of each stream.

    Attributes:
      moments: of the returns, scalars.
      returns: where each stream's stands, `[num_streams]`.
    """

    moments: Moments
    returns: Array


def no_scale(num_streams: int) -> Scale:
    """The scale before the first reward."""
    return Scale(no_moments(), jnp.zeros(num_streams))


def scale_rewards(
    scale: Scale, reward: Array, ended: Array, gamma: ArrayLike
) -> tuple[Scale, Array]:
    """Divide rewards by the standard deviation of the discounted return so far.

    R_t = gamma R_tm1 + r_t, beginning anew with every episode; r_t / stddev(R), cut off at `LIMIT`.

    Args:
      scale: what is known from before.
      reward: the rewards of a rollout, `[num_steps, num_streams]`.
      ended: whether an episode ended with the step, alike.
      gamma: discount factor, scalar.

    Returns:
      What is known now, these rewards included, and the scaled rewards.

    References:
      Engstrom et al. 2020, "Implementation matters in deep policy gradients", section 3.
    """

    def step(r_tm1: Array, x: tuple[Array, Array]) -> tuple[Array, Array]:
        r_t, ended_t = x
        total = jnp.asarray(gamma) * r_tm1 + r_t
        return jnp.where(ended_t, 0.0, total), total

    last, returns = jax.lax.scan(step, scale.returns, (reward, ended))
    moments = see(scale.moments, returns)
    scaled = jnp.clip(reward / jnp.sqrt(moments.variance + 1e-8), -LIMIT, LIMIT)
    return Scale(moments, last), scaled
