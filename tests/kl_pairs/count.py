"""Pairs with p on counts."""

from __future__ import annotations

import numpy as np
from scipy import stats

import jaxdist as jd
from tests.kl_pairs.pair import (
    OTHER_PROBS,
    OTHER_RATE,
    OTHER_SCALE,
    OTHER_SHAPE,
    OTHER_WEIGHTS,
    PROBS,
    RATE,
    SCALE,
    SHAPE,
    WEIGHTS,
    Example,
    Pair,
    same_class,
)
from tests.kl_pairs.references import by_summation, of_probs

TOTAL, OTHER_TOTAL = np.array([3.0, 10.0, 200.0]), np.array([3.0, 12.0, 190.0])
POWER, OTHER_POWER = np.array([3.0, 5.0, 12.0]), np.array([2.5, 5.0, 9.0])
FAILURES, OTHER_FAILURES = np.array([0.5, 3.0, 50.0]), np.array([0.5, 4.0, 40.0])

EXAMPLES = {
    jd.Poisson: Example(jd.Poisson, stats.poisson, (RATE,), (OTHER_RATE,)),
    jd.Geometric: Example(
        jd.Geometric, lambda probs: stats.geom(probs, -1), (PROBS,), (OTHER_PROBS,)
    ),
    jd.Binomial: Example(jd.Binomial, stats.binom, (TOTAL, PROBS), (OTHER_TOTAL, OTHER_PROBS)),
    jd.NegativeBinomial: Example(
        jd.NegativeBinomial,
        lambda total_count, probs: stats.nbinom(total_count, 1 - probs),
        (FAILURES, PROBS),
        (OTHER_FAILURES, OTHER_PROBS),
    ),
    jd.DiscreteUniform: Example(
        jd.DiscreteUniform,
        lambda low, high: stats.randint(low, high + 1),
        (np.array([2, 0, 5]), np.array([6, 0, 9])),
        (np.array([1, 0, 6]), 9),
    ),
}

PAIRS = [
    same_class(
        "Multinomial",
        jd.Multinomial,
        (np.array([7.0, 0.0]), WEIGHTS),
        (np.array([7.0, 1.0]), OTHER_WEIGHTS),
        lambda: np.array([7 * of_probs(WEIGHTS[0], OTHER_WEIGHTS), np.inf]),
        slow=True,
    ),
    Pair(
        "BetaBinomial Binomial",
        lambda: (jd.BetaBinomial(SHAPE, OTHER_SHAPE, 10), jd.Binomial(10, PROBS)),
        lambda: by_summation(
            stats.betabinom(10, SHAPE, OTHER_SHAPE), stats.binom(10, PROBS), size=11
        ),
        slow=True,
    ),
    same_class(
        "DiscreteLaplace",
        jd.DiscreteLaplace,
        (SCALE,),
        (OTHER_SCALE,),
        lambda: (
            2 * by_summation(stats.dlaplace(SCALE), stats.dlaplace(OTHER_SCALE))
            - np.log(np.tanh(SCALE / 2) / np.tanh(OTHER_SCALE / 2)) * np.tanh(SCALE / 2)
        ),
        slow=True,
    ),
    same_class(
        "LogSeries",
        jd.LogSeries,
        (PROBS,),
        (OTHER_PROBS,),
        lambda: by_summation(stats.logser(PROBS), stats.logser(OTHER_PROBS)),
        slow=True,
    ),
    same_class(
        "Zipf",
        jd.Zipf,
        (POWER,),
        (OTHER_POWER,),
        lambda: by_summation(stats.zipf(POWER), stats.zipf(OTHER_POWER), size=10**6),
        slow=True,
    ),
]
