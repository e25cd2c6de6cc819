"""Families of matrices."""

from __future__ import annotations

import numpy as np
from mpmath import mp

from tests.accuracy import draws
from tests.accuracy.draws import Rng
from tests.accuracy.families.vector import (
    definite,
    factor_of,
    factor_of_inverse,
    float_factor_of_inverse,
    log_det,
    lower_triangular,
    same,
    solve,
    square,
    symmetric,
)
from tests.accuracy.family import Family

_SIZE = 2
LKJ_SIZE = 3


def log_multigamma(a, n):
    return n * (n - 1) * mp.log(mp.pi) / 4 + mp.fsum(
        mp.loggamma(a - mp.mpf(i) / 2) for i in range(n)
    )


def wishart_log_prob(x, df, tril):
    n = len(tril)
    of_x = factor_of(x)
    trace = mp.fsum(square(solve(tril, of_x[:, i])) for i in range(n))
    powers = (df - n - 1) * log_det(of_x) - df * log_det(tril) - df * n * mp.log(2) / 2
    return powers - trace / 2 - log_multigamma(df / 2, n)


def wishart_entropy(df, tril):
    n = len(tril)
    slopes = mp.fsum(mp.psi(0, (df - i) / 2) for i in range(n))
    constants = n * (n + 1) * mp.log(2) / 2 + n * df / 2 + log_multigamma(df / 2, n)
    return (n + 1) * log_det(tril) + constants - (df - n - 1) / 2 * slopes


def product(tril):
    n = len(tril)
    return np.array([[mp.fsum(tril[i] * tril[j]) for j in range(n)] for i in range(n)])


def wishart_variance(df, tril):
    v = product(tril)
    diagonal = v.diagonal()
    return df * (v**2 + diagonal[:, None] * diagonal)


def wishart_value(rng: Rng, df: float, tril: np.ndarray) -> np.ndarray:
    factor = np.diag(0.03 + np.sqrt(rng.chisquare(df - np.arange(_SIZE))))
    factor[1, 0] = rng.normal()
    root = tril @ factor * 10 ** rng.choice([0, rng.uniform(-3, 3)])
    return np.float32(root @ root.T)


def wishart(name, draw, tril_of, float_tril_of) -> Family:
    """The family, by one of the matrices that it is given by, and the factors of that."""
    return Family(
        "Wishart",
        {"df": lambda rng, level: 1 + draws.concentration(rng, level), name: draw(_SIZE)},
        lambda rng, df, given: wishart_value(rng, df, float_tril_of(given)),
        lambda x, df, given: wishart_log_prob(x, df, tril_of(given)),
        None,
        lambda df, given: wishart_entropy(df, tril_of(given)),
        lambda df, given: df * product(tril_of(given)),
        lambda df, given: wishart_variance(df, tril_of(given)),
    )


# --- LKJ: row i of the factor is a direction in i + 1 dimensions -------------------------------


def lkj_powers(concentration):
    """Half the degrees of freedom of the diagonal, and of the entries before it, of each row."""
    return [
        (concentration + mp.mpf(LKJ_SIZE - 1 - i) / 2, mp.mpf(i) / 2) for i in range(1, LKJ_SIZE)
    ]


def lkj_log_normalizer(concentration):
    """As torch has it."""
    n = LKJ_SIZE - 1
    alpha = concentration + mp.mpf(n) / 2
    of_powers = log_multigamma(alpha - mp.mpf(1) / 2, n) - n * mp.loggamma(alpha)
    return n * mp.log(mp.pi) / 2 + of_powers


def lkj_log_prob(x, concentration):
    logs = (2 * (b - 1) * mp.log(x[i, i]) for i, (b, _) in enumerate(lkj_powers(concentration), 1))
    return mp.fsum(logs) - lkj_log_normalizer(concentration)


def lkj_entropy(concentration):
    logs = ((b - 1) * (mp.psi(0, b) - mp.psi(0, b + h)) for b, h in lkj_powers(concentration))
    return lkj_log_normalizer(concentration) - mp.fsum(logs)


