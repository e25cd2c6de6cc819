r"""The density of the normal-inverse Gaussian distribution.

.. math:: p(z) = \frac{\alpha \delta K_1(\alpha q)}{\pi q}\, e^{\delta \gamma + \beta z}, \quad
          q = \sqrt{\delta^2 + z^2}, \quad \gamma^2 = \alpha^2 - \beta^2
"""

from __future__ import annotations

import math
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import Array, lax

from jaxdist.promotion import custom_jvp
from jaxdist.special.bessel_k import log_kve
from jaxdist.special.hyperbolic import cosine_and_sine, hypot
from jaxdist.special.infinite_slopes import along, finite
from jaxdist.special.quotient import log_quotient, quotient

_TINY = 1e-18  # αq up to which α q K1(αq) is its exponential
_HUGE = 1e16  # αq from which K1(αq) is the root of a power
_LARGE_POWER = 30  # of 2, in units of which other arguments do not underflow


@custom_jvp
def nig_gamma(alpha: Array, beta: Array) -> Array:
    """Return γ, in a unit in which the product is regular."""
    # By its inverse: XLA makes one quotient of two, whose divisor may underflow.
    unit, inverse = (jnp.ldexp(jnp.ones_like(alpha), k) for k in (_power(alpha), -_power(alpha)))
    a, b = alpha * inverse, beta * inverse
    return unit * jnp.sqrt((a - b) * (a + b))


@nig_gamma.defjvp
def _nig_gamma_jvp(
    primals: tuple[Array, Array], tangents: tuple[Array, Array]
) -> tuple[Array, Array]:
    (alpha, beta), (alpha_dot, beta_dot) = primals, tangents
    gamma = nig_gamma(alpha, beta)
    divisor = jnp.where(alpha > 0, gamma, 1)  # α may be subnormal
    dot = along(quotient(alpha, divisor), alpha_dot) - along(quotient(beta, divisor), beta_dot)
    return gamma, dot


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
    per_x, per_slope = nig_units(*points)
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


def nig_units(z: Array, delta: Array, alpha: Array, beta: Array) -> tuple[Array, Array]:
    """Return units of z and δ, and of the others, in which no product overflows or underflows."""
    return _unit(jnp.maximum(jnp.abs(z), delta)), _unit(alpha)


def _unit(x: Array) -> Array:
    """Return a power of 4, of which a positive number is a large but no huge multiple."""
    return jnp.ldexp(jnp.ones_like(x), _power(x))


def _power(x: Array) -> Array:
    """Return the exponent of 2 of that unit."""
    power = (jnp.frexp(lax.stop_gradient(x))[1] - _LARGE_POWER) // 2 * 2
    return jnp.maximum(power, jnp.finfo(x.dtype).minexp + 2)


class NigExponent(NamedTuple):
    r"""Where it rises to above half of αq, the exponent less αq is minus the square of a root."""

    drift: Array
    excess: Array
    root: Array
    rises: Array


def _exponent(
    z: Array, delta: Array, alpha: Array, beta: Array
) -> tuple[NigExponent, Array, Array]:
    r"""Return the parts of the exponent, and the two units.

    By :math:`(\alpha q)^2 - (\delta \gamma + \beta z)^2 = (\gamma z - \beta \delta)^2`.
    """
    per_x, per_slope = nig_units(z, delta, alpha, beta)
    parts = nig_exponent(z / per_x, delta / per_x, alpha / per_slope, beta / per_slope)
    return parts, per_x, per_slope


def nig_exponent(z: Array, delta: Array, alpha: Array, beta: Array) -> NigExponent:
    """Return the parts of the exponent of numbers that are in `nig_units`."""
    gamma = nig_gamma(alpha, beta)
    drift, w = delta * gamma + beta * z, alpha * hypot(delta, z)
    rises, cross = drift > w / 2, gamma * z - beta * delta
    root = cross / jnp.sqrt(w + jnp.where(rises, drift, 0))
    return NigExponent(drift, drift - w, root, rises)


def _differentiable_exponent(
    z: Array, delta: Array, alpha: Array, beta: Array
) -> tuple[Array, Array]:
    """Return the exponent of the scaled Bessel function where it rises, of the other elsewhere."""
    drift, _, root, rises = nig_exponent(z, delta, alpha, beta)
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
