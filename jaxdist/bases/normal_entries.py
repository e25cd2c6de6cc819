"""NormalEntries: base of vectors and matrices whose entries are normal."""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array

from jaxdist.distribution import Distribution


class NormalEntries(Distribution):
    """Base of distributions of arrays of which every entry has a normal distribution."""

    def _skewness(self) -> Array:
        return jnp.zeros((), self.dtype)

    def _kurtosis(self) -> Array:
        return jnp.zeros((), self.dtype)
