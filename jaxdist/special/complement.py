"""Logarithm of a probability that is given together with its complement."""

from __future__ import annotations

import math

import jax.numpy as jnp
from jax import Array

from jaxdist.special.of_arrays import of_arrays


@of_arrays()
def log_with_complement(p: Array, q: Array) -> Array:
    """Return `log(p)`, computed as `log1p(-q)` where p is at least 1/2.

    Where p is 0 it is -inf, with derivatives of 0.

    Args:
      p: probability, any shape.
      q: `1 - p`, without the rounding of p, the shape of `p`.
    """
    # Bounded, not masked: a compiler may round p differently in each of its uses.
    positive = p > 0
    log_p = jnp.where(positive, jnp.log(jnp.where(positive, p, 1)), -math.inf)
    return jnp.where(p < 0.5, log_p, jnp.log1p(-jnp.minimum(q, 0.75)))
