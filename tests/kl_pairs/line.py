"""Families on the line or a part of it: an example for either side of a pair."""

from __future__ import annotations

import numpy as np
from scipy import stats

import jaxdist as jd
from tests.kl_pairs.base import (
    EXPONENT,
    HIGH,
    LOC,
    LOGITS,
    LOW,
    OTHER_EXPONENT,
    OTHER_HIGH,
    OTHER_LOC,
    OTHER_LOGITS,
    OTHER_LOW,
    OTHER_SCALE,
    OTHER_SHAPE,
    OTHER_TAIL,
    SCALE,
    SHAPE,
    TAIL,
    TEMPERATURE,
    Example,
    located,
    pick,
    sides,
)
from tests.kl_references import Kumaraswamy
from tests.rows.interval import ContinuousBernoulli, relaxed_bernoulli, tanh_normal


def truncated(loc, scale, low, high):
    return stats.truncnorm((low - loc) / scale, (high - loc) / scale, loc, scale)


def _shaped(side):
    shape, scale = pick(side, (SHAPE, OTHER_SHAPE), (SCALE, OTHER_SCALE))
    return shape, scale


ON_THE_LINE: dict[type[jd.Distribution], tuple[Example, Example]] = {
    jd.Normal: sides(lambda s: located(jd.Normal, stats.norm, s)),
    jd.Laplace: sides(lambda s: located(jd.Laplace, stats.laplace, s)),
    jd.Logistic: sides(lambda s: located(jd.Logistic, stats.logistic, s)),
    jd.Gumbel: sides(lambda s: located(jd.Gumbel, stats.gumbel_r, s, 3.0)),
    jd.Cauchy: sides(lambda s: located(jd.Cauchy, stats.cauchy, s)),
    jd.StudentT: sides(
        lambda s: Example(lambda: jd.StudentT(TAIL, LOC, SCALE), stats.t(TAIL, LOC, SCALE))
    ),
    jd.Exponential: sides(
        lambda s: (lambda scale: Example(lambda: jd.Exponential(1 / scale), stats.expon(0, scale)))(
            *pick(s, (SCALE, OTHER_SCALE))
        )
    ),
    jd.Gamma: sides(
        lambda s: (
            lambda a, scale: Example(lambda: jd.Gamma(a, 1 / scale), stats.gamma(a, 0, scale))
        )(*_shaped(s))
    ),
    jd.InverseGamma: sides(
        lambda s: (
            lambda a, scale: Example(lambda: jd.InverseGamma(a, scale), stats.invgamma(a, 0, scale))
        )(*pick(s, (TAIL, OTHER_TAIL), (SCALE, OTHER_SCALE)))
    ),
    jd.LogNormal: sides(
        lambda s: (
            lambda loc, scale: Example(
                lambda: jd.LogNormal(loc, scale), stats.lognorm(scale, 0, np.exp(loc))
            )
        )(*pick(s, (LOC, OTHER_LOC), (SCALE / 2, OTHER_SCALE)))
    ),
    jd.Weibull: sides(
        lambda s: (
            lambda scale, k: Example(lambda: jd.Weibull(scale, k), stats.weibull_min(k, 0, scale))
        )(*pick(s, (SCALE, OTHER_SCALE), (EXPONENT, OTHER_EXPONENT)))
    ),
    jd.HalfNormal: sides(
        lambda s: (lambda scale: Example(lambda: jd.HalfNormal(scale), stats.halfnorm(0, scale)))(
            *pick(s, (SCALE, OTHER_SCALE))
        )
    ),
    jd.HalfCauchy: sides(
        lambda s: (lambda scale: Example(lambda: jd.HalfCauchy(scale), stats.halfcauchy(0, scale)))(
            *pick(s, (SCALE, OTHER_SCALE))
        )
    ),
    jd.Pareto: sides(
        lambda s: (
            lambda scale, a: Example(lambda: jd.Pareto(scale, a), stats.pareto(a, 0, scale))
        )(*pick(s, (SCALE, np.array([0.1, 0.05, 0.6])), (TAIL, OTHER_TAIL)))
    ),
    jd.FisherSnedecor: sides(
        lambda s: Example(
            lambda: jd.FisherSnedecor(3.0 + SHAPE, 3 * TAIL), stats.f(3.0 + SHAPE, 3 * TAIL)
        )
    ),
    jd.GeneralizedPareto: sides(
        lambda s: Example(
            lambda: jd.GeneralizedPareto(LOW, SCALE, np.array([-0.5, 0.1, -0.9])),
            stats.genpareto(np.array([-0.5, 0.1, -0.9]), LOW, SCALE),
        )
    ),
    jd.Uniform: sides(
        lambda s: (
            lambda low, high: Example(lambda: jd.Uniform(low, high), stats.uniform(low, high - low))
        )(*pick(s, (LOW, OTHER_LOW), (HIGH, OTHER_HIGH)))
    ),
    jd.Beta: sides(
        lambda s: (lambda a, b: Example(lambda: jd.Beta(a, b), stats.beta(a, b)))(
            *pick(s, (SHAPE, OTHER_SHAPE), (TAIL, 2 * EXPONENT))
        )
    ),
    jd.Kumaraswamy: sides(
        lambda s: Example(lambda: jd.Kumaraswamy(EXPONENT, TAIL), Kumaraswamy(EXPONENT, TAIL))
    ),
    jd.ContinuousBernoulli: sides(
        lambda s: (
            lambda l: Example(lambda: jd.ContinuousBernoulli(logits=l), ContinuousBernoulli(l))
        )(*pick(s, (LOGITS, OTHER_LOGITS)))
    ),
    jd.TruncatedNormal: sides(
        lambda s: (
            lambda loc, scale, low, high: Example(
                lambda: jd.TruncatedNormal(loc, scale, low, high), truncated(loc, scale, low, high)
            )
        )(
            *pick(
                s,
                (LOC, OTHER_LOC),
                (SCALE, OTHER_SCALE),
                (LOW, OTHER_LOW),
                (HIGH, OTHER_HIGH),
            )
        )
    ),
    jd.TanhNormal: sides(
        lambda s: (
            lambda loc, scale: Example(lambda: jd.TanhNormal(loc, scale), tanh_normal(loc, scale))
        )(*pick(s, (LOC / 2, OTHER_LOC), (SCALE / 4, OTHER_SCALE / 2)))
    ),
    jd.RelaxedBernoulli: sides(
        lambda s: Example(
            lambda: jd.RelaxedBernoulli(TEMPERATURE, logits=LOGITS),
            relaxed_bernoulli(TEMPERATURE, LOGITS),
        )
    ),
}
