"""DiscreteUniform distribution."""

from __future__ import annotations

import math

import jax.numpy as jnp
from jax import Array, lax

from jaxdist import constraints, random
from jaxdist.arguments import Shape
from jaxdist.bases.counts import common_count
from jaxdist.distribution import Distribution
from jaxdist.numerics.integers import LARGEST_COUNT, fits, to_count
from jaxdist.parameters import Param, param
from jaxdist.special import log_with_complement


class DiscreteUniform(Distribution):
    r"""Uniform distribution over the integers of an interval.

    .. math:: p(k) = 1 / (\mathrm{high} - \mathrm{low} + 1)

    Draws and quantiles are int32: a larger one becomes 2^31 - 2.

    Args:
      low: smallest value, an integer below 2^31 in size, any shape broadcastable with `high`.
      high: largest value, at least `low`.
    """

    low: Param = param(constraints.integer_interval(-LARGEST_COUNT, LARGEST_COUNT))
    high: Param = param(lambda d: constraints.integer_greater_than(d.low))

    has_enumerate_support = True

    @property
    def support(self) -> constraints.Constraint:
        """The integers of the closed interval."""
        return constraints.integer_interval(self.low, self.high)

    @property
    def num_values(self) -> Array:
        """The number of integers in the interval, as a float of shape `batch_shape`."""
        return self.high - self.low + 1

    def _sample(self, key: Array, shape: Shape) -> Array:
        exact = random.integers(key, to_count(self.low), to_count(self.high), shape)
        is_wide = ~fits(self.high)

        def of_wide() -> Array:
            """Return quantiles of uniform numbers, few of which are an int32."""
            wide = self._icdf(random.uniform_open(key, shape, self.dtype))
            return jnp.where(is_wide, wide, exact)

        return lax.cond(jnp.any(is_wide), of_wide, lambda: exact)

    def _log_prob(self, x: Array) -> Array:
        return jnp.broadcast_to(-jnp.log(self.num_values), x.shape)

    def _cdf(self, x: Array) -> Array:
        return (x - self.low + 1) / self.num_values

    def _survival_function(self, x: Array) -> Array:
        return (self.high - x) / self.num_values

    def _log_cdf(self, x: Array) -> Array:
        return log_with_complement(self._cdf(x), self._survival_function(x))

    def _log_survival_function(self, x: Array) -> Array:
        return log_with_complement(self._survival_function(x), self._cdf(x))

    def _icdf(self, q: Array) -> Array:
        steps = jnp.ceil(q * self.num_values) - 1
        return to_count(self.low + jnp.clip(steps, 0, self.num_values - 1))

    def _mean(self) -> Array:
        return self.low / 2 + self.high / 2

    def _mode(self) -> Array:
        return to_count(self.low)

    def _variance(self) -> Array:
        return (self.num_values - 1) * (self.num_values + 1) / 12

    def _skewness(self) -> Array:
        return jnp.where(self.num_values > 1, 0, math.nan)

    def _kurtosis(self) -> Array:
        n = self.num_values
        return jnp.where(n > 1, -1.2 - 2.4 / ((n - 1) * (n + 1)), math.nan)

    def _entropy(self) -> Array:
        return jnp.log(self.num_values)

    def _enumerate_support(self) -> Array:
        return jnp.arange(common_count(self, "low"), common_count(self, "high") + 1)
