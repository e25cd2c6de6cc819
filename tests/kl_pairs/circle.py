"""Pairs with p on the circle."""

from __future__ import annotations

import numpy as np

import jaxdist as jd
from tests.kl_pairs.pair import LOC, OTHER_LOC, same_class
from tests.kl_pairs.references import von_mises
from tests.rows.circle import SineBivariateVonMises

SINE = (
    [-1.0, 0.5, 3.0, 0.0],
    0.4,
    [2.0, 30.0, 0.0, 0.0],
    [3.0, 20.0, 2.0, 0.0],
    [1.0, -40.0, 4.0, 0.5],
)
OTHER_SINE = (
    [-0.5, 0.5, 3.0, 0.0],
    0.9,
    [1.0, 30.0, 0.5, 3.0],
    [2.0, 25.0, 0.0, 100.0],
    [-3.0, -40.0, 0.0, 2.0],
)
KAPPA, OTHER_KAPPA = np.array([0.0, 2.0, 100.0]), np.array([0.5, 2.1, 300.0])

PAIRS = [
    same_class(
        "VonMises",
        jd.VonMises,
        (LOC, KAPPA),
        (OTHER_LOC, OTHER_KAPPA),
        lambda: von_mises(LOC, KAPPA).divergence(von_mises(OTHER_LOC, OTHER_KAPPA)),
        slow=True,
    ),
    same_class(
        "SineBivariateVonMises",
        jd.SineBivariateVonMises,
        SINE,
        OTHER_SINE,
        lambda: SineBivariateVonMises(*SINE).divergence(SineBivariateVonMises(*OTHER_SINE)),
        slow=True,
    ),
]
