"""HalfNormal distribution."""

from __future__ import annotations

import math

import jax.numpy as jnp
from jax import Array, lax

from jaxdist import constraints
from jaxdist.bases.half import Half
from jaxdist.families.real.normal import Normal
from jaxdist.parameters import Param, param
from jaxdist.special import quotient


class HalfNormal(Half):
    r"""Half-normal distribution, of the absolute value of X for a normal X with mean 0.

    .. math:: p(x) = \sqrt{2 / \pi}\, \exp(-z^2 / 2) / \mathrm{scale}, \quad
              z = x / \mathrm{scale}, \quad x \ge 0

    Args:
      scale: positive standard deviation of X, any shape.
    """

    scale: Param = param(constraints.positive)

    _is_smooth_at_ends = True

    @property
    def base_dist(self) -> Normal:
        """The normal distribution of X."""
        return Normal(jnp.zeros_like(self.scale), self.scale, validate_args=False)

    def _cdf(self, x: Array) -> Array:
        return lax.erf(quotient(x, self.scale) / math.sqrt(2))

    def _icdf(self, q: Array) -> Array:
        return self.scale * (math.sqrt(2) * lax.erf_inv(q))

    def _mean(self) -> Array:
        return math.sqrt(2 / math.pi) * self.scale

    def _stddev(self) -> Array:
        return math.sqrt(1 - 2 / math.pi) * self.scale

    def _skewness(self) -> Array:
        return jnp.full_like(self.scale, math.sqrt(2) * (4 - math.pi) / (math.pi - 2) ** 1.5)

    def _kurtosis(self) -> Array:
        return jnp.full_like(self.scale, 8 * (math.pi - 3) / (math.pi - 2) ** 2)
