"""Distributions of transformed draws."""

import numpy as np
from scipy import stats

import jaxdist as jd
from tests.references import Without
from tests.rows import interval, simplex, vector
from tests.rows.base import Row

LOC = np.array([0.0, 1.0, -2.0])
SCALE = np.array([1.0, 0.5, 0.25])
SHIFT = np.array([0.5, -1.0, 0.25])
WIDTH = np.array([0.2, 0.4, 0.3])
SLOPE = np.array([0.75, 1.5, -2.0])
MOMENTS = ("mean", "var", "entropy")


def tanh_logistic(loc, scale):
    base = stats.logistic(loc, scale)
    slope = lambda y: 2 * (np.log(2) - np.logaddexp(y, -y))
    return interval.Squashed(base, np.tanh, np.arctanh, slope)


ROWS = [
    Row(
        "TransformedDistribution affine exp",
        lambda: jd.TransformedDistribution(
            jd.Normal(LOC, SCALE), [jd.AffineTransform(SHIFT, SLOPE), jd.ExpTransform()]
        ),
        Without(
            stats.lognorm(np.abs(SLOPE) * SCALE, scale=np.exp(SHIFT + SLOPE * LOC)), *MOMENTS[:2]
        ),
    ),
    Row(
        "TransformedDistribution affine",
        lambda: jd.TransformedDistribution(jd.Gumbel(0.0, 1.0), jd.AffineTransform(1.0, -2.0)),
        stats.gumbel_l(1.0, 2.0),
    ),
    Row(
        "TransformedDistribution tanh",
        lambda: jd.TransformedDistribution(jd.Logistic(SHIFT, WIDTH), [jd.TanhTransform()]),
        Without(tanh_logistic(SHIFT, WIDTH), *MOMENTS),
    ),
    Row(
        "TransformedDistribution power",
        lambda: jd.TransformedDistribution(
            jd.Exponential(1.0),
            [jd.PowerTransform([0.5, 2.0]), jd.AffineTransform(0.0, [1.0, 4.0])],
        ),
        Without(stats.weibull_min([2.0, 0.5], scale=[1.0, 4.0]), *MOMENTS),
    ),
    Row(
        "TransformedDistribution stick breaking",
        lambda: jd.TransformedDistribution(
            jd.Normal(simplex.LOC, simplex.SCALE), [jd.StickBreakingTransform()]
        ),
        simplex.LogisticNormal(simplex.LOC, simplex.SCALE),
    ),
    Row(
        "TransformedDistribution lower Cholesky affine",
        lambda: jd.TransformedDistribution(
            jd.Normal(np.zeros(3), 1.0), [jd.LowerCholeskyAffine(vector.LOC, vector.SCALE_TRIL)]
        ),
        Without(vector.normals(vector.LOC, vector.COVARIANCE), "var"),
    ),
]

BAD = []
