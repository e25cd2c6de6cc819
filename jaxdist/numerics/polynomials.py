"""Power series and Chebyshev series, of as many terms as the dtype resolves."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import jax.numpy as jnp
import numpy as np
from jax import Array


def _truncate(
    coefficients: Sequence[float], dtype: np.dtype, largest: float = 1.0
) -> Sequence[float]:
    """Drop the last coefficients where their terms are far below the resolution of a dtype."""
    least = float(jnp.finfo(dtype).eps) / 256 * max(map(abs, coefficients))
    last = max(i for i, c in enumerate(coefficients) if abs(c) * largest**i > least)
    return coefficients[: last + 1]


def horner(coefficients: Sequence[float], x: Array, largest: float = 1.0) -> Array:
    r"""Evaluate a power series, :math:`\sum_k c_k x^k`.

    Args:
      coefficients: lowest order first.
      x: any shape; its dtype decides how many coefficients are used.
      largest: the largest size of x, at least 1.
    """
    return _horner(_truncate(coefficients, x.dtype, largest), x)


def horner_rows(rows: Sequence[Sequence[float]], x: Array) -> Array:
    """Evaluate several power series by operations on all of them, as `horner` does each.

    Args:
      rows: coefficients of each series, lowest order first.
      x: any shape, in [-1, 1].

    Returns:
      The values, shape `(*x.shape, len(rows))`.
    """
    truncated = [_truncate(row, x.dtype) for row in rows]
    columns = list(itertools.zip_longest(*truncated, fillvalue=0.0))
    total, x = jnp.zeros((*x.shape, len(rows)), x.dtype), x[..., None]
    for column in reversed(columns):
        total = total * x + np.asarray(column, x.dtype)
    return total


def _horner(coefficients: Sequence[float], x: Array) -> Array:
    *others, last = coefficients
    total = jnp.full_like(x, last)
    for c in reversed(others):
        total = total * x + c
    return total


def chebyshev(coefficients: Sequence[float], x: Array, low: float, high: float) -> Array:
    r"""Evaluate a Chebyshev series.

    .. math:: \sum_k c_k T_k(t), \quad t = \frac{2 x - \mathrm{high} - \mathrm{low}}
              {\mathrm{high} - \mathrm{low}}

    The series is converted to powers of t, which takes half of the operations of Clenshaw's
    recurrence. They do not cancel where the coefficients fall as fast as those of this package.

    Args:
      coefficients: lowest order first.
      x: any shape, in `[low, high]`; its dtype decides how many coefficients are used.
      low: the x of t = -1.
      high: the x of t = 1.
    """
    powers = np.polynomial.chebyshev.cheb2poly(_truncate(coefficients, x.dtype))
    t = (x - (low + high) / 2) * (2 / (high - low))
    return _horner(powers.tolist(), t)


def chebyshev_difference(
    coefficients: Sequence[float], x: Array, y: Array, low: float, high: float
) -> tuple[Array, Array]:
    r"""Evaluate a Chebyshev series f as `chebyshev` does, and its divided difference.

    .. math:: \frac{f(x) - f(y)}{x - y}

    It is a derivative where x = y, and the values do not cancel where they are close.

    Args:
      coefficients: lowest order first.
      x: any shape, in `[low, high]`; its dtype decides how many coefficients are used.
      y: the shape of `x`, in `[low, high]`.
      low: the x of t = -1.
      high: the x of t = 1.

    Returns:
      f(x) and the divided difference.
    """
    powers = np.polynomial.chebyshev.cheb2poly(_truncate(coefficients, x.dtype))
    scale = 2 / (high - low)
    s, t = ((z - (low + high) / 2) * scale for z in (y, x))
    *others, last = powers.tolist()
    value, difference = jnp.full_like(x, last), jnp.zeros_like(x)
    for c in reversed(others):
        value, difference = value * t + c, difference * s + value
    return value, scale * difference


def odd_chebyshev(coefficients: Sequence[float], x: Array) -> Array:
    r"""Evaluate an odd Chebyshev series over x, :math:`\sum_k c_k T_{2 k + 1}(x) / x`.

    By Clenshaw's recurrence in :math:`T_2(x)`.

    Args:
      coefficients: lowest order first.
      x: any shape, in [-1, 1]; its dtype decides how many coefficients are used.
    """
    double_t2 = 4 * x * x - 2
    b1 = b2 = jnp.zeros_like(x)
    for c in reversed(_truncate(coefficients, x.dtype)):
        b1, b2 = double_t2 * b1 - b2 + c, b1
    return b1 - b2
