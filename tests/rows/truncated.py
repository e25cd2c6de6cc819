"""Truncated distributions."""

import numpy as np
from scipy import stats

import jaxdist as jd
from tests.references import WithEntropy
from tests.rows.base import Row


def truncated_normal(loc, scale, low, high):
    low, high = (np.asarray(end) - loc for end in (low, high))
    return WithEntropy(stats.truncnorm(low / scale, high / scale, loc, scale))


LOC, SCALE = np.array([0.0, 1.0, -2.0]), np.array([1.0, 0.5, 2.0])
LOW, HIGH = np.array([-1.0, -np.inf, 0.0]), np.array([2.0, 1.5, np.inf])

ROWS = [
    Row(
        "TruncatedNormal batch",
        lambda: jd.TruncatedNormal(LOC, SCALE, LOW, HIGH),
        truncated_normal(LOC, SCALE, LOW, HIGH),
    ),
    Row(
        "TruncatedNormal",
        lambda: jd.TruncatedNormal(0.5, 2.0, -1.0, 1.0),
        truncated_normal(0.5, 2.0, -1.0, 1.0),
    ),
    Row(
        "TruncatedNormal in the tails",
        lambda: jd.TruncatedNormal(0.0, 1.0, [8.0, -30.0], [9.0, -20.0]),
        truncated_normal(0.0, 1.0, [8.0, -30.0], [9.0, -20.0]),
    ),
    Row(
        "TruncatedNormal everywhere",
        lambda: jd.TruncatedNormal(0.5, 2.0, -np.inf, np.inf),
        stats.norm(0.5, 2.0),
    ),
]

BAD = [
    (lambda: jd.TruncatedNormal(np.nan, 1.0, 0.0, 1.0), "loc"),
    (lambda: jd.TruncatedNormal(0.0, 0.0, 0.0, 1.0), "scale"),
    (lambda: jd.TruncatedNormal(0.0, 1.0, np.nan, 1.0), "low"),
    (lambda: jd.TruncatedNormal(0.0, 1.0, 1.0, 1.0), "high"),
]
