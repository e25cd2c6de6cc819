"""Pairs with p on the simplex."""

from __future__ import annotations

import numpy as np

import jaxdist as jd
from tests.kl_pairs.pair import DIAG, MEAN, OTHER_DIAG, OTHER_MEAN, same_class
from tests.kl_pairs.references import of_dirichlets, of_normal_vectors

CONCENTRATION = np.array([[0.5, 2.0, 0.1], [30.0, 1e3, 5.0]])
OTHER_CONCENTRATION = np.array([[1.0, 1.0, 1.0], [31.0, 1.1e3, 5.0]])

PAIRS = [
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
