r"""Density and tails of the noncentral t distribution, by integrals over the estimated spread.

T is (Z + δ) / S for a normal Z and for S, the root of a chi-squared variable over its ν degrees of
freedom, so that with u = log S

.. math:: P(T > t) = \int \Phi(\delta - t s)\, f(u)\, du, \quad
          p(t) = \int \phi(t s - \delta)\, s f(u)\, du, \quad
          \log f(u) = c_\nu - \tfrac{\nu}{2} (e^{2 u} - 1 - 2 u)

Each integrand has one maximum, near that of :math:`\phi(t s - \delta) s^m e^{-\nu s^2 / 2}`, and
falls at least as fast as f. The trapezoidal rule is exact in a coordinate that resolves the maximum
and reaches as far as f does.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jax import Array, lax

from jaxdist.numerics.quadrature import negligible_exponent, weighted_sum
from jaxdist.special.constants import LOG_TWO_PI
from jaxdist.special.exp_log import expm1mx
from jaxdist.special.normal import log_ndtr
from jaxdist.special.stirling import stirling_error


def noncentral_t_log_prob(t: Array, df: Array, noncentrality: Array) -> Array:
    """Evaluate the log-density.

    Args:
      t: any number, of one shape and dtype with the others.
      df: positive degrees of freedom ν.
      noncentrality: δ, any number.
    """

    def log_term(s: Array, u: Array) -> Array:
        return u - (t * s - noncentrality) ** 2 / 2 - df / 2 * expm1mx(2 * u)

    peak = _peak(*lax.stop_gradient((t, df, noncentrality, df + 1)))
    return _log_factor(df) - LOG_TWO_PI / 2 + _log_integral(log_term, peak)


def noncentral_t_log_tail(t: Array, df: Array, noncentrality: Array) -> tuple[Array, Array]:
    """Return whether the lower tail is evaluated at t, and the logarithm of the tail.

    Args:
      t: any number, of one shape and dtype with the others.
      df: positive degrees of freedom ν.
      noncentrality: δ, any number.
    """
    is_lower = t < noncentrality  # which is near the median
    sign = jnp.where(is_lower, -1, 1).astype(t.dtype)

    def log_term(s: Array, u: Array) -> Array:
        return log_ndtr(sign * (noncentrality - t * s)) - df / 2 * expm1mx(2 * u)

    peak = _peak(*lax.stop_gradient((t, df, noncentrality, df)))
    return is_lower, _log_factor(df) + _log_integral(log_term, peak)


def _log_factor(df: Array) -> Array:
    """Return c, by the error of Stirling's formula."""
    half = df / 2
    return math.log(2) + (jnp.log(half) - LOG_TWO_PI) / 2 - stirling_error(half)


class _Peak(NamedTuple):
    """Where an integrand is largest, how narrow it may be there, and how far it reaches in u."""

    s: Array
    u: Array
    width: Array
    left: Array
    right: Array


def _peak(t: Array, df: Array, noncentrality: Array, power: Array) -> _Peak:
    r"""Solve :math:`(t^2 + \nu) s^2 - t \delta s - m = 0`, whose solution is s = 1 for most t.

    Args:
      t: any number.
      df: ν.
      noncentrality: δ.
      power: m, any number.
    """
    radius = jnp.hypot(t, jnp.sqrt(df))
    cosine = t / radius
    b = cosine * noncentrality
    root = jnp.hypot(b, 2 * jnp.sqrt(power))
    scaled = jnp.where(b > 0, (root + b) / 2, 2 * power / (root + jnp.abs(b)))  # s times the radius
    at_normal = cosine * scaled
    excess = ((power - df) + at_normal * (noncentrality - at_normal)) / df  # s^2 - 1
    is_near = jnp.abs(excess) < 0.5
    near = jnp.where(is_near, excess, 0)
    s = jnp.where(is_near, jnp.sqrt(1 + near), scaled / radius)
    log_s = jnp.log(scaled) - jnp.log(radius)
    ratio = negligible_exponent(t.dtype) / df
    reach = ratio + jnp.sqrt(2 * ratio)
    return _Peak(
        s,
        jnp.where(is_near, jnp.log1p(near) / 2, log_s),
        1 / jnp.hypot(scaled, jnp.sqrt(power)),
        reach,
        jnp.log1p(reach),
    )


def _log_integral(log_term: Callable[[Array, Array], Array], peak: _Peak) -> Array:
    """Integrate over u, at nodes whose distances grow as those of a hyperbolic sine.

    Args:
      log_term: the logarithm of the integrand, as a function of s and u.
      peak: where it is largest.
    """
    left, right = (jnp.arcsinh(reach / peak.width) for reach in (peak.left, peak.right))
    number = 64 if jnp.finfo(left.dtype).eps > 1e-10 else 160
    shares = (np.arange(number) + 0.5) / number
    largest = lax.stop_gradient(log_term(peak.s, peak.u))

    def term(share: Array) -> Array:
        v = (left + right) * share - left
        y = peak.width * jnp.sinh(v)
        return jnp.cosh(v) * jnp.exp(log_term(peak.s * jnp.exp(y), peak.u + y) - largest)

    total = weighted_sum(term, np.full(number, 1 / number), shares, dtype=left.dtype)
    return largest + jnp.log(peak.width * (left + right) * total)
