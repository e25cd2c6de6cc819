"""HalfCauchy distribution."""

from __future__ import annotations

import math

import jax.numpy as jnp
from jax import Array

from jaxdist import constraints
from jaxdist.arguments import Shape
from jaxdist.distribution import Distribution
from jaxdist.families.real.cauchy import Cauchy
from jaxdist.parameters import Param, param
from jaxdist.special import log_with_complement, quotient


class HalfCauchy(Distribution):
    r"""Half-Cauchy distribution, of the absolute value of X for a Cauchy X with median 0.

    .. math:: p(x) = \frac{2}{\pi\, \mathrm{scale}\, (1 + z^2)}, \quad
              z = x / \mathrm{scale}, \quad x \ge 0

    Its mean and variance are infinite.

    Args:
      scale: positive median, any shape.
    """

    scale: Param = param(constraints.positive)

    support = constraints.nonnegative
    has_rsample = True

    @property
    def base_dist(self) -> Cauchy:
        """The Cauchy distribution of X."""
        return Cauchy(jnp.zeros_like(self.scale), self.scale, validate_args=False)

    def _rsample(self, key: Array, shape: Shape) -> Array:
        return jnp.abs(self.base_dist._rsample(key, shape))

    def _log_prob(self, x: Array) -> Array:
        return self.base_dist._log_prob(x) + math.log(2)

    def _cdf(self, x: Array) -> Array:
        return 2 / math.pi * jnp.arctan(quotient(x, self.scale))

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
        return self.scale * _tan_of_quarter_turns(q)

    def _isf(self, q: Array) -> Array:
        return self.scale / _tan_of_quarter_turns(q)

    def _mean(self) -> Array:
        return jnp.full_like(self.scale, math.inf)

    def _mode(self) -> Array:
        return jnp.zeros_like(self.scale)

    def _variance(self) -> Array:
        return jnp.full_like(self.scale, math.inf)

    def _skewness(self) -> Array:
        return jnp.full_like(self.scale, math.nan)

    def _kurtosis(self) -> Array:
        return jnp.full_like(self.scale, math.nan)

    def _entropy(self) -> Array:
        return self.base_dist._entropy() - math.log(2)


def _tan_of_quarter_turns(q: Array) -> Array:
    r"""Return :math:`\tan(\pi q / 2)` for q in [0, 1]."""
    below_half = q < 0.5
    t = jnp.tan(math.pi / 2 * jnp.where(below_half, q, 1 - q))
    return jnp.where(below_half, t, 1 / jnp.where(below_half, 1, t))
