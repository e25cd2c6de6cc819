"""Pairs with p on the positive numbers, or on a half-line of them."""

from __future__ import annotations

import numpy as np
from scipy import stats

import jaxdist as jd
from tests.kl_pairs.pair import (
    EXPONENT,
    LOC,
    LOW,
    OTHER_EXPONENT,
    OTHER_LOC,
    OTHER_SCALE,
    OTHER_SHAPE,
    OTHER_TAIL,
    SCALE,
    SHAPE,
    TAIL,
    Example,
    Pair,
    same_class,
)
from tests.kl_pairs.references import by_quadrature
from tests.references import Lindley

EXAMPLES = {
    jd.Exponential: Example(
        lambda scale: jd.Exponential(1 / scale),
        lambda scale: stats.expon(0, scale),
        (SCALE,),
        (OTHER_SCALE,),
    ),
    jd.Gamma: Example(
        lambda a, scale: jd.Gamma(a, 1 / scale),
        lambda a, scale: stats.gamma(a, 0, scale),
        (SHAPE, SCALE),
        (OTHER_SHAPE, OTHER_SCALE),
    ),
    jd.InverseGamma: Example(
        jd.InverseGamma,
        lambda a, scale: stats.invgamma(a, 0, scale),
        (TAIL, SCALE),
        (OTHER_TAIL, OTHER_SCALE),
    ),
    jd.LogNormal: Example(
        jd.LogNormal,
        lambda loc, scale: stats.lognorm(scale, 0, np.exp(loc)),
        (LOC, SCALE / 2),
        (OTHER_LOC, OTHER_SCALE),
    ),
    jd.Weibull: Example(
        jd.Weibull,
        lambda scale, k: stats.weibull_min(k, 0, scale),
        (SCALE, EXPONENT),
        (OTHER_SCALE, OTHER_EXPONENT),
    ),
    jd.HalfNormal: Example(
        jd.HalfNormal, lambda scale: stats.halfnorm(0, scale), (SCALE,), (OTHER_SCALE,)
    ),
    jd.HalfCauchy: Example(
        jd.HalfCauchy, lambda scale: stats.halfcauchy(0, scale), (SCALE,), (OTHER_SCALE,)
    ),
    jd.Pareto: Example(
        jd.Pareto,
        lambda scale, a: stats.pareto(a, 0, scale),
        (SCALE, TAIL),
        (np.array([0.1, 0.05, 0.6]), OTHER_TAIL),
    ),
    jd.FisherSnedecor: Example(jd.FisherSnedecor, stats.f, (3.0 + SHAPE, 3 * TAIL)),
    jd.GeneralizedPareto: Example(
        jd.GeneralizedPareto,
        lambda loc, scale, c: stats.genpareto(c, loc, scale),
        (LOW, SCALE, np.array([-0.5, 0.1, -0.9])),
    ),
}

PAIRS = [
    same_class(
        "Chi2",
        jd.Chi2,
        (2 * SHAPE,),
        (2 * OTHER_SHAPE,),
        lambda: by_quadrature(stats.chi2(2 * SHAPE), stats.chi2(2 * OTHER_SHAPE)),
        slow=True,
    ),
    Pair(
        "Chi2 Exponential",
        lambda: (jd.Chi2(2 * EXPONENT), jd.Exponential(1 / SCALE)),
        lambda: by_quadrature(stats.chi2(2 * EXPONENT), stats.expon(0, SCALE)),
        slow=True,
    ),
    same_class(
        "Lindley",
        jd.Lindley,
        (SCALE,),
        (OTHER_SCALE,),
        lambda: by_quadrature(Lindley(SCALE), Lindley(OTHER_SCALE)),
    ),
    same_class(
        "Rayleigh",
        jd.Rayleigh,
        (SCALE,),
        (OTHER_SCALE,),
        lambda: by_quadrature(stats.rayleigh(0, SCALE), stats.rayleigh(0, OTHER_SCALE)),
        slow=True,
    ),
    same_class(
        "Maxwell",
        jd.Maxwell,
        (SCALE,),
        (OTHER_SCALE,),
        lambda: by_quadrature(stats.maxwell(0, SCALE), stats.maxwell(0, OTHER_SCALE)),
        slow=True,
    ),
    same_class(
        "InverseGaussian",
        jd.InverseGaussian,
        (SCALE, TAIL),
        (OTHER_SCALE, OTHER_TAIL),
        lambda: by_quadrature(
            stats.invgauss(SCALE / TAIL, 0, TAIL),
            stats.invgauss(OTHER_SCALE / OTHER_TAIL, 0, OTHER_TAIL),
        ),
    ),
    same_class(
        "Chi",
        jd.Chi,
        (2 * SHAPE,),
        (2 * OTHER_SHAPE,),
        lambda: by_quadrature(stats.chi(2 * SHAPE), stats.chi(2 * OTHER_SHAPE)),
        slow=True,
    ),
    same_class(
        "Frechet",
        jd.Frechet,
        (SCALE, TAIL),
        (OTHER_SCALE, OTHER_TAIL),
        lambda: by_quadrature(
            stats.invweibull(TAIL, 0, SCALE), stats.invweibull(OTHER_TAIL, 0, OTHER_SCALE)
        ),
        slow=True,
    ),
]
