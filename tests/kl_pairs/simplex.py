"""Pairs with p on the simplex."""

from __future__ import annotations

import numpy as np

import jaxdist as jd
from tests.kl_pairs.pair import DIAG, MEAN, OTHER_DIAG, OTHER_MEAN, Pair, same_class
from tests.kl_pairs.references import of_dirichlets, of_normal_vectors

CONCENTRATION = np.array([[0.5, 2.0, 0.1], [30.0, 1e3, 5.0]])
OTHER_CONCENTRATION = np.array([[1.0, 1.0, 1.0], [31.0, 1.1e3, 5.0]])

TAKEN, LEFT = np.array([[0.5, 2.0], [30.0, 1e3]]), np.array([[2.0, 0.1], [700.0, 5.0]])
OTHER_TAKEN, OTHER_LEFT = np.array([[1.0, 1.0], [31.0, 1e3]]), np.array([[2.0, 1.0], [1.1e3, 5.0]])


def of_fractions(a, b, c, d):
    """The sum over the beta variables of stick-breaking."""
    return of_dirichlets(np.stack([a, b], -1), np.stack([c, d], -1)).sum(-1)


def fractions(concentration):
    """The parameters of the beta variables of a Dirichlet distribution."""
    return concentration[:, :-1], np.cumsum(concentration[:, ::-1], -1)[:, -2::-1]


PAIRS = [
    same_class(
        "GeneralizedDirichlet",
        jd.GeneralizedDirichlet,
        (TAKEN, LEFT),
        (OTHER_TAKEN, OTHER_LEFT),
        lambda: of_fractions(TAKEN, LEFT, OTHER_TAKEN, OTHER_LEFT),
        slow=True,
    ),
    Pair(
        "GeneralizedDirichlet Dirichlet",
        lambda: (jd.GeneralizedDirichlet(TAKEN, LEFT), jd.Dirichlet(OTHER_CONCENTRATION)),
        lambda: of_fractions(TAKEN, LEFT, *fractions(OTHER_CONCENTRATION)),
        slow=True,
    ),
    Pair(
        "Dirichlet GeneralizedDirichlet",
        lambda: (jd.Dirichlet(CONCENTRATION), jd.GeneralizedDirichlet(OTHER_TAKEN, OTHER_LEFT)),
        lambda: of_fractions(*fractions(CONCENTRATION), OTHER_TAKEN, OTHER_LEFT),
        slow=True,
    ),
    same_class(
        "Dirichlet",
        jd.Dirichlet,
        (CONCENTRATION,),
        (OTHER_CONCENTRATION,),
        lambda: of_dirichlets(CONCENTRATION, OTHER_CONCENTRATION),
    ),
    same_class(
        "LogisticNormal",
        jd.LogisticNormal,
        (MEAN, DIAG),
        (OTHER_MEAN, OTHER_DIAG),
        lambda: of_normal_vectors(MEAN, np.diag(DIAG**2), OTHER_MEAN, np.diag(OTHER_DIAG**2)),
    ),
]
