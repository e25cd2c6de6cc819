"""Distributions of vectors."""

import numpy as np
from scipy import special, stats

import jaxdist as jd
from tests.references import Batch, Independent, Without
from tests.rows.base import Row

LOC = np.array([[0.5, -1.0, 3.0], [10.0, 0.0, -2.0]])
SCALE_TRIL = np.array(
    [
        [[1.0, 0.0, 0.0], [0.5, 0.75, 0.0], [-0.25, 0.5, 1.5]],
        [[0.25, 0.0, 0.0], [0.125, 0.5, 0.0], [0.0, -0.5, 4.0]],
    ]
)
COVARIANCE = SCALE_TRIL @ SCALE_TRIL.swapaxes(-2, -1)
PRECISION = np.float32(np.linalg.inv(COVARIANCE)).astype(float)
SCALE_DIAG = np.array([[0.25, 1.0, 8.0], [2.0, 0.5, 1.0]])
COV_FACTOR = np.array(
    [[[1.0, 0.5], [-0.5, 0.25], [2.0, 0.0]], [[0.5, 0.0], [0.0, 2.0], [1.0, 1.0]]]
)
COV_DIAG = np.array([[0.5, 1.0, 2.0], [0.25, 0.125, 4.0]])
LOW_RANK = COV_FACTOR @ COV_FACTOR.swapaxes(-2, -1) + COV_DIAG[..., None] * np.eye(3)
WALK = np.minimum(np.arange(1, 5)[:, None], np.arange(1, 5)).astype(float)
POINTS = np.array([0.0, 1.0, 1.5, 4.0])
SMOOTH = np.exp(-((POINTS[:, None] - POINTS) ** 2) / 8)
INDUCING = np.array([0.5, 3.0])
WHITENED_LOC, WHITENED_TRIL = np.array([0.5, -1.0]), np.array([[0.5, 0.0], [0.25, 1.5]])
ACROSS = np.linalg.solve(
    np.linalg.cholesky(np.exp(-((INDUCING[:, None] - INDUCING) ** 2) / 8)),
    np.exp(-((INDUCING[:, None] - POINTS) ** 2) / 8),
)


def circulant(row):
    index = np.arange(len(row))
    return row[(index[:, None] - index) % len(row)]


RING = np.array([[0.5, -1.0, 3.0, 0.0, 2.0], [10.0, 0.0, -2.0, 1.0, 0.25]])
SPECTRUM = np.array([[4.0, 1.0, 0.25], [0.5, 2.0, 8.0]])
RING_COVARIANCE = np.stack([circulant(np.fft.irfft(s, 5)) for s in SPECTRUM])


class Normal:
    """Multivariate normal distribution."""

    def __init__(self, loc, covariance):
        self.frozen = stats.multivariate_normal(loc, covariance)
        self.logpdf, self.entropy = self.frozen.logpdf, self.frozen.entropy

    def mean(self):
        return self.frozen.mean

    def var(self):
        return np.diagonal(self.frozen.cov)


class StudentT:
    """Multivariate Student's t distribution."""

    def __init__(self, df, loc, scale):
        frozen = stats.multivariate_t(loc, scale, df)
        self.logpdf, self.entropy = frozen.logpdf, frozen.entropy
        self.mean = lambda: np.asarray(loc)
        self.var = lambda: np.diagonal(scale) * df / (df - 2)


def normals(loc, covariance):
    return Batch([Normal(m, c) for m, c in zip(loc, covariance, strict=True)], 1)


def diagonal(scale_diag):
    return scale_diag[..., None] ** 2 * np.eye(scale_diag.shape[-1])


class Laplace:
    """Normal vectors with an exponentially distributed variance."""

    def __init__(self, loc, covariance):
        self.loc, self.covariance = loc, covariance

    def logpdf(self, x):
        n = len(self.loc)
        squares = np.sum((x - self.loc) @ np.linalg.inv(self.covariance) * (x - self.loc), -1)
        s, order = np.sqrt(2 * squares), 1 - n / 2
        log_k = np.log(special.kve(order, s)) - s
        constant = np.log(2) - n / 2 * np.log(2 * np.pi) - np.linalg.slogdet(self.covariance)[1] / 2
        return constant + order * np.log(s / 2) + log_k

    def mean(self):
        return self.loc

    def var(self):
        return np.diagonal(self.covariance)


