"""Cosine distribution."""

from __future__ import annotations

import math

import jax.numpy as jnp
from jax import Array, lax

from jaxdist import constraints, random
from jaxdist.arguments import Shape
from jaxdist.distribution import Distribution
from jaxdist.numerics.polynomials import horner
from jaxdist.parameters import Param, param
from jaxdist.promotion import custom_jvp
from jaxdist.special import log_with_complement, quotient, sinpi
from jaxdist.special.with_slopes import with_slopes

_SERIES = [(-1) ** k / math.factorial(2 * k + 3) for k in range(14)]  # of (y - sin y) / y^3
_INVERSE = [1, 1 / 60, 1 / 1400, 1 / 25200, 43 / 17248000]  # y over s, for y - sin y = s^3 / 6
_STEPS = 3  # of Newton's method, which converges quadratically from the series
_VARIANCE = 1 / 3 - 2 / math.pi**2  # of an interval of length 2

_TINY = 1e-9  # of which the tail is a cube


class Cosine(Distribution):
    r"""Cosine (raised cosine) distribution: a smooth bump on an interval.

    .. math:: p(x) = \frac{1 + \cos \pi z}{\mathrm{high} - \mathrm{low}}, \quad
              z = \frac{2 x - \mathrm{low} - \mathrm{high}}{\mathrm{high} - \mathrm{low}}, \quad
              \mathrm{low} \le x \le \mathrm{high}

    The parameters are those of `Arcsine` and `Triangular`. Distributions.jl has the middle and half
    of the length instead; SciPy's scale is that length over :math:`2 \pi`.

    Args:
      low: lower end, any shape broadcastable with `high`.
      high: upper end, above `low`.

    Example:
      >>> import jaxdist as jd
      >>> d = jd.Cosine(-2.0, 2.0)
      >>> print(f"{d.cdf(1.0):.4f} {d.stddev:.4f}")
      0.9092 0.7230
    """

    low: Param = param(constraints.real)
    high: Param = param(lambda d: constraints.greater_than(d.low))

    has_rsample = True
    _is_smooth_at_ends = True

    @property
    def support(self) -> constraints.Constraint:
        """The closed interval."""
        return constraints.interval(self.low, self.high)

    def _half(self) -> Array:
        return self.high / 2 - self.low / 2

    def _distances(self, x: Array) -> tuple[Array, Array]:
        """Return the distances from both ends in units of half of the length."""
        half = self._half()
        return quotient(x - self.low, half), quotient(self.high - x, half)

    def _rsample(self, key: Array, shape: Shape) -> Array:
        return self._quantile_at(*random.uniform_with_complement(key, shape, self.dtype))

    def _log_prob(self, x: Array) -> Array:
        """Take the logarithm of the square of a sine, or near the middle of a cosine."""
        below, above = self._distances(x)
        z, w = quotient(x - self._mean(), self._half()), jnp.where(below < above, below, above)
        near, inside = jnp.abs(z) < 0.5, w > 0
        of_square = jnp.log1p(-(sinpi(jnp.where(near, z, 0) / 2) ** 2))
        at_end = 2 * jnp.log(sinpi(jnp.where(near | ~inside, 0.5, w) / 2))
        log_shape = jnp.where(near, of_square, jnp.where(inside, at_end, -math.inf))
        return log_shape - jnp.log(self._half())

    def _tails(self, x: Array) -> tuple[Array, Array]:
        below, above = self._distances(x)
        is_lower = below < above
        tail = _tail(jnp.where(is_lower, below, above))
        return jnp.where(is_lower, tail, 1 - tail), jnp.where(is_lower, 1 - tail, tail)

    def _log_tails(self, x: Array) -> tuple[Array, Array, Array]:
        """Return whether x is in the lower half; the logarithms of that tail, and of the other."""
        below, above = self._distances(x)
        is_lower = below < above
        w = jnp.where(is_lower, below, above)
        tail, is_cube = _tail(w), (w > 0) & (w < _TINY)
        log_cube = 3 * jnp.log(jnp.where(is_cube, w, 1)) + math.log(math.pi**2 / 12)
        smaller = jnp.where(is_cube, log_cube, log_with_complement(tail, 1 - tail))
        return is_lower, smaller, jnp.log1p(-tail)

    def _cdf(self, x: Array) -> Array:
        return self._tails(x)[0]

    def _log_cdf(self, x: Array) -> Array:
        is_lower, smaller, larger = self._log_tails(x)
        return jnp.where(is_lower, smaller, larger)

    def _survival_function(self, x: Array) -> Array:
        return self._tails(x)[1]

    def _log_survival_function(self, x: Array) -> Array:
        is_lower, smaller, larger = self._log_tails(x)
        return jnp.where(is_lower, larger, smaller)

    def _icdf(self, q: Array) -> Array:
        return self._quantile_at(q, 1 - q)

    def _isf(self, q: Array) -> Array:
        return self._quantile_at(1 - q, q)

    def _quantile_at(self, below: Array, above: Array) -> Array:
        is_lower = below < above
        distance = self._half() * _distance_at(jnp.where(is_lower, below, above))
        return jnp.where(is_lower, self.low + distance, self.high - distance)

    def _mean(self) -> Array:
        return self.low / 2 + self.high / 2

    def _mode(self) -> Array:
        return self._mean()

    def _stddev(self) -> Array:
        return math.sqrt(_VARIANCE) * self._half()

    def _skewness(self) -> Array:
        return jnp.zeros_like(self.low)

    def _kurtosis(self) -> Array:
        fourth = 1 / 5 - 4 / math.pi**2 + 24 / math.pi**4
        return jnp.full_like(self.low, fourth / _VARIANCE**2 - 3)

    def _entropy(self) -> Array:
        return math.log(4) - 1 + jnp.log(self._half())


def _excess(y: Array) -> Array:
    """Return y - sin(y) for 0 <= y <= π, by its series."""
    return y * y * y * horner(_SERIES, y * y, math.pi**2)


@custom_jvp
def _tail(w: Array) -> Array:
    """Evaluate the probability within a distance w <= 1 of an end."""
    z, near = 1 - w, w < 0.75
    of_end = _excess(math.pi * jnp.where(near, w, 0)) / (2 * math.pi)
    of_middle = 0.5 - (z + sinpi(jnp.where(near, 0, z)) / math.pi) / 2
    return jnp.where(near, of_end, of_middle)


@_tail.defjvp
def _tail_jvp(primals: tuple[Array], tangents: tuple[Array]) -> tuple[Array, Array]:
    (w,), (w_dot,) = primals, tangents
    return _tail(w), sinpi(w / 2) ** 2 * w_dot


def _distance_at(p: Array) -> Array:
    """Invert the tail for p <= 1/2: solve Kepler's equation for an eccentricity of 1."""
    positive = p > 0
    mean = lax.stop_gradient(2 * math.pi * jnp.where(positive, p, 0.25))
    root = jnp.cbrt(6 * mean)
    y = root * horner(_INVERSE, root * root, (6 * math.pi) ** (2 / 3))
    for _ in range(_STEPS):
        y = y + (mean - _excess(y)) / (2 * jnp.sin(y / 2) ** 2)
    w = with_slopes(y / math.pi, (1 / jnp.sin(y / 2) ** 2,), (p,))
    return jnp.where(positive, w, 0)
