"""Slopes that overflow, times changes that may be 0."""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array


def finite(slope: Array) -> Array:
    """Clip to finite numbers: times a change of 0 they are 0, unlike infinity."""
    largest = float(jnp.finfo(slope.dtype).max)
    return jnp.clip(slope, -largest, largest)


def along(slope: Array, change: Array) -> Array:
    """Multiply; an infinite slope times 0 is 0, also in reverse mode, so that masks hide it."""
    is_infinite = jnp.isinf(slope)
    return change * jnp.where(is_infinite, 4, 1) * finite(slope)
