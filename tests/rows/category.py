"""Distributions over categories."""

import itertools

import numpy as np
from scipy import stats

import jaxdist as jd
from tests.references import Categorical, OneHotCategorical
from tests.rows.base import Row

PROBS = np.array([0.02, 0.5, 0.9])
WEIGHTS = np.array([[0.1, 0.6, 0.3], [0.25, 0.5, 0.25]])
WITH_MASK = np.array([0.5, -np.inf, 1.0, -np.inf])
PREFERENCES = np.array([[-1.0, 3.0, 0.0], [2.0, 1.0, -4.0]])
MANY = np.linspace(-2, 2, 50)
CUTPOINTS = np.array([-np.inf, -1.0, 0.5, 3.0, np.inf])

SCORES = np.array([[1.0, 2.0, 5.0, 0.5], [1.0, 1.0, 0.25, 3.0]])


class PlackettLuce:
    """Rankings of items drawn without replacement; the entropy is a sum over all of them."""

    def __init__(self, scores):
        self.scores = np.asarray(scores)

    def logpmf(self, x):
        x = np.asarray(x)
        scores = np.broadcast_to(self.scores, x.shape)
        ordered = np.take_along_axis(scores, x, -1)
        left = np.cumsum(ordered[..., ::-1], -1)[..., ::-1]
        return np.sum(np.log(ordered / left), -1)

    def entropy(self):
        size = self.scores.shape[-1]
        rankings = np.array(list(itertools.permutations(range(size))))
        rankings = rankings.reshape(-1, *[1] * (self.scores.ndim - 1), size)
        log_p = self.logpmf(np.broadcast_to(rankings, rankings.shape[:1] + self.scores.shape))
        return -np.sum(np.exp(log_p) * log_p, 0)


class DeterminantalPointProcess:
    """By the determinants of all minors."""

    def __init__(self, values, vectors):
        values, vectors = np.asarray(values, float), np.asarray(vectors, float)
        self.similarity = np.einsum("...ik,...k,...jk->...ij", vectors, values, vectors)
        self.marginal = np.einsum("...ik,...k,...ik->...i", vectors, values / (1 + values), vectors)
        self.log_total = np.sum(np.log1p(values), -1)

    def logpmf(self, x):
        x = np.asarray(x, float)
        both = x[..., None] * x[..., None, :]
        minor = np.where(both == 1, self.similarity, np.eye(x.shape[-1]))
        return np.linalg.slogdet(minor)[1] - self.log_total

    def mean(self):
        return self.marginal

    def var(self):
        return self.marginal * (1 - self.marginal)

    def entropy(self):
        size = self.marginal.shape[-1]
        subsets = np.array(list(itertools.product((0, 1), repeat=size)))
        log_p = np.stack([self.logpmf(np.broadcast_to(x, self.marginal.shape)) for x in subsets])
        return -np.sum(np.exp(log_p) * log_p, 0)


def stopping_probs(cutpoints, loc):
    stop = stats.logistic.cdf(np.array([*cutpoints, np.inf]) - loc)
    return stop * np.append(1, np.cumprod(1 - stop[:-1]))


