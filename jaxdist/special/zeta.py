"""The logarithm of the zeta functions of Riemann and Hurwitz, and of partial sums of powers."""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array

from jaxdist.special.elementwise import elementwise
from jaxdist.special.exp_log import expm1_ratio

_TERMS = 8  # that are summed before the formula of Euler and Maclaurin
_STEEPEST = 8.0  # power over base beyond which the later terms are negligible

# Bernoulli numbers B_2j over (2 j)!.
_BERNOULLI = (
    1 / 12, -1 / 720, 1 / 30240, -1 / 1209600, 1 / 47900160, -691 / 1307674368000, 1 / 74724249600,
)  # fmt: skip


@elementwise
def log_zeta(s: Array, a: Array) -> Array:
    r"""Logarithm of the zeta function of Hurwitz, for s > 1 and a > 0; Riemann's at a = 1.

    .. math:: \log \zeta(s, a) = \log \sum_{k \ge 0} (a + k)^{-s}

    By the formula of Euler and Maclaurin (DLMF 25.11.28), of which all large terms are positive.
    Accurate to 4 eps, also where it is near 0 because s is large and a is 1.

    Args:
      s: above 1, any shape broadcastable with `a`.
      a: positive, not below 1/2 where s is large.
    """
    others = sum((_power(s, i / a) for i in range(1, _TERMS)), jnp.zeros_like(s))
    c = a + _TERMS
    rest = _power(s, _TERMS / a) * (c / (s - 1) + _euler_maclaurin(s, c))
    return jnp.log1p(others + rest) - s * jnp.log(a)


@elementwise
def log_power_sum(s: Array, n: Array) -> Array:
    r"""Logarithm of a sum of powers, for s > 1 and integers n >= 1.

    .. math:: \log \sum_{k = 1}^n k^{-s}

    It does not cancel for s near 1, where the zeta functions whose difference it is are infinite.
    Accurate to 8 eps; as for other logarithms, the error counts as that of at least 1.

    Args:
      s: above 1, any shape broadcastable with `n`.
      n: positive integers.
    """
    total = jnp.ones_like(s) - _power(s, n)
    for i in range(1, _TERMS):
        total += _power(s, jnp.full_like(n, i)) - _power(s, n + i)
    low, high = jnp.full_like(n, _TERMS + 1), n + _TERMS + 1
    scale = _power(s, low - 1)
    total += scale * low * expm1_ratio(1 - s, jnp.log(high / low))
    total += scale * _euler_maclaurin(s, low) - _power(s, high - 1) * _euler_maclaurin(s, high)
    return jnp.log(total)


def _power(s: Array, x: Array) -> Array:
    """Compute (1 + x)^-s."""
    return jnp.exp(-s * jnp.log1p(x))


def _euler_maclaurin(s: Array, c: Array) -> Array:
    """Sum (1 + k / c)^-s over k >= 0, without the integral `c / (s - 1)`."""
    s = jnp.minimum(s, _STEEPEST * c)
    factor, total = s / c, jnp.full_like(s, 0.5)
    for j, coefficient in enumerate(_BERNOULLI):
        total = total + coefficient * factor
        factor = factor * ((s + (2 * j + 1)) / c) * ((s + (2 * j + 2)) / c)
    return total
