r"""The upper tail of the normal-inverse Gaussian distribution.

.. math:: Z = \beta W + \sqrt{W} U, \quad W \sim \mathrm{InverseGaussian}(\delta / \gamma,
          \delta^2), \; U \sim \mathrm{Normal}(0, 1), \quad \gamma^2 = \alpha^2 - \beta^2

It is an integral over log W of an analytic function, by the trapezoidal rule between the points
where it becomes negligible; the saddle-point approximation where W hardly varies.
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
from jaxdist.special.constants import LOG_TWO_PI
from jaxdist.special.hyperbolic import hypot
from jaxdist.special.infinite_slopes import finite
from jaxdist.special.nig_saddle_point import is_steep, log_saddle_point_sf, saddle_point_sf
from jaxdist.special.normal import inverse_mills, log_ndtr
from jaxdist.special.normal_inverse_gaussian import nig_gamma
from jaxdist.special.quotient import log_quotient

_SEARCH = 26  # bisections for the ends of the integral, which need not be exact
_MODERATE = 40.0  # exponent
_FARTHEST = 3.2  # |log W| beyond which nothing is, in negligible exponents
_CENTRAL = 0.5  # |e|, up to which the tail is nearly a half
_LARGEST_POWER = 120  # of 2, of a unit whose inverse is a normal number
_LEAST = 1e-30  # δ in units of z, up to which the tail is a multiple of δ


def nig_sf(z: Array, delta: Array, alpha: Array, beta: Array) -> Array:
    """Probability that Z exceeds z.

    Args:
      z: any real number above the mean, any shape broadcastable with the others.
      delta: positive scale δ.
      alpha: positive α.
      beta: β between -α and α.
    """
    z, delta, alpha, beta = jnp.broadcast_arrays(z, delta, alpha, beta)
    steep = is_steep(z, delta, alpha, beta)
    integrand, log_share = _in_units(z, delta, alpha, beta, steep)
    of_integral = jnp.exp(log_share) * _sf(*integrand, _range(integrand))
    return jnp.where(steep, saddle_point_sf(z, delta, alpha, beta, steep), of_integral)


def nig_log_sf(z: Array, delta: Array, alpha: Array, beta: Array) -> Array:
    """Logarithm of `nig_sf`, of the same arguments."""
    z, delta, alpha, beta = jnp.broadcast_arrays(z, delta, alpha, beta)
    steep = is_steep(z, delta, alpha, beta)
    integrand, log_share = _in_units(z, delta, alpha, beta, steep)
    of_integral = log_share + _log_sf(*integrand, _range(integrand))
    return jnp.where(steep, log_saddle_point_sf(z, delta, alpha, beta, steep), of_integral)


def _in_units(
    z: Array, delta: Array, alpha: Array, beta: Array, beyond: Array
) -> tuple[_Integrand, Array]:
    """Return the integrand in a unit of z in which W is moderate, and the log of a factor.

    Args:
      z: the number.
      delta: δ.
      alpha: α.
      beta: β.
      beyond: where it is not needed.
    """
    z, delta, alpha, beta = (
        jnp.where(beyond, v, x) for v, x in zip((1, 1, 2, 0), (z, delta, alpha, beta), strict=True)
    )
    q = finite(hypot(delta, z))
    size = lax.stop_gradient(q / jnp.sqrt(1 + alpha * q))
    power = jnp.clip(jnp.frexp(size)[1], -_LARGEST_POWER, _LARGEST_POWER)
    unit, inverse = (jnp.ldexp(jnp.ones_like(q), k) for k in (power, -power))
    is_small = delta * inverse < _LEAST
    least = jnp.where(is_small, _LEAST * unit, 1)
    log_share = jnp.where(is_small, log_quotient(jnp.where(is_small, delta, 1), least), 0)
    delta = jnp.where(is_small, _LEAST, delta * inverse)
    alpha, beta = alpha * unit, beta * unit
    return _Integrand(z * inverse, delta, nig_gamma(alpha, beta), beta), log_share


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
    exponent = negligible_exponent(integrand.z.dtype)
    end = jnp.full_like(integrand.z, _FARTHEST * exponent)
    mode = find_root(lambda v: (-integrand.slope(v), 0.0), -end, end, steps=_SEARCH)
    level = integrand.bounded_log(mode) - exponent

    def excess(v: Array) -> Array:
        return integrand.bounded_log(v) + jnp.abs(v - mode) - level

    low = find_root(lambda v: (excess(v), 0.0), -end, mode, steps=_SEARCH)
    high = find_root(lambda v: (-excess(v), 0.0), mode, end, steps=_SEARCH)
    return _Range(low, mode, high)
