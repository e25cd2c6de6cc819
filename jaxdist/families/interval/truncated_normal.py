"""TruncatedNormal distribution."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array, lax

from jaxdist import constraints, random
from jaxdist.distribution import Distribution
from jaxdist.implicit_differentiation import pathwise, quantile
from jaxdist.numerics.quadrature import gauss_legendre_average, negligible_exponent
from jaxdist.parameters import Param, param
from jaxdist.special import inverse_mills, log1mexp, masked_log, mills_ratio, ndtr, residual_life
from jaxdist.validation import Shape

_LOG_SQRT_TWO_PI = 0.5 * math.log(2 * math.pi)


_FAR = 1e6  # standard deviations that stand for infinitely many


_NEGLIGIBLE = 40.0  # exp(-40) is below the precision of float64


_APPROXIMATE = 1e-8  # the relative error of `residual_life`


_MILLS_OF_0 = math.sqrt(math.pi / 2)


_NARROW = 0.1  # how far the logarithm of the density may fall for `_RULE`


_RULE = [((1 + t) / 2, w / 2) for t, w in zip(*np.polynomial.legendre.leggauss(3), strict=True)]


_FEW, _SOME, _MANY = 10, 24, 64  # nodes of quadratures


def _log_mills(x: Array) -> Array:
    r"""Logarithm of :math:`\int_x^\infty e^{(x^2 - t^2) / 2} dt`, for x >= 0."""
    return -jnp.log(inverse_mills(-x))


def _log_mass(a: Array, b: Array, width: Array) -> Array:
    r"""Integrate the normal density relative to its maximum on an interval.

    .. math:: \log \int_a^b e^{(c^2 - t^2) / 2} dt, \quad c = \text{the point of } [a, b]
              \text{ next to } 0

    By quadrature where the density varies little, by Mills' ratio beyond 0, else by its
    complement.

    Args:
      a: lower end.
      b: upper end, at least `a`.
      width: `b - a`, without the rounding of `a` and `b`.
    """
    reflect = a + b < 0
    near, far = jnp.where(reflect, -b, a), jnp.where(reflect, -a, b)
    narrow = width * (width / 2 + jnp.abs(near)) < 2

    short = jnp.where(narrow, width, 1)
    start = jnp.where(narrow, near, 0)
    density = gauss_legendre_average(lambda u: jnp.exp(-u * (u / 2 + start)), short, _FEW)
    by_quadrature = masked_log(short) + jnp.log(density) - jnp.minimum(start, 0) ** 2 / 2

    tail = ~narrow & (near > 0)
    from_, to = jnp.where(tail, near, 1), jnp.where(tail, far, 2)
    fall = jnp.where(tail, width * (width / 2 + near), 1)
    by_tail = _log_mills(from_) + log1mexp(fall + _log_mills(from_) - _log_mills(to))

    outside = jnp.where(narrow | tail, 0, ndtr(near) + ndtr(-far))
    across = _LOG_SQRT_TWO_PI + jnp.log1p(-outside)
    return jnp.where(narrow, by_quadrature, jnp.where(tail, by_tail, across))


class _Oriented(NamedTuple):
    """The interval in standard units, reflected such that its middle is not negative."""

    reflect: Array
    a: Array
    b: Array
    width: Array


class TruncatedNormal(Distribution):
    r"""Normal distribution conditioned on the interval `[low, high]`.

    .. math:: p(x) = \frac{\phi(z)}{\mathrm{scale}\, (\Phi(\beta) - \Phi(\alpha))}, \quad
              (z, \alpha, \beta) = \frac{(x, \mathrm{low}, \mathrm{high}) - \mathrm{loc}}
                                        {\mathrm{scale}}

    Everything is computed relative to the point of the interval next to `loc`, and so remains
    exact however far out in a tail the interval lies. Mean, variance and entropy are integrals by
    quadrature, since their closed forms cancel.

    Args:
      loc: mean before truncation, any shape broadcastable with the other parameters.
      scale: positive standard deviation before truncation, in the units of `loc`.
      low: lower end, may be -inf.
      high: upper end, above `low`, may be inf.
    """

    loc: Param = param(constraints.real)
    scale: Param = param(constraints.positive)
    low: Param = param(constraints.real)
    high: Param = param(lambda d: constraints.greater_than(d.low))

    has_rsample = True

    @property
    def support(self) -> constraints.Constraint:
        """The closed interval."""
        return constraints.interval(self.low, self.high)

    def _bounds(self) -> tuple[Array, Array]:
        """The ends, of which one beyond all mass is moved to where it can be computed with."""
        low = jnp.maximum(self.low, jnp.minimum(self.loc, self.high) - _FAR * self.scale)
        high = jnp.minimum(self.high, jnp.maximum(self.loc, self.low) + _FAR * self.scale)
        return low, high

    def _standardize(self, x: Array) -> Array:
        return (x - self.loc) / self.scale

    def _standard_bounds(self) -> tuple[Array, Array, Array]:
        low, high = self._bounds()
        return self._standardize(low), self._standardize(high), (high - low) / self.scale

    def _oriented(self) -> _Oriented:
        alpha, beta, width = self._standard_bounds()
        reflect = alpha + beta < 0
        a, b = jnp.where(reflect, -beta, alpha), jnp.where(reflect, -alpha, beta)
        return _Oriented(reflect, a, b, width)

    def _fall(self, x: Array) -> Array:
        """How far the log-density at x lies below its maximum."""
        low, high = self._bounds()
        alpha, beta = self._standardize(low), self._standardize(high)
        above, below = (x - low) / self.scale, (high - x) / self.scale
        tail = jnp.where(alpha > 0, above * (above / 2 + alpha), below * (below / 2 - beta))
        return jnp.where((alpha > 0) | (beta < 0), tail, self._standardize(x) ** 2 / 2)

    def _log_total(self) -> Array:
        return _log_mass(*self._standard_bounds())

    def _rsample(self, key: Array, shape: Shape) -> Array:
        below, above = random.uniform_with_complement(key, shape, self.dtype)
        return pathwise(self, lax.stop_gradient(self)._solve(below, above))

    def _log_prob(self, x: Array) -> Array:
        return -self._fall(x) - self._log_total() - jnp.log(self.scale)

    def _cdf(self, x: Array) -> Array:
        return _below(self, x)[0]

    def _log_cdf(self, x: Array) -> Array:
        return _below(self, x)[1]

    def _mirrored(self) -> TruncatedNormal:
        return self._with(loc=-self.loc, low=-self.high, high=-self.low)

    def _survival_function(self, x: Array) -> Array:
        return self._mirrored()._cdf(-x)

    def _log_survival_function(self, x: Array) -> Array:
        return self._mirrored()._log_cdf(-x)

    def _icdf(self, q: Array) -> Array:
        x = lax.stop_gradient(self)._solve(*lax.stop_gradient((q, 1 - q)))
        return quantile(self, q, jnp.where(q > 0, jnp.where(q < 1, x, self.high), self.low))

    def _solve(self, below: Array, above: Array) -> Array:
        """Invert the distribution function, outwards from the mode, in the upper tail beyond it.

        Args:
          below: probability below the solution.
          above: probability above it, which sums to 1 with `below`; the smaller one matters.
        """
        low, high = self._bounds()
        reflect, a, b, width = self._oriented()
        below, above = jnp.where(reflect, above, below), jnp.where(reflect, below, above)
        tail = a > 0
        c = jnp.maximum(a, 0)
        ratio, share, before, beyond, beyond_a = _shares(c, a, b, width)
        signed = below * share - before
        part = jnp.abs(signed)  # of the tail, between c and the solution
        rest = jnp.where(signed < 0, beyond_a + below * share, beyond + above * share)
        depth = residual_life(c, ratio, _minus_log1m(part, rest))
        if jnp.finfo(depth.dtype).eps < _APPROXIMATE:
            depth = _refined(depth, c, part, rest)
        mode = jnp.where(tail, jnp.where(reflect, high, low), self.loc)
        x = mode + jnp.where((signed < 0) == reflect, self.scale, -self.scale) * depth
        return jnp.clip(x, low, high)

    def _moments(self) -> tuple[Array, Array, Array]:
        """Mean and variance of the distance from the mode, and mean of `_fall`."""
        _, a, b, width = self._oriented()
        c = jnp.maximum(a, 0)
        reach = 2 * _NEGLIGIBLE / (c + jnp.sqrt(c * c + 2 * _NEGLIGIBLE))
        start = jnp.maximum(a - c, -reach)
        stop = jnp.minimum(jnp.where(a > 0, width, b), reach)

        def fall(u: Array) -> Array:
            return (start + u) * ((start + u) / 2 + c)

        def integrate(function: Callable[[Array], Array]) -> Array:
            return gauss_legendre_average(
                lambda u: function(u) * jnp.exp(-fall(u)), stop - start, _MANY
            )

        total = integrate(jnp.ones_like)
        mean = integrate(lambda u: u) / total
        variance = integrate(lambda u: (u - mean) ** 2) / total
        return start + mean, variance, integrate(fall) / total

    def _mean(self) -> Array:
        reflect, _, _, _ = self._oriented()
        distance = self.scale * self._moments()[0]
        mean = self._mode() + jnp.where(reflect, -distance, distance)
        return jnp.clip(mean, self.low, self.high)

    def _mode(self) -> Array:
        return jnp.clip(self.loc, self.low, self.high)

    def _variance(self) -> Array:
        return self.scale**2 * self._moments()[1]

    def _entropy(self) -> Array:
        return jnp.log(self.scale) + self._log_total() + self._moments()[2]


@jax.custom_jvp
def _below(d: TruncatedNormal, x: Array) -> tuple[Array, Array]:
    """Evaluate the probability below x, and its logarithm."""
    low, high = d._bounds()
    x = jnp.clip(x, low, high)
    z = d._standardize(x)
    part = _log_mass(d._standardize(low), z, (x - low) / d.scale)
    log_p = jnp.minimum(part - jnp.where(z < 0, d._fall(x), 0) - d._log_total(), 0)
    return jnp.exp(log_p), log_p


@_below.defjvp
def _below_jvp(
    primals: tuple[TruncatedNormal, Array], tangents: tuple[TruncatedNormal, Array]
) -> tuple[tuple[Array, Array], tuple[Array, Array]]:
    r"""Differentiate by integrals that are positive, so that the rarest x lose no digits.

    With z, α and β in standard units, S = 1 - F, and the normal density φ integrated over s,

    .. math:: (\Phi(\beta) - \Phi(\alpha))\, \mathrm{scale}\, dF
              = \phi(z)\, dx - S \phi(\alpha)\, d\mathrm{low} - F \phi(\beta)\, d\mathrm{high}
              - \Bigl(S \int_\alpha^z (z - s) \phi + F \int_z^\beta (s - z) \phi\Bigr)
                d\mathrm{loc}
              - \Bigl(S \int_\alpha^z (z^2 - s^2) \phi + F \int_z^\beta (s^2 - z^2) \phi\Bigr)
                d\mathrm{scale}
    """
    (d, x), (d_dot, x_dot) = primals, tangents
    low, high = d._bounds()
    inner = jnp.clip(x, low, high)
    z, fall = d._standardize(inner), d._fall(inner)
    # Densities are relative to the largest one, or to the largest one on the same side of x.
    before, after = jnp.exp(-jnp.where(z < 0, fall, 0)), jnp.exp(-jnp.where(z < 0, 0, fall))
    below = _side(z, (inner - low) / d.scale)
    above = _side(-z, (high - inner) / d.scale)
    total = before * below.mass + after * above.mass
    s, f = after * above.mass / total, after * below.mass / total
    slope = (
        after * x_dot
        - s * below.end * d_dot.low
        - f * above.end * d_dot.high
        - (s * below.first + f * above.first) * d_dot.loc
        - (s * below.second - f * above.second) * d_dot.scale
    ) / d.scale
    possible = below.mass > 0
    log_slope = jnp.where(possible, slope / jnp.where(possible, below.mass, 1), 0)
    return _below(d, x), (before / total * slope, log_slope)


class _Side(NamedTuple):
    """Integrals of the normal density, relative to its maximum, over an interval of s below z."""

    mass: Array
    first: Array  # of z - s
    second: Array  # of z^2 - s^2
    end: Array  # the density at the end of the interval


def _side(z: Array, length: Array) -> _Side:
    r"""Integrate from z downwards, as far as the density is not negligible.

    .. math:: \int_0^l e^{-t (t / 2 + c)} (1, h, h (2 z - h))\, dh, \quad t = z - c - h

    Args:
      z: upper end of the interval.
      length: of the interval, in which c is the point next to 0.
    """
    depth = jnp.clip(z, 0, length)
    c = z - depth
    much = 2 * negligible_exponent(z.dtype)
    reach = much / (jnp.abs(c) + jnp.sqrt(c * c + much))
    start = jnp.maximum(depth - reach, 0)
    cut = jnp.minimum(length, depth + reach) - start

    def density(h: Array) -> Array:
        return jnp.exp(-(depth - h) * ((depth - h) / 2 + c))

    def weighted(h: Array) -> tuple[Array, ...]:
        p, h = density(start + h), start + h
        return p, p * h, p * h * (2 * z - h)

    points = _SOME if jnp.finfo(z.dtype).eps > _APPROXIMATE else _MANY
    mass, first, second = gauss_legendre_average(weighted, cut, points)
    return _Side(cut * mass, cut * first, cut * second, density(length))


class _Shares(NamedTuple):
    """Probabilities relative to that of the upper tail beyond c, which may be an end or 0."""

    ratio: Array  # of Mills, at c
    interval: Array
    before_c: Array  # of the part of the interval below c
    beyond_b: Array
    below_a: Array  # where c is within the interval


def _shares(c: Array, a: Array, b: Array, width: Array) -> _Shares:
    tail = a > 0
    mills_a, mills_b = mills_ratio(jnp.abs(a)), mills_ratio(b)
    upper = jnp.where(tail, mills_a, _MILLS_OF_0)
    reach = jnp.where(tail, width, b)
    fall = reach * (reach / 2 + c)
    beyond = jnp.exp(-fall) * mills_b / upper
    short = jnp.where(fall < _NARROW, reach, 0)
    density = sum(w * jnp.exp(-short * t * (short * t / 2 + c)) for t, w in _RULE)
    after_c = jnp.where(fall < _NARROW, short * density / upper, 1 - beyond)
    before_c = lax.erf(jnp.where(tail, 0, -a) * math.sqrt(0.5))
    return _Shares(
        upper, before_c + after_c, before_c, beyond, jnp.exp(-a * a / 2) * mills_a / upper
    )


def _minus_log1m(part: Array, rest: Array) -> Array:
    """Compute `-log(rest)`, where `rest` is `1 - part`, exactly for small parts too."""
    near = part < 0.5
    kept = jnp.where(near, 1 - part, jnp.maximum(rest, jnp.finfo(rest.dtype).tiny))
    # Kahan's quotient restores what rounding took from a small part.
    lost = 1 - kept
    inexact = near & (lost > 0)
    restored = part * (1 / jnp.where(inexact, lost, 1))
    return jnp.where(lost > 0, -jnp.log(kept) * jnp.where(inexact, restored, 1), part)


def _refined(depth: Array, c: Array, part: Array, rest: Array) -> Array:
    """Make one step of Newton's method for the depth beyond which `rest` of the tail is left."""
    upper, beyond = _log_mills(c), _log_mills(c + depth)
    reached = jnp.exp(_log_mass(c, c + depth, depth) - upper)
    by_part = jnp.log1p((part - reached) / (1 - part))
    by_rest = beyond - upper - depth * (depth / 2 + c) - jnp.log(rest)
    error = jnp.where(part < 0.5, by_part, by_rest)
    return jnp.maximum(depth + error * jnp.exp(beyond), 0)
