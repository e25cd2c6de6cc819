"""References in float64 for what `scipy.stats` lacks, with the names of its methods."""

from __future__ import annotations

import numpy as np
from scipy.special import exp1, lambertw, xlogy


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


class Counts(Categorical):
    """The counts 0 ... K - 1 with given weights along the last axis."""

    def mean(self):
        return np.sum(self.probs * np.arange(self.probs.shape[-1]), -1)

    def var(self):
        distance = np.arange(self.probs.shape[-1]) - self.mean()[..., None]
        return np.sum(self.probs * distance**2, -1)


class OneHotCategorical(Categorical):
    """Unit vectors."""

    def logpmf(self, x):
        return super().logpmf(np.argmax(x, -1))

    def mean(self):
        return self.probs

    def var(self):
        return self.probs * (1 - self.probs)


class Empirical(Categorical):
    """Points with given weights along their first axis, or behind a batch axis of numbers."""

    def __init__(self, values, log_weights, event_dim=0):
        weights = np.exp(log_weights)
        super().__init__(np.broadcast_to(weights, values.shape[: values.ndim - event_dim]))
        self.values = values
        self.event_dim = event_dim

    def _where(self, truth):
        return np.sum(np.where(truth, self.probs, 0), -1)

    def logpmf(self, x):
        equal = np.expand_dims(x, -1 - self.event_dim) == self.values
        with np.errstate(divide="ignore"):
            return np.log(self._where(equal.all(-1) if self.event_dim else equal))

    def cdf(self, x):
        return self._where(self.values <= np.asarray(x)[..., None])

    def sf(self, x):
        return self._where(self.values > np.asarray(x)[..., None])

    def ppf(self, q):
        candidates = np.sort(self.values, -1)
        reached = [self.cdf(c) >= q - 1e-12 for c in np.moveaxis(candidates, -1, 0)]
        first = np.argmax(np.stack(reached, -1), -1)[..., None]
        candidates = np.broadcast_to(candidates, first.shape[:-1] + candidates.shape[-1:])
        return np.take_along_axis(candidates, first, -1)[..., 0]

    def _average(self, x):
        weights = self.probs.reshape(self.probs.shape + (1,) * self.event_dim)
        return np.sum(weights * x, -1 - self.event_dim)

    def mean(self):
        return self._average(self.values)

    def var(self):
        center = np.expand_dims(self.mean(), -1 - self.event_dim)
        return self._average((self.values - center) ** 2)

    def entropy(self):
        probs = np.exp(self.logpmf(np.moveaxis(self.values, -1 - self.event_dim, 0)))
        probs = np.moveaxis(probs, 0, -1)
        return -np.sum(self.probs * np.log(np.where(self.probs > 0, probs, 1)), -1)


class Lindley:
    """A mixture of one exponential draw, and of the sum of two."""

    def __init__(self, rate):
        self.rate = np.asarray(rate, float)
        self.share = self.rate / (1 + self.rate)

    def logpdf(self, x):
        return np.log(self.rate * self.share) + np.log1p(x) - self.rate * x

    def logsf(self, x):
        return np.log1p(self.share * x) - self.rate * x

    def sf(self, x):
        return np.exp(self.logsf(x))

    def cdf(self, x):
        return -np.expm1(self.logsf(x))

    def ppf(self, q):
        return self.isf(1 - np.asarray(q))

    def isf(self, q):
        below = -(1 + self.rate) * q * np.exp(-1 - self.rate)
        return np.where(q == 1, 0, -1 - (1 + lambertw(below, -1).real) / self.rate)

    def mean(self):
        return (2 - self.share) / self.rate

    def var(self):
        return (2 - self.share**2) / self.rate**2

    def entropy(self):
        of_rate = 1 - np.log(self.rate * self.share)
        return of_rate - exp1(self.rate) * np.exp(self.rate) / (1 + self.rate)


class Mixture:
    """A mixture of frozen `scipy.stats` distributions with weights along the last axis."""

    def __init__(self, weights, components):
        self.weights = np.moveaxis(np.asarray(weights), -1, 0)
        self.components = components

    def _average(self, method, *args):
        terms = [getattr(part, method)(*args) for part in self.components]
        return sum(self._for(w, t) * t for w, t in zip(self.weights, terms, strict=True))

    def _for(self, weight, term):
        """The weight with the event axes of a term."""
        extra = np.ndim(term) - np.ndim(weight)
        return weight.reshape(weight.shape + (1,) * extra) if self._has_events() else weight

    def _has_events(self):
        return hasattr(self.components[0], "axes")

    def logpdf(self, x):
        terms = [
            np.log(w) + c.logpdf(x) for w, c in zip(self.weights, self.components, strict=True)
        ]
        return np.logaddexp.reduce(terms)

    def mean(self):
        return self._average("mean")

    def var(self):
        second = [
            self._for(w, c.mean()) * (c.var() + c.mean() ** 2)
            for w, c in zip(self.weights, self.components, strict=True)
        ]
        return sum(second) - self.mean() ** 2

    def cdf(self, x):
        return self._average("cdf", x)

    def sf(self, x):
        return self._average("sf", x)

    def ppf(self, q):
        low, high = (
            f([part.ppf(q) + 0 * self.mean() for part in self.components], axis=0)
            for f in (np.min, np.max)
        )
        for _ in range(200):
            middle = (low + high) / 2
            above = self.cdf(middle) >= q
            low, high = np.where(above, low, middle), np.where(above, middle, high)
        return high


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


class Batch:
    """References stacked along one batch axis, in front of the axes of an event."""

    def __init__(self, parts, event_ndim):
        self.parts = parts
        self.axis = -1 - event_ndim

    def logpdf(self, x):
        slices = np.moveaxis(x, self.axis, 0)
        return np.stack([p.logpdf(v) for p, v in zip(self.parts, slices, strict=True)], -1)

    def mean(self):
        return np.stack([part.mean() for part in self.parts])

    def var(self):
        return np.stack([part.var() for part in self.parts])

    def entropy(self):
        return np.stack([part.entropy() for part in self.parts])


class Without:
    """A reference, without the methods that follow another convention."""

    def __init__(self, reference, *names):
        self.reference = reference
        self.names = names

    def __getattr__(self, name):
        if name in self.names:
            raise AttributeError(name)
        return getattr(self.reference, name)


class WithEntropy:
    """A `scipy.stats` reference whose own entropy is too rough: here it is summed or integrated."""

    def __init__(self, reference):
        self.reference = reference

    def __getattr__(self, name):
        return getattr(self.reference, name)

    def entropy(self):
        d = self.reference
        if hasattr(d, "logpmf"):
            reach = 15 * d.std()
            x, weights = np.arange(max(0, int(d.mean() - reach)), int(d.mean() + reach)), 1
            log_p = d.logpmf(x)
        else:
            low, high = d.ppf(1e-17), d.isf(1e-17)
            nodes, weights = np.polynomial.legendre.leggauss(2000)
            nodes, weights = (v.reshape(-1, *(1,) * np.ndim(low)) for v in (nodes, weights))
            x, weights = low + (high - low) * (1 + nodes) / 2, (high - low) * weights / 2
            log_p = d.logpdf(x)
        return -np.sum(weights * np.exp(log_p) * log_p, 0)
