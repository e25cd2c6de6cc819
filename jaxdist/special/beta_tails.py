"""Tails of the beta distribution at probabilities that may underflow.

Where x is below the numbers of float32, the lower tail is a power of x, of which the logarithm is
known; so the upper tail where 1 - x is.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import jax.numpy as jnp
from jax import Array

from jaxdist.special.exp_log import log1mexp
from jaxdist.special.incomplete_beta import (
    betainc,
    betaincc,
    log_beta_power_factor,
    log_betainc,
    log_betaincc,
)
from jaxdist.special.of_arrays import of_arrays

_SMALLEST = 1e-30


class Probability(NamedTuple):
    """A probability x, its complement y = 1 - x, and the logarithms of both.

    x and y may underflow. Each logarithm is used only where its number is small.
    """

    x: Array
    y: Array
    log_x: Array
    log_y: Array


@of_arrays(last=Probability)
def beta_cdf(a: Array, b: Array, at: Probability) -> Array:
    r"""Compute :math:`I_x(a, b)`, for positive a and b of one shape and dtype with x."""
    return _extend(betainc, jnp.exp, lambda log_sf: -jnp.expm1(log_sf), a, b, at)


@of_arrays(last=Probability)
def beta_sf(a: Array, b: Array, at: Probability) -> Array:
    """Compute the complement of `beta_cdf`."""
    return _extend(betaincc, lambda log_cdf: -jnp.expm1(log_cdf), jnp.exp, a, b, at)


@of_arrays(last=Probability)
def log_beta_cdf(a: Array, b: Array, at: Probability) -> Array:
    """Compute the logarithm of `beta_cdf`."""
    return _extend(log_betainc, lambda log_cdf: log_cdf, _log_complement, a, b, at)


@of_arrays(last=Probability)
def log_beta_sf(a: Array, b: Array, at: Probability) -> Array:
    """Compute the logarithm of `beta_sf`."""
    return _extend(log_betaincc, _log_complement, lambda log_sf: log_sf, a, b, at)


def _log_complement(log_prob: Array) -> Array:
    return log1mexp(-log_prob)


def _extend(
    tail: Callable[..., Array],
    of_log_cdf: Callable[[Array], Array],
    of_log_sf: Callable[[Array], Array],
    a: Array,
    b: Array,
    at: Probability,
) -> Array:
    """Evaluate a tail, near the ends by the logarithm of the one that is a power."""
    low = (at.x < _SMALLEST) & jnp.isfinite(at.log_x)
    high = (at.y < _SMALLEST) & jnp.isfinite(at.log_y)
    is_power = low | high
    power, other = jnp.where(low, a, b), jnp.where(low, b, a)
    log_prob = power * jnp.where(is_power, jnp.where(low, at.log_x, at.log_y), -1)
    log_prob = jnp.minimum(log_prob - log_beta_power_factor(power, other), 0)
    log_prob = jnp.where(is_power, log_prob, -1)
    near_end = jnp.where(low, of_log_cdf(log_prob), of_log_sf(log_prob))
    harmless = (jnp.where(is_power, c, v) for c, v in ((1, a), (1, b), (0.5, at.x), (0.5, at.y)))
    return jnp.where(is_power, near_end, tail(*harmless))
