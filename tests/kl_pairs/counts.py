"""Families of counts: an example for either side of a pair."""

from __future__ import annotations

import numpy as np
from scipy import stats

import jaxdist as jd
from tests.kl_pairs.base import OTHER_PROBS, OTHER_RATE, PROBS, RATE, Example, pick, sides

TOTAL, OTHER_TOTAL = np.array([3.0, 10.0, 200.0]), np.array([3.0, 12.0, 190.0])
FAILURES, OTHER_FAILURES = np.array([0.5, 3.0, 50.0]), np.array([0.5, 4.0, 40.0])

COUNTS: dict[type[jd.Distribution], tuple[Example, Example]] = {
    jd.Poisson: sides(
        lambda s: (lambda rate: Example(lambda: jd.Poisson(rate), stats.poisson(rate)))(
            *pick(s, (RATE, OTHER_RATE))
        )
    ),
    jd.Bernoulli: sides(
        lambda s: (lambda p: Example(lambda: jd.Bernoulli(p), stats.bernoulli(p)))(
            *pick(s, (PROBS, OTHER_PROBS))
        )
    ),
    jd.Geometric: sides(
        lambda s: (lambda p: Example(lambda: jd.Geometric(p), stats.geom(p, -1)))(
            *pick(s, (PROBS, OTHER_PROBS))
        )
    ),
    jd.Binomial: sides(
        lambda s: (lambda n, p: Example(lambda: jd.Binomial(n, p), stats.binom(n, p)))(
            *pick(s, (TOTAL, OTHER_TOTAL), (PROBS, OTHER_PROBS))
        )
    ),
    jd.NegativeBinomial: sides(
        lambda s: (lambda r, p: Example(lambda: jd.NegativeBinomial(r, p), stats.nbinom(r, 1 - p)))(
            *pick(s, (FAILURES, OTHER_FAILURES), (PROBS, OTHER_PROBS))
        )
    ),
    jd.DiscreteUniform: sides(
        lambda s: (
            lambda low, high: Example(
                lambda: jd.DiscreteUniform(low, high), stats.randint(low, high + 1)
            )
        )(*pick(s, (np.array([2, 0, 5]), np.array([1, 0, 6])), (np.array([6, 0, 9]), 9)))
    ),
}
