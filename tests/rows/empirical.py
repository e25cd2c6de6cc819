"""The distribution of given points."""

import numpy as np

import jaxdist as jd
from tests.references import Empirical
from tests.rows.base import Row

POINTS = np.array([[1.0, 2.0, 2.0, 5.0], [-3.0, 0.25, 0.5, -3.0]])
LOG_WEIGHTS = np.array([0.3, -np.inf, 1.0, 0.0])
VECTORS = np.array([[1.0, 2.0], [0.5, 2.0], [1.0, 2.0]])

ROWS = [
    Row(
        "Empirical batch", lambda: jd.Empirical(POINTS, LOG_WEIGHTS), Empirical(POINTS, LOG_WEIGHTS)
    ),
    Row("Empirical", lambda: jd.Empirical(POINTS[0]), Empirical(POINTS[0], np.zeros(4))),
    Row(
        "Empirical vectors",
        lambda: jd.Empirical(VECTORS, event_dim=1),
        Empirical(VECTORS, np.zeros(3), event_dim=1),
    ),
]

BAD = [
    (lambda: jd.Empirical([1.0, np.nan]), "values"),
    (lambda: jd.Empirical([1.0, 2.0], [np.nan, 0.0]), "log_weights"),
]
