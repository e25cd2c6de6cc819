"""Positive numbers by their logarithms."""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array


def smallest_normal(dtype: jnp.dtype) -> float:
    """The smallest normal number, which stands for all smaller ones."""
    return float(jnp.finfo(dtype).tiny)


def positive_exp(log_x: Array) -> Array:
    """Exponential that is at least the smallest number, so that entries stay positive."""
    return jnp.maximum(jnp.exp(log_x), smallest_normal(log_x.dtype))
