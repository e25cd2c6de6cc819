"""The unit of lengths in which the width of an interval does not overflow."""

from __future__ import annotations

import math

import jax.numpy as jnp
from jax import Array


def interval_unit(low: Array, high: Array) -> Array:
    """Return the unit of lengths of an interval: 1, or 2 where `high - low` overflows.

    Args:
      low: the lower end.
      high: the upper end.
    """
    return jnp.where(high - low < math.inf, 1.0, 2.0)
