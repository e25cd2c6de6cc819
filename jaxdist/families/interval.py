"""Distributions on an interval."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jax import Array

from jaxdist import constraints
from jaxdist.distribution import Distribution, Param, param
from jaxdist.validation import Shape


class Uniform(Distribution):
    r"""Uniform distribution on `[low, high]`.

    .. math:: p(x) = 1 / (\mathrm{high} - \mathrm{low})

    Args:
      low: lower end, any shape broadcastable with `high`.
      high: upper end, above `low`.
    """

    low: Param = param(constraints.real)
    high: Param = param(lambda d: constraints.greater_than(d.low))

    has_rsample = True

    @property
    def support(self) -> constraints.Constraint:
        """The closed interval."""
        return constraints.interval(self.low, self.high)

    def _width(self) -> Array:
        return self.high - self.low

    def _rsample(self, key: Array, shape: Shape) -> Array:
        return self._icdf(jax.random.uniform(key, shape, self.dtype))

    def _log_prob(self, x: Array) -> Array:
        return jnp.broadcast_to(-jnp.log(self._width()), x.shape)

    def _cdf(self, x: Array) -> Array:
        return (x - self.low) / self._width()

    def _survival_function(self, x: Array) -> Array:
        return (self.high - x) / self._width()

    def _icdf(self, q: Array) -> Array:
        return self.low + q * self._width()

    def _mean(self) -> Array:
        return self.low / 2 + self.high / 2

    def _mode(self) -> Array:
        return self._mean()

    def _variance(self) -> Array:
        return self._width() ** 2 / 12

    def _entropy(self) -> Array:
        return jnp.log(self._width())
