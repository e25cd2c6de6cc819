"""Whole numbers as int32, and the integers of an interval."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.typing import ArrayLike

LARGEST_COUNT = 2**31 - 2  # counts are int32; one less, because a gap of counts is one as well


def to_count(x: Array) -> Array:
    """Convert whole numbers to int32; what does not fit becomes the largest count."""
    top = float(np.nextafter(np.float32(LARGEST_COUNT), np.float32(0)))
    return jnp.where(x > top, LARGEST_COUNT, jnp.clip(x, -top, top).astype(jnp.int32))


def integer_bounds(d: Any) -> tuple[Array, Array]:
    """Return the ends of a discrete support as int32; those that do not fit become the largest."""
    return as_counts(*d.support.bounds)


def as_counts(low: ArrayLike, high: ArrayLike) -> tuple[Array, Array]:
    """Return the ends of an interval of integers as int32: see `integer_bounds`."""
    first, last = jnp.asarray(low, jnp.float32), jnp.asarray(high, jnp.float32)
    return to_count(jnp.maximum(first, -float(LARGEST_COUNT))), to_count(last)
