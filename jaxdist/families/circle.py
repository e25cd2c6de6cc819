"""Distributions on the circle."""

from __future__ import annotations

import math

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array, lax

from jaxdist import constraints
from jaxdist.distribution import Distribution, Param, param
from jaxdist.implicit import pathwise, quantile
from jaxdist.special import bessel_ratio_complement, log1mexp, log_i0e
from jaxdist.validation import Shape

_TURN = 2 * math.pi
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(48)
_NEGLIGIBLE = 40.0  # exp(-40) is below the precision of float64


def _wrap(x: Array) -> Array:
    """Bring angles into [-pi, pi)."""
    below_pi = math.pi * (1 - float(jnp.finfo(x.dtype).epsneg))
    return jnp.clip(x - _TURN * jnp.floor(x / _TURN + 0.5), -below_pi, below_pi)


class VonMises(Distribution):
    r"""Von Mises distribution of an angle, the normal distribution of the circle.

    .. math:: p(x) = \frac{e^{\kappa \cos(x - \mathrm{loc})}}{2 \pi I_0(\kappa)}, \quad
              \kappa = \mathrm{concentration}

    Draws lie in `[-pi, pi)`, and `cdf`, `icdf` and the survival function are those of such a draw.
    The density is that of the angle, whatever multiple of 2 pi was added to it. `mean` is the
    circular mean, and `variance` the circular variance 1 - E cos(x - loc).

    The pathwise derivative turns the draw with `loc`, and so is right for the expectation of a
    function on the circle, f(x) = f(x + 2 pi), not for that of the number x.

    Args:
      loc: mean direction in radians, any shape broadcastable with `concentration`.
      concentration: non-negative; 0 is the uniform distribution.
    """

    loc: Param = param(constraints.real)
    concentration: Param = param(constraints.nonnegative)

    support = constraints.real
    has_rsample = True

    def _deviation(self, key: Array, shape: Shape) -> Array:
        """Draw x - loc."""
        kappa = jnp.broadcast_to(self.concentration, shape)
        centred = self._with(loc=jnp.zeros_like(self.loc))
        return pathwise(centred, _best_fisher(key, lax.stop_gradient(kappa)))

    def _rsample(self, key: Array, shape: Shape) -> Array:
        return _wrap(self.loc + self._deviation(key, shape))

    def _joint(self, key: Array, shape: Shape, pathwise: bool) -> tuple[Array, Array]:
        deviation = self._deviation(key, shape)
        deviation = deviation if pathwise else lax.stop_gradient(deviation)
        x = _wrap(self.loc + deviation)
        if pathwise:
            return x, self._log_density(deviation)
        turned = self.loc - lax.stop_gradient(self.loc)  # zero, but for its derivative
        return lax.stop_gradient(x), self._log_density(deviation - turned)

    def _log_density(self, deviation: Array) -> Array:
        kappa = self.concentration
        return -2 * kappa * jnp.sin(deviation / 2) ** 2 - math.log(_TURN) - log_i0e(kappa)

    def _log_prob(self, x: Array) -> Array:
        return self._log_density(x - self.loc)

    def _log_cdf(self, x: Array) -> Array:
        """Integrate from -pi, adding and subtracting only the tails away from `loc`."""
        cut = -self.loc - math.pi
        end = jnp.clip(x, -math.pi, math.pi) - self.loc
        turns = [jnp.floor(angle / _TURN + 0.5) for angle in (cut, end)]
        (start, before), (stop, after) = (
            self._tail(angle - _TURN * turn) for angle, turn in zip((cut, end), turns, strict=True)
        )
        # F is whole + (tail at the end, if left of loc, or minus it) - (the same at the start).
        whole = turns[1] - turns[0] + after - before
        sign_stop, sign_start = 1 - 2 * after, 1 - 2 * before
        outside = sign_start * jnp.exp(start) - sign_stop * jnp.exp(stop)
        most = jnp.maximum(start, stop)
        gap = most - jnp.minimum(start, stop)
        apart = sign_stop * sign_start > 0
        small = most + jnp.where(apart, log1mexp(gap), jnp.log1p(jnp.exp(-gap)))
        return jnp.where(whole > 0, jnp.log1p(-jnp.where(whole > 0, outside, 0)), small)

    def _tail(self, angle: Array) -> tuple[Array, Array]:
        """Log-probability beyond an angle on its side of loc = 0, and whether that is the right."""
        right = angle > 0
        t = jnp.where(right, angle, -angle)
        kappa = jnp.broadcast_to(self.concentration, t.shape)
        return _log_tail(t, kappa), jnp.where(right, 1.0, 0.0)

    def _cdf(self, x: Array) -> Array:
        return jnp.exp(self._log_cdf(x))

    def _mirrored(self) -> VonMises:
        return self._with(loc=-self.loc)

    def _log_survival_function(self, x: Array) -> Array:
        return self._mirrored()._log_cdf(-x)

    def _survival_function(self, x: Array) -> Array:
        return self._mirrored()._cdf(-x)

    def _icdf(self, q: Array) -> Array:
        return quantile(self, q, lax.stop_gradient(self)._solve(lax.stop_gradient(q)))

    def _solve(self, q: Array) -> Array:
        """Bisect, from the end of the circle that is nearer in probability."""
        upper = q > 0.5
        sign = jnp.where(upper, -1, 1)
        d = self._with(loc=sign * self.loc)
        target = jnp.where(upper, 1 - q, q)

        def halve(_: int, bracket: tuple[Array, Array]) -> tuple[Array, Array]:
            low, high = bracket
            middle = (low + high) / 2
            below = d._cdf(middle) < target
            return jnp.where(below, middle, low), jnp.where(below, high, middle)

        ends = jnp.full_like(q, -math.pi), jnp.full_like(q, math.pi)
        low, high = lax.fori_loop(0, jnp.finfo(q.dtype).nmant + 6, halve, ends)
        return sign * (low + high) / 2

    def _mean(self) -> Array:
        return self.loc

    def _mode(self) -> Array:
        return self.loc

    def _variance(self) -> Array:
        return bessel_ratio_complement(self.concentration)

    def _entropy(self) -> Array:
        kappa = self.concentration
        return math.log(_TURN) + log_i0e(kappa) + kappa * bessel_ratio_complement(kappa)


