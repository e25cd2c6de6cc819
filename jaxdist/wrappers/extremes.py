"""Maximum and Minimum: the extremes of independent draws from one distribution."""

from __future__ import annotations

import math

import jax.numpy as jnp
from jax import Array

from jaxdist import random
from jaxdist.arguments import Shape
from jaxdist.special import log1mexp
from jaxdist.wrappers.ranked_draw import (
    RankedDraw,
    quantile_of_log,
    quantile_of_log_survival,
)


class Maximum(RankedDraw):
    r"""The largest of n independent draws from a univariate distribution.

    .. math:: P(Y \le y) = P(X \le y)^n, \quad n = \mathrm{total\_count}

    Distributions.jl has it as `OrderStatistic` with the largest rank.

    Args:
      base_dist: the distribution of each draw, with a density or discrete.
      total_count: the number of draws, a positive integer.

    Example:
      >>> import jaxdist as jd
      >>> jd.Maximum(jd.Uniform(0.0, 1.0), 10).cdf(0.5).round(5)
      Array(0.00098, dtype=float32)
    """

    def _sample(self, key: Array, shape: Shape) -> Array:
        exponential = random.exponential(key, shape, self.dtype)
        return quantile_of_log(self.base_dist, -exponential / self.total_count)

    def _log_density(self, x: Array) -> Array:
        log_prob = math.log(self.total_count) + self.base_dist.log_prob(x)
        if self.total_count == 1:
            return log_prob
        return log_prob + (self.total_count - 1) * self.base_dist.log_cdf(x)

    def _cdf(self, x: Array) -> Array:
        return jnp.exp(self._log_cdf(x))

    def _log_cdf(self, x: Array) -> Array:
        return self.total_count * self.base_dist.log_cdf(x)

    def _survival_function(self, x: Array) -> Array:
        return -jnp.expm1(self._log_cdf(x))

    def _log_survival_function(self, x: Array) -> Array:
        return log1mexp(-self._log_cdf(x))

    def _icdf(self, q: Array) -> Array:
        return quantile_of_log(self.base_dist, jnp.log(q) / self.total_count)

    def _isf(self, q: Array) -> Array:
        return quantile_of_log(self.base_dist, jnp.log1p(-q) / self.total_count)


class Minimum(RankedDraw):
    r"""The smallest of n independent draws from a univariate distribution.

    .. math:: P(Y > y) = P(X > y)^n, \quad n = \mathrm{total\_count}

    Distributions.jl has it as `OrderStatistic` with rank 1.

    Args:
      base_dist: the distribution of each draw, with a density or discrete.
      total_count: the number of draws, a positive integer.

    Example:
      >>> import jaxdist as jd
      >>> jd.Minimum(jd.Exponential(2.0), 10).log_survival_function(0.5)
      Array(-10., dtype=float32)
    """

    def _sample(self, key: Array, shape: Shape) -> Array:
        exponential = random.exponential(key, shape, self.dtype)
        return quantile_of_log_survival(self.base_dist, -exponential / self.total_count)

    def _log_density(self, x: Array) -> Array:
        log_prob = math.log(self.total_count) + self.base_dist.log_prob(x)
        if self.total_count == 1:
            return log_prob
        return log_prob + (self.total_count - 1) * self.base_dist.log_survival_function(x)

    def _cdf(self, x: Array) -> Array:
        return -jnp.expm1(self._log_survival_function(x))

    def _log_cdf(self, x: Array) -> Array:
        return log1mexp(-self._log_survival_function(x))

    def _survival_function(self, x: Array) -> Array:
        return jnp.exp(self._log_survival_function(x))

    def _log_survival_function(self, x: Array) -> Array:
        return self.total_count * self.base_dist.log_survival_function(x)

    def _icdf(self, q: Array) -> Array:
        return quantile_of_log_survival(self.base_dist, jnp.log1p(-q) / self.total_count)

    def _isf(self, q: Array) -> Array:
        return quantile_of_log_survival(self.base_dist, jnp.log(q) / self.total_count)
