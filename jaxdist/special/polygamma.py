"""Derivatives of the logarithm of the gamma function, and their differences."""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array

from jaxdist.promotion import custom_jvp
from jaxdist.special.elementwise import elementwise
from jaxdist.special.exp_log import log1pmx
from jaxdist.special.quotient import log1p_quotient
from jaxdist.special.stirling import (
    curvature_series,
    curvature_series_difference,
    shift_by_recurrence,
    slope_series,
    slope_series_difference,
)


def digamma_minus_log(n: Array) -> Array:
    r"""Compute :math:`\psi(n) - \log n` for n >= 1/2."""
    return slope_series(n) - 0.5 / n


@elementwise
@custom_jvp
def digamma(x: Array) -> Array:
    r"""Digamma function :math:`\psi(x) = \frac{d}{dx} \log \Gamma(x)` for x > 0.

    By the derivative of Stirling's formula (DLMF 5.11.2) and the recurrence
    :math:`\psi(x) = \psi(x + 1) - 1 / x` (DLMF 5.5.2). Accurate to 6 eps.

    Args:
      x: positive, any shape.
    """
    _, n, inverse = shift_by_recurrence(x)
    return jnp.log(n) + digamma_minus_log(n) - inverse


@digamma.defjvp
def _digamma_jvp(primals: tuple[Array], tangents: tuple[Array]) -> tuple[Array, Array]:
    (x,), (x_dot,) = primals, tangents
    return digamma(x), trigamma(x) * x_dot


@elementwise
def trigamma(x: Array) -> Array:
    r"""Trigamma function :math:`\psi'(x) = \frac{d^2}{dx^2} \log \Gamma(x)` for x > 0.

    Accurate to 10 eps.

    Args:
      x: positive, any shape.
    """
    _, n, inverse = shift_by_recurrence(x)
    return (1 + 0.5 / n) / n + curvature_series(n) + inverse * inverse


@elementwise
@custom_jvp
def digamma_difference(a: Array, b: Array) -> Array:
    r"""Difference of digamma functions, without cancellation for large a.

    .. math:: \psi(a + b) - \psi(a), \quad a > 0, b \ge 0

    Accurate to 4 eps.

    Args:
      a: positive, any shape broadcastable with `b`.
      b: non-negative.
    """
    return log1p_quotient(b, a) + digamma_difference_remainder(a, b)


@digamma_difference.defjvp
def _digamma_difference_jvp(
    primals: tuple[Array, Array], tangents: tuple[Array, Array]
) -> tuple[Array, Array]:
    (a, b), (a_dot, b_dot) = primals, tangents
    c = a + b
    small = a < 1
    n = jnp.where(small, a + 1, a)
    shift = jnp.where(small, b / a / c * (1 / a + 1 / c), 0)  # by the recurrence
    leading = b / n / (n + b) * (1 + 0.5 / n + 0.5 / (n + b))
    slope_a = curvature_series_difference(n, b) - leading - shift
    return digamma_difference(a, b), slope_a * a_dot + trigamma(c) * b_dot


def digamma_difference_remainder(a: Array, b: Array) -> Array:
    r"""Compute `digamma_difference(a, b)` less :math:`\log(1 + b / a)`.

    For a < 1 it follows from that of a + 1, and all terms are positive:

    .. math:: \frac{v}{a + b} + v - \log(1 + v), \quad v = \frac{b}{a (a + b + 1)}
    """
    small = a < 1
    n = jnp.where(small, a + 1, a)
    v = jnp.where(small, b / (n + b) / a, 0)
    shift = v / (a + b) - log1pmx(v)
    return shift + b / n * 0.5 / (n + b) + slope_series_difference(n, b)


def digamma_contrast(a: Array, k: Array, b: Array, m: Array) -> Array:
    r"""Compute :math:`\psi(a + k) - \psi(a) - (\psi(a + k + b + m) - \psi(a + b))`.

    Both differences are nearly equal where a is much larger than b. Where a is below one it is
    increased, and k decreased, by the recurrence. Where b and m are small, so are the terms of

    .. math:: \psi(a + b) - \psi(a) - (\psi(a + k + b + m) - \psi(a + k))

    Args:
      a: positive, of one shape and dtype with the others.
      k: 0, or at least 1.
      b: positive.
      m: non-negative.
    """
    of_b, of_bm = digamma_difference(a, b), digamma_difference(a + k, b + m)
    none = k == 0
    small = (a < 1) & ~none
    c, k = jnp.where(small, a + 1, a), jnp.where(small, k - 1, k)
    # As a product: compilers multiply divisors that follow each other.
    shift = jnp.where(small, b / (a + b) * jnp.where(small, 1 / a, 0), 0)
    gained, lost = k * b, m * c
    overflows, total = (gained == jnp.inf) | (lost == jnp.inf), c + b + k + m
    by_shares = k * (b / total) / c - m / total
    ratio = jnp.where(overflows, by_shares, (gained - lost) / c / total)
    ratio = jnp.where(none, 0, ratio)
    differs = ratio < -0.5  # one and the ratio would cancel
    far = jnp.where(differs, (1 + k / c) * ((c + b) / (c + b + k + m)), 1)
    log_ratio = jnp.where(differs, jnp.log(far), jnp.log1p(jnp.where(differs, 0, ratio)))
    logs = jnp.where(none, -jnp.log1p(m / (a + b)), log_ratio)
    of_k, of_km = digamma_difference_remainder(c, k), digamma_difference_remainder(c + b, k + m)
    is_smaller = jnp.maximum(of_b, of_bm) < jnp.maximum(of_k, of_km)
    return jnp.where(is_smaller, of_b - of_bm, shift + logs + (of_k - of_km))
