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


def covariance_of_shares(variance: Array, shares: Array, scale: Array) -> Array:
    """Return the covariance matrix of shares of a whole, of which none is correlated but by that.

    Args:
      variance: shape `(..., n)`.
      shares: their means, or what these are proportional to, shape `(..., n)`.
      scale: minus the covariance of two of them over the product of their shares, shape `(..., 1)`.
    """
    others = -scale[..., None] * shares[..., :, None] * shares[..., None, :]
    return jnp.where(jnp.eye(shares.shape[-1], dtype=bool), variance[..., None], others)
