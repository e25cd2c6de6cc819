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


FAMILIES = [
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
