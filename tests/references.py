"""References in float64 for what `scipy.stats` lacks, with the names of its methods."""

from __future__ import annotations

import numpy as np
from scipy.special import xlogy


class Delta:
    """All mass at `loc`."""

    def __init__(self, loc):
        self.loc = np.asarray(loc, float)

    def logpdf(self, x):
        return np.where(x == self.loc, 0.0, -np.inf)

    def cdf(self, x):
        return np.where(x >= self.loc, 1.0, 0.0)

    def ppf(self, q):
        return self.loc + 0 * q

    def mean(self):
        return self.loc

    def var(self):
        return 0 * self.loc

    def entropy(self):
        return 0 * self.loc


class Categorical:
    """Labels 0 ... K - 1 with given weights along the last axis."""

    def __init__(self, weights):
        self.probs = np.asarray(weights, float) / np.sum(weights, -1, keepdims=True)

    def logpmf(self, k):
        k = np.asarray(k, int)
        probs = np.broadcast_to(self.probs, k.shape + self.probs.shape[-1:])
        with np.errstate(divide="ignore"):
            return np.log(np.take_along_axis(probs, k[..., None], -1)[..., 0])

    def cdf(self, k):
        up_to = np.arange(self.probs.shape[-1]) <= np.asarray(k)[..., None]
        return np.sum(np.where(up_to, self.probs, 0), -1)

    def sf(self, k):
        beyond = np.arange(self.probs.shape[-1]) > np.asarray(k)[..., None]
        return np.sum(np.where(beyond, self.probs, 0), -1)

    def ppf(self, q):
        return np.sum(np.cumsum(self.probs, -1) < np.asarray(q)[..., None] - 1e-12, -1)

    def entropy(self):
        return -np.sum(xlogy(self.probs, self.probs), -1)


class OneHotCategorical(Categorical):
    """Unit vectors."""

    def logpmf(self, x):
        return super().logpmf(np.argmax(x, -1))

    def mean(self):
        return self.probs

    def var(self):
        return self.probs * (1 - self.probs)


class Independent:
    """The product of `base` over its last axes."""

    def __init__(self, base, ndims):
        self.base = base
        self.axes = tuple(range(-ndims, 0))

    def logpdf(self, x):
        return np.sum(self.base.logpdf(x), self.axes)

    def mean(self):
        return self.base.mean()

    def var(self):
        return self.base.var()

    def entropy(self):
        return np.sum(self.base.entropy(), self.axes)