def _log_tail(t: Array, kappa: Array) -> Array:
    r"""Log-probability that an angle from loc = 0 exceeds t, for t in [0, pi].

    By quadrature of the density relative to that at t, as far as it matters.
    """
    sine = jnp.sin(t / 2) ** 2 + _NEGLIGIBLE / (2 * jnp.maximum(kappa, _NEGLIGIBLE / 2))
    whole = sine >= 1
    end = jnp.where(whole, math.pi, 2 * jnp.arcsin(jnp.sqrt(jnp.where(whole, 0.5, sine))))
    length = jnp.maximum(end - t, 0)
    nodes = jnp.asarray((_NODES + 1) / 2, t.dtype).reshape(-1, *[1] * t.ndim)
    step = nodes * length
    fall = 2 * kappa * jnp.sin(step / 2) * jnp.sin(t + step / 2)
    integral = length * jnp.tensordot(jnp.asarray(_WEIGHTS / 2, t.dtype), jnp.exp(-fall), 1)
    some = integral > 0
    log_integral = jnp.where(some, jnp.log(jnp.where(some, integral, 1)), -math.inf)
    top = 2 * kappa * jnp.sin(t / 2) ** 2 + math.log(_TURN) + log_i0e(kappa)
    return log_integral - top


def _best_fisher(key: Array, kappa: Array) -> Array:
    r"""Draw angles around 0 by rejection from a wrapped Cauchy distribution.

    Best and Fisher, Efficient Simulation of the von Mises Distribution (1979). With
    :math:`b = 1 / (2 \kappa + \sqrt{1 + 4 \kappa^2})` a Cauchy variate t proposes
    :math:`2 \arctan(\sqrt{b}\, t)`, and the ratio of the densities is largest at t = 1.

    Args:
      key: a PRNG key, from which each attempt derives its own.
      kappa: concentrations, in the shape of the draws.
    """
    b = 1 / (2 * kappa + jnp.sqrt(1 + 4 * kappa * kappa))

    def attempt(state: tuple[Array, Array, Array]) -> tuple[Array, Array, Array]:
        count, angle, done = state
        key_angle, key_accept = jax.random.split(jax.random.fold_in(key, count))
        t = jax.random.cauchy(key_angle, kappa.shape, kappa.dtype)
        s = t * t
        slope = (1 - b) / 2 * (1 - (1 + b) * s / (1 + b * s))
        log_ratio = slope + jnp.log((1 + s) / 2) - jnp.log((1 + b * s) / (1 + b))
        refused = -jax.random.exponential(key_accept, kappa.shape, kappa.dtype) > log_ratio
        angle = jnp.where(done, angle, 2 * jnp.arctan(jnp.sqrt(b) * t))
        return count + 1, angle, done | ~refused

    start = (jnp.array(0), jnp.zeros_like(kappa), jnp.zeros(kappa.shape, bool))
    _, angle, _ = lax.while_loop(lambda state: ~jnp.all(state[2]), attempt, start)
    return angle