class ZeroSumNormal:
    """Independent normal draws less their mean."""

    def __init__(self, dim, scale):
        self.dim, self.scale = dim, scale

    def logpdf(self, x):
        square = stats.norm.logpdf(x, 0, self.scale[:, None]).sum(-1)
        return square - stats.norm.logpdf(0, 0, self.scale)

    def mean(self):
        return np.zeros((*self.scale.shape, self.dim))

    def var(self):
        return np.repeat(self.scale[:, None] ** 2 * (1 - 1 / self.dim), self.dim, -1)

    def entropy(self):
        return (self.dim - 1) * stats.norm(0, self.scale).entropy()


NIG = (np.array([0.5, -2.0]), np.array([0.5, 4.0]), np.array([3.5, 6.0]), np.array([2.0, 0.5]))


class NormalInverseGamma:
    """A variance, and a mean given that."""

    def __init__(self, loc, count, concentration, rate):
        self.loc, self.count = loc, count
        self.of_variance = stats.invgamma(concentration, scale=rate)
        self.of_mean = stats.t(2 * concentration, loc, np.sqrt(rate / (concentration * count)))
        self.mean_log = np.log(rate) - special.digamma(concentration)

    def logpdf(self, x):
        mean, variance = x[..., 0], x[..., 1]
        given = stats.norm(self.loc, np.sqrt(variance / self.count))
        return self.of_variance.logpdf(variance) + given.logpdf(mean)

    def mean(self):
        return np.stack([self.of_mean.mean(), self.of_variance.mean()], -1)

    def var(self):
        return np.stack([self.of_mean.var(), self.of_variance.var()], -1)

    def entropy(self):
        of_mean = (1 + np.log(2 * np.pi) + self.mean_log - np.log(self.count)) / 2
        return self.of_variance.entropy() + of_mean


