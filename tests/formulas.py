"""Special functions and log-probabilities in mpmath, written from their definitions."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import mpmath as mp


def stirling_error(n: Any) -> Any:
    return mp.loggamma(n + 1) - (n + mp.mpf(1) / 2) * mp.log(n) + n - mp.log(2 * mp.pi) / 2


def poisson_log_prob(k: Any, rate: Any) -> Any:
    return k * mp.log(rate) - rate - mp.loggamma(k + 1)


def gamma_log_prob(c: Any, rate: Any, x: Any) -> Any:
    return c * mp.log(rate) + (c - 1) * mp.log(x) - rate * x - mp.loggamma(c)


def cached(function: Callable[..., Any]) -> Callable[..., Any]:
    """Remember values by their arguments and the precision: several cases share a reference."""

    @functools.cache
    def evaluate(precision: int, *args: Any) -> Any:
        return function(*args)

    return functools.wraps(function)(lambda *args: evaluate(mp.mp.prec, *args))


@cached
def gammainc(a: Any, x: Any) -> Any:
    return mp.gammainc(a, 0, x, regularized=True)


@cached
def gammaincc(a: Any, x: Any) -> Any:
    return mp.gammainc(a, x, regularized=True)


def lbeta(a: Any, b: Any) -> Any:
    return mp.loggamma(a) + mp.loggamma(b) - mp.loggamma(a + b)


def beta_entropy(a: Any, b: Any) -> Any:
    slopes = (a - 1) * mp.psi(0, a) + (b - 1) * mp.psi(0, b) - (a + b - 2) * mp.psi(0, a + b)
    return lbeta(a, b) - slopes


def betaprime_entropy(a: Any, b: Any) -> Any:
    slopes = (1 - a) * mp.psi(0, a) - (1 + b) * mp.psi(0, b) + (a + b) * mp.psi(0, a + b)
    return lbeta(a, b) + slopes


def betaprime_log_prob(a: Any, b: Any, r: Any) -> Any:
    return (a - 1) * mp.log(r) - (a + b) * mp.log1p(r) - lbeta(a, b)


def student_t_log_normalizer(df: Any) -> Any:
    return mp.loggamma((df + 1) / 2) - mp.loggamma(df / 2) - mp.log(df * mp.pi) / 2


def student_t_log_prob(df: Any, t: Any) -> Any:
    return student_t_log_normalizer(df) - (df + 1) / 2 * mp.log1p(t * t / df)


def student_t_entropy(df: Any) -> Any:
    slopes = mp.psi(0, (df + 1) / 2) - mp.psi(0, df / 2)
    return (df + 1) / 2 * slopes - student_t_log_normalizer(df)


def log_choose(n: Any, k: Any) -> Any:
    return mp.loggamma(n + 1) - mp.loggamma(k + 1) - mp.loggamma(n - k + 1)


def binomial_of_probs(k: Any, n: Any, p: Any) -> Any:
    return log_choose(n, k) + k * mp.log(p) + (n - k) * mp.log1p(-p)


def binomial_of_logits(k: Any, n: Any, logits: Any) -> Any:
    return log_choose(n, k) + k * logits - n * mp.log1p(mp.exp(logits))


def skellam_log_prob(k: Any, rate1: Any, rate2: Any) -> Any:
    bessel = mp.log(mp.besseli(abs(k), 2 * mp.sqrt(rate1 * rate2)))
    return bessel + k * mp.log(rate1 / rate2) / 2 - rate1 - rate2


def beta_log_prob(a: Any, b: Any, x: Any) -> Any:
    return (a - 1) * mp.log(x) + (b - 1) * mp.log1p(-x) - lbeta(a, b)


@cached
def betainc(a: Any, b: Any, x: Any) -> Any:
    return mp.betainc(a, b, 0, x, regularized=True)


@cached
def betaincc(a: Any, b: Any, x: Any) -> Any:
    return mp.betainc(b, a, 0, 1 - x, regularized=True)


def ndtr(x: Any) -> Any:
    return mp.erfc(-x / mp.sqrt(2)) / 2


def bessel_ratio(kappa: Any) -> Any:
    return mp.besseli(1, kappa) / mp.besseli(0, kappa)
