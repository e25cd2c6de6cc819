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
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array, lax

from jaxdist.numerics.quadrature import negligible_exponent, weighted_sum
from jaxdist.promotion import custom_jvp
from jaxdist.special.constants import LOG_TWO_PI
from jaxdist.special.exp_log import expm1, expm1mx
from jaxdist.special.f_density import log_less_linear
from jaxdist.special.hyperbolic import hypot
from jaxdist.special.normal import log_ndtr
from jaxdist.special.polygamma import digamma_difference_remainder, digamma_minus_log
from jaxdist.special.stirling import stirling_error

_ROUNDED = 1e4  # noncentrality from which a product near it is rounded too much


@custom_jvp
def noncentral_t_log_prob(t: Array, df: Array, noncentrality: Array) -> Array:
    r"""Evaluate the log-density.

    With :math:`E = e^y - 1` at the distance y of u from the maximum, which is at
    :math:`s_0 = e^{u_0}`, the logarithm of the integrand is less than there by
    :math:`k^2 E^2 / 2 + m (E - y)`, for :math:`k = s_0 \sqrt{t^2 + \nu}` and m = ν + 1.

    Args:
      t: any number, of one shape and dtype with the others.
      df: positive degrees of freedom ν.
      noncentrality: δ, any number.
    """
    m = df + 1
    peak = _peak(t, df, noncentrality, 1)
    # By the equation of the maximum where the product with t is rounded.
    is_rounded = (jnp.abs(noncentrality) > _ROUNDED) & (t != 0)
    by_equation = (m / peak.s - df * peak.s) / jnp.where(is_rounded, t, 1)
    residual = jnp.where(is_rounded, by_equation, t * peak.s - noncentrality)
    largest = peak.u - residual**2 / 2 - df / 2 * expm1mx(2 * peak.u)
    total = _integrate(lambda y: jnp.exp(_log_weight(y, peak.scaled, m)), peak)
    return _log_factor(df) - LOG_TWO_PI / 2 + largest + jnp.log(total)


def _log_weight(y: Array, scaled: Array, power: Array) -> Array:
    return -((scaled * expm1(y)) ** 2) / 2 - power * expm1mx(y)


@noncentral_t_log_prob.defjvp
def _noncentral_t_log_prob_jvp(
    primals: tuple[Array, ...], tangents: tuple[Array, ...]
) -> tuple[Array, Array]:
    r"""Differentiate: means over the integrand, in which large terms do not cancel.

    They are those of :math:`s (\delta - t s)` in t and of :math:`t s - \delta` in δ. Where
    t^2 > ν, integration by parts makes them those of :math:`(\nu (s^2 - 1) - 1) / t` and of
    :math:`(1 / s - s)\, \nu / t`. The slope in ν is that of Student's t, and half of the change
    of the mean of :math:`1 + 2 u - s^2` from the integrand of δ = 0.
    """
    (t, df, noncentrality), (t_dot, df_dot, noncentrality_dot) = primals, tangents
    m = df + 1
    peak = _peak(t, df, noncentrality, 1)
    k, square = peak.scaled, peak.s**2
    mean_of_g = -digamma_minus_log(m / 2)  # over the integrand of the center, of δ = 0
    to_center = peak.b * k / 2  # times E^2 it is the logarithm of the ratio of the integrands
    is_narrower = peak.b > 0

    def terms(y: Array) -> tuple[Array, ...]:
        growth = expm1(y)
        log_weight = _log_weight(y, k, m)
        weight = jnp.exp(log_weight)
        is_left = y < -1
        near = jnp.where(is_left, 0, y)
        of_inverse = jnp.exp(log_weight - jnp.where(is_left, y, 0)) - weight
        of_inverse = jnp.where(is_left, of_inverse, weight * expm1(-near))
        g = square * expm1mx(2 * y) + 2 * peak.excess * y
        larger = jnp.where(is_narrower, jnp.exp(-m / 2 * expm1mx(2 * y)), -weight)
        change = larger * expm1(-jnp.abs(to_center) * growth**2)
        means = (growth, growth * (2 + growth), g)
        return weight, of_inverse, *(weight * x for x in means), change * (g - mean_of_g)

    total, *sums = _integrate(terms, peak)
    of_inverse, of_s, of_square, of_g, change = (x / total for x in sums)

    ts = t * peak.s
    residual = ts - noncentrality
    is_far = t * t > df
    far_t, far_ts = jnp.where(is_far, t, 1), jnp.where(is_far, ts, 1)
    near_slope = -peak.s * (residual + (residual + ts) * of_s + ts * (of_square - 2 * of_s))
    far_slope = (df * (peak.excess + square * of_square) - 1) / far_t
    slope_t = jnp.where(is_far, far_slope, near_slope)
    far_shift = df * (of_inverse - peak.excess - square * of_s) / far_ts
    slope_shift = jnp.where(is_far, far_shift, residual + ts * of_s)
    beyond_center = jnp.where(2 * to_center > m, of_g - mean_of_g, change)
    half = df / 2
    slope_df = log_less_linear(peak.excess, 2 * peak.u) - beyond_center
    slope_df += digamma_difference_remainder(half, jnp.full_like(half, 0.5))
    dot = slope_t * t_dot + slope_df / 2 * df_dot + slope_shift * noncentrality_dot
    return noncentral_t_log_prob(t, df, noncentrality), dot


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

    peak = _peak(*lax.stop_gradient((t, df, noncentrality)), 0)
    return is_lower, _log_factor(df) + _log_integral(log_term, peak)


