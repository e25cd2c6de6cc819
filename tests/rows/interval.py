"""Distributions on an interval."""

import numpy as np
from scipy import stats

import jaxdist as jd
from tests.rows.base import Row

LOW = np.array([-1.5, 0.0, 30.0])
WIDTH = np.array([0.2, 1.0, 7.0])

ROWS = [
    Row("Uniform", lambda: jd.Uniform(-1.0, 3.0), stats.uniform(-1.0, 4.0)),
    Row("Uniform batch", lambda: jd.Uniform(LOW, LOW + WIDTH), stats.uniform(LOW, WIDTH)),
]

BAD = [
    (lambda: jd.Uniform(np.nan, 1.0), "low"),
    (lambda: jd.Uniform(1.0, 1.0), "high"),
]
