"""Families of real vectors."""

from __future__ import annotations

import itertools

import numpy as np
from mpmath import mp

from tests.accuracy import draws
from tests.accuracy.draws import Rng, positive, real, vector
from tests.accuracy.family import Family

_SIZE = 3
_PLANE = 2
_SPREADS = (1.0, 3.0, 8.0)  # powers of ten between the scales of axes
spread = draws.power_of_ten((-0.5, 0.5), (-2, 2), (-8, 8))


def lower_triangular(size: int):
    """Draw a lower triangular matrix with a positive diagonal."""

    def draw(rng: Rng, level: int) -> np.ndarray:
        scales = [spread(rng, level) for _ in range(size)]
        return np.diag(scales) @ (np.tril(rng.normal(size=(size, size)), -1) + np.eye(size))

    return draw


def far_or_near(rng: Rng, size: int) -> np.ndarray:
    """Draw a standard normal vector, or one from further out."""
    return rng.normal(size=size) * 10 ** rng.choice([0, rng.uniform(-3, 3)])


def solve(tril, x):
    """Solve a lower triangular system."""
    z: list = []
    for i, row in enumerate(tril):
        z.append((x[i] - mp.fsum(row[j] * z[j] for j in range(i))) / row[i])
    return z


def cholesky(matrix):
    """The lower triangular factor of a symmetric matrix."""
    n = len(matrix)
    tril = np.full((n, n), mp.mpf(0), object)
    for i in range(n):
        for j in range(i + 1):
            rest = matrix[i][j] - mp.fsum(tril[i, k] * tril[j, k] for k in range(j))
            tril[i, j] = mp.sqrt(rest) if i == j else rest / tril[j, j]
    return tril


def symmetric(matrix):
    """A function of the entries that is the same above and below the diagonal."""
    return (matrix + matrix.T) / 2


def factor_of(matrix):
    """The Cholesky factor of a matrix whose entries are rounded one by one."""
    return cholesky(symmetric(matrix))


def factor_of_inverse(matrix):
    """The Cholesky factor of the inverse of such a matrix."""
    tril = factor_of(matrix)
    columns = [solve(tril, column) for column in np.eye(len(matrix), dtype=int)]
    return cholesky([[mp.fdot(a, b) for b in columns] for a in columns])


def definite(size: int):
    """Draw a positive definite matrix."""
    draw = lower_triangular(size)

    def product(rng: Rng, level: int) -> np.ndarray:
        tril = draw(rng, level)
        return tril @ tril.T

    return product


def log_det(tril):
    return mp.fsum(mp.log(tril[i][i]) for i in range(len(tril)))


def square(z):
    return mp.fsum(v * v for v in z)


def normal_log_prob(x, loc, tril):
    return -square(solve(tril, x - loc)) / 2 - log_det(tril) - len(x) * mp.log(2 * mp.pi) / 2


def normal_entropy(tril):
    return log_det(tril) + len(tril) * (1 + mp.log(2 * mp.pi)) / 2


def normal_kl(loc, tril, other_loc, other):
    n = len(loc)
    trace = mp.fsum(square(solve(other, tril[:, i])) for i in range(n))
    distance = square(solve(other, other_loc - loc))
    return log_det(other) - log_det(tril) + (trace + distance - n) / 2


def row_squares(tril):
    return np.array([mp.fsum(v * v for v in row) for row in tril])


def student_t_log_prob(x, df, loc, tril):
    k = len(x)
    constant = mp.loggamma((df + k) / 2) - mp.loggamma(df / 2) - mp.mpf(k) / 2 * mp.log(df * mp.pi)
    m = square(solve(tril, x - loc))
    return constant - log_det(tril) - (df + k) / 2 * mp.log1p(m / df)


def of_moments(df, tril):
    if df <= 2:
        return np.full(len(tril), mp.inf if df > 1 else mp.nan)
    return row_squares(tril) * (df / (df - 2))


def covariance(factor, diagonal):
    n = len(factor)
    matrix = [[mp.fsum(factor[i] * factor[j]) for j in range(n)] for i in range(n)]
    for i in range(n):
        matrix[i][i] += diagonal[i]
    return cholesky(matrix)


def low_rank_value(rng: Rng, loc, factor, diagonal):
    near = factor @ far_or_near(rng, factor.shape[1])
    return loc + near + np.sqrt(diagonal) * far_or_near(rng, len(loc))


def factor(rng: Rng, level: int) -> np.ndarray:
    return rng.normal(size=(_SIZE, 2)) * draws.power_of_ten((-0.5, 0.5), (-2, 2), (-4, 4))(
        rng, level
    )


def multivariate_normal(name, draw, tril_of, float_tril_of) -> Family:
    """The family, by one of the matrices that it is given by, and the factors of that."""
    return Family(
        "MultivariateNormal",
        {"loc": vector(real, _SIZE), name: draw(_SIZE)},
        lambda rng, loc, given: loc + float_tril_of(given) @ far_or_near(rng, _SIZE),
        lambda x, loc, given: normal_log_prob(x, loc, tril_of(given)),
        None,
        lambda loc, given: normal_entropy(tril_of(given)),
        lambda loc, given: loc,
        lambda loc, given: row_squares(tril_of(given)),
        lambda m, a, n, b: normal_kl(m, tril_of(a), n, tril_of(b)),
    )


def float_factor_of_inverse(matrix: np.ndarray) -> np.ndarray:
    """A factor of the inverse in float64, for draws."""
    return np.linalg.inv(np.linalg.cholesky(matrix)).T


def same(tril):
    return tril


