r"""The log-probability of a difference of Poisson counts, in saddle-point form.

.. math:: \log p(k) = -D(m_1, r_1) - D(m_2, r_2) - \tfrac12 \log(2 \pi w) + \log\sum_j
          \frac{U_j(k / w)}{k^j}, \quad w = \sqrt{k^2 + 4 r_1 r_2}

with the deviance D and the most likely counts :math:`m_1 = (w + k) / 2, m_2 = (w - k) / 2` of
difference k. It is Debye's expansion of the Bessel function (DLMF 10.41.3), whose exponent is
taken together with those of the rates: no large terms cancel.
"""

from __future__ import annotations

import functools
from fractions import Fraction

import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxdist.promotion import custom_jvp
from jaxdist.special.deviance import deviance_from_difference, log_ratio
from jaxdist.special.elementwise import elementwise
from jaxdist.special.gamma_density import poisson_log_prob
from jaxdist.special.hyperbolic import hypot
from jaxdist.special.quotient import quotient
from jaxdist.special.stirling import sqrt_two_pi_times

_MOST = 8  # counts that are multiplied one by one
_COUNTS, _PAIRS = 15, 10  # terms of series of inverse factorials
_NUMBER = 15  # terms of Debye's expansion


@functools.cache
def _debye() -> tuple[tuple[float, ...], ...]:
    r"""Return the polynomials :math:`U_j(t) / t^j` in :math:`t^2`, lowest powers first.

    By the recurrence of DLMF 10.41.9.
    """
    u = [Fraction(1)]
    rows = []
    for j in range(_NUMBER):
        rows.append(tuple(float(c) for c in u[j::2]))
        new = [Fraction(0)] * (len(u) + 3)
        for i, c in enumerate(u):
            new[i + 1] += c * (Fraction(i, 2) + Fraction(1, 8 * (i + 1)))
            new[i + 3] -= c * (Fraction(i, 2) + Fraction(5, 8 * (i + 3)))
        u = new
    return tuple(rows)


@elementwise
def skellam_log_prob(k: Array, rate1: Array, rate2: Array) -> Array:
    r"""Log-probability of the difference k of Poisson counts, for rates >= 0.

    .. math:: \log \left(e^{-r_1 - r_2} (r_1 / r_2)^{k / 2} I_{|k|}(2 \sqrt{r_1 r_2})\right)

    Accurate to 4 eps.

    Args:
      k: real, any shape broadcastable with the rates; need not be an integer.
      rate1: non-negative, of the count from which the other one is subtracted.
      rate2: non-negative.
    """
    positive = k >= 0
    a, b = jnp.where(positive, rate1, rate2), jnp.where(positive, rate2, rate1)
    n = jnp.abs(k)
    w = _length(n, a, b)
    smallest, terms = (8.0, 30) if jnp.finfo(k.dtype).eps > 1e-10 else (30.0, 80)
    by_series = (w < smallest) | (a * (b / (1 + n)) < 1)
    few = _series_of_products(
        jnp.where(by_series, n, 1), jnp.where(by_series, a, 1), jnp.where(by_series, b, 1), terms
    )
    n, a, b = jnp.where(by_series, 40, n), jnp.where(by_series, 40, a), jnp.where(by_series, 40, b)
    return jnp.where(by_series, few, _debye_expansion(n, a, b))


def _series_of_products(n: Array, a: Array, b: Array, terms: int) -> Array:
    """Add the sum over the smaller count to the log-probability of it being 0."""
    total = jnp.zeros_like(n)
    for j in range(terms, 0, -1):
        total = a * (b / (j * (j + n))) * (1 + total)
    return poisson_log_prob(n, a) - b + jnp.log1p(total)


def _length(n: Array, a: Array, b: Array) -> Array:
    """Return w, or the largest number."""
    w = hypot(n, 2 * jnp.sqrt(a) * jnp.sqrt(b))
    return jnp.minimum(w, float(jnp.finfo(w.dtype).max))


