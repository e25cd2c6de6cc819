"""Single real numbers that have a probability, among those that have a density."""

from __future__ import annotations

import math

import jax.numpy as jnp
from jax import Array, lax

_ROUNDINGS = 4  # by which a number that was computed in two ways may differ from itself


def nearest_point(x: Array, points: Array) -> Array:
    """Return the nearest one of several points to each number; points that are NaN do not count.

    Args:
      x: any shape.
      points: shape `(number, *x.shape)`.
    """
    distance = jnp.where(points == x, 0, jnp.abs(points - x))
    index = jnp.argmin(jnp.where(jnp.isnan(distance), math.inf, distance), 0, keepdims=True)
    return jnp.take_along_axis(points, index, 0)[0]


def is_rounded(x: Array, exact: Array) -> Array:
    """Return where a number is another one but for rounding; False where that is NaN."""
    return jnp.abs(x - exact) <= _ROUNDINGS * jnp.finfo(x.dtype).eps * jnp.abs(exact)


def just_below(x: Array) -> Array:
    """Return the next smaller number; below 0 it is not subnormal, since these count as 0."""
    tiny = jnp.finfo(x.dtype).tiny
    is_zero = jnp.abs(x) < tiny
    nonzero = lax.stop_gradient(jnp.where(is_zero, 1, x))
    below = jnp.nextafter(nonzero, jnp.asarray(-math.inf, x.dtype))
    return jnp.where(is_zero, -tiny, below)