def ring_energies(x):
    """The squared norm of the mean of three numbers, and that of the rest."""
    constant = mp.fsum(x) ** 2 / 3
    i, j, k = x
    return constant, ((i - j) ** 2 + (j - k) ** 2 + (k - i) ** 2) / 3


def ring_log_det(rfft):
    return mp.log(rfft[0]) + 2 * mp.log(rfft[1])


def ring_log_prob(x, loc, rfft):
    squares = mp.fsum(e / v for e, v in zip(ring_energies(x - loc), rfft, strict=True))
    return -(squares + ring_log_det(rfft) + 3 * mp.log(2 * mp.pi)) / 2


def ring_value(rng: Rng, loc, rfft):
    noise = far_or_near(rng, _SIZE)
    mean = noise.mean()
    return loc + np.sqrt(rfft[0]) * mean + np.sqrt(rfft[1]) * (noise - mean)


def ring_kl(loc, rfft, other_loc, other):
    ratios = [a / b for a, b in zip(rfft, other, strict=True)]
    spread = mp.fsum(m * (t - 1 - mp.log(t)) for m, t in zip((1, 2), ratios, strict=True))
    shift = mp.fsum(e / v for e, v in zip(ring_energies(loc - other_loc), other, strict=True))
    return (spread + shift) / 2


def laplace_log_prob(x, loc, tril):
    s = mp.sqrt(2 * square(solve(tril, x - loc)))
    n = mp.mpf(len(x))
    radial = mp.log(mp.besselk(abs(1 - n / 2), s)) + (1 - n / 2) * mp.log(s / 2)
    return mp.log(2) + radial - n / 2 * mp.log(2 * mp.pi) - log_det(tril)


def zero_sum_value(rng: Rng, scale: float) -> np.ndarray:
    z = scale * far_or_near(rng, _SIZE)
    return z - z.mean()


def zero_sum_log_prob(x, scale):
    return -square(x / scale) / 2 - (len(x) - 1) * mp.log(2 * mp.pi * scale**2) / 2


def walk_log_prob(x, scale):
    steps = [x[0], *(b - a for a, b in itertools.pairwise(x))]
    return -square(v / scale for v in steps) / 2 - len(x) * mp.log(2 * mp.pi * scale**2) / 2


FAMILIES = [
    Family(
        "MultivariateLaplace",
        {"loc": vector(real, _PLANE), "scale_tril": lower_triangular(_PLANE)},
        lambda rng, loc, tril: loc + tril @ far_or_near(rng, _PLANE),
        laplace_log_prob,
        None,
        None,
        lambda loc, tril: loc,
        lambda loc, tril: row_squares(tril),
    ),
    Family(
        "ZeroSumNormal",
        {"scale": positive},
        zero_sum_value,
        zero_sum_log_prob,
        None,
        lambda scale: (_SIZE - 1) * (1 + mp.log(2 * mp.pi * scale**2)) / 2,
        variance=lambda scale: np.full(_SIZE, scale**2 * (1 - mp.mpf(1) / _SIZE)),
    ),
    Family(
        "GaussianRandomWalk",
        {"scale": positive},
        lambda rng, scale: np.cumsum(scale * far_or_near(rng, _SIZE)),
        walk_log_prob,
        None,
        lambda scale: _SIZE * (1 + mp.log(2 * mp.pi * scale**2)) / 2,
        variance=lambda scale: scale**2 * np.arange(1, _SIZE + 1),
    ),
    Family(
        "CirculantNormal",
        {"loc": vector(real, _SIZE), "covariance_rfft": vector(positive, 2)},
        ring_value,
        ring_log_prob,
        None,
        lambda loc, rfft: _SIZE * (1 + mp.log(2 * mp.pi)) / 2 + ring_log_det(rfft) / 2,
        lambda loc, rfft: loc,
        lambda loc, rfft: np.full(_SIZE, (rfft[0] + 2 * rfft[1]) / 3),
        ring_kl,
    ),
    multivariate_normal("scale_tril", lower_triangular, same, same),
    multivariate_normal("covariance_matrix", definite, factor_of, np.linalg.cholesky),
    multivariate_normal("precision_matrix", definite, factor_of_inverse, float_factor_of_inverse),
    Family(
        "MultivariateNormalDiag",
        {"loc": vector(real, _SIZE), "scale_diag": vector(positive, _SIZE)},
        lambda rng, loc, scale: loc + scale * far_or_near(rng, _SIZE),
        lambda x, loc, scale: normal_log_prob(x, loc, np.diag(scale)),
        None,
        lambda loc, scale: normal_entropy(np.diag(scale)),
        lambda loc, scale: loc,
        lambda loc, scale: scale**2,
        lambda m, s, n, t: normal_kl(m, np.diag(s), n, np.diag(t)),
    ),
    Family(
        "LowRankMultivariateNormal",
        {
            "loc": vector(real, _SIZE),
            "cov_factor": factor,
            "cov_diag": vector(spread, _SIZE),
        },
        low_rank_value,
        lambda x, loc, w, d: normal_log_prob(x, loc, covariance(w, d)),
        None,
        lambda loc, w, d: normal_entropy(covariance(w, d)),
        lambda loc, w, d: loc,
        lambda loc, w, d: row_squares(w) + d,
    ),
    Family(
        "MultivariateStudentT",
        {
            "df": draws.concentration,
            "loc": vector(real, _SIZE),
            "scale_tril": lower_triangular(_SIZE),
        },
        lambda rng, df, loc, tril: loc + tril @ far_or_near(rng, _SIZE),
        student_t_log_prob,
        None,
        None,
        None,
        lambda df, loc, tril: of_moments(df, tril),
    ),
]
