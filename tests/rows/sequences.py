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


STATE = np.array([[1.0, 0.5], [-0.25, 0.75]])
SEEN = np.array([[1.0, 0.0], [0.5, -1.0], [0.25, 2.0]])
SEEN_LOC = np.array([0.0, 1.0, -2.0])
FIRST = vector.COVARIANCE[0][:2, :2]
NOISE = np.diag([0.25, 0.5]) ** 2
SEEN_NOISE = vector.COVARIANCE[0]


def state_space(num_steps, state=STATE, seen=SEEN):
    return jd.LinearGaussianStateSpace(
        jd.MultivariateNormal([1.0, -1.0], scale_tril=vector.SCALE_TRIL[0][:2, :2]),
        state,
        jd.MultivariateNormalDiag([0.0, 0.5], [0.25, 0.5]),
        seen,
        jd.MultivariateNormal(SEEN_LOC, scale_tril=vector.SCALE_TRIL[0]),
        num_steps,
    )


def dense_state_space(num_steps):
    """Mean and covariance of all states, and the map from them to all observations."""
    means, covariance = [np.array([1.0, -1.0])], np.zeros((num_steps, 2, num_steps, 2))
    covariance[0, :, 0] = FIRST
    for t in range(1, num_steps):
        means.append(STATE @ means[-1] + [0.0, 0.5])
        covariance[t, :, t] = STATE @ covariance[t - 1, :, t - 1] @ STATE.T + NOISE
        for s in range(t):
            covariance[t, :, s] = STATE @ covariance[t - 1, :, s]
            covariance[s, :, t] = covariance[t, :, s].T
    size = 2 * num_steps
    return np.concatenate(means), covariance.reshape(size, size), np.kron(np.eye(num_steps), SEEN)


class StateSpace:
    """The normal distribution of all observations together."""

    def __init__(self, num_steps):
        mean, covariance, seen = dense_state_space(num_steps)
        self.shape = (num_steps, 3)
        noise = np.kron(np.eye(num_steps), SEEN_NOISE)
        loc = seen @ mean + np.tile(SEEN_LOC, num_steps)
        self.normal = vector.Normal(loc, seen @ covariance @ seen.T + noise)
        self.entropy = self.normal.entropy

    def logpdf(self, x):
        return self.normal.logpdf(x.reshape(*x.shape[:-2], -1))

    def mean(self):
        return self.normal.mean().reshape(self.shape)

    def var(self):
        return self.normal.var().reshape(self.shape)


ROWS = [
    Row(
        "LinearGaussianStateSpace",
        lambda: state_space(4),
        StateSpace(4),
        representative=False,
    ),
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

BAD = [
    (lambda: state_space(4, state=np.nan * STATE), "transition_matrix"),
    (lambda: state_space(4, seen=np.nan * SEEN), "observation_matrix"),
]
