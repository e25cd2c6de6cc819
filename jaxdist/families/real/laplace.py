"""Laplace distribution."""

from __future__ import annotations

import math

import jax.numpy as jnp
from jax import Array

from jaxdist import constraints, random
from jaxdist.arguments import Shape
from jaxdist.bases.location_scale import SymmetricLocationScale
from jaxdist.parameters import Param, param


class Laplace(SymmetricLocationScale):
    r"""Laplace (double exponential) distribution.

    .. math:: p(x) = \exp(-|x - \mathrm{loc}| / \mathrm{scale}) / (2\,\mathrm{scale})

    Args:
      loc: mean and median, any shape broadcastable with `scale`.
      scale: positive mean distance from `loc`, in the units of `loc`.
    """

    loc: Param = param(constraints.real)
    scale: Param = param(constraints.positive)

    def _standard_rsample(self, key: Array, shape: Shape) -> Array:
        return random.laplace(key, shape, self.dtype)

    def _standard_log_prob(self, z: Array) -> Array:
        return -z * jnp.sign(z) - math.log(2)  # its slope at 0 is 0; that of jnp.abs is 1

    def _standard_sf_of_positive(self, t: Array) -> Array:
        return jnp.exp(-t) / 2

    def _standard_log_sf_of_positive(self, t: Array) -> Array:
        return -t - math.log(2)

    def _standard_isf(self, p: Array) -> Array:
        return -jnp.log(2 * p)

    def _variance(self) -> Array:
        return 2 * self.scale**2

    def _stddev(self) -> Array:
        return math.sqrt(2) * self.scale

    def _skewness(self) -> Array:
        return jnp.full_like(self.scale, 0)

    def _kurtosis(self) -> Array:
        return jnp.full_like(self.scale, 3)

    def _entropy(self) -> Array:
        return 1 + math.log(2) + jnp.log(self.scale)
