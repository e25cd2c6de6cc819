"""Pairs with p on the real line."""

from __future__ import annotations

import numpy as np
from scipy import stats

import jaxdist as jd
from tests.kl_pairs.pair import (
    LOC,
    OTHER_LOC,
    OTHER_SCALE,
    SCALE,
    TAIL,
    Example,
    Pair,
    same_class,
)
from tests.kl_pairs.references import by_quadrature

EXAMPLES = {
    jd.Normal: Example(jd.Normal, stats.norm, (LOC, SCALE), (OTHER_LOC, OTHER_SCALE)),
    jd.Laplace: Example(jd.Laplace, stats.laplace, (LOC, SCALE), (OTHER_LOC, OTHER_SCALE)),
    jd.Logistic: Example(jd.Logistic, stats.logistic, (LOC, SCALE), (OTHER_LOC, OTHER_SCALE)),
    jd.Gumbel: Example(jd.Gumbel, stats.gumbel_r, (LOC, SCALE), (OTHER_LOC, 3 * OTHER_SCALE)),
    jd.Cauchy: Example(jd.Cauchy, stats.cauchy, (LOC, SCALE), (OTHER_LOC, OTHER_SCALE)),
    jd.StudentT: Example(jd.StudentT, stats.t, (TAIL, LOC, SCALE)),
}


def normal_by_log_scale(loc, scale):
    return jd.Normal(loc, log_scale=np.log(scale))


PAIRS = [
    same_class(
        "Normal log_scale",
        normal_by_log_scale,
        (LOC, SCALE),
        (OTHER_LOC, OTHER_SCALE),
        lambda: by_quadrature(stats.norm(LOC, SCALE), stats.norm(OTHER_LOC, OTHER_SCALE)),
    ),
    Pair(
        "Delta Normal",
        lambda: (jd.Delta(LOC), jd.Normal(OTHER_LOC, OTHER_SCALE)),
        lambda: -stats.norm(OTHER_LOC, OTHER_SCALE).logpdf(LOC),
    ),
    Pair(
        "Delta Exponential",
        lambda: (jd.Delta(LOC), jd.Exponential(1 / OTHER_SCALE)),
        lambda: -stats.expon(0, OTHER_SCALE).logpdf(LOC),
    ),
    Pair(
        "Delta Masked",
        lambda: (jd.Delta(LOC), jd.Masked(jd.Normal(0.0, np.ones(3)), [True, False, True])),
        lambda: -stats.norm(0, 1).logpdf(LOC) * [1, 0, 1],
    ),
]