def lkj_diagonal_mean(concentration):
    half = mp.mpf(1) / 2
    logs = [
        mp.loggamma(b + half) - mp.loggamma(b) + mp.loggamma(b + h) - mp.loggamma(b + h + half)
        for b, h in lkj_powers(concentration)
    ]
    return [mp.mpf(1), *map(mp.exp, logs)]


def lkj_mean(concentration):
    return np.diag(lkj_diagonal_mean(concentration)) + mp.mpf(0)


def lkj_variance(concentration):
    powers = [(mp.mpf(1), mp.mpf(0)), *lkj_powers(concentration)]
    means = lkj_diagonal_mean(concentration)
    result = np.full((LKJ_SIZE, LKJ_SIZE), mp.mpf(0), object)
    for i, (b, h) in enumerate(powers):
        result[i, :i] = 1 / (2 * (b + h))
        result[i, i] = b / (b + h) - means[i] ** 2
    return result


def lkj_value(rng: Rng, concentration: float) -> np.ndarray:
    factor = np.eye(LKJ_SIZE)
    for i in range(1, LKJ_SIZE):
        power = concentration + (LKJ_SIZE - 1 - i) / 2
        square_of_end = np.clip(rng.beta(power, i / 2), 1e-12, 1 - 1e-12)
        direction = rng.normal(size=i)
        factor[i, :i] = direction / np.linalg.norm(direction) * np.sqrt(1 - square_of_end)
        factor[i, i] = np.sqrt(square_of_end)
    return factor


# --- correlation matrices of three variables -----------------------------------------------------


def correlation_log_prob(x, concentration):
    """By the entries next to the diagonal, which is one."""
    a, b, c = ((x[i, j] + x[j, i]) / 2 for i, j in ((1, 0), (2, 0), (2, 1)))
    determinant = 1 + 2 * a * b * c - a * a - b * b - c * c
    return (concentration - 1) * mp.log(determinant) - correlation_log_normalizer(concentration)


def correlation_log_normalizer(concentration):
    halves = lkj_powers(concentration)
    return mp.fsum(h * mp.log(mp.pi) + mp.loggamma(b) - mp.loggamma(b + h) for b, h in halves)


def correlation_entropy(concentration):
    logs = mp.fsum(mp.psi(0, b) - mp.psi(0, b + h) for b, h in lkj_powers(concentration))
    return correlation_log_normalizer(concentration) - (concentration - 1) * logs


def correlation_value(rng: Rng, concentration: float) -> np.ndarray:
    factor = lkj_value(rng, concentration)
    x = np.float32(factor @ factor.T)
    np.fill_diagonal(x, 1)
    return x


# --- matrices with a scale of the rows and one of the columns ------------------------------------


def standardized(x, loc, row, column):
    """A^-1 (X - loc) B^-T, by its columns."""
    half = np.array([solve(row, v) for v in (x - loc).T])  # its rows are columns
    return np.array([solve(column, v) for v in half.T]).T


def log_volume(row, column):
    return len(column) * log_det(row) + len(row) * log_det(column)


def squared_scales(row, column):
    return np.array([[square(a) * square(b) for b in column] for a in row])


def matrix_normal_log_prob(x, loc, row, column):
    z = standardized(x, loc, row, column)
    constant = z.size * mp.log(2 * mp.pi) / 2
    return -square(z.ravel()) / 2 - log_volume(row, column) - constant


def matrix_t_log_normalizer(df, row, column):
    n, m = len(row), len(column)
    of_df = log_multigamma((df + n - 1) / 2, n) - log_multigamma((df + n + m - 1) / 2, n)
    return of_df + n * m * mp.log(mp.pi) / 2 + log_volume(row, column)


def matrix_t_log_prob(x, df, loc, row, column):
    z = standardized(x, loc, row, column)
    g = z.dot(z.T)
    determinant = 1 + g[0, 0] + g[1, 1] + (g[0, 0] * g[1, 1] - g[0, 1] ** 2)
    power = (df + len(row) + len(column) - 1) / 2
    return -power * mp.log(determinant) - matrix_t_log_normalizer(df, row, column)


def matrix_t_entropy(df, loc, row, column):
    n, m = len(row), len(column)
    power = (df + n + m - 1) / 2
    logs = mp.fsum(
        mp.psi(0, power - mp.mpf(i) / 2) - mp.psi(0, power - mp.mpf(m + i) / 2) for i in range(n)
    )
    return power * logs + matrix_t_log_normalizer(df, row, column)


