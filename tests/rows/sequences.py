"""Distributions of sequences."""

import itertools

import numpy as np
from scipy import special, stats

import jaxdist as jd
from tests.references import Without
from tests.rows import vector
from tests.rows.base import Row

TIMES = np.arange(5)
DECAY = 0.5 ** np.abs(TIMES[:, None] - TIMES)
VARIANCE = 1 / (1 - 0.25)  # of the stationary distribution of x' = x / 2 + noise

INITIAL = np.array([0.25, 0.75])
TRANSITION = np.array([[0.75, 0.25], [0.5, 0.5]])
LOC, SCALE = np.array([-1.0, 2.0]), np.array([0.5, 1.0])


def half(x):
    return jd.Normal(0.5 * x, 1.0)


class HiddenMarkovModel:
    """The sum over all paths of the hidden states."""

    def __init__(self, num_steps):
        self.paths = np.array(list(itertools.product(range(2), repeat=num_steps)))
        before, after = self.paths[:, :-1], self.paths[:, 1:]
        self.prior = INITIAL[self.paths[:, 0]] * np.prod(TRANSITION[before, after], 1)

    def logpdf(self, x):
        of_paths = stats.norm.logpdf(x[..., None, :], LOC[self.paths], SCALE[self.paths]).sum(-1)
        return special.logsumexp(of_paths + np.log(self.prior), -1)

    def mean(self):
        return self.prior @ LOC[self.paths]

    def var(self):
        squares = self.prior @ (LOC[self.paths] ** 2 + SCALE[self.paths] ** 2)
        return squares - self.mean() ** 2


ROWS = [
    Row(
        "MarkovChain",
        lambda: jd.MarkovChain(jd.Normal(0.0, np.sqrt(VARIANCE)), half, 5),
        Without(vector.Normal(np.zeros(5), VARIANCE * DECAY), "mean", "var", "entropy"),
        representative=False,
    ),
    Row(
        "HiddenMarkovModel",
        lambda: jd.HiddenMarkovModel(
            jd.Categorical(INITIAL), jd.Categorical(TRANSITION), jd.Normal(LOC, SCALE), 4
        ),
        HiddenMarkovModel(4),
        representative=False,
    ),
]

BAD = []
