"""Distributions on the simplex: draws that stay positive, and parameters of stick-breaking."""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array

from jaxdist.arguments import as_numbers
from jaxdist.distribution import Distribution


class TwoVectors(Distribution):
    """Base of distributions whose two parameters are vectors, for which numbers may be given."""

    def _promote(self) -> None:
        """Broadcast numbers to vectors, as torch does."""
        names, owner = tuple(self._stored()), type(self).__name__
        for name in names:
            value = as_numbers(owner, f"parameter {name!r}", vars(self)[name])
            vars(self)[name] = jnp.atleast_1d(jnp.asarray(value))
        super()._promote()
        first, second = (vars(self)[name] for name in names)
        sizes = first.shape[-1:], second.shape[-1:]
        if len(set(sizes) - {(1,)}) > 1:
            raise ValueError(
                f"{owner}: {' and '.join(names)} must be of equal length; got shapes "
                f"{first.shape} and {second.shape}"
            )
        size = jnp.broadcast_shapes(*sizes)
        for name in names:
            value = vars(self)[name]
            vars(self)[name] = jnp.broadcast_to(value, value.shape[:-1] + size)


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
