r"""The normal-inverse Gaussian distribution: its density and its upper tail.

.. math:: Z = \beta W + \sqrt{W} U, \quad W \sim \mathrm{InverseGaussian}(\delta / \gamma,
          \delta^2), \; U \sim \mathrm{Normal}(0, 1), \quad \gamma^2 = \alpha^2 - \beta^2

The tail is an integral over log W of an analytic function, by the trapezoidal rule between the
points where it becomes negligible.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array, lax

from jaxdist.numerics.quadrature import negligible_exponent, weighted_sum
from jaxdist.numerics.root_finding import find_root
from jaxdist.promotion import custom_jvp
from jaxdist.special.bessel_k import log_kve
from jaxdist.special.constants import LOG_TWO_PI
from jaxdist.special.hyperbolic import cosine_and_sine, hypot
from jaxdist.special.normal import inverse_mills, log_ndtr
from jaxdist.special.quotient import along, finite, log_quotient, quotient

_SEARCH = 26  # bisections for the ends of the integral, which need not be exact
_MODERATE = 40.0  # exponent
_FARTHEST = 120.0  # |log W|
_TINY = 1e-18  # αq up to which α q K1(αq) is its exponential
_HUGE = 1e16  # αq from which K1(αq) is the root of a power
_LARGE_POWER = 30  # of 2, in units of which other arguments do not underflow
_CENTRAL = 0.5  # |e|, up to which the tail is nearly a half


@custom_jvp
def _gamma(alpha: Array, beta: Array) -> Array:
    return jnp.sqrt((alpha - beta) * (alpha + beta))


@_gamma.defjvp
def _gamma_jvp(primals: tuple[Array, Array], tangents: tuple[Array, Array]) -> tuple[Array, Array]:
    (alpha, beta), (alpha_dot, beta_dot) = primals, tangents
    gamma = _gamma(alpha, beta)
    return gamma, along(quotient(alpha, gamma), alpha_dot) - along(quotient(beta, gamma), beta_dot)


@custom_jvp
def nig_log_prob(z: Array, delta: Array, alpha: Array, beta: Array) -> Array:
    r"""Logarithm of the density.

    .. math:: \log \frac{\alpha \delta K_1(\alpha q)}{\pi q} + \delta \gamma + \beta z, \quad
              q = \sqrt{\delta^2 + z^2}

    Args:
      z: any real number, any shape broadcastable with the others.
      delta: positive scale δ.
      alpha: positive α.
      beta: β between -α and α.
    """
    (_, excess, root, rises), per_x, per_slope = _exponent(z, delta, alpha, beta)
    # Products with both units may overflow or underflow where the product with their root does not.
    unit = jnp.sqrt(per_x) * jnp.sqrt(per_slope)
    exponent = jnp.where(rises, -(root * unit) * (root * unit), excess * unit * unit)
    return exponent + _log_factor(delta, finite(hypot(delta, z)), alpha)


@nig_log_prob.defjvp
def _nig_log_prob_jvp(
    primals: tuple[Array, ...], tangents: tuple[Array, ...]
) -> tuple[Array, Array]:
    """Differentiate the exponent and the Bessel function such that their slopes do not cancel."""
    z, delta, alpha, beta = points = jnp.broadcast_arrays(*primals)
    per_x, per_slope = _units(*points)
    scaled = z / per_x, delta / per_x, alpha / per_slope, beta / per_slope
    _, pull_back, rises = jax.vjp(_differentiable_exponent, *scaled, has_aux=True)
    of_z, of_delta, of_alpha, of_beta = pull_back(jnp.ones_like(z))
    q, (cosine, sine) = finite(hypot(delta, z)), cosine_and_sine(z, delta)
    w = jnp.clip(alpha * q, _TINY, _HUGE)
    fall = jnp.exp(log_kve(0.0, w) - log_kve(1.0, w))
    _, of_log = jax.jvp(_log_of_scaled_bessel, (w,), (w,))
    of_q = jnp.where(
        rises, quotient(of_log - 2, q), -alpha * fall - quotient(2 * jnp.ones_like(q), q)
    )
    of_rising = jnp.where(alpha * q > _TINY, quotient(of_log, alpha), q)
    slopes = (
        of_z * per_slope + of_q * cosine,
        of_delta * per_slope + (of_q * sine + quotient(jnp.ones_like(delta), delta)),
        of_alpha * per_x + jnp.where(rises, of_rising, -q * fall),
        of_beta * per_x,
    )
    dot = jnp.zeros_like(z)
    for slope, change in zip(slopes, tangents, strict=True):
        dot += along(slope, change)
    return nig_log_prob(*primals), dot


def _units(z: Array, delta: Array, alpha: Array, beta: Array) -> tuple[Array, Array]:
    """Return units of z and δ, and of the others, in which no product overflows or underflows."""
    return _unit(jnp.maximum(jnp.abs(z), delta)), _unit(alpha)


def _unit(x: Array) -> Array:
    """Return a power of 4, of which a positive number is a large but no huge multiple."""
    power = (jnp.frexp(lax.stop_gradient(x))[1] - _LARGE_POWER) // 2 * 2
    return jnp.ldexp(jnp.ones_like(x), jnp.maximum(power, jnp.finfo(x.dtype).minexp + 2))


class _Exponent(NamedTuple):
    r"""Where it rises to above half of αq, the exponent less αq is minus the square of a root."""

    drift: Array
    excess: Array
    root: Array
    rises: Array


def _exponent(z: Array, delta: Array, alpha: Array, beta: Array) -> tuple[_Exponent, Array, Array]:
    r"""Return the parts of the exponent, and the two units.

    By :math:`(\alpha q)^2 - (\delta \gamma + \beta z)^2 = (\gamma z - \beta \delta)^2`.
    """
    per_x, per_slope = _units(z, delta, alpha, beta)
    parts = _parts(z / per_x, delta / per_x, alpha / per_slope, beta / per_slope)
    return parts, per_x, per_slope


def _parts(z: Array, delta: Array, alpha: Array, beta: Array) -> _Exponent:
    gamma = _gamma(alpha, beta)
    drift, w = delta * gamma + beta * z, alpha * hypot(delta, z)
    rises, cross = drift > w / 2, gamma * z - beta * delta
    root = cross / jnp.sqrt(w + jnp.where(rises, drift, 0))
    return _Exponent(drift, drift - w, root, rises)


def _differentiable_exponent(
    z: Array, delta: Array, alpha: Array, beta: Array
) -> tuple[Array, Array]:
    """Return the exponent of the scaled Bessel function where it rises, of the other elsewhere."""
    drift, _, root, rises = _parts(z, delta, alpha, beta)
    return jnp.where(rises, -root * root, drift), rises


def _log_factor(delta: Array, q: Array, alpha: Array) -> Array:
    r"""Return the logarithm of :math:`\alpha \delta K_1(\alpha q) e^{\alpha q} / (\pi q)`."""
    ratio, w = quotient(delta, q), alpha * q
    vanishes = ratio < 1e-37
    log_far = log_quotient(delta, q) - jnp.log(q) - math.log(math.pi)
    near = log_quotient(jnp.where(vanishes, 1, ratio / math.pi), q)
    log_root = (math.log(math.pi / 2) + jnp.log(alpha) + jnp.log(q)) / 2
    log_bessel = _log_of_scaled_bessel(jnp.clip(w, _TINY, _HUGE))
    return jnp.where(vanishes, log_far, near) + jnp.where(w > _HUGE, log_root, log_bessel)


@custom_jvp
def _log_of_scaled_bessel(z: Array) -> Array:
    """Compute `log(z K1(z) exp(z))`."""
    return _log_of_factors(z)


def _log_of_factors(z: Array) -> Array:
    return jnp.log(z) + log_kve(1.0, z)


@_log_of_scaled_bessel.defjvp
def _log_of_scaled_bessel_jvp(primals: tuple[Array], tangents: tuple[Array]) -> tuple[Array, Array]:
    """The slope is 1 - K0(z) / K1(z): for a small z those of the factors cancel."""
    (z,), (z_dot,) = primals, tangents
    is_small = z < 1
    small = jnp.where(is_small, z, 1)
    of_small = 1 - jnp.exp(log_kve(0.0, small) - log_kve(1.0, small))
    _, of_factors = jax.jvp(_log_of_factors, (jnp.where(is_small, 1, z),), (z_dot,))
    return _log_of_scaled_bessel(z), jnp.where(is_small, of_small * z_dot, of_factors)


def nig_sf(z: Array, delta: Array, alpha: Array, beta: Array) -> Array:
    """Probability that Z exceeds z.

    Args:
      z: any real number, any shape broadcastable with the others.
      delta: positive scale δ.
      alpha: positive α.
      beta: β between -α and α.
    """
    integrand = _Integrand(*jnp.broadcast_arrays(z, delta, _gamma(alpha, beta), beta))
    return _sf(*integrand, _range(integrand))


def nig_log_sf(z: Array, delta: Array, alpha: Array, beta: Array) -> Array:
    """Logarithm of `nig_sf`, of the same arguments."""
    integrand = _Integrand(*jnp.broadcast_arrays(z, delta, _gamma(alpha, beta), beta))
    return _log_sf(*integrand, _range(integrand))


@custom_jvp
def _sf(z: Array, delta: Array, gamma: Array, beta: Array, where: _Range) -> Array:
    total, largest = _tail_integral(_Integrand(z, delta, gamma, beta), where)
    return total * _factor(largest, delta)


@_sf.defjvp
def _sf_jvp(primals: Any, tangents: Any) -> tuple[Array, Array]:
    change, largest = _tail_change(_Integrand(*primals[:4]), tangents[:4], primals[4])
    return _sf(*primals), change * _factor(largest, primals[1])


@custom_jvp
def _log_sf(z: Array, delta: Array, gamma: Array, beta: Array, where: _Range) -> Array:
    total, largest = _tail_integral(_Integrand(z, delta, gamma, beta), where)
    return jnp.log(total) + _log_scale(largest, delta)


@_log_sf.defjvp
def _log_sf_jvp(primals: Any, tangents: Any) -> tuple[Array, Array]:
    integrand, where = _Integrand(*primals[:4]), primals[4]
    change, _ = _tail_change(integrand, tangents[:4], where)
    total, _ = _tail_integral(integrand, where)
    return _log_sf(*primals), change / total


def _factor(largest: Array, delta: Array) -> Array:
    """Return the factor of the integral: the logarithm of a small δ would round more."""
    moderate = jnp.abs(largest) < _MODERATE
    factor = jnp.exp(jnp.where(moderate, largest, 0)) / math.sqrt(2 * math.pi) * delta
    return jnp.where(moderate, factor, jnp.exp(_log_scale(largest, delta)))


def _log_scale(largest: Array, delta: Array) -> Array:
    return largest + (jnp.log(delta) - LOG_TWO_PI / 2)


class _Integrand(NamedTuple):
    r"""The tail given W, and the density of :math:`\log W`, which has the factor δ.

    .. math:: \Phi(-e) \exp(-s^2 / 2) / \sqrt{W}, \quad
              s = \gamma \sqrt{W} - \frac{\delta}{\sqrt{W}}, \quad
              e = \frac{z}{\sqrt{W}} - \beta \sqrt{W}
    """

    z: Array
    delta: Array
    gamma: Array
    beta: Array

    def parts(self, v: Array) -> tuple[Array, Array, Array]:
        """Return the root of W, s and e."""
        root = jnp.exp(v / 2)
        return root, self.gamma * root - self.delta / root, self.z / root - self.beta * root

    def is_central(self) -> Array:
        """Whether the tail is nearly a half where the density is largest."""
        root = self.delta * jnp.sqrt(2 / (1 + hypot(1, 2 * self.delta * self.gamma)))
        return jnp.abs(self.z / root - self.beta * root) < _CENTRAL

    def log(self, v: Array) -> Array:
        _, score, excess = self.parts(v)
        return _log_term(score, excess, v)

    def bounded_log(self, v: Array) -> Array:
        """Return the logarithm where the tail in the center does not vanish, for the range."""
        _, score, excess = self.parts(v)
        return _log_term(score, jnp.where(self.is_central(), jnp.clip(excess, -1, 1), excess), v)

    def slope(self, v: Array) -> Array:
        root, score, excess = self.parts(v)
        total = self.gamma * root + self.delta / root
        along = jnp.where(self.is_central() & (jnp.abs(excess) > 1), 0, inverse_mills(-excess))
        return along * (self.z / root + self.beta * root) / 2 - (score * total + 1) / 2

    def slopes(self, v: Array, largest: Array) -> _Integrand:
        r"""Return the derivatives of the integrand times δ, over that and over the largest term.

        As the density integrates to 1, a constant may be taken from the tail: a half in the
        center, where the changes on both sides cancel.
        """
        root, score, excess = self.parts(v)
        log_density = -(score**2) / 2 - v / 2 - largest
        central = self.is_central()
        half = -lax.erf(jnp.where(central, excess, 0) * math.sqrt(0.5)) / 2
        tail = jnp.where(
            central,
            half * jnp.exp(jnp.where(central, log_density, 0)),
            jnp.exp(log_ndtr(-excess) + log_density),
        )
        of_excess = jnp.exp(log_density - excess**2 / 2) / math.sqrt(2 * math.pi)
        return _Integrand(
            z=-of_excess / root,
            delta=tail * (score / root + 1 / self.delta),
            gamma=-tail * root * score,
            beta=of_excess * root,
        )


def _log_term(score: Array, excess: Array, v: Array) -> Array:
    return log_ndtr(-excess) - score**2 / 2 - v / 2


class _Range(NamedTuple):
    """Where the integrand is largest, and where it is negligible on both sides."""

    low: Array
    mode: Array
    high: Array


def _tail_integral(integrand: _Integrand, where: _Range) -> tuple[Array, Array]:
    """Return the integral over its largest term and δ, and the logarithm of that term."""
    largest = lax.stop_gradient(integrand.log(where.mode))
    return _integral(lambda v: jnp.exp(integrand.log(v) - largest), where), largest


def _tail_change(integrand: _Integrand, dots: Any, where: _Range) -> tuple[Array, Array]:
    """Return the change of δ times the integral over δ and the largest term, and its logarithm."""
    largest = lax.stop_gradient(integrand.log(where.mode))
    slopes = _integral(lambda v: integrand.slopes(v, largest), where)
    return sum(slope * dot for slope, dot in zip(slopes, dots, strict=True)), largest


def _integral(function: Callable[[Array], Any], where: _Range) -> Any:
    low, high = where.low, where.high
    nodes = np.linspace(0, 1, 96 if jnp.finfo(low.dtype).eps > 1e-10 else 240)
    weights = np.full_like(nodes, nodes[1])

    def term(share: Array) -> Any:
        return function(low + (high - low) * share)

    total = weighted_sum(term, weights, nodes, dtype=low.dtype)
    return jax.tree.map(lambda x: (high - low) * x, total)


def _range(integrand: _Integrand) -> _Range:
    """Find the range, in which the derivatives in γ and δ have factors of W and of 1 / W."""
    integrand = lax.stop_gradient(integrand)
    end = jnp.full_like(integrand.z, _FARTHEST)
    mode = find_root(lambda v: (-integrand.slope(v), 0.0), -end, end, steps=_SEARCH)
    level = integrand.bounded_log(mode) - negligible_exponent(end.dtype)

    def excess(v: Array) -> Array:
        return integrand.bounded_log(v) + jnp.abs(v - mode) - level

    low = find_root(lambda v: (excess(v), 0.0), -end, mode, steps=_SEARCH)
    high = find_root(lambda v: (-excess(v), 0.0), mode, end, steps=_SEARCH)
    return _Range(low, mode, high)
