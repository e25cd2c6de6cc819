"""VonMises distribution."""

from __future__ import annotations

import math

import jax.numpy as jnp
from jax import Array, lax

from jaxdist import constraints, random
from jaxdist.arguments import Shape
from jaxdist.distribution import Distribution
from jaxdist.implicit_differentiation import implicit_reparameterization
from jaxdist.numerics.loop_carries import vary_with
from jaxdist.numerics.quadrature import gauss_legendre_average
from jaxdist.numerics.root_finding import bisection_steps, find_root
from jaxdist.parameters import Param, param
from jaxdist.special import (
    LOG_TWO_PI,
    bessel_ratio_complement,
    log_i0e,
    masked_log,
    masked_logsumexp,
    pi_minus,
    with_slopes,
)
from jaxdist.special.bessel import bessel_mean_fall
from jaxdist.special.trigonometric import wrap_angle

_TWO_PI = 2 * math.pi
_NODES = 48  # of the quadrature
_NEGLIGIBLE = 40.0  # exp(-40) is below the precision of float64


class VonMises(Distribution):
    r"""Von Mises distribution of an angle, the circular analogue of the normal distribution.

    .. math:: p(x) = \frac{e^{\kappa \cos(x - \mathrm{loc})}}{2 \pi I_0(\kappa)}, \quad
              \kappa = \mathrm{concentration}

    Draws lie in `[-pi, pi)`, and `cdf`, `icdf` and the survival function are those of such a draw.
    `log_prob` takes any real number, and has period 2 pi. `mean` is the circular mean, and
    `variance` the circular variance 1 - E cos(x - loc).

    The pathwise derivative of a draw in `loc` is 1. It gives unbiased gradients of the expectation
    of a periodic function, f(x) = f(x + 2 pi), but not of the expectation of the number x.

    Args:
      loc: mean direction in radians, any shape broadcastable with `concentration`.
      concentration: non-negative; 0 gives the uniform distribution.

    Example:
      >>> import jax, jaxdist as jd
      >>> d = jd.VonMises(loc=[0.0, 3.0], concentration=4.0)
      >>> d.variance.round(2)
      Array([0.14, 0.14], dtype=float32)
      >>> d.sample(jax.random.key(0), 5).shape
      (5, 2)
    """

    loc: Param = param(constraints.real)
    concentration: Param = param(constraints.nonnegative)

    support = constraints.real
    has_rsample = True

    def _rsample_deviation(self, key: Array, shape: Shape) -> Array:
        """Draw x - loc."""
        centered = self._with(loc=jnp.zeros_like(self.loc))
        return implicit_reparameterization(
            centered, random.von_mises(key, self.concentration, shape)
        )

    def _rsample(self, key: Array, shape: Shape) -> Array:
        return wrap_angle(self.loc + self._rsample_deviation(key, shape))

    def _joint(self, key: Array, shape: Shape, pathwise: bool) -> tuple[Array, Array]:
        deviation = self._rsample_deviation(key, shape)
        deviation = deviation if pathwise else lax.stop_gradient(deviation)
        x = wrap_angle(self.loc + deviation)
        if pathwise:
            return x, self._log_prob_of_half(deviation / 2)
        shift = self.loc - lax.stop_gradient(self.loc)  # 0, with the derivative of loc
        return lax.stop_gradient(x), self._log_prob_of_half((deviation - shift) / 2)

    def _log_prob_of_half(self, half: Array) -> Array:
        """Evaluate the log-density, given half of x - loc, which does not overflow."""
        kappa, sine = self.concentration, jnp.sin(half)
        # Twice the concentration may overflow beside a sine of 0.
        return -(2 * sine) * (kappa * sine) - LOG_TWO_PI - log_i0e(kappa)

    def _log_prob(self, x: Array) -> Array:
        return self._log_prob_of_half(x / 2 - self.loc / 2)

    def _log_cdf(self, x: Array) -> Array:
        """Integrate from -pi to x, over arcs that are closest to `loc` at one of their ends."""
        x = jnp.clip(x, -math.pi, math.pi)
        loc = wrap_angle(self.loc)
        start, loc_is_positive = jnp.where(loc > 0, pi_minus(loc), -pi_minus(-loc)), loc > 0
        stop = x - loc
        turns = jnp.where(stop < -math.pi, -1.0, jnp.where(stop < math.pi, 0.0, 1.0))
        stop = stop - _TWO_PI * turns
        # If the arc contains `loc`, its complement consists of tails.
        stop_is_after, start_is_after = stop > 0, start > 0
        contains_loc = turns + loc_is_positive + stop_is_after - start_is_after > 0
        complement = _sign(stop_is_after) * self._tail(stop)
        complement = complement - _sign(start_is_after) * self._tail(start)
        reach = jnp.where(start_is_after, start, -start), jnp.where(stop_is_after, stop, -stop)
        nearest = jnp.where(reach[0] < reach[1], *reach)
        one_sided = _log_arc(nearest, pi_minus(-x), self.concentration)
        two_sided = masked_logsumexp(
            jnp.stack(jnp.broadcast_arrays(self._log_tail(start), self._log_tail(stop)), -1)
        )
        small = jnp.where(stop_is_after == start_is_after, one_sided, two_sided)
        return jnp.where(contains_loc, jnp.log1p(-jnp.where(contains_loc, complement, 0)), small)

    def _tail(self, angle: Array) -> Array:
        """Probability of the angles between `loc + angle` and `loc + sign(angle) pi`."""
        return jnp.exp(self._log_tail(angle))

    def _log_tail(self, angle: Array) -> Array:
        t = jnp.where(angle > 0, angle, -angle)
        return _log_arc(t, pi_minus(t), self.concentration)

    def _cdf(self, x: Array) -> Array:
        """Differentiate in x by p(x), and in `loc` by p(pi) - p(x), which does not cancel."""
        loc, x, _ = jnp.broadcast_arrays(self.loc, x, self.concentration)
        fixed = self._with(loc=lax.stop_gradient(self.loc))
        value = jnp.exp(fixed._log_cdf(lax.stop_gradient(x)))
        inside = jnp.abs(x) <= math.pi
        of_x, of_loc = jnp.exp(self._log_prob(x)), density_excess_at_end(self, x)
        slopes = jnp.where(inside, of_x, 0), jnp.where(inside, of_loc, 0)
        return with_slopes(value, slopes, (x, loc))

    def _mirrored(self) -> VonMises:
        """The distribution of -x."""
        return self._with(loc=-self.loc)

    def _log_survival_function(self, x: Array) -> Array:
        return self._mirrored()._log_cdf(-x)

    def _survival_function(self, x: Array) -> Array:
        return self._mirrored()._cdf(-x)

    def _icdf(self, q: Array) -> Array:
        x = lax.stop_gradient(self)._solve(lax.stop_gradient(q))
        return implicit_reparameterization(self, x, q)

    def _isf(self, q: Array) -> Array:
        return -self._with(loc=-self.loc)._icdf(q)

    def _solve(self, q: Array) -> Array:
        """Invert the cdf, or the survival function for q > 1/2, by bisection."""
        upper = q > 0.5
        sign = jnp.where(upper, -1, 1)
        d = self._with(loc=sign * self.loc)
        target = jnp.where(upper, 1 - q, q)
        end = vary_with(jnp.full_like(q, math.pi), d)
        steps = bisection_steps(q.dtype)
        return sign * find_root(lambda x: (d._cdf(x) - target, 0.0), -end, end, steps=steps)

    def _mean(self) -> Array:
        return self.loc

    def _mode(self) -> Array:
        return self.loc

    def _variance(self) -> Array:
        return bessel_ratio_complement(self.concentration)

    def _entropy(self) -> Array:
        kappa = self.concentration
        return LOG_TWO_PI + log_i0e(kappa) + bessel_mean_fall(kappa)


