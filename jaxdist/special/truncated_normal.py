r"""The standard normal distribution on an interval [a, b]: mass, moments and quantiles.

Densities are relative to their maximum on the interval, so that nothing underflows however far out
in a tail the interval lies. The length of the interval is an argument of its own, without the
rounding of its ends.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jax import Array, lax

from jaxdist.numerics.quadrature import gauss_legendre_average, negligible_exponent
from jaxdist.special.constants import LOG_TWO_PI
from jaxdist.special.exp_log import log1mexp
from jaxdist.special.hyperbolic import hypot
from jaxdist.special.infinite_slopes import finite
from jaxdist.special.location_scale import standardize
from jaxdist.special.normal import mills_ratio, ndtr, residual_life, scaled_mills_ratio
from jaxdist.special.quotient import log_quotient, quotient

_NEGLIGIBLE = 40.0  # exp(-40) is below the precision of float64
_VANISHING = 87.0  # exp(-87) is nearly the least normal number of float32
_RESIDUAL_LIFE_ERROR = 1e-8  # its relative error is above this
_MILLS_RATIO_AT_0 = math.sqrt(math.pi / 2)
_LARGEST_DEVIATION = 1e37
_WIDE, _FARTHEST = 3.0, 13.0  # width of an interval, and number whose density is not negligible
_SMALL_DROP = 0.1  # of the log-density, up to which `_THREE_POINTS` integrates the density
_THREE_POINTS = [
    ((1 + t) / 2, w / 2) for t, w in zip(*np.polynomial.legendre.leggauss(3), strict=True)
]


def _log_mills_ratio(x: Array) -> Array:
    r"""Logarithm of :math:`\int_x^\infty e^{(x^2 - t^2) / 2} dt`, for x >= 0."""
    return jnp.log(scaled_mills_ratio(x)) - jnp.log1p(x)


def deviation(x: Array, loc: Array, scale: Array) -> Array:
    """Return `(x - loc) / scale`, and a large number where it is larger, or overflows."""
    far = (jnp.abs(x) == math.inf) | (jnp.abs(x - loc) > _LARGEST_DEVIATION * scale)
    z = standardize(jnp.where(far, loc, x), loc, jnp.where(far, 1, scale))
    return jnp.where(far, jnp.copysign(_LARGEST_DEVIATION, x - loc), z)


def width_of(length: Array, scale: Array) -> Array:
    """Return the length of an interval in standard deviations, never 0."""
    return jnp.maximum(quotient(length, scale), jnp.finfo(scale.dtype).tiny)


def log_mass(
    low: Array, high: Array, loc: Array, scale: Array, length: Array, unit: Array
) -> Array:
    r"""Integrate the normal density relative to its maximum on an interval, over a unit of length.

    .. math:: \log \int_\mathrm{low}^\mathrm{high}
              \exp \frac{(c - \mathrm{loc})^2 - (t - \mathrm{loc})^2}{2\, \mathrm{scale}^2}
              \frac{dt}{\mathrm{unit}},
              \quad c = \text{the point of the interval next to loc}

    By quadrature where the density varies little, by Mills' ratio in a tail, otherwise by the mass
    outside the interval. No logarithm of the scale cancels another one: slopes are exact also where
    the scale is far larger or smaller than the interval.

    Args:
      low: lower end, any shape.
      high: upper end, at least `low`.
      loc: mean before truncation.
      scale: standard deviation before truncation.
      length: `high - low`, without its rounding.
      unit: positive, in the unit of `length`.
    """
    a, b, width = deviation(low, loc, scale), deviation(high, loc, scale), width_of(length, scale)
    reflect = a + b < 0
    near, far = jnp.where(reflect, -b, a), jnp.where(reflect, -a, b)
    narrow = width * (width / 2 + jnp.abs(near)) < 2
    tail = ~narrow & (near > 0)

    start = jnp.where(narrow, near, 0)
    short = jnp.where(narrow, width, 1)
    density = gauss_legendre_average(lambda u: jnp.exp(-u * (u / 2 + start)), short, 10)
    smallest = jnp.finfo(scale.dtype).tiny
    log_length = log_quotient(jnp.where(narrow, jnp.maximum(length, smallest), unit), unit)
    by_quadrature = log_length + jnp.log(density) - jnp.minimum(start, 0) ** 2 / 2

    distance = jnp.where(tail, jnp.where(reflect, loc - high, low - loc), 0)
    log_shrinkage = log_quotient(scale, scale + distance) + jnp.log(
        scaled_mills_ratio(jnp.where(tail, near, 1))
    )
    ends = tail & (width * (width / 2 + near) < _VANISHING)  # slopes do not underflow before
    reach, start = jnp.where(ends, width, 1), jnp.where(ends, near, 1)
    log_growth = _log_mills_ratio(start) - _log_mills_ratio(jnp.where(ends, far, 2))
    beyond = jnp.where(ends, log1mexp(reach * (reach / 2 + start) + log_growth), 0)

    outside = jnp.where(narrow | tail, 0, ndtr(near) + ndtr(-far))
    by_complement = LOG_TWO_PI / 2 + jnp.log1p(-outside)
    by_tails = log_quotient(scale, unit) + jnp.where(tail, log_shrinkage + beyond, by_complement)
    return jnp.where(narrow, by_quadrature, by_tails)


class Moments(NamedTuple):
    """Moments of t conditioned on an interval, relative to its mode c."""

    mean: Array
    """Mean of t - c."""
    stddev: Array
    """Standard deviation of t."""
    drop: Array
    """Mean of (t^2 - c^2) / 2: how far the log-density lies below its maximum."""


def moments(a: Array, b: Array, width: Array) -> Moments:
    """Integrate over an interval whose middle is not negative, so that its mode is max(a, 0).

    Args:
      a: lower end, any shape.
      b: upper end, at least `a` and `-a`.
      width: `b - a`.
    """
    c = jnp.maximum(a, 0)
    reach = 2 * _NEGLIGIBLE / (c + hypot(c, math.sqrt(2 * _NEGLIGIBLE)))
    start = jnp.maximum(a - c, -reach)
    extent = jnp.minimum(jnp.where(a > 0, width, b), reach) - start

    def drop(t: Array) -> Array:
        u = start + extent * t
        return u * (u / 2 + c)

    def integrate(function: Callable[[Array], Array]) -> Array:
        """Integrate over t in [0, 1], a part of the extent."""
        weighted = lambda t: function(t) * jnp.exp(-drop(t))
        return gauss_legendre_average(weighted, jnp.ones_like(extent), 64)

    mass = integrate(jnp.ones_like)
    mean = integrate(lambda t: t) / mass
    variance = integrate(lambda t: (t - mean) ** 2) / mass
    # On a wide interval around 0 the mean is small, and the sum cancels.
    is_wide = (a < 0) & (width > _WIDE)
    at_a, at_b = (_exp_neg_half_square(jnp.where(is_wide, end, 1)) for end in (a, b))
    offset = jnp.where(is_wide, (at_a - at_b) / (extent * mass), start + extent * mean)
    return Moments(offset, extent * jnp.sqrt(variance), integrate(drop) / mass)


def _exp_neg_half_square(x: Array) -> Array:
    """Return :math:`e^{-x^2 / 2}`, 0 where it is nearly."""
    counts = jnp.abs(x) < _FARTHEST
    return jnp.where(counts, jnp.exp(-(jnp.where(counts, x, 0) ** 2) / 2), 0)


class PartialMoments(NamedTuple):
    """Integrals over s in an interval below z, of the density relative to its maximum there."""

    mass: Array
    first: Array
    """Integral of z - s."""
    second: Array
    """Integral of z^2 - s^2."""
    end: Array
    """The density at the lower end."""


def partial_moments(z: Array, length: Array) -> PartialMoments:
    r"""Integrate from z downwards, as far as the density is not negligible.

    .. math:: \int_0^l e^{-t (t / 2 + c)} (1, h, h (2 z - h))\, dh, \quad t = z - c - h

    Args:
      z: upper end of the interval, any shape.
      length: length of the interval, in which c is the point next to 0.
    """
    depth = jnp.clip(z, 0, length)
    c = z - depth
    twice = 2 * negligible_exponent(z.dtype)
    reach = twice / (jnp.abs(c) + jnp.sqrt(c * c + twice))
    start = jnp.maximum(depth - reach, 0)
    cut = jnp.minimum(length, depth + reach) - start

    def density(h: Array) -> Array:
        return jnp.exp(-(depth - h) * ((depth - h) / 2 + c))

    def weighted(h: Array) -> tuple[Array, ...]:
        p, h = density(start + h), start + h
        return p, p * h, finite(p * h * (2 * z - h))

    points = 24 if jnp.finfo(z.dtype).eps > _RESIDUAL_LIFE_ERROR else 64
    mass, first, second = gauss_legendre_average(weighted, cut, points)
    return PartialMoments(cut * mass, cut * first, cut * finite(second), density(length))


# --- quantiles -----------------------------------------------------------------------------------


def quantile(a: Array, b: Array, width: Array, below: Array, above: Array) -> Array:
    """Invert the distribution function on an interval whose middle is not negative.

    The solution is found from the mode c = max(a, 0) outwards, in the upper tail beyond it.

    Args:
      a: lower end, any shape broadcastable with the others.
      b: upper end, at least `a` and `-a`.
      width: `b - a`.
      below: probability below the solution.
      above: `1 - below`, without the rounding of `below`.

    Returns:
      The solution less c.
    """
    c = jnp.maximum(a, 0)
    mills, interval, before_c, beyond_b, below_a = _tail_probabilities(c, a, b, width)
    signed = below * interval - before_c
    between = jnp.abs(signed)  # the probability between c and the solution
    beyond = jnp.where(signed < 0, below_a + below * interval, beyond_b + above * interval)
    distance = residual_life(c, mills, _neg_log_complement(between, beyond))
    if jnp.finfo(distance.dtype).eps < _RESIDUAL_LIFE_ERROR:
        distance = _newton_step(distance, c, between, beyond)
    return jnp.where(signed < 0, -distance, distance)


class _TailProbabilities(NamedTuple):
    """Probabilities relative to that of the upper tail beyond c."""

    mills: Array  # Mills' ratio at c
    interval: Array
    before_c: Array  # of the part of the interval below c
    beyond_b: Array
    below_a: Array  # where c is within the interval


def _tail_probabilities(c: Array, a: Array, b: Array, width: Array) -> _TailProbabilities:
    tail = a > 0
    mills_a, mills_b = mills_ratio(jnp.abs(a)), mills_ratio(b)
    mills = jnp.where(tail, mills_a, _MILLS_RATIO_AT_0)
    reach = jnp.where(tail, width, b)
    drop = reach * (reach / 2 + c)
    beyond_b = jnp.exp(-drop) * mills_b / mills
    short = jnp.where(drop < _SMALL_DROP, reach, 0)
    density = sum(w * jnp.exp(-short * t * (short * t / 2 + c)) for t, w in _THREE_POINTS)
    after_c = jnp.where(drop < _SMALL_DROP, short * density / mills, 1 - beyond_b)
    before_c = lax.erf(jnp.where(tail, 0, -a) * math.sqrt(0.5))
    below_a = jnp.exp(-a * a / 2) * mills_a / mills
    return _TailProbabilities(mills, before_c + after_c, before_c, beyond_b, below_a)


def _neg_log_complement(p: Array, q: Array) -> Array:
    """Compute `-log(q)` for q = 1 - p, without cancellation for small p."""
    small = p < 0.5
    rounded = jnp.where(small, 1 - p, jnp.maximum(q, jnp.finfo(q.dtype).tiny))
    # Kahan's quotient corrects for the rounding of 1 - p.
    complement = 1 - rounded
    inexact = small & (complement > 0)
    correction = p * (1 / jnp.where(inexact, complement, 1))
    neg_log = -jnp.log(rounded) * jnp.where(inexact, correction, 1)
    return jnp.where(complement > 0, neg_log, p)


def _newton_step(distance: Array, c: Array, between: Array, beyond: Array) -> Array:
    """Improve the distance from c beyond which a given part of the upper tail lies."""
    log_tail, log_tail_at = _log_mills_ratio(c), _log_mills_ratio(c + distance)
    one = jnp.ones_like(c)
    reached = jnp.exp(log_mass(c, c + distance, 0 * c, one, distance, one) - log_tail)
    by_between = jnp.log1p((between - reached) / (1 - between))
    by_beyond = log_tail_at - log_tail - distance * (distance / 2 + c) - jnp.log(beyond)
    error = jnp.where(between < 0.5, by_between, by_beyond)
    return jnp.maximum(distance + error * jnp.exp(log_tail_at), 0)
