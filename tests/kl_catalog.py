"""One table of pairs: every law of divergences holds for every row.

Each family of one number has an example for either side, and every registered pair of such
families is a row. The other rows are written out. A pair without a row fails a test.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import stats

import jaxdist as jd
from jaxdist.kl import registered_pairs
from tests.kl_references import (
    Kumaraswamy,
    by_quadrature,
    by_summation,
    of_dirichlets,
    of_normal_vectors,
    of_probs,
    of_wisharts,
    von_mises,
)
from tests.rows.interval import ContinuousBernoulli
from tests.rows.squashed import relaxed_bernoulli, tanh_normal


@dataclass(frozen=True)
class Pair:
    """Two distributions, built when asked for, and their divergence in float64."""

    name: str
    make: Callable[[], tuple[jd.Distribution, jd.Distribution]]
    expected: Callable[[], np.ndarray]

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True)
class Example:
    """A batch of distributions, and its reference with `ppf`, `isf` and `logpdf`, or `logpmf`."""

    make: Callable[[], jd.Distribution]
    reference: object


LOC, OTHER_LOC = np.array([-1.0, 0.3, 2.0]), np.array([0.0, 0.3, -0.5])
SCALE, OTHER_SCALE = np.array([0.3, 1.0, 1.5]), np.array([0.8, 1.1, 2.0])
SHAPE, OTHER_SHAPE = np.array([0.6, 2.0, 30.0]), np.array([0.8, 5.0, 31.0])
EXPONENT, OTHER_EXPONENT = np.array([0.7, 1.5, 4.0]), np.array([1.1, 1.5, 0.6])
TAIL, OTHER_TAIL = np.array([5.0, 7.0, 20.0]), np.array([5.5, 2.0, 20.0])
LOGITS, OTHER_LOGITS = np.array([-2.0, 0.7, 3.0]), np.array([-1.0, -0.4, 3.0])
LOW, HIGH = np.array([0.2, 0.1, 0.55]), np.array([0.7, 0.9, 1.0])
OTHER_LOW, OTHER_HIGH = np.array([0.1, -1.0, 0.6]), np.array([0.8, 2.0, 1.0])
TEMPERATURE = np.array([2.0, 3.0, 2.5])


def truncated(loc, scale, low, high):
    return stats.truncnorm((low - loc) / scale, (high - loc) / scale, loc, scale)


def located(make, reference, side, stretch=1.0):
    loc, scale = ((LOC, SCALE), (OTHER_LOC, stretch * OTHER_SCALE))[side]
    return Example(lambda: make(loc, scale), reference(loc, scale))


def sides(example):
    return example(0), example(1)


def pick(side, *pairs):
    return [pair[side] for pair in pairs]


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

RATE, OTHER_RATE = np.array([0.5, 4.0, 90.0]), np.array([0.7, 3.0, 80.0])
PROBS, OTHER_PROBS = np.array([0.1, 0.5, 0.9]), np.array([0.2, 0.5, 0.7])
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


# Infinite because a moment of p is: a sum over quantiles does not see it.
HEAVY = {
    (jd.Cauchy, jd.Normal),
    (jd.HalfCauchy, jd.Normal),
    (jd.HalfCauchy, jd.Exponential),
    (jd.HalfCauchy, jd.Gamma),
}


def _crossed(examples, reference):
    """Return a row for every registered pair of families with an example."""
    for types in registered_pairs():
        if all(kind in examples for kind in types):
            p, q = examples[types[0]][0], examples[types[1]][1]
            yield Pair(
                " ".join(kind.__name__ for kind in types),
                lambda p=p, q=q: (p.make(), q.make()),
                (lambda: np.full(3, np.inf))
                if types in HEAVY
                else lambda p=p, q=q: reference(p.reference, q.reference),
            )


WEIGHTS, OTHER_WEIGHTS = np.array([[0.1, 0.6, 0.3], [1.0, 2.0, 2.0]]), np.array([0.3, 0.3, 0.4])
WITH_ZERO, WITH_OTHER_ZERO = np.array([0.5, 0.5, 0.0]), np.array([0.2, 0.3, 0.5])
CONCENTRATION, OTHER_CONCENTRATION = (
    np.array([[0.5, 2.0, 0.1], [30.0, 1e3, 5.0]]),
    np.array([[1.0, 1.0, 1.0], [31.0, 1.1e3, 5.0]]),
)
MEAN, OTHER_MEAN = np.array([[0.5, -1.0, 2.0], [0.0, 0.0, 0.0]]), np.array([0.0, 0.3, 2.0])
TRIL = np.array([[1.0, 0.0, 0.0], [0.5, 0.7, 0.0], [-0.3, 0.2, 1.5]])
OTHER_TRIL = np.array([[0.6, 0.0, 0.0], [-0.5, 1.0, 0.0], [0.1, 0.2, 2.0]])
COV, OTHER_COV = TRIL @ TRIL.T, OTHER_TRIL @ OTHER_TRIL.T
DIAG, OTHER_DIAG = np.array([0.5, 1.0, 2.0]), np.array([0.7, 0.9, 2.0])
FACTOR, OTHER_FACTOR = np.array([[1.0], [0.5], [-1.0]]), np.array([[1.0, 0.0], [0.5, 1], [0, 2]])
LOW_RANK = FACTOR @ FACTOR.T + np.diag(DIAG)
OTHER_LOW_RANK = OTHER_FACTOR @ OTHER_FACTOR.T + np.diag(OTHER_DIAG)

NORMAL_VECTORS = {
    "MultivariateNormal": (
        lambda: jd.MultivariateNormal(MEAN, scale_tril=TRIL),
        COV,
        lambda: jd.MultivariateNormal(OTHER_MEAN, scale_tril=OTHER_TRIL),
        OTHER_COV,
    ),
    "MultivariateNormalDiag": (
        lambda: jd.MultivariateNormalDiag(MEAN, DIAG),
        np.diag(DIAG**2),
        lambda: jd.MultivariateNormalDiag(OTHER_MEAN, OTHER_DIAG),
        np.diag(OTHER_DIAG**2),
    ),
    "LowRankMultivariateNormal": (
        lambda: jd.LowRankMultivariateNormal(MEAN, FACTOR, DIAG),
        LOW_RANK,
        lambda: jd.LowRankMultivariateNormal(OTHER_MEAN, OTHER_FACTOR, OTHER_DIAG),
        OTHER_LOW_RANK,
    ),
}


def _normal_vectors():
    for name_p, (make_p, cov_p, _, _) in NORMAL_VECTORS.items():
        for name_q, (_, _, make_q, cov_q) in NORMAL_VECTORS.items():
            yield Pair(
                f"{name_p} {name_q}",
                lambda make_p=make_p, make_q=make_q: (make_p(), make_q()),
                lambda cov_p=cov_p, cov_q=cov_q: of_normal_vectors(MEAN, cov_p, OTHER_MEAN, cov_q),
            )


def same(name, make, p, q, expected):
    """A row of one family, by the parameters of both."""
    return Pair(name, lambda: (make(*p), make(*q)), expected)


def by_log_scale(loc, scale):
    return jd.Normal(loc, log_scale=np.log(scale))


WRITTEN = [
    same(
        "Normal log_scale",
        by_log_scale,
        (LOC, SCALE),
        (OTHER_LOC, OTHER_SCALE),
        lambda: by_quadrature(stats.norm(LOC, SCALE), stats.norm(OTHER_LOC, OTHER_SCALE)),
    ),
    same(
        "Chi2",
        jd.Chi2,
        (2 * SHAPE,),
        (2 * OTHER_SHAPE,),
        lambda: by_quadrature(stats.chi2(2 * SHAPE), stats.chi2(2 * OTHER_SHAPE)),
    ),
    Pair(
        "Chi2 Exponential",
        lambda: (jd.Chi2(2 * EXPONENT), jd.Exponential(1 / SCALE)),
        lambda: by_quadrature(stats.chi2(2 * EXPONENT), stats.expon(0, SCALE)),
    ),
    same(
        "VonMises",
        jd.VonMises,
        (LOC, np.array([0.0, 2.0, 100.0])),
        (OTHER_LOC, np.array([0.5, 2.1, 300.0])),
        lambda: von_mises(LOC, np.array([0.0, 2.0, 100.0])).divergence(
            von_mises(OTHER_LOC, np.array([0.5, 2.1, 300.0]))
        ),
    ),
    same(
        "Bernoulli logits",
        lambda l: jd.Bernoulli(logits=l),
        (LOGITS,),
        (OTHER_LOGITS,),
        lambda: of_probs(*(np.stack([np.exp(l), np.ones(3)], -1) for l in (LOGITS, OTHER_LOGITS))),
    ),
    same(
        "Categorical probs",
        jd.Categorical,
        (WEIGHTS,),
        (OTHER_WEIGHTS,),
        lambda: of_probs(WEIGHTS, OTHER_WEIGHTS),
    ),
    same(
        "Categorical logits",
        lambda w: jd.Categorical(logits=np.log(w) + 3),
        (WEIGHTS,),
        (OTHER_WEIGHTS,),
        lambda: of_probs(WEIGHTS, OTHER_WEIGHTS),
    ),
    same(
        "Categorical masked",
        lambda l: jd.Categorical(logits=l),
        ([0.0, 0.0, -np.inf],),
        (np.log(WITH_OTHER_ZERO),),
        lambda: of_probs(WITH_ZERO, WITH_OTHER_ZERO),
    ),
    same(
        "Categorical impossible",
        lambda l: jd.Categorical(logits=l),
        (np.log(WITH_OTHER_ZERO),),
        ([0.0, 0.0, -np.inf],),
        lambda: of_probs(WITH_OTHER_ZERO, WITH_ZERO),
    ),
    same(
        "Categorical zero",
        jd.Categorical,
        (WITH_ZERO,),
        (WITH_OTHER_ZERO,),
        lambda: of_probs(WITH_ZERO, WITH_OTHER_ZERO),
    ),
    Pair(
        "Softmax EpsilonGreedy",
        lambda: (jd.Softmax([1.0, 2.0, 0.0], 2.0), jd.EpsilonGreedy([1.0, 2.0, 0.0], 0.3)),
        lambda: of_probs(np.exp([0.5, 1.0, 0.0]), [0.1, 0.8, 0.1]),
    ),
    Pair(
        "Greedy Categorical",
        lambda: (jd.Greedy([1.0, 2.0, 2.0]), jd.Categorical(OTHER_WEIGHTS)),
        lambda: of_probs([0.0, 0.5, 0.5], OTHER_WEIGHTS),
    ),
    Pair(
        "OneHotCategorical straight-through",
        lambda: (
            jd.OneHotCategorical(WEIGHTS),
            jd.OneHotCategoricalStraightThrough(logits=np.log(OTHER_WEIGHTS)),
        ),
        lambda: of_probs(WEIGHTS, OTHER_WEIGHTS),
    ),
    same(
        "Multinomial",
        jd.Multinomial,
        (np.array([7.0, 0.0]), WEIGHTS),
        (np.array([7.0, 1.0]), OTHER_WEIGHTS),
        lambda: np.array([7 * of_probs(WEIGHTS[0], OTHER_WEIGHTS), np.inf]),
    ),
    Pair(
        "Bernoulli Poisson",
        lambda: (jd.Bernoulli(PROBS), jd.Poisson(RATE / 10)),
        lambda: by_summation(stats.bernoulli(PROBS), stats.poisson(RATE / 10)),
    ),
    Pair(
        "BetaBinomial Binomial",
        lambda: (jd.BetaBinomial(SHAPE, OTHER_SHAPE, 10), jd.Binomial(10, PROBS)),
        lambda: by_summation(
            stats.betabinom(10, SHAPE, OTHER_SHAPE), stats.binom(10, PROBS), size=11
        ),
    ),
    same(
        "Dirichlet",
        jd.Dirichlet,
        (CONCENTRATION,),
        (OTHER_CONCENTRATION,),
        lambda: of_dirichlets(CONCENTRATION, OTHER_CONCENTRATION),
    ),
    same(
        "LogisticNormal",
        jd.LogisticNormal,
        (MEAN, DIAG),
        (OTHER_MEAN, OTHER_DIAG),
        lambda: of_normal_vectors(MEAN, np.diag(DIAG**2), OTHER_MEAN, np.diag(OTHER_DIAG**2)),
    ),
    *_normal_vectors(),
    Pair(
        "MultivariateNormal matrices",
        lambda: (
            jd.MultivariateNormal(MEAN, precision_matrix=np.linalg.inv(COV)),
            jd.MultivariateNormal(OTHER_MEAN, covariance_matrix=OTHER_COV),
        ),
        lambda: of_normal_vectors(MEAN, COV, OTHER_MEAN, OTHER_COV),
    ),
    same(
        "Wishart",
        lambda df, tril: jd.Wishart(df, scale_tril=tril),
        (np.array([2.5, 4.0, 50.0]), TRIL),
        (np.array([4.0, 4.5, 60.0]), OTHER_TRIL),
        lambda: np.array(
            [
                of_wisharts(a, COV, b, OTHER_COV)
                for a, b in zip([2.5, 4.0, 50.0], [4.0, 4.5, 60.0], strict=True)
            ]
        ),
    ),
    Pair(
        "LKJCholesky",
        lambda: (jd.LKJCholesky(2, TAIL), jd.LKJCholesky(2, OTHER_TAIL)),
        lambda: by_quadrature(
            *(stats.beta(a, a, -1, 2) for a in (TAIL, OTHER_TAIL))  # of the correlation
        ),
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
    Pair(
        "Independent",
        lambda: (
            jd.Independent(jd.Normal(LOC, SCALE), 1),
            jd.Independent(jd.Normal(OTHER_LOC, np.ones((2, 3))), 1),
        ),
        lambda: np.full(2, np.sum(by_quadrature(stats.norm(LOC, SCALE), stats.norm(OTHER_LOC, 1)))),
    ),
    Pair(
        "Independent nested",
        lambda: (
            jd.Independent(jd.Normal(MEAN, DIAG), 2),
            jd.Independent(jd.Independent(jd.Normal(np.zeros((2, 3)), 1.0), 1), 1),
        ),
        lambda: np.sum(of_normal_vectors(MEAN, np.diag(DIAG**2), np.zeros(3), np.eye(3))),
    ),
    Pair(
        "Masked",
        lambda: (
            jd.Masked(jd.Normal(LOC, SCALE), [True, True, False]),
            jd.Normal(OTHER_LOC, OTHER_SCALE),
        ),
        lambda: (
            by_quadrature(stats.norm(LOC, SCALE), stats.norm(OTHER_LOC, OTHER_SCALE)) * [1, 1, 0]
        ),
    ),
    Pair(
        "Masked both",
        lambda: (
            jd.Masked(jd.Poisson(RATE), [True, True, False]),
            jd.Masked(jd.Poisson(OTHER_RATE), [True, False, False]),
        ),
        lambda: by_summation(stats.poisson(RATE), stats.poisson(OTHER_RATE)) * [1, 0, 0],
    ),
    Pair(
        "TransformedDistribution",
        lambda: tuple(
            jd.TransformedDistribution(
                jd.Normal(loc, scale), [jd.AffineTransform(1.0, TEMPERATURE), jd.ExpTransform()]
            )
            for loc, scale in ((LOC, SCALE), (OTHER_LOC, OTHER_SCALE))
        ),
        lambda: by_quadrature(
            *(
                stats.lognorm(TEMPERATURE * scale, scale=np.exp(1 + TEMPERATURE * loc))
                for loc, scale in ((LOC, SCALE), (OTHER_LOC, OTHER_SCALE))
            )
        ),
    ),
    Pair(
        "Joint",
        lambda: (
            jd.Joint({"a": jd.Normal(LOC, SCALE), "b": jd.Bernoulli(PROBS)}),
            jd.Joint({"a": jd.Normal(OTHER_LOC, OTHER_SCALE), "b": jd.Bernoulli(OTHER_PROBS)}),
        ),
        lambda: (
            by_quadrature(stats.norm(LOC, SCALE), stats.norm(OTHER_LOC, OTHER_SCALE))
            + by_summation(stats.bernoulli(PROBS), stats.bernoulli(OTHER_PROBS))
        ),
    ),
]

PAIRS = [*_crossed(ON_THE_LINE, by_quadrature), *_crossed(COUNTS, by_summation), *WRITTEN]
