"""Whole numbers as int32, and the integers of an interval."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.typing import ArrayLike

LARGEST_COUNT = 2**31 - 2  # counts are int32; one less, because a gap of counts is one as well
_HALF = 2**30
_FAR = 2.0**31 + 2**28  # from which no sum with a step is an int32


def to_count(x: Array) -> Array:
    """Convert whole numbers to int32; what does not fit becomes the largest count of its sign."""
    if jnp.issubdtype(x.dtype, jnp.integer):
        return jnp.clip(x, -LARGEST_COUNT, LARGEST_COUNT).astype(jnp.int32)
    top = _largest_float(x.dtype)
    inside = jnp.clip(x, -top, top).astype(jnp.int32)
    return jnp.where(x > top, LARGEST_COUNT, jnp.where(x < -top, -LARGEST_COUNT, inside))


def _largest_float(dtype: np.dtype) -> float:
    """Return the largest float that is a count."""
    if jnp.finfo(dtype).bits > 32:
        return float(LARGEST_COUNT)
    return float(np.nextafter(np.float32(LARGEST_COUNT), np.float32(0)))


def fits(x: Array) -> Array:
    """Tell which numbers are no larger than the largest count."""
    if jnp.issubdtype(x.dtype, jnp.integer):
        return x <= LARGEST_COUNT
    return x <= jnp.asarray(_largest_float(x.dtype), x.dtype)


def add_steps(start: Array, steps: Array) -> Array:
    """Add integers to whole numbers; a sum that does not fit into int32 becomes the largest count.

    Args:
      start: whole numbers, as floats of any size.
      steps: int32, of a size of at most 2^28, broadcastable with `start`.

    Returns:
      int32, exact even where floats of the size of `start` are not.
    """
    near = jnp.clip(start, -_HALF, _HALF)
    rest = jnp.clip(start - near, -_FAR + _HALF, _FAR - _HALF)
    near = near.astype(jnp.int32)
    lowest, highest = -LARGEST_COUNT - jnp.minimum(near, 0), LARGEST_COUNT - jnp.maximum(near, 0)
    total = near + jnp.clip(rest.astype(jnp.int32) + steps, lowest, highest)
    farthest = jnp.where(start > 0, LARGEST_COUNT, -LARGEST_COUNT)
    return jnp.where(jnp.abs(start) < _FAR, total, farthest)


def integer_bounds(d: Any) -> tuple[Array, Array]:
    """Return the ends of a discrete support as int32; those that do not fit become the largest."""
    return as_counts(*d.support.bounds)


def as_counts(low: ArrayLike, high: ArrayLike) -> tuple[Array, Array]:
    """Return the ends of an interval of integers as int32: see `integer_bounds`."""
    return _as_count(low), _as_count(high)


def _as_count(end: ArrayLike) -> Array:
    if isinstance(end, int):
        end = max(-LARGEST_COUNT, min(end, LARGEST_COUNT))
    x = jnp.asarray(end)
    is_integer = jnp.issubdtype(x.dtype, jnp.integer)
    return to_count(x if is_integer else x.astype(jnp.promote_types(x.dtype, jnp.float32)))
