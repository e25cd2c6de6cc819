"""Distributions of matrices."""

import numpy as np
from scipy import stats
from scipy.special import gammaln, psi

import jaxdist as jd
from tests.references import Batch
from tests.rows.base import Row

SCALE_TRIL = np.array([[[1.0, 0.0], [0.5, 0.75]], [[0.25, 0.0], [-0.125, 2.0]]])
COVARIANCE = SCALE_TRIL @ SCALE_TRIL.swapaxes(-2, -1)
PRECISION = np.float32(np.linalg.inv(COVARIANCE[0])).astype(float)
LARGE_TRIL = np.array([[1.0, 0.0, 0.0], [0.5, 0.75, 0.0], [-0.25, 0.5, 1.5]])
DF = np.array([3.5, 20.0])


class Wishart:
    """`scipy.stats.wishart`, with draws along the first axis."""

    def __init__(self, df, scale):
        frozen = stats.wishart(df, scale)
        self.mean, self.var, self.entropy = frozen.mean, frozen.var, frozen.entropy
        self.logpdf = lambda x: frozen.logpdf(np.moveaxis(x, 0, -1))


class InverseWishart:
    """`scipy.stats.invwishart`, with draws along the first axis.

    Its entropy (SciPy 1.17) subtracts (n + 1) / 2 log(2) once, instead of n times.
    """

    def __init__(self, df, scale):
        frozen, n = stats.invwishart(df, scale), len(scale)
        self.mean, self.var = frozen.mean, frozen.var
        self.entropy = lambda: frozen.entropy() - (n - 1) * (n + 1) / 2 * np.log(2)
        self.logpdf = lambda x: frozen.logpdf(np.moveaxis(x, 0, -1))


class LKJCholesky:
    """Cholesky factors of correlation matrices: `L_ii^2` is beta distributed."""

    def __init__(self, dim, concentration):
        self.halves = np.arange(1, dim) / 2
        self.powers = np.asarray(concentration, float)[..., None] + (dim - 1) / 2 - self.halves
        self.log_z = np.sum(
            self.halves * np.log(np.pi) + gammaln(self.powers) - gammaln(self.powers + self.halves),
            -1,
        )

    def logpdf(self, x):
        log_diagonal = np.log(np.diagonal(x, axis1=-2, axis2=-1)[..., 1:])
        return np.sum(2 * (self.powers - 1) * log_diagonal, -1) - self.log_z

    def _on_diagonal(self, function, first):
        a, b = np.broadcast_arrays(self.powers, self.halves)
        values = [function(stats.beta(*pair)) for pair in zip(a.flat, b.flat, strict=True)]
        entries = np.insert(np.reshape(values, a.shape), 0, first, -1)
        return entries[..., None] * np.eye(entries.shape[-1])

    def mean(self):
        return self._on_diagonal(lambda square: square.expect(np.sqrt), 1)

    def var(self):
        def variance(square):
            mean = square.expect(np.sqrt)
            return square.expect(lambda x: (np.sqrt(x) - mean) ** 2)

        on_diagonal = self._on_diagonal(variance, 0)
        entry = 1 / (2 * (self.powers + self.halves)[..., :1, None])
        return on_diagonal + entry * np.tril(np.ones(on_diagonal.shape[-2:]), -1)

    def entropy(self):
        log_diagonal = (psi(self.powers) - psi(self.powers + self.halves)) / 2
        return self.log_z - np.sum(2 * (self.powers - 1) * log_diagonal, -1)


class MatrixNormal:
    """`scipy.stats.matrix_normal` around a matrix of ones."""

    def __init__(self, row, column):
        self.row, self.column = row @ row.T, column @ column.T
        frozen = stats.matrix_normal(self.mean(), self.row, self.column)
        self.logpdf, self.entropy = frozen.logpdf, frozen.entropy

    def mean(self):
        return np.ones((len(self.row), len(self.column)))

    def var(self):
        return np.outer(np.diagonal(self.row), np.diagonal(self.column))


class LKJ(LKJCholesky):
    """Correlation matrices: the density is a power of the determinant."""

    def __init__(self, dim, concentration):
        super().__init__(dim, concentration)
        self.dim, self.concentration = dim, np.asarray(concentration, float)

    def logpdf(self, x):
        return (self.concentration - 1) * np.linalg.slogdet(x)[1] - self.log_z

    def mean(self):
        return np.eye(self.dim)

    def var(self):
        return (1 - np.eye(self.dim)) / (2 * self.concentration[..., None, None] + self.dim - 1)

    def entropy(self):
        log_det = np.sum(psi(self.powers) - psi(self.powers + self.halves), -1)
        return self.log_z - (self.concentration - 1) * log_det


