"""Distributions on the real line."""

import jax.numpy as jnp
import numpy as np
from scipy import stats

import jaxdist as jd
from tests.references import Delta
from tests.rows.base import Row

LOC = np.array([-1.5, 0.0, 30.0])
SCALE = np.array([0.2, 1.0, 7.0])

ROWS = [
    Row("Normal batch", lambda: jd.Normal(LOC, SCALE), stats.norm(LOC, SCALE)),
    Row("Normal", lambda: jd.Normal(0.5, 2.0), stats.norm(0.5, 2.0)),
    Row(
        "Normal log_scale",
        lambda: jd.Normal(LOC, log_scale=np.log(SCALE)),
        stats.norm(LOC, SCALE),
    ),
    Row(
        "Normal broadcast",
        lambda: jd.Normal(jnp.zeros((2, 1)), SCALE),
        stats.norm(np.zeros((2, 1)), SCALE),
    ),
    Row("Delta", lambda: jd.Delta(LOC), Delta(LOC)),
]

BAD = [
    (lambda: jd.Normal(np.nan, 1.0), "loc"),
    (lambda: jd.Normal(0.0, 0.0), "scale"),
    (lambda: jd.Normal(0.0, log_scale=np.nan), "log_scale"),
    (lambda: jd.Delta(np.nan), "loc"),
]
