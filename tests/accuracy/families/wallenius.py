"""Wallenius' noncentral hypergeometric distribution, by its definition and by an integral."""

from __future__ import annotations

import numpy as np
from mpmath import mp, mpf

from tests.accuracy import draws
from tests.accuracy.draws import Rng, among_counts
from tests.accuracy.family import Family
from tests.accuracy.incomplete import NotConverged, Tails
from tests.formulas import cached, log_choose

_MOST_STATES = 25_000
_FIRST_STEP = 3  # nodes for each standard deviation, at first


@cached
def masses(s, f, n, odds):
    """Return the smallest count and all probabilities, ball by ball as they are taken."""
    s, f, n = int(s), int(f), int(n)
    if n * (min(n, s) + 1) > _MOST_STATES:
        raise NotConverged
    of_count = {0: mpf(1)}
    for taken in range(n):
        after: dict = {}
        for k, p in of_count.items():
            success, failure = odds * (s - k), f - taken + k
            rate = p / (success + failure)
            if success:
                after[k + 1] = after.get(k + 1, 0) + rate * success
            if failure:
                after[k] = after.get(k, 0) + rate * failure
        of_count = after
    return min(of_count), [of_count[k] for k in sorted(of_count)]


@cached
def log_prob(k, s, f, n, odds):
    r"""Integrate over the time when the last ball is taken, in its logarithm u.

    Every ball leaves after an exponential time of the rate ω or 1. The integrand is analytic and
    vanishes at both ends, so that sums over evenly spaced nodes converge exponentially.
    """
    m = n - k
    rate = odds * (s - k) + f - m
    if not rate:
        return mpf(0)

    def log_integrand(u):
        time = mp.exp(u)
        of_successes = k * mp.log(-mp.expm1(-odds * time)) if k else 0
        of_failures = m * mp.log(-mp.expm1(-time)) if m else 0
        return of_successes + of_failures - rate * time + u

    low, high, top = reach(int(k), int(m), float(odds), float(rate), 2.31 * mp.dps + 20)
    density = lambda u: mp.exp(log_integrand(u) - top)
    step = mpf(1) / (_FIRST_STEP * (1 + mp.sqrt(n)))
    first, last = int(low / step) - 1, int(high / step) + 1
    total, before = mp.fsum(density(i * step) for i in range(first, last + 1)), mpf(0)
    while abs(total * step - before) > mpf(10) ** (12 - mp.dps) * before:
        before = total * step
        total += mp.fsum(density((i + mpf(1) / 2) * step) for i in range(first, last))
        step, first, last = step / 2, 2 * first, 2 * last
    return mp.log(rate * total * step) + top + log_choose(s, k) + log_choose(f, m)


def reach(k: int, m: int, odds: float, rate: float, enough: float):
    """Return between which u the logarithm of the integrand is near its maximum, and that."""
    u = np.linspace(-200, 200, 400_001)
    time = np.exp(u)
    value = u - rate * time
    with np.errstate(divide="ignore"):
        for count, speed in ((k, odds), (m, 1.0)):
            value += count * np.log(-np.expm1(-speed * time)) if count else 0
    inside = u[value > value.max() - enough]
    return inside[0] - 1e-3, inside[-1] + 1e-3, mpf(float(value.max()))


def tails(k, s, f, n, odds) -> Tails:
    low, p = masses(s, f, n, odds)
    number = int(k) + 1 - low
    return mp.fsum(p[:number]), mp.fsum(p[number:])


def entropy(s, f, n, odds):
    return -mp.fsum(p * mp.log(p) for p in masses(s, f, n, odds)[1])


def mean(s, f, n, odds):
    low, masses_ = masses(s, f, n, odds)
    return mp.fsum(p * (low + i) for i, p in enumerate(masses_))


def variance(s, f, n, odds):
    low, masses_ = masses(s, f, n, odds)
    center = mean(s, f, n, odds)
    return mp.fsum(p * (low + i - center) ** 2 for i, p in enumerate(masses_))


def value(rng: Rng, s: int, f: int, n: int, odds: float) -> int:
    """Draw by the first n of exponential times."""
    if n > s + f:
        raise ValueError("more balls are taken than there are")
    s, f, n = int(s), int(f), int(n)
    times = np.concatenate([rng.exponential(size=s) / odds, rng.exponential(size=f)])
    drawn = int(np.sum(np.argsort(times)[:n] < s))
    return int(np.clip(among_counts(rng, drawn), max(n - f, 0), min(n, s)))


FAMILIES = [
    Family(
        "WalleniusNoncentralHypergeometric",
        {
            "num_successes": draws.trials,
            "num_failures": draws.trials,
            "total_count": draws.few_trials,
            "odds": draws.power_of_ten((-1, 1), (-3, 3), (-6, 6)),
        },
        value,
        log_prob,
        tails,
        entropy,
        mean,
        variance,
        exact=frozenset({"num_successes", "num_failures", "total_count"}),
        discrete=True,
    )
]
