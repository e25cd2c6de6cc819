"""Families of matrices."""

from __future__ import annotations

import numpy as np
from mpmath import mp

from tests.accuracy import draws
from tests.accuracy.draws import Rng
from tests.accuracy.families.vector import cholesky, log_det, lower_triangular, solve, square
from tests.accuracy.family import Family

_SIZE = 2


def symmetric(x):
    """A function of the entries that is the same above and below the diagonal."""
    return (x + x.T) / 2


def log_multigamma(a, n):
    return n * (n - 1) * mp.log(mp.pi) / 4 + mp.fsum(
        mp.loggamma(a - mp.mpf(i) / 2) for i in range(n)
    )


def wishart_log_prob(x, df, tril):
    n = len(tril)
    of_x = cholesky(symmetric(x))
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


FAMILIES = [
    Family(
        "Wishart",
        {
            "df": lambda rng, level: 1 + draws.concentration(rng, level),
            "scale_tril": lower_triangular(_SIZE),
        },
        wishart_value,
        wishart_log_prob,
        None,
        wishart_entropy,
        lambda df, tril: df * product(tril),
        wishart_variance,
    )
]
