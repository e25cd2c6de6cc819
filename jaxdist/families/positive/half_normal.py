"""HalfNormal distribution."""

from __future__ import annotations

import math

import jax.numpy as jnp
from jax import Array, lax

from jaxdist import constraints
from jaxdist.arguments import Shape
from jaxdist.distribution import Distribution
from jaxdist.families.real.normal import Normal
from jaxdist.parameters import Param, param
from jaxdist.special import log_with_complement, ndtri, quotient


class HalfNormal(Distribution):
    r"""Half-normal distribution, of the absolute value of X for a normal X with mean 0.

    .. math:: p(x) = \sqrt{2 / \pi}\, \exp(-z^2 / 2) / \mathrm{scale}, \quad
              z = x / \mathrm{scale}, \quad x \ge 0

    Args:
      scale: positive standard deviation of X, any shape.
    """

    scale: Param = param(constraints.positive)

    support = constraints.nonnegative
    has_rsample = True

    @property
    def base_dist(self) -> Normal:
        """The normal distribution of X."""
        return Normal(jnp.zeros_like(self.scale), self.scale, validate_args=False)

    def _rsample(self, key: Array, shape: Shape) -> Array:
        return jnp.abs(self.base_dist._rsample(key, shape))

    def _log_prob(self, x: Array) -> Array:
        return self.base_dist._log_prob(x) + math.log(2)

    def _cdf(self, x: Array) -> Array:
        return lax.erf(quotient(x, self.scale) / math.sqrt(2))

    def _log_cdf(self, x: Array) -> Array:
        return log_with_complement(self._cdf(x), self._survival_function(x))

    def _survival_function(self, x: Array) -> Array:
        return 2 * self.base_dist._survival_function(x)

    def _log_survival_function(self, x: Array) -> Array:
        """Finite where the probability underflows, and exact where it is near 1."""
        cdf = self._cdf(x)
        far = self.base_dist._log_survival_function(x) + math.log(2)
        return jnp.where(cdf < 0.5, jnp.log1p(-jnp.minimum(cdf, 0.75)), far)

    def _icdf(self, q: Array) -> Array:
        return self.scale * math.sqrt(2) * lax.erf_inv(q)

    def _isf(self, q: Array) -> Array:
        return -self.scale * ndtri(q / 2)

    def _mean(self) -> Array:
        return math.sqrt(2 / math.pi) * self.scale

    def _mode(self) -> Array:
        return jnp.zeros_like(self.scale)

    def _stddev(self) -> Array:
        return math.sqrt(1 - 2 / math.pi) * self.scale

    def _skewness(self) -> Array:
        return jnp.full_like(self.scale, math.sqrt(2) * (4 - math.pi) / (math.pi - 2) ** 1.5)

    def _kurtosis(self) -> Array:
        return jnp.full_like(self.scale, 8 * (math.pi - 3) / (math.pi - 2) ** 2)

    def _entropy(self) -> Array:
        return self.base_dist._entropy() - math.log(2)
