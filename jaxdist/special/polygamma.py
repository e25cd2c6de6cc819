"""Derivatives of the logarithm of the gamma function, and their differences."""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array

from jaxdist.promotion import custom_jvp
from jaxdist.special.elementwise import elementwise
from jaxdist.special.stirling import (
    curvature_series,
    shift_by_recurrence,
    slope_series,
    stirling_curvature,
    stirling_slope,
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

    Accurate to 4 eps where b is not small against 1.

    Args:
      a: positive, any shape broadcastable with `b`.
      b: non-negative.
    """
    return jnp.log1p(b / a) + digamma_difference_remainder(a, b)


@digamma_difference.defjvp
def _digamma_difference_jvp(
    primals: tuple[Array, Array], tangents: tuple[Array, Array]
) -> tuple[Array, Array]:
    (a, b), (a_dot, b_dot) = primals, tangents
    c = a + b
    leading = -b / a / c * (1 + 0.5 / a + 0.5 / c)
    slope_a = leading + stirling_curvature(c) - stirling_curvature(a)
    return digamma_difference(a, b), slope_a * a_dot + trigamma(c) * b_dot


def digamma_difference_remainder(a: Array, b: Array) -> Array:
    r"""Compute `digamma_difference(a, b)` less :math:`\log(1 + b / a)`."""
    small = b < a / 64
    step = jnp.where(small, b, 0) * stirling_curvature(a + b / 2)
    of_slopes = jnp.where(small, step, stirling_slope(a + b) - stirling_slope(a))
    return b / a * 0.5 / (a + b) + of_slopes


def digamma_contrast(a: Array, k: Array, b: Array, m: Array) -> Array:
    r"""Compute :math:`\psi(a + k) - \psi(a) - (\psi(a + k + b + m) - \psi(a + b))`.

    Both differences are nearly equal where a is much larger than b.

    Args:
      a: positive, of one shape and dtype with the others.
      k: non-negative.
      b: positive.
      m: non-negative.
    """
    large = a > 1
    c, total, n = jnp.where(large, a, 2), a + b, k + m
    logs = jnp.log1p((k * b - m * c) / c / (c + b + n))
    remainders = digamma_difference_remainder(c, k) - digamma_difference_remainder(c + b, n)
    return jnp.where(
        large, logs + remainders, digamma_difference(a, k) - digamma_difference(total, n)
    )
