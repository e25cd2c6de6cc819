"""Draws on the simplex that stay positive where they underflow."""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array


def smallest_normal(dtype: jnp.dtype) -> float:
    """Return the smallest normal number, to which smaller entries are rounded up."""
    return float(jnp.finfo(dtype).tiny)


def positive_exp(log_x: Array) -> Array:
    """Return the exponential, but at least the smallest normal number."""
    return jnp.maximum(jnp.exp(log_x), smallest_normal(log_x.dtype))
