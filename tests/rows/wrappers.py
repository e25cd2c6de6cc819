"""Distributions made of distributions."""

import numpy as np
from scipy import stats

import jaxdist as jd
from tests.references import Independent
from tests.rows.base import Row

LOC = np.array([[-1.5, 0.0, 30.0], [1.0, 2.0, 3.0]])
SCALE = np.array([0.2, 1.0, 7.0])

ROWS = [
    Row(
        "Independent",
        lambda: jd.Independent(jd.Normal(LOC, SCALE), 1),
        Independent(stats.norm(LOC, SCALE), 1),
    ),
    Row(
        "Masked",
        lambda: jd.Masked(jd.Exponential(SCALE), True),
        stats.expon(scale=1 / SCALE),
    ),
]

BAD = [(lambda: jd.Masked(jd.Normal(0.0, 1.0), 0.5), "mask")]
