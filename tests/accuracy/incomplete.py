"""The regularized incomplete gamma and beta functions, also where mpmath's do not converge."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mpmath import mp, mpf

from tests.formulas import lbeta

_MOST_TERMS = 40_000
_LARGEST_HAZARD = 1e60

Tails = tuple[Any, Any]


class NotConverged(ValueError):
    """Too many terms are needed."""


def hazard_tails(hazard: Any) -> Tails:
    """1 - exp(-hazard), and exp(-hazard), which is 0 where mpmath has no exponent for it."""
    if hazard > _LARGEST_HAZARD:
        return mpf(1), mpf(0)
    return -mp.expm1(-hazard), mp.exp(-hazard)


def gamma_tails(a: Any, x: Any) -> Tails:
    """P(a, x) and Q(a, x): a series or a continued fraction (DLMF 8.11.4, 8.9.2)."""
    if x <= 0:
        return mpf(0), mpf(1)
    scale = mp.exp(a * mp.log(x) - x - mp.loggamma(a))
    if x < a + 1:
        lower = scale / a * _sum_of_powers(a, x)
        return lower, 1 - lower
    upper = scale * continued_fraction(_gamma_terms(a, x), 1 / (x + 1 - a))
    return 1 - upper, upper


def _sum_of_powers(a: Any, x: Any) -> Any:
    term = total = mpf(1)
    for n in range(1, _MOST_TERMS):
        term *= x / (a + n)
        total += term
        if term < mp.eps * total:
            return total
    raise NotConverged


def _gamma_terms(a: Any, x: Any) -> Iterator[tuple[Any, Any]]:
    b = x + 1 - a
    for n in range(1, _MOST_TERMS):
        b += 2
        yield n * (a - n), b


def beta_tails(a: Any, b: Any, x: Any, y: Any = None) -> Tails:
    """I_x(a, b) and its complement; `y` is 1 - x (DLMF 8.17.22)."""
    y = 1 - x if y is None else y
    if x <= 0 or y <= 0:
        return (mpf(0), mpf(1)) if x <= 0 else (mpf(1), mpf(0))
    scale = mp.exp(a * mp.log(x) + b * mp.log(y) - lbeta(a, b))
    if x * (a + b + 2) < a + 1:
        lower = scale / a * continued_fraction(_beta_terms(a, b, x), mpf(1))
        return lower, 1 - lower
    upper = scale / b * continued_fraction(_beta_terms(b, a, y), mpf(1))
    return 1 - upper, upper


def _beta_terms(a: Any, b: Any, x: Any) -> Iterator[tuple[Any, Any]]:
    yield -(a + b) * x / (a + 1), mpf(1)
    for m in range(1, _MOST_TERMS // 2):
        yield m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)), mpf(1)
        yield -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)), mpf(1)


def continued_fraction(terms: Iterator[tuple[Any, Any]], first: Any) -> Any:
    """Evaluate 1 / (b0 + a1 / (b1 + a2 / (b2 + ...))), given 1 / b0, by Steed's algorithm."""
    d = delta = total = first
    for a, b in terms:
        d = 1 / (b + a * d)
        delta *= b * d - 1
        total += delta
        if abs(delta) < mp.eps * abs(total):
            return total
    raise NotConverged
