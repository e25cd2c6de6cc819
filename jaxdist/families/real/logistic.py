"""Logistic distribution."""

from __future__ import annotations

import math

import jax.numpy as jnp
from jax import Array

from jaxdist import constraints, random
from jaxdist.arguments import Shape
from jaxdist.bases.location_scale import SymmetricLocationScale
from jaxdist.parameters import Param, param
from jaxdist.special import log_sigmoid_slope, sigmoid, softplus


class Logistic(SymmetricLocationScale):
    r"""Logistic distribution, whose cumulative distribution function is the sigmoid.

    .. math:: p(x) = \sigma(z)\,\sigma(-z) / \mathrm{scale}, \quad
              z = (x - \mathrm{loc}) / \mathrm{scale}

    Args:
      loc: mean and median, any shape broadcastable with `scale`.
      scale: positive scale, in the units of `loc`.
    """

    loc: Param = param(constraints.real)
    scale: Param = param(constraints.positive)

    def _standard_rsample(self, key: Array, shape: Shape) -> Array:
        return random.logistic(key, shape, self.dtype)

    def _standard_log_prob(self, z: Array) -> Array:
        return log_sigmoid_slope(z)

    def _standard_sf_of_positive(self, t: Array) -> Array:
        return sigmoid(-t)

    def _standard_log_sf_of_positive(self, t: Array) -> Array:
        return -softplus(t)

    def _standard_isf(self, p: Array) -> Array:
        return jnp.log1p(-p) - jnp.log(p)

    def _stddev(self) -> Array:
        return math.pi / math.sqrt(3) * self.scale

    def _skewness(self) -> Array:
        return jnp.full_like(self.scale, 0)

    def _kurtosis(self) -> Array:
        return jnp.full_like(self.scale, 1.2)

    def _entropy(self) -> Array:
        return 2 + jnp.log(self.scale)
