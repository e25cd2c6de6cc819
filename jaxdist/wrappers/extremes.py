"""Maximum and Minimum: the extremes of independent draws from one distribution."""

from __future__ import annotations

import math

import jax.numpy as jnp
from jax import Array, lax

from jaxdist import random
from jaxdist.arguments import Shape
from jaxdist.special import expm1, log1mexp
from jaxdist.wrappers.ranked_draw import (
    RankedDraw,
    quantile_of_log,
    quantile_of_log_survival,
)

_NEAR_ONE = 0.75
_LOG_TINY = -9.0  # its exponential is 1e-4, whose square is negligible beside 9


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
        return _power(self.base_dist.cdf(x), self.base_dist.log_cdf(x), self.total_count)

    def _log_cdf(self, x: Array) -> Array:
        return self.total_count * self.base_dist.log_cdf(x)

    def _survival_function(self, x: Array) -> Array:
        d = self.base_dist
        return _complement_of_power(d.cdf(x), d.log_cdf(x), self.total_count)

    def _log_survival_function(self, x: Array) -> Array:
        d = self.base_dist
        tails = d.cdf(x), d.log_cdf(x), d.log_survival_function(x)
        return _log_complement_of_power(*tails, self.total_count)

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
        d = self.base_dist
        tail, log_tail = d.survival_function(x), d.log_survival_function(x)
        return _complement_of_power(tail, log_tail, self.total_count)

    def _log_cdf(self, x: Array) -> Array:
        d = self.base_dist
        tails = d.survival_function(x), d.log_survival_function(x), d.log_cdf(x)
        return _log_complement_of_power(*tails, self.total_count)

    def _survival_function(self, x: Array) -> Array:
        d = self.base_dist
        return _power(d.survival_function(x), d.log_survival_function(x), self.total_count)

    def _log_survival_function(self, x: Array) -> Array:
        return self.total_count * self.base_dist.log_survival_function(x)

    def _icdf(self, q: Array) -> Array:
        return quantile_of_log_survival(self.base_dist, jnp.log1p(-q) / self.total_count)

    def _isf(self, q: Array) -> Array:
        return quantile_of_log_survival(self.base_dist, jnp.log(q) / self.total_count)


# --- powers of a tail p, by itself up to 3/4 and by its logarithm near 1 -------------------------


def _power(p: Array, log_p: Array, n: int) -> Array:
    near_one = p > _NEAR_ONE
    of_log = jnp.exp(n * jnp.where(near_one, log_p, 0))
    return jnp.where(near_one, of_log, lax.integer_pow(jnp.where(near_one, 0, p), n))


def _complement_of_power(p: Array, log_p: Array, n: int) -> Array:
    near_one = p > _NEAR_ONE
    of_log = -expm1(n * jnp.where(near_one, log_p, 0))
    return jnp.where(near_one, of_log, 1 - lax.integer_pow(jnp.where(near_one, 0, p), n))


def _log_complement_of_power(p: Array, log_p: Array, log_complement: Array, n: int) -> Array:
    r"""Return log(1 - p^n), where 1 - p may underflow.

    .. math:: \log(1 - p^n) = \log n q - \tfrac{n - 1}{2} q + O(n^2 q^2), \quad q = 1 - p
    """
    near_one = p > _NEAR_ONE
    tiny = math.log(n) + log_complement < _LOG_TINY
    rare = jnp.where(tiny, log_complement, _LOG_TINY)
    of_rare = math.log(n) + rare - (n - 1) / 2 * jnp.exp(rare)
    of_log = log1mexp(-n * jnp.where(near_one & ~tiny, log_p, -1))
    of_power = jnp.log1p(-lax.integer_pow(jnp.where(near_one, 0, p), n))
    return jnp.where(tiny, of_rare, jnp.where(near_one, of_log, of_power))