ROWS = [
    Row(
        "MultivariateNormal scale_tril",
        lambda: jd.MultivariateNormal(LOC, scale_tril=SCALE_TRIL),
        normals(LOC, COVARIANCE),
    ),
    Row(
        "MultivariateNormal covariance_matrix",
        lambda: jd.MultivariateNormal(LOC, COVARIANCE),
        normals(LOC, COVARIANCE),
    ),
    Row(
        "MultivariateNormal precision_matrix",
        lambda: jd.MultivariateNormal(LOC, precision_matrix=PRECISION),
        normals(LOC, np.linalg.inv(PRECISION)),
    ),
    Row(
        "MultivariateNormal single",
        lambda: jd.MultivariateNormal(LOC[0], scale_tril=SCALE_TRIL[0]),
        Normal(LOC[0], COVARIANCE[0]),
    ),
    Row(
        "MultivariateNormal broadcast",
        lambda: jd.MultivariateNormal(LOC[0], scale_tril=SCALE_TRIL),
        normals(LOC[[0, 0]], COVARIANCE),
    ),
    Row(
        "MultivariateNormalDiag",
        lambda: jd.MultivariateNormalDiag(LOC, SCALE_DIAG),
        normals(LOC, diagonal(SCALE_DIAG)),
    ),
    Row(
        "MultivariateNormalDiag single",
        lambda: jd.MultivariateNormalDiag(LOC[0], [0.5, 0.5, 0.5]),
        Normal(LOC[0], 0.25 * np.eye(3)),
    ),
    Row(
        "LowRankMultivariateNormal",
        lambda: jd.LowRankMultivariateNormal(LOC, COV_FACTOR, COV_DIAG),
        normals(LOC, LOW_RANK),
    ),
    Row(
        "LowRankMultivariateNormal single",
        lambda: jd.LowRankMultivariateNormal(LOC[1], COV_FACTOR[1, :, :1], COV_DIAG[1]),
        Normal(LOC[1], COV_FACTOR[1, :, :1] @ COV_FACTOR[1, :, :1].T + np.diag(COV_DIAG[1])),
    ),
    Row(
        "MultivariateStudentT",
        lambda: jd.MultivariateStudentT([3.5, 40.0], LOC, SCALE_TRIL),
        Batch([StudentT(v, m, c) for v, m, c in zip([3.5, 40.0], LOC, COVARIANCE, strict=True)], 1),
    ),
    Row(
        "MultivariateStudentT nearly normal",
        lambda: jd.MultivariateStudentT(6e4, LOC[0], SCALE_TRIL[0]),
        StudentT(6e4, LOC[0], COVARIANCE[0]),
    ),
    Row(
        "CirculantNormal",
        lambda: jd.CirculantNormal(RING, covariance_rfft=SPECTRUM),
        normals(RING, RING_COVARIANCE),
    ),
    Row(
        "CirculantNormal covariance_row",
        lambda: jd.CirculantNormal(RING[0, :4], [2.0, 0.5, 0.0, 0.5]),
        Normal(RING[0, :4], circulant(np.array([2.0, 0.5, 0.0, 0.5]))),
    ),
    Row(
        "GaussianRandomWalk",
        lambda: jd.GaussianRandomWalk([0.5, 3.0], 4),
        normals(np.zeros((2, 4)), np.array([0.25, 9.0])[:, None, None] * WALK),
        representative=False,
    ),
    Row(
        "GaussianProcess",
        lambda: jd.GaussianProcess(
            jd.kernels.RBF([1.0, 0.5], 2.0), POINTS, [0.0, 1.0], [0.5, 0.25], 0.0
        ),
        normals(
            np.broadcast_to([[0.0], [1.0]], (2, 4)),
            np.array([1.0, 0.25])[:, None, None] * SMOOTH
            + np.array([0.25, 0.0625])[:, None, None] * np.eye(4),
        ),
        representative=False,
    ),
    Row(
        "VariationalGaussianProcess",
        lambda: jd.VariationalGaussianProcess(
            jd.kernels.RBF([1.0, 0.5], 2.0),
            POINTS,
            INDUCING,
            WHITENED_LOC,
            WHITENED_TRIL,
            loc=[0.0, 1.0],
            noise_scale=[0.5, 0.25],
            jitter=0.0,
        ),
        normals(
            np.array([[0.0], [1.0]]) + np.array([[1.0], [0.5]]) * (WHITENED_LOC @ ACROSS),
            np.array([1.0, 0.25])[:, None, None]
            * (SMOOTH - ACROSS.T @ ACROSS + ACROSS.T @ WHITENED_TRIL @ WHITENED_TRIL.T @ ACROSS)
            + np.array([0.25, 0.0625])[:, None, None] * np.eye(4),
        ),
        representative=False,
    ),
    Row(
        "MultivariateLaplace",
        lambda: jd.MultivariateLaplace(LOC, SCALE_TRIL),
        Without(Batch([Laplace(m, c) for m, c in zip(LOC, COVARIANCE, strict=True)], 1), "entropy"),
        representative=False,
    ),
    Row(
        "MultivariateLaplace of two",
        lambda: jd.MultivariateLaplace(LOC[:, :2], SCALE_TRIL[:, :2, :2]),
        Without(
            Batch([Laplace(m[:2], c[:2, :2]) for m, c in zip(LOC, COVARIANCE, strict=True)], 1),
            "entropy",
        ),
        representative=False,
    ),
    Row(
        "MultivariateLaplace of one",
        lambda: jd.MultivariateLaplace([0.5], [[2.0]]),
        Without(Independent(stats.laplace(np.array([0.5]), np.sqrt(2)), 1), "entropy"),
        representative=False,
    ),
    Row(
        "MultivariateLaplace of four",
        lambda: jd.MultivariateLaplace(np.zeros(4), np.diag([1.0, 0.5, 2.0, 1.0])),
        Laplace(np.zeros(4), np.diag([1.0, 0.25, 4.0, 1.0])),
        representative=False,
    ),
    Row(
        "ZeroSumNormal",
        lambda: jd.ZeroSumNormal(4, [0.5, 3.0]),
        ZeroSumNormal(4, np.array([0.5, 3.0])),
        representative=False,
    ),
    Row(
        "NormalInverseGamma",
        lambda: jd.NormalInverseGamma(*NIG),
        NormalInverseGamma(*NIG),
        representative=False,
    ),
]


def sparse_process(points=POINTS, inducing=(1.0,), **parameters):
    return jd.VariationalGaussianProcess(jd.kernels.RBF(), points, inducing, **parameters)


