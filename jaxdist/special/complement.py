"""Logarithm of a probability that is given together with its complement."""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array

from jaxdist.special.of_arrays import of_arrays


@of_arrays()
def log_with_complement(p: Array, q: Array) -> Array:
    """Return `log(p)`, computed as `log1p(-q)` where p is at least 1/2.

    Args:
      p: probability, any shape.
      q: `1 - p`, without the rounding of p, the shape of `p`.
    """
    # Bounded, not masked: a compiler may round p differently in each of its uses.
    return jnp.where(p < 0.5, jnp.log(p), jnp.log1p(-jnp.minimum(q, 0.75)))
