"""Uniform distribution."""

from __future__ import annotations

import math

import jax.numpy as jnp
from jax import Array

from jaxdist import constraints, random
from jaxdist.arguments import Shape
from jaxdist.bases.interval_unit import interval_unit
from jaxdist.distribution import Distribution
from jaxdist.parameters import Param, param
from jaxdist.special import log_quotient, quotient


class Uniform(Distribution):
    r"""Uniform distribution on `[low, high]`.

    .. math:: p(x) = 1 / (\mathrm{high} - \mathrm{low})

    At the ends of the interval, the derivative of the cdf is that from inside, the density, as in
    torch.

    Args:
      low: lower end, any shape broadcastable with `high`.
      high: upper end, above `low`.

    Example:
      >>> import jaxdist as jd
      >>> d = jd.Uniform(low=-1.0, high=[1.0, 3.0])
      >>> d.cdf(0.0)
      Array([0.5 , 0.25], dtype=float32)
      >>> d.log_prob(2.0).round(3)
      Array([  -inf, -1.386], dtype=float32)
    """

    low: Param = param(constraints.real)
    high: Param = param(lambda d: constraints.greater_than(d.low))

    has_rsample = True

    _is_smooth_at_ends = True

    @property
    def support(self) -> constraints.Constraint:
        """The closed interval."""
        return constraints.interval(self.low, self.high)

    def _unit(self) -> Array:
        return interval_unit(self.low, self.high)

    def _width(self) -> Array:
        """The width in units."""
        return self.high / self._unit() - self.low / self._unit()

    def _rsample(self, key: Array, shape: Shape) -> Array:
        return self._icdf(random.uniform(key, shape, self.dtype))

    def _log_prob(self, x: Array) -> Array:
        return jnp.broadcast_to(-self._entropy(), x.shape)

    def _distances(self, x: Array) -> tuple[Array, Array]:
        """Return the distances of x from both ends, in units."""
        unit = self._unit()
        return x / unit - self.low / unit, self.high / unit - x / unit

    def _shares(self, x: Array) -> tuple[Array, Array]:
        """Return the shares of the interval below and above x."""
        (below, above), width = self._distances(x), self._width()
        return quotient(below, width), quotient(above, width)

    def _cdf(self, x: Array) -> Array:
        """From the smaller share, whose slopes do not cancel."""
        below, above = self._shares(x)
        return jnp.where(below < above, below, 1 - above)

    def _survival_function(self, x: Array) -> Array:
        below, above = self._shares(x)
        return jnp.where(above < below, above, 1 - below)

    def _log_cdf(self, x: Array) -> Array:
        return self._log_share(self._distances(x)[0], self._survival_function(x))

    def _log_survival_function(self, x: Array) -> Array:
        return self._log_share(self._distances(x)[1], self._cdf(x))

    def _log_share(self, distance: Array, rest: Array) -> Array:
        """Return the logarithm of a share, which may underflow, given its complement."""
        positive = distance > 0
        log_share = log_quotient(jnp.where(positive, distance, 1), self._width())
        log_share = jnp.where(positive, log_share, -math.inf)
        return jnp.where(rest > 0.5, log_share, jnp.log1p(-jnp.minimum(rest, 0.75)))

    def _icdf(self, q: Array) -> Array:
        return (self.low / self._unit() + q * self._width()) * self._unit()

    def _isf(self, q: Array) -> Array:
        return (self.high / self._unit() - q * self._width()) * self._unit()

    def _mean(self) -> Array:
        return self.low / 2 + self.high / 2

    def _mode(self) -> Array:
        return self._mean()

    def _stddev(self) -> Array:
        return self._width() / math.sqrt(12) * self._unit()

    def _skewness(self) -> Array:
        return jnp.zeros_like(self.low)

    def _kurtosis(self) -> Array:
        return jnp.full_like(self.low, -1.2)

    def _entropy(self) -> Array:
        return jnp.log(self._width()) + jnp.log(self._unit())


def width_ratio(a: Uniform, b: Uniform) -> Array:
    """Return the width of one interval over that of another, also where the widths overflow."""
    return quotient(a._width(), b._width()) * (a._unit() / b._unit())
