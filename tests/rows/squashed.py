"""Distributions on an interval whose draws are squashed draws from the real line."""

import numpy as np
from scipy import special, stats

import jaxdist as jd
from tests.rows.base import Row


class Squashed:
    """`squash` of a draw from `base`, in float64; integrals by the trapezoidal rule."""

    def __init__(self, base, squash, unsquash, log_slope):
        self.base, self.squash, self.unsquash = base, squash, unsquash
        self.log_slope = log_slope

    def logpdf(self, x):
        y = self.unsquash(x)
        return self.base.logpdf(y) - self.log_slope(y)

    def cdf(self, x):
        return self.base.cdf(self.unsquash(x))

    def sf(self, x):
        return self.base.sf(self.unsquash(x))

    def logcdf(self, x):
        return self.base.logcdf(self.unsquash(x))

    def logsf(self, x):
        return self.base.logsf(self.unsquash(x))

    def ppf(self, q):
        return self.squash(self.base.ppf(q))

    def _expect(self, function):
        y = np.linspace(-100, 100, 20_001).reshape(-1, *[1] * np.ndim(self.base.mean()))
        return 0.01 * np.sum(self.base.pdf(y) * function(y), 0)

    def mean(self):
        return self._expect(self.squash)

    def var(self):
        mean = self.mean()
        return self._expect(lambda y: (self.squash(y) - mean) ** 2)

    def entropy(self):
        return self.base.entropy() + self._expect(self.log_slope)


def tanh_normal(loc, scale):
    base = stats.norm(loc, scale)
    return Squashed(base, np.tanh, np.arctanh, lambda y: 2 * (np.log(2) - np.logaddexp(y, -y)))


def relaxed_bernoulli(temperature, logits):
    base = stats.logistic(logits / temperature, 1 / temperature)
    slope = lambda y: special.log_expit(y) + special.log_expit(-y)
    return Squashed(base, special.expit, special.logit, slope)


LOC = np.array([-1.0, 0.0, 0.5])
SCALE = np.array([0.2, 1.0, 1.5])
LOGITS = np.array([-2.0, 0.0, 1.0])
TEMPERATURE = np.array([0.7, 1.0, 3.0])
PROBS = special.expit(LOGITS)

ROWS = [
    Row("TanhNormal batch", lambda: jd.TanhNormal(LOC, SCALE), tanh_normal(LOC, SCALE)),
    Row("TanhNormal", lambda: jd.TanhNormal(0.5, 0.7), tanh_normal(0.5, 0.7)),
    Row(
        "TanhNormal log_scale",
        lambda: jd.TanhNormal(LOC, log_scale=np.log(SCALE)),
        tanh_normal(LOC, SCALE),
    ),
    Row(
        "RelaxedBernoulli logits",
        lambda: jd.RelaxedBernoulli(TEMPERATURE, logits=LOGITS),
        relaxed_bernoulli(TEMPERATURE, LOGITS),
    ),
    Row(
        "RelaxedBernoulli probs",
        lambda: jd.RelaxedBernoulli(1.5, PROBS),
        relaxed_bernoulli(1.5, LOGITS),
    ),
    Row(
        "LogitRelaxedBernoulli logits",
        lambda: jd.LogitRelaxedBernoulli(TEMPERATURE, logits=LOGITS),
        stats.logistic(LOGITS / TEMPERATURE, 1 / TEMPERATURE),
    ),
    Row(
        "LogitRelaxedBernoulli probs",
        lambda: jd.LogitRelaxedBernoulli(0.1, 0.3),
        stats.logistic(special.logit(0.3) / 0.1, 1 / 0.1),
    ),
]

BAD = [
    (lambda: jd.TanhNormal(np.nan, 1.0), "loc"),
    (lambda: jd.TanhNormal(0.0, 0.0), "scale"),
    (lambda: jd.TanhNormal(0.0, log_scale=np.nan), "log_scale"),
    (lambda: jd.RelaxedBernoulli(0.0, 0.5), "temperature"),
    (lambda: jd.RelaxedBernoulli(1.0, -0.5), "probs"),
    (lambda: jd.RelaxedBernoulli(1.0, logits=np.nan), "logits"),
    (lambda: jd.LogitRelaxedBernoulli(-1.0, 0.5), "temperature"),
    (lambda: jd.LogitRelaxedBernoulli(1.0, 1.5), "probs"),
    (lambda: jd.LogitRelaxedBernoulli(1.0, logits=np.nan), "logits"),
]
