"""Triangular distribution."""

from __future__ import annotations

import math

import jax.numpy as jnp
from jax import Array

from jaxdist import constraints, random
from jaxdist.arguments import Shape
from jaxdist.distribution import Distribution
from jaxdist.parameters import Param, param
from jaxdist.special import log_with_complement, quotient, shares


class Triangular(Distribution):
    r"""Triangular distribution: the density rises linearly from `low` to `peak`, then falls.

    .. math:: p(x) = \frac{2}{\mathrm{high} - \mathrm{low}} \begin{cases}
              (x - \mathrm{low}) / (\mathrm{peak} - \mathrm{low}) & x < \mathrm{peak} \\
              (\mathrm{high} - x) / (\mathrm{high} - \mathrm{peak}) & x \ge \mathrm{peak}
              \end{cases}

    The parameters are TFP's.

    Args:
      low: lower end, any shape broadcastable with the others.
      high: upper end, above `low`.
      peak: mode, from `low` to `high`.
    """

    low: Param = param(constraints.real)
    high: Param = param(lambda d: constraints.greater_than(d.low))
    peak: Param = param(lambda d: constraints.interval(d.low, d.high))

    has_rsample = True
    _is_smooth_at_ends = True

    @property
    def support(self) -> constraints.Constraint:
        """The closed interval."""
        return constraints.interval(self.low, self.high)

    def _unit(self) -> Array:
        """Return a unit of lengths in which sums of some of them are finite."""
        is_wide = self.high / 2 - self.low / 2 > float(jnp.finfo(self.dtype).max) / 32
        return jnp.where(is_wide, 32.0, 1.0)

    def _ends(self) -> tuple[Array, Array, Array]:
        """Return the lower end, the peak and the upper end in units."""
        unit = self._unit()
        return self.low / unit, self.peak / unit, self.high / unit

    def _sides(self) -> tuple[Array, Array, Array]:
        """Return the widths of the interval, and below and above the peak, in units."""
        low, peak, high = self._ends()
        return high - low, peak - low, high - peak

    def _at(self, below: Array, above: Array) -> Array:
        """Return the quantile: from the end on its side of the peak, or if that is far the peak."""
        width, rise, fall = self._sides()
        is_rising = below * width < rise
        side, tail = jnp.where(is_rising, rise, fall), jnp.where(is_rising, below, above)
        other, complement = jnp.where(is_rising, fall, rise), jnp.where(is_rising, above, below)
        from_end = jnp.sqrt(width) * _sqrt(side) * _sqrt(tail)
        total = side + from_end
        from_peak = side * ((width * complement - other) / jnp.where(total > 0, total, 1))
        low, peak, high = self._ends()
        from_low = jnp.where(below < above, low + from_end, peak - from_peak)
        from_high = jnp.where(below < above, peak + from_peak, high - from_end)
        return jnp.where(is_rising, from_low, from_high) * self._unit()

    def _rsample(self, key: Array, shape: Shape) -> Array:
        return self._at(*random.uniform_with_complement(key, shape, self.dtype))

    def _side(self, x: Array) -> tuple[Array, Array, Array]:
        """Return whether x lies below the peak, its distance to that end, and the side's width."""
        _, rise, fall = self._sides()
        is_rising = (x < self.peak) | (self.peak == self.high)
        width = jnp.where(is_rising, rise, fall)
        (low, _, high), x = self._ends(), x / self._unit()
        distance = jnp.where(is_rising, x - low, high - x)
        return is_rising, distance, jnp.where(width > 0, width, 1)

    def _shares(self, x: Array) -> tuple[Array, Array]:
        """Return the distance from the end on the side of x, over all and over the side's width."""
        is_rising, _, _ = self._side(x)
        (low, peak, high), x = self._ends(), x / self._unit()
        start, end = jnp.where(is_rising, low, peak), jnp.where(is_rising, peak, high)
        has_width = start < end
        start, end = jnp.where(has_width, start, 0), jnp.where(has_width, end, 1)
        (below, above), (below_on_side, above_on_side) = shares(x, low, high), shares(x, start, end)
        of_side = jnp.where(is_rising, below_on_side, above_on_side)
        return jnp.where(is_rising, below, above), of_side

    def _log_prob(self, x: Array) -> Array:
        at_peak = x == self.peak  # also where a side has no width
        ratio = jnp.where(at_peak, 1, self._shares(x)[1])
        positive = ratio > 0
        log_ratio = jnp.where(positive, jnp.log(jnp.where(positive, ratio, 1)), -math.inf)
        return math.log(2) - jnp.log(self._sides()[0]) - jnp.log(self._unit()) + log_ratio

    def _tails(self, x: Array) -> tuple[Array, Array]:
        """Return P(X <= x) and P(X > x): the one beyond x on its side of the peak, and the rest.

        The rest is that of the other side, and of what lies between x and the peak.
        """
        width, rise, fall = self._sides()
        is_rising, distance, side = self._side(x)
        of_whole, of_side = self._shares(x)
        tail = of_whole * of_side
        ahead = self._ends()[1] - x / self._unit()
        between = jnp.where(is_rising, ahead, -ahead)
        other = jnp.where(is_rising, fall, rise)
        is_most = tail > 0.5
        parts = quotient(other + between * quotient(side + distance, side), width)
        rest = jnp.where(is_most, parts, 1 - tail)
        return jnp.where(is_rising, tail, rest), jnp.where(is_rising, rest, tail)

    def _cdf(self, x: Array) -> Array:
        return self._tails(x)[0]

    def _log_cdf(self, x: Array) -> Array:
        return log_with_complement(self._cdf(x), self._survival_function(x))

    def _survival_function(self, x: Array) -> Array:
        return self._tails(x)[1]

    def _log_survival_function(self, x: Array) -> Array:
        return log_with_complement(self._survival_function(x), self._cdf(x))

    def _icdf(self, q: Array) -> Array:
        return self._at(q, 1 - q)

    def _isf(self, q: Array) -> Array:
        return self._at(1 - q, q)

    def _mean(self) -> Array:
        _, rise, fall = self._sides()
        return (self._ends()[1] + (fall - rise) / 3) * self._unit()

    def _mode(self) -> Array:
        return self.peak

    def _stddev(self) -> Array:
        """Relative to the width, whose square may overflow."""
        width, rise, fall = self._sides()
        a, b = rise / width, fall / width
        return width * jnp.sqrt((a**2 + a * b + b**2) / 18) * self._unit()

    def _skewness(self) -> Array:
        width, rise, fall = self._sides()
        a, b = rise / width, fall / width
        cubes = (b - a) * (2 * a + b) * (a + 2 * b)
        return math.sqrt(2) / 5 * cubes / (a**2 + a * b + b**2) ** 1.5

    def _kurtosis(self) -> Array:
        return jnp.full_like(self.low, -0.6)

    def _entropy(self) -> Array:
        return 0.5 - math.log(2) + jnp.log(self._sides()[0]) + jnp.log(self._unit())


def _sqrt(x: Array) -> Array:
    """Return the square root, with derivative 0 at 0."""
    positive = x > 0
    return jnp.where(positive, jnp.sqrt(jnp.where(positive, x, 1)), 0)
