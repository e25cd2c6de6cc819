"""Distributions on the simplex."""

import numpy as np
from scipy import stats
from scipy.special import betaln, gammaln, logsumexp, poch, psi

import jaxdist as jd
from tests.rows.base import Row

CONCENTRATION = np.array([[0.5, 1.0, 2.5], [3.0, 40.0, 7.0]])
TAKEN = np.array([[0.5, 1.0, 2.5], [3.0, 40.0, 7.0]])
LEFT = np.array([[2.0, 0.75, 6.0], [1.0, 20.0, 0.5]])
LOC = np.array([[0.5, -1.0], [2.0, 0.25]])
SCALE = np.array([[1.0, 0.5], [0.25, 2.0]])
LOGITS = np.array([[0.5, -1.0, 2.0], [0.0, 0.25, -0.5]])
WITH_MASK = np.array([0.5, -np.inf, 1.0])


class Dirichlet:
    """Dirichlet distribution; values are normalized first."""

    def __init__(self, concentration):
        self.a = np.asarray(concentration, float)
        self.total = self.a.sum(-1)
        self.log_beta = gammaln(self.a).sum(-1) - gammaln(self.total)

    def logpdf(self, x):
        with np.errstate(divide="ignore"):
            log_x = np.log(x / x.sum(-1, keepdims=True))
        return np.where(self.a == 1, 0, (self.a - 1) * log_x).sum(-1) - self.log_beta

    def mean(self):
        return self.a / self.total[..., None]

    def var(self):
        mean = self.mean()
        return mean * (1 - mean) / (self.total[..., None] + 1)

    def entropy(self):
        k = self.a.shape[-1]
        mean_logs = ((self.a - 1) * psi(self.a)).sum(-1)
        return self.log_beta + (self.total - k) * psi(self.total) - mean_logs


class GeneralizedDirichlet:
    """Stick-breaking by beta variables."""

    def __init__(self, a, b):
        self.a, self.b = np.asarray(a, float), np.asarray(b, float)
        self.fractions = stats.beta(self.a, self.b)

    def logpdf(self, x):
        rest = np.cumsum(x[..., ::-1], -1)[..., ::-1]
        # By the logarithms: a fraction of nearly 1 has lost those of its complement.
        logs = (np.log(x[..., :-1] / rest[..., :-1]), np.log(rest[..., 1:] / rest[..., :-1]))
        log_p = (self.a - 1) * logs[0] + (self.b - 1) * logs[1] - betaln(self.a, self.b)
        return np.sum(log_p - np.log(rest[..., :-1]), -1)

    def power(self, n):
        ones = np.ones((*self.a.shape[:-1], 1))
        taken = np.concatenate([poch(self.a, n) / poch(self.a + self.b, n), ones], -1)
        left = np.concatenate([ones, poch(self.b, n) / poch(self.a + self.b, n)], -1)
        return taken * np.cumprod(left, -1)

    def mean(self):
        return self.power(1)

    def var(self):
        return self.power(2) - self.power(1) ** 2

    def entropy(self):
        after = np.arange(self.a.shape[-1] - 1, -1, -1)
        return np.sum(self.fractions.entropy() + after * (psi(self.b) - psi(self.a + self.b)), -1)


class LogisticNormal:
    """Normal vector mapped to the simplex by stick-breaking."""

    def __init__(self, loc, scale):
        self.normal = stats.norm(loc, scale)
        self.size = np.shape(loc)[-1]

    def logpdf(self, x):
        remaining = np.cumsum(x[..., ::-1], -1)[..., ::-1][..., 1:]
        offset = np.log(np.arange(self.size, 0, -1))
        z = np.log(x[..., :-1]) - np.log(remaining) + offset
        return self.normal.logpdf(z).sum(-1) - np.log(x).sum(-1)


class RelaxedOneHot:
    """Gumbel-softmax; masked categories are ignored."""

    def __init__(self, temperature, logits):
        self.t = np.asarray(temperature, float)
        self.allowed = np.isfinite(logits)
        self.logits = np.asarray(logits, float)

    def logpdf(self, x):
        log_x = np.log(np.where(self.allowed, x, 1))
        scores = self.logits - self.t[..., None] * log_x
        k = self.allowed.sum(-1)
        terms = np.where(self.allowed, scores - log_x, 0).sum(-1)
        total = logsumexp(scores, -1)
        return gammaln(k) + (k - 1) * np.log(self.t) + terms - k * total


ROWS = [
    Row("Dirichlet", lambda: jd.Dirichlet(CONCENTRATION), Dirichlet(CONCENTRATION)),
    Row("Dirichlet uniform", lambda: jd.Dirichlet(np.ones(4)), Dirichlet(np.ones(4))),
    Row("Dirichlet small", lambda: jd.Dirichlet([0.01, 0.02, 0.05]), Dirichlet([0.01, 0.02, 0.05])),
    Row("Dirichlet large", lambda: jd.Dirichlet([2e4, 6e4, 3.0]), Dirichlet([2e4, 6e4, 3.0]), 50),
    Row(
        "GeneralizedDirichlet",
        lambda: jd.GeneralizedDirichlet(TAKEN, LEFT),
        GeneralizedDirichlet(TAKEN, LEFT),
        representative=False,
    ),
    Row(
        "GeneralizedDirichlet small",
        lambda: jd.GeneralizedDirichlet([0.01, 0.02], 0.05),
        GeneralizedDirichlet([0.01, 0.02], [0.05, 0.05]),
        representative=False,
    ),
    Row("LogisticNormal", lambda: jd.LogisticNormal(LOC, SCALE), LogisticNormal(LOC, SCALE)),
    Row(
        "LogisticNormal broadcast",
        lambda: jd.LogisticNormal(np.zeros(3), 1.5),
        LogisticNormal(np.zeros(3), 1.5),
    ),
    Row(
        "RelaxedOneHotCategorical logits",
        lambda: jd.RelaxedOneHotCategorical([0.75, 2.0], logits=LOGITS),
        RelaxedOneHot([0.75, 2.0], LOGITS),
    ),
    Row(
        "RelaxedOneHotCategorical probs",
        lambda: jd.RelaxedOneHotCategorical(0.5, [1.0, 2.0, 5.0]),
        RelaxedOneHot(0.5, np.log([0.125, 0.25, 0.625])),
    ),
    Row(
        "RelaxedOneHotCategorical masked",
        lambda: jd.RelaxedOneHotCategorical(0.5, logits=WITH_MASK),
        RelaxedOneHot(0.5, WITH_MASK),
    ),
]

BAD = [
    (lambda: jd.Dirichlet([1.0, 0.0]), "concentration"),
    (lambda: jd.GeneralizedDirichlet([1.0, 0.0], 1.0), "concentration1"),
    (lambda: jd.GeneralizedDirichlet([1.0, 2.0], [1.0, -1.0]), "concentration0"),
    (lambda: jd.LogisticNormal([np.nan], [1.0]), "loc"),
    (lambda: jd.LogisticNormal([0.0, 0.0], [1.0, -1.0]), "scale"),
    (lambda: jd.RelaxedOneHotCategorical(0.0, logits=[0.0, 1.0]), "temperature"),
    (lambda: jd.RelaxedOneHotCategorical(1.0, [0.5, -0.5]), "probs"),
    (lambda: jd.RelaxedOneHotCategorical(1.0, logits=[-np.inf, -np.inf]), "logits"),
]
