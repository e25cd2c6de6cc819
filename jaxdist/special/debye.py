r"""Debye's expansion of modified Bessel functions, uniform in the order (DLMF 10.41.3).

.. math:: I_\nu(\kappa) = \frac{\exp\left(R - \nu \operatorname{arsinh}(\nu / \kappa)
              + \sum_{k \ge 1} Q_k(p^2) R^{-k}\right)}{\sqrt{2 \pi R}}, \quad
          R = \sqrt{\nu^2 + \kappa^2}, \quad p = \nu / R

Between Stirling's series (p = 1) and Hankel's expansion (p = 0), to all digits from R =
`debye_start` on.
"""

from __future__ import annotations

import functools
from fractions import Fraction

import jax.numpy as jnp
import numpy as np
from jax import Array

Polynomial = list[Fraction]
"""Coefficients, lowest order first."""


def debye_start(dtype: np.dtype) -> float:
    """Return the R from which on the expansion has all digits of a dtype."""
    return 16.0 if jnp.finfo(dtype).eps > 1e-10 else 30.0


@functools.cache
def debye_polynomials(count: int) -> tuple[tuple[float, ...], ...]:
    r"""Return the coefficients of :math:`Q_1, \dots, Q_{\mathrm{count}}`, lowest order first.

    By the recurrence of Debye's polynomials U, and the logarithm of their series.

    Args:
      count: number of polynomials.
    """
    u: list[Polynomial] = [[Fraction(1)]]  # p^k U_k as a polynomial in p^2
    for k in range(count):
        last, following = u[-1], [Fraction(0)] * (k + 2)
        for i, c in enumerate(last):
            power = k + 2 * i
            following[i] += c * (Fraction(power, 2) + Fraction(1, 8 * (power + 1)))
            following[i + 1] -= c * (Fraction(power, 2) + Fraction(5, 8 * (power + 3)))
        u.append(following)
    q: list[Polynomial] = [[Fraction(0)]]
    for k in range(1, count + 1):
        total = list(u[k])
        for j in range(1, k):
            for i, a in enumerate(q[j]):
                for m, b in enumerate(u[k - j]):
                    total[i + m] -= Fraction(j, k) * a * b
        q.append(total)
    return tuple(tuple(map(float, polynomial)) for polynomial in q[1:])


def debye_sums(order: Array, radius: Array) -> tuple[Array, Array]:
    r"""Sum the expansion, and its derivative in the argument over -κ.

    .. math:: \sum_k Q_k(p^2) R^{-k}, \quad
              \sum_k (k Q_k(p^2) + 2 p^2 Q_k'(p^2)) R^{-k-2}

    Args:
      order: ν, any shape broadcastable with `radius`.
      radius: R, at least `debye_start`.
    """
    w = 1 / radius
    square = (order * w) ** 2
    value, slope = jnp.zeros_like(w), jnp.zeros_like(w)
    count = 9 if jnp.finfo(w.dtype).eps > 1e-10 else 20
    for k, coefficients in reversed(list(enumerate(debye_polynomials(count), 1))):
        polynomial, scaled = jnp.zeros_like(square), jnp.zeros_like(square)
        for i, c in reversed(list(enumerate(coefficients))):
            polynomial = polynomial * square + c
            scaled = scaled * square + (k + 2 * i) * c
        value, slope = (value + polynomial) * w, (slope + scaled) * w
    return value, slope * w * w
