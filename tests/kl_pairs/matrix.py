"""Pairs with p on matrices."""

from __future__ import annotations

import numpy as np
from scipy import stats

import jaxdist as jd
from tests.kl_pairs.pair import (
    COV,
    OTHER_COV,
    OTHER_TAIL,
    OTHER_TRIL,
    TAIL,
    TRIL,
    Pair,
    same_class,
)
from tests.kl_pairs.references import by_quadrature, of_wisharts

DF, OTHER_DF = np.array([2.5, 4.0, 50.0]), np.array([4.0, 4.5, 60.0])

PAIRS = [
    same_class(
        "Wishart",
        lambda df, tril: jd.Wishart(df, scale_tril=tril),
        (DF, TRIL),
        (OTHER_DF, OTHER_TRIL),
        lambda: np.array(
            [of_wisharts(a, COV, b, OTHER_COV) for a, b in zip(DF, OTHER_DF, strict=True)]
        ),
        slow=True,
    ),
    Pair(
        "LKJCholesky",
        lambda: (jd.LKJCholesky(2, TAIL), jd.LKJCholesky(2, OTHER_TAIL)),
        lambda: by_quadrature(
            *(stats.beta(a, a, -1, 2) for a in (TAIL, OTHER_TAIL))  # of the correlation
        ),
        slow=True,
    ),
]