def _log_factor(df: Array) -> Array:
    """Return c, by the error of Stirling's formula."""
    half = df / 2
    return math.log(2) + (jnp.log(half) - LOG_TWO_PI) / 2 - stirling_error(half)


class _Peak(NamedTuple):
    """Where an integrand is largest, how narrow it may be there, and how far it reaches in u.

    Attributes:
      s: where it is largest.
      u: its logarithm.
      excess: s^2 - 1.
      b: the distance of δ from 0, in the direction of t among (t, √ν).
      scaled: k, s times the length of (t, √ν).
      width: of the maximum, in u.
      left: how far it reaches to smaller u.
      right: how far it reaches to larger u.
    """

    s: Array
    u: Array
    excess: Array
    b: Array
    scaled: Array
    width: Array
    left: Array
    right: Array


def _peak(t: Array, df: Array, noncentrality: Array, extra: int) -> _Peak:
    r"""Solve :math:`(t^2 + \nu) s^2 - t \delta s - m = 0`, whose solution is s = 1 for most t.

    Args:
      t: any number.
      df: ν.
      noncentrality: δ.
      extra: m - ν, which the difference would round.
    """
    power = df + extra
    radius = hypot(t, jnp.sqrt(df))
    cosine = t / radius
    b = cosine * noncentrality
    root = hypot(b, 2 * jnp.sqrt(power))
    of_negative = power / (root / 2 + jnp.abs(b) / 2)
    scaled = jnp.where(b > 0, root / 2 + b / 2, of_negative)  # s times the radius
    at_normal = cosine * scaled
    excess = (extra + at_normal * (noncentrality - at_normal)) / df  # s^2 - 1
    # Its error is eps times δ^2 / ν, and that of the square of s is eps.
    is_near = (jnp.abs(excess) < 0.5) & (jnp.abs(at_normal * noncentrality) < 2 * df)
    near = jnp.where(is_near, excess, 0)
    s = jnp.where(is_near, jnp.sqrt(1 + near), scaled / radius)
    log_s = jnp.log(scaled) - jnp.log(radius)
    ratio = negligible_exponent(t.dtype) / df
    reach = ratio + jnp.sqrt(2 * ratio)
    return _Peak(
        s,
        jnp.where(is_near, jnp.log1p(near) / 2, log_s),
        jnp.where(is_near, excess, (scaled / radius) ** 2 - 1),
        b,
        scaled,
        1 / hypot(scaled, jnp.sqrt(power)),
        reach,
        jnp.log1p(reach),
    )


def _log_integral(log_term: Callable[[Array, Array], Array], peak: _Peak) -> Array:
    """Integrate over u.

    Args:
      log_term: the logarithm of the integrand, as a function of s and u.
      peak: where it is largest.
    """
    largest = lax.stop_gradient(log_term(peak.s, peak.u))

    def term(y: Array) -> Array:
        return jnp.exp(log_term(peak.s * jnp.exp(y), peak.u + y) - largest)

    return largest + jnp.log(_integrate(term, peak))


def _integrate(function: Callable[[Array], Any], peak: _Peak) -> Any:
    """Integrate over y, at nodes whose distances grow as those of a hyperbolic sine.

    Args:
      function: maps y, the distance of u from the maximum, to an array or a tuple of them.
      peak: where the integrand is largest.
    """
    width = lax.stop_gradient(peak.width)
    left, right = (
        jnp.arcsinh(lax.stop_gradient(reach) / width) for reach in (peak.left, peak.right)
    )
    number = 64 if jnp.finfo(left.dtype).eps > 1e-10 else 160
    shares = (np.arange(number) + 0.5) / number

    def term(share: Array) -> Any:
        v = (left + right) * share - left
        slope = width * (left + right) * jnp.cosh(v)
        return jax.tree.map(lambda x: slope * x, function(width * jnp.sinh(v)))

    return weighted_sum(term, np.full(number, 1 / number), shares, dtype=left.dtype)