def _sign(positive: Array) -> Array:
    return jnp.where(positive, 1.0, -1.0)


def _log_arc(t: Array, length: Array, kappa: Array) -> Array:
    """Log-probability of the angles in [t, t + length] for loc = 0, t >= 0, t + length <= pi.

    By quadrature of the density relative to that at t, as far as it is not negligible.
    """
    t, length, kappa = jnp.broadcast_arrays(t, length, kappa)
    sine = jnp.sin(t / 2) ** 2 + _NEGLIGIBLE / 2 / jnp.maximum(kappa, _NEGLIGIBLE / 2)
    to_pi = sine >= 1
    end = jnp.where(to_pi, math.pi, 2 * jnp.arcsin(jnp.sqrt(jnp.where(to_pi, 0.5, sine))))
    length = jnp.clip(length, 0, jnp.maximum(end - t, 0))

    def relative(step: Array) -> Array:  # the product of two small sines may underflow
        return jnp.exp(-2 * jnp.sin(step / 2) * (kappa * jnp.sin(t + step / 2)))

    mean = gauss_legendre_average(relative, length, _NODES)
    half_sine = jnp.sin(t / 2)
    neg_log_prob = (2 * half_sine) * (kappa * half_sine) + LOG_TWO_PI + log_i0e(kappa)
    positive = mean > 0  # where it underflows, the length is rounded, and the tail is 0
    return masked_log(length) + jnp.log(jnp.where(positive, mean, 1)) - neg_log_prob


def density_excess_at_end(d: VonMises, x: Array) -> Array:
    """Return p(pi) - p(x), without cancellation."""
    change = -d.concentration * (2 * jnp.cos(x / 2) * jnp.cos(d.loc - x / 2))  # of log p
    larger = jnp.exp(d._log_prob(jnp.where(change > 0, math.pi, x)))
    return -jnp.sign(change) * jnp.expm1(-jnp.abs(change)) * larger
