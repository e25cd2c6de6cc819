"""Pairs with p on real vectors: every class of normal vectors with every other one."""

from __future__ import annotations

import functools

import numpy as np
from scipy import special

import jaxdist as jd
from tests.kl_pairs.pair import (
    COV,
    DIAG,
    LOC,
    MEAN,
    OTHER_COV,
    OTHER_DIAG,
    OTHER_LOC,
    OTHER_MEAN,
    OTHER_RATE,
    OTHER_SHAPE,
    OTHER_TRIL,
    RATE,
    SHAPE,
    TRIL,
    Pair,
    same_class,
)
from tests.kl_pairs.references import of_normal_vectors

FACTOR, OTHER_FACTOR = np.array([[1.0], [0.5], [-1.0]]), np.array([[1.0, 0.0], [0.5, 1], [0, 2]])

# For each class: p, the covariance of p, q, the covariance of q.
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
        FACTOR @ FACTOR.T + np.diag(DIAG),
        lambda: jd.LowRankMultivariateNormal(OTHER_MEAN, OTHER_FACTOR, OTHER_DIAG),
        OTHER_FACTOR @ OTHER_FACTOR.T + np.diag(OTHER_DIAG),
    ),
}


def make_both(make_p, make_q):
    return make_p(), make_q()


def normal_vector_pairs(name_p):
    """Return the pairs with p of one class; wrappers.py has those of two Independents."""
    make_p, cov_p, _, _ = NORMAL_VECTORS[name_p]
    return [
        Pair(
            f"{name_p} {name_q}",
            functools.partial(make_both, make_p, make_q),
            functools.partial(of_normal_vectors, MEAN, cov_p, OTHER_MEAN, cov_q),
            slow="LowRankMultivariateNormal" in (name_p, name_q),
        )
        for name_q, (_, _, make_q, cov_q) in NORMAL_VECTORS.items()
        if not name_p == name_q == "Independent"
    ]


def circulant_pairs():
    """Of circulant covariances, and of one and a full matrix."""
    index = (np.arange(3)[:, None] - np.arange(3)) % 3
    spectrum, other = np.array([2.0, 0.5]), np.array([1.0, 3.0])
    ring = lambda mean, spectrum: lambda: jd.CirculantNormal(mean, covariance_rfft=spectrum)
    full_p, cov_p, full_q, cov_q = NORMAL_VECTORS["MultivariateNormal"]
    ring_p, ring_q = ring(MEAN, spectrum), ring(OTHER_MEAN, other)
    matrix_p, matrix_q = (np.fft.irfft(s, 3)[index] for s in (spectrum, other))
    choices = {
        "CirculantNormal": (ring_p, matrix_p, ring_q, matrix_q),
        "CirculantNormal MultivariateNormal": (ring_p, matrix_p, full_q, cov_q),
        "MultivariateNormal CirculantNormal": (full_p, cov_p, ring_q, matrix_q),
    }
    return [
        Pair(
            name,
            functools.partial(make_both, make_p, make_q),
            functools.partial(of_normal_vectors, MEAN, p, OTHER_MEAN, q),
        )
        for name, (make_p, p, make_q, q) in choices.items()
    ]


def normal_inverse_gamma():
    """By quadrature over the logarithm of the variance; given that, of two normal means."""
    a, other_a = SHAPE + 0.5, OTHER_SHAPE
    nodes, weights = np.polynomial.legendre.leggauss(2000)
    t = 40 * nodes  # of log(rate / variance)
    log_p = a[:, None] * t - np.exp(t) - special.gammaln(a)[:, None]
    p = np.exp(log_p)
    variance = RATE[:, None] * np.exp(-t)
    log_q = other_a[:, None] * np.log(OTHER_RATE[:, None] / variance)
    log_q -= OTHER_RATE[:, None] / variance + special.gammaln(other_a)[:, None]
    ratio = (OTHER_SHAPE / SHAPE)[:, None]
    shift = (LOC - OTHER_LOC)[:, None]
    of_means = (ratio - 1 - np.log(ratio) + OTHER_SHAPE[:, None] * shift**2 / variance) / 2
    return 40 * np.sum(weights * p * (log_p - log_q + of_means), -1)


PAIRS = [
    *normal_vector_pairs("MultivariateNormal"),
    *normal_vector_pairs("MultivariateNormalDiag"),
    *normal_vector_pairs("LowRankMultivariateNormal"),
    *circulant_pairs(),
    Pair(
        "MultivariateNormal matrices",
        lambda: (
            jd.MultivariateNormal(MEAN, precision_matrix=np.linalg.inv(COV)),
            jd.MultivariateNormal(OTHER_MEAN, covariance_matrix=OTHER_COV),
        ),
        lambda: of_normal_vectors(MEAN, COV, OTHER_MEAN, OTHER_COV),
    ),
    same_class(
        "NormalInverseGamma",
        jd.NormalInverseGamma,
        (LOC, SHAPE, SHAPE + 0.5, RATE),
        (OTHER_LOC, OTHER_SHAPE, OTHER_SHAPE, OTHER_RATE),
        normal_inverse_gamma,
        slow=True,
    ),
]
