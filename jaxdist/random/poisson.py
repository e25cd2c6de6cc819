"""Poisson counts."""

from __future__ import annotations

import math
from collections.abc import Callable

import jax.numpy as jnp
from jax import Array, lax

from jaxdist.numerics.integers import add_steps
from jaxdist.random.sampler import sampler
from jaxdist.random.transformed_rejection import (
    SMALL_MEAN,
    count_by_inversion,
    invert_or_reject,
    log_poisson_weight,
    propose_step,
)
from jaxdist.random.words import Shape

_LARGEST = 1e16  # the largest rate of which steps from the rate are an int32


@sampler
def poisson(key: Array, rate: Array, shape: Shape) -> Array:
    """Draw from Poisson distributions, exactly for large rates too.

    Hoermann, The Transformed Rejection Method for Generating Poisson Random Variables (1993).

    Args:
      key: a PRNG key of any kind.
      rate: non-negative, broadcastable to `shape`; below 0, or where it is NaN, it counts as 0.
      shape: shape of the draws.

    Returns:
      Counts of type int32; a larger one becomes 2^31 - 2.
    """
    return _draw(key, rate, shape, add_steps)


def poisson_parts(key: Array, rate: Array, shape: Shape) -> tuple[Array, Array]:
    """Draw from Poisson distributions, also where counts do not fit into int32.

    Args:
      key: a PRNG key of any kind.
      rate: as for `poisson`.
      shape: shape of the draws.

    Returns:
      Whole numbers, as floats of the shape of `rate`, and steps from them to the draws, as int32.
    """
    start = jnp.where(rate >= SMALL_MEAN, jnp.floor(rate), 0)
    return lax.stop_gradient(start), _draw(key, rate, shape, lambda _, step: step)


def _draw(key: Array, rate: Array, shape: Shape, add: Callable[[Array, Array], Array]) -> Array:
    """Draw small counts, and elsewhere what `add` makes of the rate's floor and of a step."""
    rate = lax.stop_gradient(jnp.where(rate > 0, jnp.minimum(rate, _LARGEST), 0))
    small = rate < SMALL_MEAN
    low, high = jnp.where(small, rate, 0), jnp.where(small, SMALL_MEAN, rate)

    def invert(steps: int) -> Array:
        ratio = lambda k: low * (1 / k)
        return count_by_inversion(key, jnp.exp(-low), ratio, shape, steps)

    def count(step: Array) -> Array:
        return add(jnp.floor(high), step)

    def propose(first: Array, second: Array, rate: Array) -> Array:
        b = 0.931 + 2.53 * jnp.sqrt(rate)
        base = jnp.floor(rate)
        step, point = propose_step(first, second, rate - base + 0.43, 0.02483 * b - 0.059, b)
        log_weight, square = log_poisson_weight(base + step, (rate - base) - step, rate)
        point = point * (1.1239 + 1.1328 / (b - 3.4)) * jnp.sqrt(square)
        return jnp.where(point <= jnp.exp(log_weight), step, math.nan)

    return invert_or_reject(key, small, invert, count, propose, (high,), shape)
