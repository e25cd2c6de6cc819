"""Arcsine distribution."""

from __future__ import annotations

import math

import jax.numpy as jnp
from jax import Array

from jaxdist import constraints, random
from jaxdist.arguments import Shape
from jaxdist.bases.interval_unit import interval_unit
from jaxdist.distribution import Distribution
from jaxdist.parameters import Param, param
from jaxdist.promotion import custom_jvp
from jaxdist.special import log_quotient, log_with_complement
from jaxdist.special.infinite_slopes import along

_TINY = 1e-16  # share of the interval of which the tail is a root


class Arcsine(Distribution):
    r"""Arcsine distribution: of the share of time that a random walk is positive.

    .. math:: p(x) = \frac{1}{\pi \sqrt{(x - \mathrm{low}) (\mathrm{high} - x)}}, \quad
              \mathrm{low} \le x \le \mathrm{high}

    The density is infinite at both ends. Distributions.jl has it with the same parameters, SciPy
    with loc and scale.

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

    def _unit(self) -> Array:
        return interval_unit(self.low, self.high)

    def _width(self) -> Array:
        """The width in units."""
        return self.high / self._unit() - self.low / self._unit()

    def _parts(self, x: Array) -> tuple[Array, Array]:
        """Return the distances of x from both ends, in units."""
        unit = self._unit()
        return x / unit - self.low / unit, self.high / unit - x / unit

    def _at(self, below: Array, above: Array) -> Array:
        """Return the quantile, from the nearer end."""
        near = jnp.where(below < above, below, above)  # a minimum has no slope where they tie
        distance = self._width() * jnp.sin(math.pi / 2 * near) ** 2
        low, high = self.low / self._unit(), self.high / self._unit()
        return jnp.where(below < above, low + distance, high - distance) * self._unit()

    def _rsample(self, key: Array, shape: Shape) -> Array:
        """Draws are never the ends themselves, to which many would round."""
        x = self._at(*random.uniform_with_complement(key, shape, self.dtype))
        info = jnp.finfo(x.dtype)
        first = self.low + jnp.maximum(jnp.abs(self.low) * info.eps, info.tiny)
        last = self.high - jnp.maximum(jnp.abs(self.high) * info.eps, info.tiny)
        return jnp.clip(x, first, last)

    def _log_prob(self, x: Array) -> Array:
        below, above = self._parts(x)
        logs = (_log_distance(below) + _log_distance(above)) / 2
        return -math.log(math.pi) - logs - jnp.log(self._unit())

    def _cdf(self, x: Array) -> Array:
        below, above = self._parts(x)
        return 2 / math.pi * jnp.arctan2(jnp.sqrt(below), jnp.sqrt(above))

    def _log_cdf(self, x: Array) -> Array:
        log_cdf = log_with_complement(self._cdf(x), self._survival_function(x))
        return _unless_root(log_cdf, *self._parts(x))

    def _survival_function(self, x: Array) -> Array:
        below, above = self._parts(x)
        return 2 / math.pi * jnp.arctan2(jnp.sqrt(above), jnp.sqrt(below))

    def _log_survival_function(self, x: Array) -> Array:
        log_sf = log_with_complement(self._survival_function(x), self._cdf(x))
        return _unless_root(log_sf, *self._parts(x)[::-1])

    def _icdf(self, q: Array) -> Array:
        return self._at(q, 1 - q)

    def _isf(self, q: Array) -> Array:
        return self._at(1 - q, q)

    def _mean(self) -> Array:
        return self.low / 2 + self.high / 2

    def _mode(self) -> Array:
        return self.low

    def _stddev(self) -> Array:
        return self._width() / math.sqrt(8) * self._unit()

    def _skewness(self) -> Array:
        return jnp.zeros_like(self.low)

    def _kurtosis(self) -> Array:
        return jnp.full_like(self.low, -1.5)

    def _entropy(self) -> Array:
        return math.log(math.pi / 4) + jnp.log(self._width()) + jnp.log(self._unit())


def _unless_root(log_tail: Array, distance: Array, rest: Array) -> Array:
    """Replace the logarithm of a tail where it is a root of the distance from that end."""
    is_root = (distance > 0) & (distance < _TINY * rest)
    root = log_quotient(jnp.where(is_root, distance, 1), jnp.where(is_root, rest, 1)) / 2
    return jnp.where(is_root, math.log(2 / math.pi) + root, log_tail)


@custom_jvp
def _log_distance(x: Array) -> Array:
    """Return `log(x)`, whose infinite slope at 0 times a change of 0 is 0."""
    return jnp.log(x)


@_log_distance.defjvp
def _log_distance_jvp(primals: tuple[Array], tangents: tuple[Array]) -> tuple[Array, Array]:
    (x,), (x_dot,) = primals, tangents
    return _log_distance(x), along(1 / x, x_dot)
