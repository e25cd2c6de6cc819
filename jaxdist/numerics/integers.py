"""Whole numbers as int32, and the integers of an interval."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np
from jax import Array

LARGEST_COUNT = 2**31 - 2  # counts are int32; one less, because a gap of counts is one as well


def to_count(x: Array) -> Array:
    """Convert whole numbers to int32; what does not fit becomes the largest count."""
    top = float(np.nextafter(np.float32(LARGEST_COUNT), np.float32(0)))
    return jnp.where(x > top, LARGEST_COUNT, jnp.clip(x, -top, top).astype(jnp.int32))


def integer_bounds(d: Any) -> tuple[Array, Array]:
    """Return the ends of a discrete support as int32; those that do not fit become the largest."""
    low, high = (jnp.asarray(bound, jnp.float32) for bound in d.support.bounds)
    return to_count(jnp.maximum(low, -float(LARGEST_COUNT))), to_count(high)
