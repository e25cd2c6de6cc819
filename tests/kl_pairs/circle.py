"""Pairs with p on the circle."""

from __future__ import annotations

import numpy as np

import jaxdist as jd
from tests.kl_pairs.pair import LOC, OTHER_LOC, same_class
from tests.kl_pairs.references import von_mises

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
]
