"""Pairs with p made of other distributions."""

from __future__ import annotations

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
from tests.kl_pairs.references import by_quadrature, by_summation, of_normal_vectors
from tests.kl_pairs.vector import normal_vector_pairs


def log_normal_by_transforms(loc, scale):
    transforms = [jd.AffineTransform(1.0, TEMPERATURE), jd.ExpTransform()]
    return jd.TransformedDistribution(jd.Normal(loc, scale), transforms)


def log_normal(loc, scale):
    return stats.lognorm(TEMPERATURE * scale, scale=np.exp(1 + TEMPERATURE * loc))


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
