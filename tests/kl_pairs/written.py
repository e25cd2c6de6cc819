"""Pairs that are written out: of vectors and matrices, of other parameters, of wrappers."""

from __future__ import annotations

import numpy as np
from scipy import stats

import jaxdist as jd
from tests.kl_pairs.base import (
    EXPONENT,
    LOC,
    LOGITS,
    OTHER_LOC,
    OTHER_LOGITS,
    OTHER_PROBS,
    OTHER_RATE,
    OTHER_SCALE,
    OTHER_SHAPE,
    OTHER_TAIL,
    PROBS,
    RATE,
    SCALE,
    SHAPE,
    TAIL,
    TEMPERATURE,
    Pair,
)
from tests.kl_references import (
    by_quadrature,
    by_summation,
    of_dirichlets,
    of_normal_vectors,
    of_probs,
    of_wisharts,
    von_mises,
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
    "Independent": (
        lambda: jd.Independent(jd.Normal(MEAN, DIAG), 1),
        np.diag(DIAG**2),
        lambda: jd.Independent(jd.Normal(OTHER_MEAN, log_scale=np.log(OTHER_DIAG)), 1),
        np.diag(OTHER_DIAG**2),
    ),
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
            if name_p == name_q == "Independent":
                continue
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
        "Independent of others, MultivariateNormalDiag",
        lambda: (
            jd.Independent(jd.Laplace(LOC, SCALE), 1),
            jd.MultivariateNormalDiag(OTHER_LOC, OTHER_SCALE),
        ),
        lambda: np.sum(
            by_quadrature(stats.laplace(LOC, SCALE), stats.norm(OTHER_LOC, OTHER_SCALE))
        ),
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
