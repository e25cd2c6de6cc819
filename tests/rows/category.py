"""Distributions over categories."""

import numpy as np
from scipy import stats

import jaxdist as jd
from tests.references import Categorical, OneHotCategorical
from tests.rows.base import Row

PROBS = np.array([0.02, 0.5, 0.9])
WEIGHTS = np.array([[0.1, 0.6, 0.3], [0.25, 0.5, 0.25]])
WITH_MASK = np.array([0.5, -np.inf, 1.0, -np.inf])
MANY = np.linspace(-2, 2, 50)

ROWS = [
    Row("Bernoulli probs", lambda: jd.Bernoulli(PROBS), stats.bernoulli(PROBS)),
    Row(
        "Bernoulli logits",
        lambda: jd.Bernoulli(logits=np.array([-3.0, 0.0, 1.5])),
        stats.bernoulli(1 / (1 + np.exp([3.0, 0.0, -1.5]))),
    ),
    Row(
        "Categorical logits",
        lambda: jd.Categorical(logits=np.log(WEIGHTS) + 5),
        Categorical(WEIGHTS),
    ),
    Row("Categorical probs", lambda: jd.Categorical(WEIGHTS[0]), Categorical(WEIGHTS[0])),
    Row(
        "Categorical masked",
        lambda: jd.Categorical(logits=WITH_MASK),
        Categorical(np.exp(WITH_MASK)),
    ),
    Row("Categorical of many", lambda: jd.Categorical(logits=MANY), Categorical(np.exp(MANY))),
    Row("OneHotCategorical", lambda: jd.OneHotCategorical(WEIGHTS), OneHotCategorical(WEIGHTS)),
]

BAD = [
    (lambda: jd.Bernoulli(1.1), "probs"),
    (lambda: jd.Bernoulli(logits=np.nan), "logits"),
    (lambda: jd.Categorical([-0.1, 1.1]), "probs"),
    (lambda: jd.Categorical(logits=[np.inf, 0.0]), "logits"),
    (lambda: jd.OneHotCategorical([0.0, 0.0]), "probs"),
    (lambda: jd.OneHotCategorical(logits=[-np.inf, -np.inf]), "logits"),
]
