"""LogUniform distribution."""

from __future__ import annotations

import math

import jax.numpy as jnp
from jax import Array

from jaxdist import constraints, random
from jaxdist.arguments import Shape
from jaxdist.bases.quantile_offsets import QuantileOffsets
from jaxdist.derivatives import by_slope
from jaxdist.numerics.polynomials import horner
from jaxdist.parameters import Param, param
from jaxdist.special import expm1, log_quotient, log_sinhc, quotient
from jaxdist.special.with_slopes import keep_slope

_SERIES_LIMIT = 1.0
_COSH_LESS_SINHC = [2 * k / math.factorial(2 * k + 1) for k in range(1, 12)]  # in powers of h^2


def _log_ratio(x: Array, y: Array) -> Array:
    """Return log(x / y) for x >= y, also where both are almost equal."""
    near = x <= 2 * y
    excess = quotient(jnp.where(near, x - y, 0), y)
    return jnp.where(near, jnp.log1p(excess), log_quotient(x, y))


class LogUniform(QuantileOffsets):
    r"""Log-uniform distribution: e^X for a uniform X; also called reciprocal distribution.

    .. math:: p(x) = \frac{1}{x \log(\mathrm{high} / \mathrm{low})}, \quad
              \mathrm{low} \le x \le \mathrm{high}

    The parameters are those of numpyro.

    Args:
      low: positive lower end, any shape broadcastable with `high`.
      high: upper end, above `low`.
    """

    low: Param = param(constraints.positive)
    high: Param = param(lambda d: constraints.greater_than(d.low))

    has_rsample = True
    _is_smooth_at_ends = True

    @property
    def support(self) -> constraints.Constraint:
        """The closed interval."""
        return constraints.interval(self.low, self.high)

    def _width(self) -> Array:
        """Return the width of the interval of log x."""
        return _log_ratio(self.high, self.low)

    def _at(self, below: Array, above: Array) -> Array:
        """Return the quantile, from the nearer end."""
        width, is_low = self._width(), below < above
        from_low = self.low * jnp.exp(jnp.where(is_low, below, 0) * width)
        from_high = self.high * jnp.exp(-jnp.where(is_low, 0, above) * width)
        x = jnp.where(is_low, from_low, from_high)
        return keep_slope(jnp.clip(x, self.low, self.high), x)

    def _offset_at(self, below: Array, above: Array) -> Array:
        """Return the distance from the lower end of a narrow interval, in units of it."""
        width = self._width()
        near = width < 1
        narrow = expm1(jnp.where(near, below * width, 0))
        return jnp.where(near, narrow, self._at(below, above))

    def _rsample(self, key: Array, shape: Shape) -> Array:
        return self._at(*random.uniform_with_complement(key, shape, self.dtype))

    def _log_prob(self, x: Array) -> Array:
        return -jnp.log(x) - jnp.log(self._width())

    def _cdf(self, x: Array) -> Array:
        return _log_ratio(x, self.low) / self._width()

    def _log_cdf(self, x: Array) -> Array:
        return _log_of_part(self._cdf(x), self._survival_function(x))

    def _survival_function(self, x: Array) -> Array:
        return _log_ratio(self.high, x) / self._width()

    def _log_survival_function(self, x: Array) -> Array:
        return _log_of_part(self._survival_function(x), self._cdf(x))

    def _icdf(self, q: Array) -> Array:
        return self._at(q, 1 - q)

    def _isf(self, q: Array) -> Array:
        return self._at(1 - q, q)

    def _mean(self) -> Array:
        return (self.high - self.low) / self._width()

    def _mode(self) -> Array:
        return self.low

    def _stddev(self) -> Array:
        return self.high * by_slope(_spread, self._width())

    def _entropy(self) -> Array:
        middle = jnp.sqrt(self.low) * jnp.sqrt(self.high)
        return jnp.log(middle) + jnp.log(self._width())


def _spread(width: Array) -> Array:
    r"""Return the standard deviation for an upper end of 1, given twice h.

    It is :math:`\sqrt{s (\cosh h - s)} / e^h` for s = sinh(h) / h; the difference is a series where
    h is small.
    """
    h = width / 2
    near = h < _SERIES_LIMIT
    close = jnp.where(near, h, 0)
    small = jnp.exp(log_sinhc(jnp.where(near, h, 0.5)))
    by_series = close * jnp.exp(-close) * jnp.sqrt(small * horner(_COSH_LESS_SINHC, close**2))
    far = jnp.where(near, 2, width)
    mean = -expm1(-far) / far
    above = (1 + jnp.exp(-far)) / 2 - mean
    return jnp.where(near, by_series, jnp.sqrt(mean * above))


def _log_of_part(p: Array, complement: Array) -> Array:
    """Return log p, from the complement where p is near 1; `-inf` with gradient 0 at 0."""
    near_one = complement < 0.25
    of_small = jnp.where(near_one | (p <= 0), 1, p)
    log_p = jnp.where(p > 0, jnp.log(of_small), -math.inf)
    return jnp.where(near_one, jnp.log1p(-jnp.where(near_one, complement, 0)), log_p)