BAD = [
    (lambda: jd.MultivariateNormal([0.0, np.nan], scale_tril=np.eye(2)), "loc"),
    (lambda: jd.MultivariateNormal(np.zeros(2), np.ones((2, 2))), "covariance_matrix"),
    (lambda: jd.MultivariateNormal(np.zeros(2), [[1.0, 0.5], [0.0, 1.0]]), "covariance_matrix"),
    (lambda: jd.MultivariateNormal(np.zeros(2), precision_matrix=-np.eye(2)), "precision_matrix"),
    (lambda: jd.MultivariateNormal(np.zeros(2), scale_tril=np.ones((2, 2))), "scale_tril"),
    (lambda: jd.CirculantNormal([0.0, np.nan], [1.0, 0.5]), "loc"),
    (lambda: jd.CirculantNormal(np.zeros(3), [1.0, 0.5, 0.25]), "covariance_row"),
    (lambda: jd.CirculantNormal(np.zeros(2), [1.0, 1.0]), "covariance_row"),
    (lambda: jd.CirculantNormal(np.zeros(3), covariance_rfft=[1.0, 0.0]), "covariance_rfft"),
    (lambda: jd.MultivariateNormalDiag([np.nan, 0.0], np.ones(2)), "loc"),
    (lambda: jd.MultivariateNormalDiag(np.zeros(2), [1.0, 0.0]), "scale_diag"),
    (lambda: jd.LowRankMultivariateNormal([np.nan], np.ones((1, 1)), np.ones(1)), "loc"),
    (lambda: jd.LowRankMultivariateNormal(np.zeros(1), [[np.nan]], np.ones(1)), "cov_factor"),
    (lambda: jd.LowRankMultivariateNormal(np.zeros(1), np.ones((1, 1)), [0.0]), "cov_diag"),
    (lambda: jd.MultivariateStudentT(0.0, np.zeros(2), np.eye(2)), "df"),
    (lambda: jd.MultivariateStudentT(1.0, [np.nan], np.eye(1)), "loc"),
    (lambda: jd.MultivariateStudentT(1.0, np.zeros(2), -np.eye(2)), "scale_tril"),
    (lambda: jd.MultivariateLaplace([np.nan], np.eye(1)), "loc"),
    (lambda: jd.MultivariateLaplace(np.zeros(2), -np.eye(2)), "scale_tril"),
    (lambda: jd.ZeroSumNormal(3, 0.0), "scale"),
    (lambda: jd.GaussianRandomWalk(0.0), "scale"),
    (lambda: jd.GaussianProcess(jd.kernels.RBF(), POINTS, noise_scale=-1.0), "noise_scale"),
    (lambda: jd.GaussianProcess(jd.kernels.RBF(), [np.nan]), "index_points"),
    (lambda: sparse_process([np.nan]), "index_points"),
    (lambda: sparse_process(inducing=[np.nan]), "inducing_index_points"),
    (lambda: sparse_process(whitened_loc=[np.nan]), "whitened_loc"),
    (lambda: sparse_process(whitened_scale_tril=[[-1.0]]), "whitened_scale_tril"),
    (lambda: sparse_process(loc=np.nan), "loc"),
    (lambda: sparse_process(noise_scale=-1.0), "noise_scale"),
    (lambda: sparse_process(jitter=-1.0), "jitter"),
    (
        lambda: jd.VariationalGaussianProcess(
            jd.kernels.RBF(), POINTS, INDUCING, whitened_scale_tril=-np.eye(2)
        ),
        "whitened_scale_tril",
    ),
    (lambda: jd.GaussianProcess(jd.kernels.RBF(), POINTS, np.nan), "loc"),
    (lambda: jd.GaussianProcess(jd.kernels.RBF(), POINTS, jitter=-1.0), "jitter"),
    (lambda: jd.kernels.RBF(1.0, 0.0), "length_scale"),
    (lambda: jd.kernels.Periodic(1.0, 1.0, 0.0), "period"),
    (lambda: jd.kernels.Linear(1.0, -1.0), "bias_scale"),
    (lambda: jd.NormalInverseGamma(np.nan, 1.0, 1.0, 1.0), "loc"),
    (lambda: jd.NormalInverseGamma(0.0, 0.0, 1.0, 1.0), "count"),
    (lambda: jd.NormalInverseGamma(0.0, 1.0, 0.0, 1.0), "concentration"),
    (lambda: jd.NormalInverseGamma(0.0, 1.0, 1.0, 0.0), "rate"),
]