class MatrixT:
    """`scipy.stats.matrix_t` around a matrix of ones, with the textbook's moments and entropy."""

    def __init__(self, df, row, column):
        self.df, self.row, self.column = df, row @ row.T, column @ column.T
        self.n, self.m = len(row), len(column)
        self.frozen = stats.matrix_t(np.ones((self.n, self.m)), self.row, self.column, df)

    def logpdf(self, x):
        return np.array([self.frozen.logpdf(matrix) for matrix in x])

    def mean(self):
        return np.ones((self.n, self.m))

    def var(self):
        return np.outer(np.diagonal(self.row), np.diagonal(self.column)) / (self.df - 2)

    def entropy(self):
        halves = (self.df + np.arange(self.n)) / 2
        mean_log = np.sum(psi(halves + self.m / 2) - psi(halves))
        exponent = (self.df + self.n + self.m - 1) / 2
        return exponent * mean_log - self.frozen.logpdf(self.mean())


ROWS = [
    Row(
        "Wishart scale_tril",
        lambda: jd.Wishart(DF, scale_tril=SCALE_TRIL),
        Batch([Wishart(df, v) for df, v in zip(DF, COVARIANCE, strict=True)], 2),
    ),
    Row(
        "Wishart covariance_matrix",
        lambda: jd.Wishart(7.5, LARGE_TRIL @ LARGE_TRIL.T),
        Wishart(7.5, LARGE_TRIL @ LARGE_TRIL.T),
    ),
    Row(
        "Wishart precision_matrix",
        lambda: jd.Wishart(5.0, precision_matrix=PRECISION),
        Wishart(5.0, np.linalg.inv(PRECISION)),
    ),
    Row("LKJCholesky", lambda: jd.LKJCholesky(3, np.array([1.0, 2.5])), LKJCholesky(3, [1.0, 2.5])),
    Row("LKJCholesky uniform", lambda: jd.LKJCholesky(2), LKJCholesky(2, 1.0)),
    Row("LKJCholesky of many", lambda: jd.LKJCholesky(6, 1.5), LKJCholesky(6, 1.5)),
    Row(
        "MatrixNormal",
        lambda: jd.MatrixNormal(np.ones((2, 2, 3)), SCALE_TRIL, LARGE_TRIL),
        Batch([MatrixNormal(row, LARGE_TRIL) for row in SCALE_TRIL], 2),
        representative=False,
    ),
    Row(
        "LKJ",
        lambda: jd.LKJ(3, np.array([1.0, 2.5])),
        LKJ(3, [1.0, 2.5]),
        representative=False,
    ),
    Row("LKJ of many", lambda: jd.LKJ(6, 20.0), LKJ(6, 20.0), representative=False),
    Row(
        "MatrixT",
        lambda: jd.MatrixT([5.5, 40.0], np.ones((2, 2, 3)), SCALE_TRIL, LARGE_TRIL),
        Batch([MatrixT(v, a, LARGE_TRIL) for v, a in zip([5.5, 40.0], SCALE_TRIL, strict=True)], 2),
        representative=False,
    ),
    Row(
        "MatrixT tall",
        lambda: jd.MatrixT(7.5, np.ones((3, 2)), LARGE_TRIL, SCALE_TRIL[0]),
        MatrixT(7.5, LARGE_TRIL, SCALE_TRIL[0]),
        representative=False,
    ),
    Row(
        "InverseWishart",
        lambda: jd.InverseWishart([7.5, 20.0], COVARIANCE),
        Batch([InverseWishart(v, c) for v, c in zip([7.5, 20.0], COVARIANCE, strict=True)], 2),
        rtol=8.0,
        representative=False,
    ),
]

BAD = [
    (lambda: jd.Wishart(1.0, np.eye(2)), "df"),
    (lambda: jd.Wishart(3.0, np.ones((2, 2))), "covariance_matrix"),
    (lambda: jd.Wishart(3.0, precision_matrix=-np.eye(2)), "precision_matrix"),
    (lambda: jd.Wishart(3.0, scale_tril=np.ones((2, 2))), "scale_tril"),
    (lambda: jd.LKJCholesky(3, 0.0), "concentration"),
    (lambda: jd.LKJ(3, 0.0), "concentration"),
    (lambda: jd.MatrixT(0.0, [[0.0]], np.eye(1), np.eye(1)), "df"),
    (lambda: jd.MatrixT(3.0, [[np.nan]], np.eye(1), np.eye(1)), "loc"),
    (lambda: jd.MatrixT(3.0, [[0.0]], -np.eye(1), np.eye(1)), "scale_tril_row"),
    (lambda: jd.MatrixT(3.0, [[0.0]], np.eye(1), -np.eye(1)), "scale_tril_column"),
    (lambda: jd.MatrixNormal([[np.nan]], np.eye(1), np.eye(1)), "loc"),
    (lambda: jd.MatrixNormal([[0.0]], -np.eye(1), np.eye(1)), "scale_tril_row"),
    (lambda: jd.MatrixNormal([[0.0]], np.eye(1), -np.eye(1)), "scale_tril_column"),
    (lambda: jd.InverseWishart(1.0, np.eye(2)), "df"),
    (lambda: jd.InverseWishart(3.0, -np.eye(2)), "scale_matrix"),
]
