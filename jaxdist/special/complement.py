"""Logarithm of a probability that is given together with its complement."""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array


def log_with_complement(p: Array, q: Array) -> Array:
    """Return `log(p)`, computed as `log1p(-q)` where p is at least 1/2.

    Args:
      p: probability, any shape.
      q: `1 - p`, without the rounding of p, the shape of `p`.
    """
    small = p < 0.5
    return jnp.where(small, jnp.log(p), jnp.log1p(-jnp.where(small, 0, q)))
