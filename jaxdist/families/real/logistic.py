"""Logistic distribution."""

from __future__ import annotations

import math

import jax
import jax.numpy as jnp
from jax import Array

from jaxdist import constraints, random
from jaxdist.bases.location_scale import SymmetricLocationScale
from jaxdist.parameters import Param, param
from jaxdist.validation import Shape


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
        return jax.nn.log_sigmoid(z) + jax.nn.log_sigmoid(-z)

    def _standard_sf_of_positive(self, t: Array) -> Array:
        return jax.nn.sigmoid(-t)

    def _standard_log_sf_of_positive(self, t: Array) -> Array:
        return jax.nn.log_sigmoid(-t)

    def _standard_isf(self, p: Array) -> Array:
        return jnp.log1p(-p) - jnp.log(p)

    def _stddev(self) -> Array:
        return math.pi / math.sqrt(3) * self.scale

    def _entropy(self) -> Array:
        return 2 + jnp.log(self.scale)
