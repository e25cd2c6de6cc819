"""Pairs with p on an interval."""

from __future__ import annotations

from scipy import stats

import jaxdist as jd
from tests.kl_pairs.pair import (
    EXPONENT,
    HIGH,
    LOC,
    LOGITS,
    LOW,
    OTHER_HIGH,
    OTHER_LOC,
    OTHER_LOGITS,
    OTHER_LOW,
    OTHER_SCALE,
    OTHER_SHAPE,
    SCALE,
    SHAPE,
    TAIL,
    TEMPERATURE,
    Example,
    same_class,
)
from tests.kl_pairs.references import Kumaraswamy, by_quadrature
from tests.rows.interval import ContinuousBernoulli, relaxed_bernoulli, tanh_normal


def truncated_normal(loc, scale, low, high):
    return stats.truncnorm((low - loc) / scale, (high - loc) / scale, loc, scale)


EXAMPLES = {
    jd.Uniform: Example(
        jd.Uniform,
        lambda low, high: stats.uniform(low, high - low),
        (LOW, HIGH),
        (OTHER_LOW, OTHER_HIGH),
    ),
    jd.Beta: Example(jd.Beta, stats.beta, (SHAPE, TAIL), (OTHER_SHAPE, 2 * EXPONENT)),
    jd.Kumaraswamy: Example(jd.Kumaraswamy, Kumaraswamy, (EXPONENT, TAIL)),
    jd.ContinuousBernoulli: Example(
        lambda logits: jd.ContinuousBernoulli(logits=logits),
        ContinuousBernoulli,
        (LOGITS,),
        (OTHER_LOGITS,),
    ),
    jd.TruncatedNormal: Example(
        jd.TruncatedNormal,
        truncated_normal,
        (LOC, SCALE, LOW, HIGH),
        (OTHER_LOC, OTHER_SCALE, OTHER_LOW, OTHER_HIGH),
    ),
    jd.TanhNormal: Example(
        jd.TanhNormal, tanh_normal, (LOC / 2, SCALE / 4), (OTHER_LOC, OTHER_SCALE / 2)
    ),
    jd.RelaxedBernoulli: Example(
        lambda temperature, logits: jd.RelaxedBernoulli(temperature, logits=logits),
        relaxed_bernoulli,
        (TEMPERATURE, LOGITS),
    ),
}

PAIRS = [
    same_class(
        "LogitNormal",
        jd.LogitNormal,
        (LOC, SCALE),
        (OTHER_LOC, OTHER_SCALE),
        lambda: by_quadrature(stats.norm(LOC, SCALE), stats.norm(OTHER_LOC, OTHER_SCALE)),
    )
]
