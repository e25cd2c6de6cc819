"""Distributions made of distributions."""

import numpy as np
from scipy import stats

import jaxdist as jd
from tests.references import Independent, Mixture, Without
from tests.rows import interval, simplex, vector
from tests.rows.base import Row

LOC = np.array([[-1.5, 0.0, 30.0], [1.0, 2.0, 3.0]])
SCALE = np.array([0.2, 1.0, 7.0])

X_LOC = np.array([0.0, 1.0, -2.0])
X_SCALE = np.array([1.0, 0.5, 0.25])
SHIFT = np.array([0.5, -1.0, 0.25])
SLOPE = np.array([0.75, 1.5, -2.0])
WIDTH = np.array([0.2, 0.4, 0.3])
MOMENTS = ("mean", "var", "entropy")

WEIGHTS = np.array([[0.1, 0.6, 0.3], [0.25, 0.5, 0.25]])
LOW = np.array([[0.0, 1.0, 2.0], [0.0, 0.5, -4.0]])
VECTORS = np.array([[[0.0, 1.0], [3.0, -1.0], [-2.0, 0.5]]])


def tanh_logistic(loc, scale):
    base = stats.logistic(loc, scale)
    slope = lambda y: 2 * (np.log(2) - np.logaddexp(y, -y))
    return interval.Squashed(base, np.tanh, np.arctanh, slope)


CORRELATION = np.array([[1.0, 0.5, 0.25], [0.5, 1.0, -0.25], [0.25, -0.25, 1.0]])
SHAPE = np.array([[0.5, 1.0, 8.0], [2.0, 30.0, 1.0]])


class GaussianCopula:
    """Marginals, joined by `scipy.stats.multivariate_normal`."""

    def __init__(self, marginals, correlation):
        self.marginals, self.correlation = marginals, correlation
        self.mean, self.var = marginals.mean, marginals.var

    def logpdf(self, x):
        z = np.where(
            self.marginals.cdf(x) < 0.5,
            stats.norm.ppf(self.marginals.cdf(x)),
            stats.norm.isf(self.marginals.sf(x)),
        )
        joint = stats.multivariate_normal(np.zeros(len(self.correlation)), self.correlation)
        return np.sum(self.marginals.logpdf(x) - stats.norm.logpdf(z), -1) + joint.logpdf(z)

    def entropy(self):
        return np.sum(self.marginals.entropy(), -1) + np.linalg.slogdet(self.correlation)[1] / 2


class Reshaped:
    """Vectors as matrices."""

    def __init__(self, base, shape):
        self.base, self.shape = base, shape
        self.entropy = base.entropy

    def logpdf(self, x):
        return self.base.logpdf(np.reshape(x, (*x.shape[: x.ndim - len(self.shape)], -1)))

    def mean(self):
        return self._reshape(self.base.mean())

    def var(self):
        return self._reshape(self.base.var())

    def _reshape(self, x):
        return np.reshape(x, (*np.shape(x)[:-1], *self.shape))