# Of which two of the second process are small, and all of its items much alike.
EIGENVALUES = np.array([[0.3, 1.0, 2.5, 0.1], [1e-3, 0.02, 5.0, 1.0]])
EIGENVECTORS = np.linalg.qr(np.random.default_rng(0).normal(size=(2, 4, 4)))[0]

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
    Row("Categorical zero", lambda: jd.Categorical([0.0, 0.4, 0.6]), Categorical([0.0, 0.4, 0.6])),
    Row("OneHotCategorical", lambda: jd.OneHotCategorical(WEIGHTS), OneHotCategorical(WEIGHTS)),
    Row(
        "OneHotCategorical masked",
        lambda: jd.OneHotCategorical(logits=WITH_MASK),
        OneHotCategorical(np.exp(WITH_MASK)),
    ),
    Row(
        "OneHotCategoricalStraightThrough",
        lambda: jd.OneHotCategoricalStraightThrough(logits=np.log(WEIGHTS)),
        OneHotCategorical(WEIGHTS),
    ),
    Row(
        "Softmax",
        lambda: jd.Softmax(PREFERENCES, np.array([0.5, 2.0])),
        Categorical(np.exp(PREFERENCES / np.array([[0.5], [2.0]]))),
    ),
    Row("Softmax masked", lambda: jd.Softmax(WITH_MASK), Categorical(np.exp(WITH_MASK))),
    Row("Greedy", lambda: jd.Greedy(PREFERENCES), Categorical([[0.0, 1.0, 0.0], [1.0, 0.0, 0.0]])),
    Row("Greedy tie", lambda: jd.Greedy([2.0, 0.0, 2.0]), Categorical([0.5, 0.0, 0.5])),
    Row(
        "EpsilonGreedy",
        lambda: jd.EpsilonGreedy(PREFERENCES, np.array([0.3, 0.6])),
        Categorical([[0.1, 0.8, 0.1], [0.6, 0.2, 0.2]]),
    ),
    Row(
        "EpsilonGreedy masked",
        lambda: jd.EpsilonGreedy([1.0, 1.0, -np.inf, 0.0], 0.3),
        Categorical([0.45, 0.45, 0.0, 0.1]),
    ),
    Row(
        "EpsilonGreedy 0",
        lambda: jd.EpsilonGreedy(WITH_MASK, 0.0),
        Categorical([0.0, 0.0, 1.0, 0.0]),
    ),
    Row(
        "OrderedLogistic",
        lambda: jd.OrderedLogistic([-1.0, 0.5, 3.0], np.array([0.0, 2.0])),
        Categorical(np.diff(stats.logistic.cdf(CUTPOINTS - np.array([[0.0], [2.0]])))),
        representative=False,
    ),
    Row(
        "StoppingRatioLogistic",
        lambda: jd.StoppingRatioLogistic([-1.0, 3.0, 0.5], np.array([0.0, 2.0])),
        Categorical(np.stack([stopping_probs([-1, 3, 0.5], loc) for loc in (0, 2)])),
        representative=False,
    ),
    Row(
        "ProbitBernoulli",
        lambda: jd.ProbitBernoulli(np.array([-3.0, 0.0, 0.5])),
        stats.bernoulli(stats.norm.cdf([-3.0, 0.0, 0.5])),
        representative=False,
    ),
    Row(
        "PlackettLuce",
        lambda: jd.PlackettLuce(SCORES),
        PlackettLuce(SCORES),
        representative=False,
    ),
    Row(
        "PlackettLuce logits",
        lambda: jd.PlackettLuce(logits=np.array([0.0, -1.0, 0.5])),
        PlackettLuce(np.exp([0.0, -1.0, 0.5])),
        representative=False,
    ),
    Row(
        "DeterminantalPointProcess",
        lambda: jd.DeterminantalPointProcess(EIGENVALUES, EIGENVECTORS),
        DeterminantalPointProcess(EIGENVALUES, EIGENVECTORS),
        representative=False,
    ),
]

BAD = [
    (lambda: jd.Bernoulli(1.1), "probs"),
    (lambda: jd.Bernoulli(logits=np.nan), "logits"),
    (lambda: jd.Categorical([-0.1, 1.1]), "probs"),
    (lambda: jd.Categorical(logits=[np.inf, 0.0]), "logits"),
    (lambda: jd.OneHotCategorical([0.0, 0.0]), "probs"),
    (lambda: jd.OneHotCategorical(logits=[-np.inf, -np.inf]), "logits"),
    (lambda: jd.OneHotCategoricalStraightThrough([-1.0, 2.0]), "probs"),
    (lambda: jd.OneHotCategoricalStraightThrough(logits=[np.nan, 0.0]), "logits"),
    (lambda: jd.Softmax([-np.inf, -np.inf]), "preferences"),
    (lambda: jd.Softmax([0.0, 1.0], 0.0), "temperature"),
    (lambda: jd.Greedy([-np.inf, -np.inf]), "preferences"),
    (lambda: jd.EpsilonGreedy([np.nan, 0.0], 0.1), "preferences"),
    (lambda: jd.EpsilonGreedy([1.0, 0.0], 1.5), "epsilon"),
    (lambda: jd.ProbitBernoulli(np.nan), "probits"),
    (lambda: jd.PlackettLuce([1.0, 0.0]), "scores"),
    (lambda: jd.PlackettLuce(logits=[1.0, np.nan]), "logits"),
    (lambda: jd.DeterminantalPointProcess([-1.0, 1.0], np.eye(2)), "eigenvalues"),
    (lambda: jd.DeterminantalPointProcess([1.0, 1.0], np.ones((2, 2))), "eigenvectors"),
    (lambda: jd.StoppingRatioLogistic([0.0, np.nan]), "cutpoints"),
    (lambda: jd.StoppingRatioLogistic([0.0, 1.0], np.nan), "loc"),
    (lambda: jd.OrderedLogistic([1.0, 0.0]), "cutpoints"),
    (lambda: jd.OrderedLogistic([0.0, 1.0], np.nan), "loc"),
]