def matrix_value(rng: Rng, loc, row, column) -> np.ndarray:
    return loc + row @ rng.normal(size=loc.shape) @ column.T * 10 ** rng.choice(
        [0, rng.uniform(-3, 3)]
    )


# --- inverse Wishart -----------------------------------------------------------------------------


def inverse_wishart_log_prob(x, df, matrix):
    """By Wishart's density of the inverse, and the derivative of the inverse."""
    n, of_inverse, of_x = len(x), factor_of_inverse(x), factor_of(x)
    tril = factor_of_inverse(matrix)
    inverse = of_inverse @ of_inverse.T
    return wishart_log_prob(inverse, df, tril) - 2 * (n + 1) * log_det(of_x)


def inverse_wishart_mean(df, matrix):
    n = len(matrix)
    return symmetric(matrix) / (df - n - 1) if df > n + 1 else np.full((n, n), mp.inf)


def inverse_wishart_variance(df, matrix):
    n, v = len(matrix), symmetric(matrix)
    excess = df - n - 1
    if excess <= 2:
        return np.full((n, n), mp.inf)
    products = v.diagonal()[:, None] * v.diagonal()
    return ((excess + 2) * v**2 + excess * products) / ((excess + 1) * excess**2 * (excess - 2))


def inverse_wishart_value(rng: Rng, df: float, matrix: np.ndarray) -> np.ndarray:
    x = np.linalg.inv(wishart_value(rng, df, np.linalg.cholesky(np.linalg.inv(matrix))))
    return np.float32((x + x.T) / 2)


def two_by_two(rng: Rng, level: int) -> np.ndarray:
    return draws.vector(draws.real, _SIZE * _SIZE)(rng, level).reshape(_SIZE, _SIZE)


FAMILIES = [
    Family(
        "LKJ",
        {"concentration": draws.concentration},
        correlation_value,
        correlation_log_prob,
        None,
        correlation_entropy,
        variance=lambda concentration: (
            (1 - np.eye(LKJ_SIZE, dtype=int)) / (2 * concentration + LKJ_SIZE - 1)
        ),
        on_surface=True,
    ),
    Family(
        "MatrixNormal",
        {
            "loc": two_by_two,
            "scale_tril_row": lower_triangular(_SIZE),
            "scale_tril_column": lower_triangular(_SIZE),
        },
        matrix_value,
        matrix_normal_log_prob,
        None,
        lambda loc, row, column: log_volume(row, column) + loc.size * (1 + mp.log(2 * mp.pi)) / 2,
        lambda loc, row, column: loc,
        lambda loc, row, column: squared_scales(row, column),
    ),
    Family(
        "MatrixT",
        {
            "df": draws.concentration,
            "loc": two_by_two,
            "scale_tril_row": lower_triangular(_SIZE),
            "scale_tril_column": lower_triangular(_SIZE),
        },
        lambda rng, df, loc, row, column: matrix_value(rng, loc, row, column),
        matrix_t_log_prob,
        None,
        matrix_t_entropy,
        None,
        lambda df, loc, row, column: (
            squared_scales(row, column) / (df - 2)
            if df > 2
            else np.full(loc.shape, mp.inf if df > 1 else mp.nan)
        ),
    ),
    Family(
        "InverseWishart",
        {
            "df": lambda rng, level: 1 + draws.concentration(rng, level),
            "scale_matrix": definite(_SIZE),
        },
        inverse_wishart_value,
        inverse_wishart_log_prob,
        None,
        None,
        inverse_wishart_mean,
        inverse_wishart_variance,
    ),
    wishart("scale_tril", lower_triangular, same, same),
    wishart("covariance_matrix", definite, factor_of, np.linalg.cholesky),
    wishart("precision_matrix", definite, factor_of_inverse, float_factor_of_inverse),
    Family(
        "LKJCholesky",
        {"concentration": draws.concentration},
        lkj_value,
        lkj_log_prob,
        None,
        lkj_entropy,
        lkj_mean,
        lkj_variance,
    ),
]