ROWS = [
    Row(
        "Independent",
        lambda: jd.Independent(jd.Normal(LOC, SCALE), 1),
        Independent(stats.norm(LOC, SCALE), 1),
    ),
    Row(
        "Masked",
        lambda: jd.Masked(jd.Exponential(SCALE), True),
        stats.expon(scale=1 / SCALE),
    ),
    Row(
        "TransformedDistribution affine exp",
        lambda: jd.TransformedDistribution(
            jd.Normal(X_LOC, X_SCALE), [jd.AffineTransform(SHIFT, SLOPE), jd.ExpTransform()]
        ),
        Without(
            stats.lognorm(np.abs(SLOPE) * X_SCALE, scale=np.exp(SHIFT + SLOPE * X_LOC)),
            "mean",
            "var",
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
    Row(
        "MixtureSameFamily of Normal",
        lambda: jd.MixtureSameFamily(jd.Categorical(WEIGHTS), jd.Normal(LOC, SCALE)),
        Mixture(WEIGHTS, [stats.norm(LOC[:, k], SCALE[k]) for k in range(3)]),
        rtol=8.0,
    ),
    Row(
        "MixtureSameFamily of Uniform",
        lambda: jd.MixtureSameFamily(jd.Categorical(WEIGHTS), jd.Uniform(LOW, LOW + 2)),
        Mixture(WEIGHTS, [stats.uniform(LOW[:, k], 2.0) for k in range(3)]),
        rtol=8.0,
    ),
    Row(
        "MixtureSameFamily of vectors",
        lambda: jd.MixtureSameFamily(
            jd.Categorical(logits=np.log(WEIGHTS)), jd.Independent(jd.Normal(VECTORS, 1.0), 1)
        ),
        Mixture(WEIGHTS, [Independent(stats.norm(VECTORS[:, k], 1.0), 1) for k in range(3)]),
        rtol=8.0,
    ),
    Row(
        "MixtureSameFamily of Bernoulli",
        lambda: jd.MixtureSameFamily(
            jd.Categorical([0.5, 0.5, 0.0]), jd.Bernoulli([0.1, 0.7, 0.2])
        ),
        stats.bernoulli(0.4),
    ),
    Row(
        "GaussianCopula",
        lambda: jd.GaussianCopula(jd.Gamma(SHAPE, 2.0), CORRELATION),
        GaussianCopula(stats.gamma(SHAPE, scale=0.5), CORRELATION),
        rtol=8.0,
        representative=False,
    ),
    Row(
        "GaussianCopula correlation_cholesky",
        lambda: jd.GaussianCopula(
            jd.Normal(X_LOC, X_SCALE), correlation_cholesky=np.linalg.cholesky(CORRELATION)
        ),
        GaussianCopula(stats.norm(X_LOC, X_SCALE), CORRELATION),
        representative=False,
    ),
    Row(
        "ZeroInflated",
        lambda: jd.ZeroInflated(jd.Bernoulli([0.3, 0.9]), [0.2, 0.5]),
        stats.bernoulli(np.array([0.3 * 0.8, 0.9 * 0.5])),
    ),
    Row(
        "ZeroInflated gate_logits",
        lambda: jd.ZeroInflated(jd.Bernoulli([0.3, 0.9]), gate_logits=0.0),
        stats.bernoulli(np.array([0.15, 0.45])),
    ),
    Row(
        "Mixture",
        lambda: jd.Mixture(
            jd.Categorical(WEIGHTS),
            [jd.Normal(0.0, 2.0), jd.Uniform(-1.0, 0.5), jd.Normal([3.0, -1.0], 0.5)],
        ),
        Mixture(
            WEIGHTS,
            [stats.norm(0.0, 2.0), stats.uniform(-1.0, 1.5), stats.norm([3.0, -1.0], 0.5)],
        ),
        rtol=8.0,
    ),
    Row(
        "Reshaped",
        lambda: jd.Reshaped(jd.Independent(jd.Normal(LOC, SCALE), 1), (3, 1)),
        Reshaped(Independent(stats.norm(LOC, SCALE), 1), (3, 1)),
        representative=False,
    ),
]

BAD = [
    (lambda: jd.Masked(jd.Normal(0.0, 1.0), 0.5), "mask"),
    (
        lambda: jd.GaussianCopula(jd.Normal([0.0, 1.0], 1.0), [[1.0, 2.0], [2.0, 1.0]]),
        "correlation_matrix",
    ),
    (
        lambda: jd.GaussianCopula(jd.Normal([0.0, 1.0], 1.0), correlation_cholesky=np.ones((2, 2))),
        "correlation_cholesky",
    ),
    (lambda: jd.ZeroInflated(jd.Bernoulli(0.3), 1.5), "gate"),
    (lambda: jd.ZeroInflated(jd.Bernoulli(0.3), gate_logits=np.nan), "gate_logits"),
]
