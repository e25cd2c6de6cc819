r"""The normal-inverse Gaussian distribution: its density and its upper tail.

.. math:: Z = \beta W + \sqrt{W} U, \quad W \sim \mathrm{InverseGaussian}(\delta / \gamma,
          \delta^2), \; U \sim \mathrm{Normal}(0, 1), \quad \gamma^2 = \alpha^2 - \beta^2

The tail is an integral over log W of an analytic function, by the trapezoidal rule between the
points where it becomes negligible.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array, lax

from jaxdist.numerics.quadrature import negligible_exponent, weighted_sum
from jaxdist.numerics.root_finding import find_root
from jaxdist.promotion import custom_jvp
from jaxdist.special.bessel_k import log_kve
from jaxdist.special.constants import LOG_TWO_PI
from jaxdist.special.hyperbolic import hypot
from jaxdist.special.normal import inverse_mills, log_ndtr
from jaxdist.special.quotient import log_quotient, quotient

_SEARCH = 26  # bisections for the ends of the integral, which need not be exact
_MODERATE = 40.0  # exponent
_FARTHEST = 120.0  # |log W|


def _gamma(alpha: Array, beta: Array) -> Array:
    return jnp.sqrt((alpha - beta) * (alpha + beta))


def nig_log_prob(z: Array, delta: Array, alpha: Array, beta: Array) -> Array:
    r"""Logarithm of the density.

    .. math:: \log \frac{\alpha \delta K_1(\alpha q)}{\pi q} + \delta \gamma + \beta z, \quad
              q = \sqrt{\delta^2 + z^2}

    By :math:`(\alpha q)^2 - (\delta \gamma + \beta z)^2 = (\gamma z - \beta \delta)^2`.

    Args:
      z: any real number, any shape broadcastable with the others.
      delta: positive scale δ.
      alpha: positive α.
      beta: β between -α and α.
    """
    gamma = _gamma(alpha, beta)
    q = hypot(delta, z)
    drift = delta * gamma + beta * z
    rises = drift > alpha * q / 2
    ratio = quotient(gamma * z - beta * delta, alpha * q + jnp.where(rises, drift, 0))
    exponent = jnp.where(rises, -ratio * (gamma * z - beta * delta), drift)
    log_factor = log_quotient(quotient(delta, q), math.pi * q)
    w = alpha * q
    log_bessel = jnp.where(rises, _log_of_scaled_bessel(w), _log_of_bessel(w))
    return exponent + log_factor + log_bessel


@custom_jvp
def _log_of_bessel(z: Array) -> Array:
    """Compute `log(z K1(z))`."""
    return _log_of_factors(z) - z


@_log_of_bessel.defjvp
def _log_of_bessel_jvp(primals: tuple[Array], tangents: tuple[Array]) -> tuple[Array, Array]:
    (z,), (z_dot,) = primals, tangents
    return _log_of_bessel(z), -jnp.exp(log_kve(0.0, z) - log_kve(1.0, z)) * z_dot


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

    A small scale, which makes it small, is a factor: its logarithm would round more.

    Args:
      z: any real number, any shape broadcastable with the others.
      delta: positive scale δ.
      alpha: positive α.
      beta: β between -α and α.
    """
    total, largest = _tail_integral(z, delta, alpha, beta)
    moderate = jnp.abs(largest) < _MODERATE
    factor = jnp.exp(jnp.where(moderate, largest, 0)) / math.sqrt(2 * math.pi)
    return jnp.where(moderate, factor * total * delta, jnp.exp(_log_tail(total, largest, delta)))


def nig_log_sf(z: Array, delta: Array, alpha: Array, beta: Array) -> Array:
    """Logarithm of `nig_sf`, of the same arguments."""
    return _log_tail(*_tail_integral(z, delta, alpha, beta), delta)


def _log_tail(total: Array, largest: Array, delta: Array) -> Array:
    return jnp.log(total) + largest + (jnp.log(delta) - LOG_TWO_PI / 2)


def _tail_integral(z: Array, delta: Array, alpha: Array, beta: Array) -> tuple[Array, Array]:
    """Return the integral over its largest term, and the logarithm of that."""
    z, delta, alpha, beta = jnp.broadcast_arrays(z, delta, alpha, beta)
    gamma = _gamma(alpha, beta)

    def scores(v: Array) -> tuple[Array, Array, Array]:
        root = jnp.exp(v / 2)
        return gamma * root - delta / root, gamma * root + delta / root, z / root - beta * root

    def log_integrand(v: Array) -> Array:
        score, _, excess = scores(v)
        return log_ndtr(-excess) - score**2 / 2 - v / 2

    def slope(v: Array) -> Array:
        score, total, excess = scores(v)
        root = jnp.exp(v / 2)
        return inverse_mills(-excess) * (z / root + beta * root) / 2 - (score * total + 1) / 2

    low, mode, high = lax.stop_gradient(_range(log_integrand, slope, z))
    largest = log_integrand(mode)
    nodes = np.linspace(0, 1, 96 if jnp.finfo(z.dtype).eps > 1e-10 else 240)

    def term(share: Array) -> Array:
        return jnp.exp(log_integrand(low + (high - low) * share) - largest)

    weights = np.full_like(nodes, nodes[1])
    return (high - low) * weighted_sum(term, weights, nodes, dtype=z.dtype), largest


def _range(
    log_integrand: Callable[[Array], Array], slope: Callable[[Array], Array], like: Array
) -> tuple[Array, Array, Array]:
    """Return where the integrand is largest, and where it is negligible on both sides.

    So are its derivatives in γ and δ, which have factors of W and of 1 / W.
    """
    end = jnp.full_like(like, _FARTHEST)
    mode = find_root(lambda v: (-slope(v), 0.0), -end, end, steps=_SEARCH)
    level = log_integrand(mode) - negligible_exponent(like.dtype)

    def excess(v: Array) -> Array:
        return log_integrand(v) + jnp.abs(v - mode) - level

    low = find_root(lambda v: (excess(v), 0.0), -end, mode, steps=_SEARCH)
    high = find_root(lambda v: (-excess(v), 0.0), mode, end, steps=_SEARCH)
    return low, mode, high
