"""Truncated distributions."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import jax.numpy as jnp
from jax import Array, lax

from jaxdist import constraints, random
from jaxdist.distribution import Distribution
from jaxdist.implicit import quantile
from jaxdist.parameters import Param, param
from jaxdist.special import inverse_mills, log1mexp, log_ndtr, log_or_masked, ndtr, ndtri_exp
from jaxdist.special.approximation import average
from jaxdist.validation import Shape

_LOG_SQRT_TWO_PI = 0.5 * math.log(2 * math.pi)
_FAR = 1e6  # standard deviations that stand for infinitely many
_NEGLIGIBLE = 40.0  # exp(-40) is below the precision of float64
_NEWTON_STEPS = 4
_FEW, _MANY = 10, 64  # nodes of quadratures


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
    density = average(lambda u: jnp.exp(-u * (u / 2 + start)), short, _FEW)
    by_quadrature = log_or_masked(short) + jnp.log(density) - jnp.minimum(start, 0) ** 2 / 2

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
        return self._icdf(random.uniform_open(key, shape, self.dtype))

    def _log_prob(self, x: Array) -> Array:
        return -self._fall(x) - self._log_total() - jnp.log(self.scale)

    def _cdf(self, x: Array) -> Array:
        return jnp.exp(self._log_cdf(x))

    def _log_cdf(self, x: Array) -> Array:
        low, high = self._bounds()
        x = jnp.clip(x, low, high)
        z = self._standardize(x)
        part = _log_mass(self._standardize(low), z, (x - low) / self.scale)
        return jnp.minimum(part - jnp.where(z < 0, self._fall(x), 0) - self._log_total(), 0)

    def _survival_function(self, x: Array) -> Array:
        return jnp.exp(self._log_survival_function(x))

    def _log_survival_function(self, x: Array) -> Array:
        low, high = self._bounds()
        x = jnp.clip(x, low, high)
        z = self._standardize(x)
        part = _log_mass(z, self._standardize(high), (high - x) / self.scale)
        return jnp.minimum(part - jnp.where(z > 0, self._fall(x), 0) - self._log_total(), 0)

    def _icdf(self, q: Array) -> Array:
        return quantile(self, q, lax.stop_gradient(self)._solve(lax.stop_gradient(q)))

    def _solve(self, q: Array) -> Array:
        """Invert the logarithm of the upper tail: by Newton's method where the mode is outside."""
        low, high = self._bounds()
        reflect, a, b, width = self._oriented()
        tail = a > 0
        t = jnp.where(tail, a, 0)
        total = _log_mass(a, b, width)
        log_upper = jnp.where(tail, _log_mills(t), _LOG_SQRT_TWO_PI + log_ndtr(-a))
        share = jnp.exp(total - log_upper)  # of the upper tail that the interval is
        below, above = jnp.where(reflect, 1 - q, q), jnp.where(reflect, q, 1 - q)
        cut = below * share
        log_left = jnp.log1p(-jnp.minimum(cut, 0.5))
        beyond = jnp.maximum(above + below * (1 - share), jnp.finfo(q.dtype).tiny)
        log_left = jnp.where(cut < 0.5, log_left, jnp.log(beyond))
        depth = _tail_depth(jnp.broadcast_to(t, q.shape), log_left)
        in_tail = jnp.where(reflect, high - self.scale * depth, low + self.scale * depth)
        z = ndtri_exp(jnp.where(tail, -1, log_ndtr(-a) + log_left))
        across = self.loc + self.scale * jnp.where(reflect, z, -z)
        x = jnp.clip(jnp.where(tail, in_tail, across), low, high)
        return jnp.where(q > 0, jnp.where(q < 1, x, self.high), self.low)

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
            return average(lambda u: function(u) * jnp.exp(-fall(u)), stop - start, _MANY)

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


def _tail_depth(a: Array, log_left: Array) -> Array:
    """Return the s > 0 beyond which the normal tail above a >= 0 retains exp(log_left) of it."""
    log_upper = _log_mills(a)
    hazard = jnp.exp(-log_upper)
    little = log_left > -0.5

    def newton(_: int, s: Array) -> Array:
        log_beyond = _log_mills(a + s)
        part = jnp.exp(_log_mass(a, a + s, s) - log_upper)
        by_part = jnp.log1p(-jnp.minimum(part, 0.9))
        reached = jnp.where(little, by_part, log_beyond - log_upper - s * (s / 2 + a))
        return jnp.maximum(s + (reached - log_left) * jnp.exp(log_beyond), 0)

    start = -2 * log_left / (hazard + jnp.sqrt(hazard * hazard - 2 * log_left))
    return lax.fori_loop(0, _NEWTON_STEPS, newton, start)
