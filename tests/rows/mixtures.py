"""Mixtures."""

import numpy as np
from scipy import stats

import jaxdist as jd
from tests.references import Independent, Mixture
from tests.rows.base import Row

LOC = np.array([[-1.5, 0.0, 30.0], [1.0, 2.0, 3.0]])
SCALE = np.array([0.2, 1.0, 7.0])
WEIGHTS = np.array([[0.1, 0.6, 0.3], [0.25, 0.5, 0.25]])
LOW = np.array([[0.0, 1.0, 2.0], [0.0, 0.5, -4.0]])
VECTORS = np.array([[[0.0, 1.0], [3.0, -1.0], [-2.0, 0.5]]])


ROWS = [
    Row(
        "MixtureSameFamily of Normal",
        lambda: jd.MixtureSameFamily(jd.Categorical(WEIGHTS), jd.Normal(LOC, SCALE)),
        Mixture(WEIGHTS, [stats.norm(LOC[:, k], SCALE[k]) for k in range(3)]),
        rtol=8.0,
    ),
    Row(
        "MixtureSameFamily of Uniform",
        lambda: jd.MixtureSameFamily(jd.Categorical(WEIGHTS), jd.Uniform(LOW, LOW + 2)),
        Mixture(WEIGHTS, [stats.uniform(LOW[:, k], 2.0) for k in range(3)]),
        rtol=8.0,
    ),
    Row(
        "MixtureSameFamily of vectors",
        lambda: jd.MixtureSameFamily(
            jd.Categorical(logits=np.log(WEIGHTS)), jd.Independent(jd.Normal(VECTORS, 1.0), 1)
        ),
        Mixture(WEIGHTS, [Independent(stats.norm(VECTORS[:, k], 1.0), 1) for k in range(3)]),
        rtol=8.0,
    ),
    Row(
        "MixtureSameFamily of Bernoulli",
        lambda: jd.MixtureSameFamily(
            jd.Categorical([0.5, 0.5, 0.0]), jd.Bernoulli([0.1, 0.7, 0.2])
        ),
        stats.bernoulli(0.4),
    ),
    Row(
        "ZeroInflated",
        lambda: jd.ZeroInflated(jd.Bernoulli([0.3, 0.9]), [0.2, 0.5]),
        stats.bernoulli(np.array([0.3 * 0.8, 0.9 * 0.5])),
    ),
    Row(
        "ZeroInflated gate_logits",
        lambda: jd.ZeroInflated(jd.Bernoulli([0.3, 0.9]), gate_logits=0.0),
        stats.bernoulli(np.array([0.15, 0.45])),
    ),
    Row(
        "Mixture",
        lambda: jd.Mixture(
            jd.Categorical(WEIGHTS),
            [jd.Normal(0.0, 2.0), jd.Uniform(-1.0, 0.5), jd.Normal([3.0, -1.0], 0.5)],
        ),
        Mixture(
            WEIGHTS,
            [stats.norm(0.0, 2.0), stats.uniform(-1.0, 1.5), stats.norm([3.0, -1.0], 0.5)],
        ),
        rtol=8.0,
    ),
]

BAD = [
    (lambda: jd.ZeroInflated(jd.Bernoulli(0.3), 1.5), "gate"),
    (lambda: jd.ZeroInflated(jd.Bernoulli(0.3), gate_logits=np.nan), "gate_logits"),
]
