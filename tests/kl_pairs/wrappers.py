"""Pairs with p made of other distributions."""

from __future__ import annotations

import itertools

import numpy as np
from scipy import stats

import jaxdist as jd
from tests.kl_pairs.pair import (
    DIAG,
    LOC,
    MEAN,
    OTHER_LOC,
    OTHER_PROBS,
    OTHER_RATE,
    OTHER_SCALE,
    OTHER_SHAPE,
    PROBS,
    RATE,
    SCALE,
    SHAPE,
    TEMPERATURE,
    Pair,
    same_class,
)
from tests.kl_pairs.references import by_quadrature, by_summation, of_normal_vectors, of_probs
from tests.kl_pairs.vector import normal_vector_pairs


def log_normal_by_transforms(loc, scale):
    transforms = [jd.AffineTransform(1.0, TEMPERATURE), jd.ExpTransform()]
    return jd.TransformedDistribution(jd.Normal(loc, scale), transforms)


def log_normal(loc, scale):
    return stats.lognorm(TEMPERATURE * scale, scale=np.exp(1 + TEMPERATURE * loc))


def of_gated_counts(p, p_zero, q, q_zero):
    """Sum over whether a count is 0, and over the positive ones.

    Args:
      p: counts of SciPy, of which the positive ones keep their proportions.
      p_zero: the probability of 0.
      q: other counts.
      q_zero: theirs.
    """
    k = np.arange(1, 1000).reshape(-1, *[1] * np.ndim(p.pmf(0)))
    log_p, log_q = (d.logpmf(k) - d.logsf(0) for d in (p, q))
    possible = log_p > -np.inf
    with np.errstate(invalid="ignore"):
        of_positive = np.sum(np.where(possible, np.exp(log_p) * (log_p - log_q), 0), 0)
    return of_probs(
        np.stack([p_zero, 1 - p_zero], -1), np.stack([q_zero, 1 - q_zero], -1)
    ) + np.where(p_zero < 1, (1 - p_zero) * of_positive, 0)


def inflated(gate, d):
    """The probability of 0."""
    return gate + (1 - gate) * d.pmf(0)


def gated_counts(make, reference, p, q):
    """Pairs of counts, by their parameters in p and q: both gated in one way, and in two."""
    counts = reference(*p), reference(*q)
    gates = PROBS, OTHER_PROBS
    zeros = {
        jd.Hurdle: gates,
        jd.ZeroInflated: tuple(map(inflated, gates, counts)),
    }
    return [
        Pair(
            f"{a.__name__} of {make.__name__} {b.__name__}",
            lambda a=a, b=b: (a(make(*p), PROBS), b(make(*q), OTHER_PROBS)),
            lambda a=a, b=b: of_gated_counts(counts[0], zeros[a][0], counts[1], zeros[b][1]),
            make is not jd.Poisson or a is not b,
        )
        for a, b in itertools.product(zeros, zeros)
    ]


def joint(loc, scale, probs):
    return jd.Joint({"a": jd.Normal(loc, scale), "b": jd.Bernoulli(probs)})


PAIRS = [
    *normal_vector_pairs("Independent"),
    Pair(
        "Independent",
        lambda: (
            jd.Independent(jd.Normal(LOC, SCALE), 1),
            jd.Independent(jd.Normal(OTHER_LOC, np.ones((2, 3))), 1),
        ),
        lambda: np.full(2, np.sum(by_quadrature(stats.norm(LOC, SCALE), stats.norm(OTHER_LOC, 1)))),
    ),
    Pair(
        "Sample",
        lambda: (
            jd.Sample(jd.Normal(LOC, SCALE), (2, 3)),
            jd.Sample(jd.Normal(OTHER_LOC, 1.0), (2, 3)),
        ),
        lambda: 6 * by_quadrature(stats.norm(LOC, SCALE), stats.norm(OTHER_LOC, 1)),
    ),
    Pair(
        "JointOrderStatistics",
        lambda: (
            jd.JointOrderStatistics(jd.Normal(LOC, SCALE), 4),
            jd.JointOrderStatistics(jd.Normal(OTHER_LOC, 1.0), 4),
        ),
        lambda: 4 * by_quadrature(stats.norm(LOC, SCALE), stats.norm(OTHER_LOC, 1)),
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
    *[
        same_class(
            f"{make.__name__} of densities",
            lambda a, rate, gate, make=make: make(jd.Gamma(a, rate), gate),
            (SHAPE, RATE, PROBS),
            (OTHER_SHAPE, OTHER_RATE, OTHER_PROBS),
            lambda: (
                by_summation(stats.bernoulli(PROBS), stats.bernoulli(OTHER_PROBS))
                + (1 - PROBS)
                * by_quadrature(
                    stats.gamma(SHAPE, scale=1 / RATE),
                    stats.gamma(OTHER_SHAPE, scale=1 / OTHER_RATE),
                )
            ),
        )
        for make in (jd.Hurdle, jd.ZeroInflated)
    ],
    *gated_counts(jd.Poisson, stats.poisson, (RATE,), (OTHER_RATE,)),
    *gated_counts(jd.Geometric, lambda p: stats.geom(p, loc=-1), (PROBS,), (OTHER_PROBS,)),
    *gated_counts(
        jd.NegativeBinomial,
        lambda n, p: stats.nbinom(n, 1 - p),
        (SHAPE, PROBS),
        (SHAPE, OTHER_PROBS),
    ),
    *gated_counts(
        jd.Binomial, stats.binom, (np.array([3, 7, 40]), PROBS), (np.array([3, 9, 40]), OTHER_PROBS)
    ),
    *gated_counts(jd.LogSeries, stats.logser, (PROBS,), (OTHER_PROBS,)),
    same_class(
        "TransformedDistribution",
        log_normal_by_transforms,
        (LOC, SCALE),
        (OTHER_LOC, OTHER_SCALE),
        lambda: by_quadrature(log_normal(LOC, SCALE), log_normal(OTHER_LOC, OTHER_SCALE)),
    ),
    same_class(
        "Joint",
        joint,
        (LOC, SCALE, PROBS),
        (OTHER_LOC, OTHER_SCALE, OTHER_PROBS),
        lambda: (
            by_quadrature(stats.norm(LOC, SCALE), stats.norm(OTHER_LOC, OTHER_SCALE))
            + by_summation(stats.bernoulli(PROBS), stats.bernoulli(OTHER_PROBS))
        ),
    ),
]