def _saddle(n: Array, a: Array, b: Array) -> tuple[Array, Array, Array]:
    """Return w, and the most likely counts of difference n >= 0."""
    w = _length(n, a, b)
    larger = w / 2 + n / 2
    return w, larger, b * (a / larger)


def _debye_expansion(n: Array, a: Array, b: Array) -> Array:
    # In a unit in which the sum of the rates is finite, of which the exponent is a multiple.
    is_huge = jnp.maximum(a, b) > float(jnp.finfo(n.dtype).max) / 8
    share = jnp.where(is_huge, 1 / 8, 1).astype(n.dtype)
    n, a, b = n * share, a * share, b * share
    w, exponent = _saddle(n, a, b)[0], _exponent(n, a, b) / share
    square = (n / w) ** 2
    total = jnp.zeros_like(w)
    for row in reversed(_debye()[1:]):
        value = jnp.full_like(w, row[-1])
        for c in row[-2::-1]:
            value = value * square + np.asarray(c, w.dtype)
        total = (total + value) / w
    return exponent - jnp.log(sqrt_two_pi_times(w)) + jnp.log(share) / 2 + jnp.log1p(total)


@custom_jvp
def _exponent(n: Array, a: Array, b: Array) -> Array:
    """Minus the deviances of the most likely counts."""
    (_, m, l), (excess, deficit) = _saddle(n, a, b), _excesses(n, a, b)
    return -deviance_from_difference(m, a, excess) - deviance_from_difference(l, b, deficit)


def _excesses(n: Array, a: Array, b: Array) -> tuple[Array, Array]:
    """Return by how much the most likely counts exceed a and b, without their rounding."""
    w, m, _ = _saddle(n, a, b)
    sum_with_a = w + 2 * a
    excess = (n + n * (n / sum_with_a)) / 2 + 2 * (a / sum_with_a) * (b - a)
    return excess, -excess * (b / m)


@_exponent.defjvp
def _exponent_jvp(primals: tuple[Array, ...], tangents: tuple[Array, ...]) -> tuple[Array, Array]:
    """Differentiate at fixed counts, as they are the most likely ones."""
    (n, a, b), (n_dot, a_dot, b_dot) = primals, tangents
    (_, m, _), (excess, deficit) = _saddle(n, a, b), _excesses(n, a, b)
    of_rates = quotient(excess, a) * a_dot + quotient(deficit, b) * b_dot
    return _exponent(n, a, b), of_rates - log_ratio(m, 1.0, a, excess) * n_dot


def rare_skellam_sf(n: Array, rate1: Array, rate2: Array) -> tuple[Array, Array]:
    r"""Compute P(X >= n) without logarithms, whose rounding is that of a tiny probability.

    .. math:: e^{-r_1 - r_2} \frac{r_1^n}{n!} \sum_{j \ge 0} \frac{n!\, r_1^j}{(n + j)!}
              \sum_{i \ge 0} \frac{(n + j)!\, (r_1 r_2)^i}{i!\, (n + j + i)!}

    Args:
      n: integers, broadcastable with the others.
      rate1: rate of the count from which the other one is subtracted.
      rate2: rate of the other one.

    Returns:
      Whether n is non-negative and small, and the rates are small; and the probability, 1/2
      elsewhere.
    """
    rare = (n >= 0) & (n <= _MOST) & (rate1 > 0) & (rate1 < 0.5) & (rate2 < 1)
    n, a, b = (jnp.where(rare, x, y) for x, y in ((n, 0), (rate1, 0.25), (rate2, 0.5)))
    mass = jnp.exp(-a - b)
    for j in range(1, _MOST + 1):
        mass = mass * jnp.where(j <= n, a / j, 1)
    counts = n[..., None] + np.arange(_COUNTS)
    inner = jnp.ones_like(counts)
    for i in range(_PAIRS, 0, -1):
        inner = 1 + inner * ((a * b)[..., None] / (i * (counts + i)))
    total = jnp.zeros_like(mass)
    for j in range(_COUNTS - 1, -1, -1):
        total = inner[..., j] + total * (a / (n + j + 1))
    return rare, jnp.where(rare, mass * total, 0.5)
