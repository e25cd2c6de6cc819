"""Distributions made of one univariate distribution."""

import numpy as np
from scipy import stats
from scipy.special import gammaln

import jaxdist as jd
from tests.references import Counts, Independent, Without
from tests.rows import interval
from tests.rows.base import Row

COUNTS = np.arange(200)
PROBS = np.array([0.6, 0.2])
GATE = np.array([0.2, 0.7])
LOC, SCALE = np.array([0.0, 1.0, -2.0]), np.array([1.0, 0.5, 2.0])


class Censored:
    """Values of `base` beyond two bounds are replaced by these."""

    def __init__(self, base, low, high):
        self.base, self.low, self.high = base, low, high

    def logpdf(self, x):
        inside = np.where(x >= self.high, self.base.logsf(self.high), self.base.logpdf(x))
        return np.where(x <= self.low, self.base.logcdf(self.low), inside)

    def cdf(self, x):
        return np.where(x >= self.high, 1.0, self.base.cdf(x))

    def sf(self, x):
        return np.where(x >= self.high, 0.0, self.base.sf(x))

    def ppf(self, q):
        return np.clip(self.base.ppf(q), self.low, self.high)


class Gated:
    """Values of `base`, which has a density, but 0 with the probability `gate`."""

    def __init__(self, base, gate):
        self.base, self.gate, self.weight = base, gate, 1 - gate

    def logpdf(self, x):
        passed = np.log(self.weight) + self.base.logpdf(np.where(x == 0, 1.0, x))
        return np.where(x == 0, np.log(self.gate), passed)

    def cdf(self, x):
        return self.weight * self.base.cdf(x) + np.where(x >= 0, self.gate, 0)

    def sf(self, x):
        return self.weight * self.base.sf(x) + np.where(x < 0, self.gate, 0)

    def ppf(self, q):
        below, above = (np.clip(p / self.weight, 0, 1) for p in (q, q - self.gate))
        return np.minimum(self.base.ppf(below), 0) + np.maximum(self.base.ppf(above), 0)

    def mean(self):
        return self.weight * self.base.mean()

    def var(self):
        return self.weight * (self.base.var() + self.gate * self.base.mean() ** 2)

    def entropy(self):
        passed = self.weight * (self.base.entropy() - np.log(self.weight))
        return passed - self.gate * np.log(self.gate)


class JointOrderStatistics:
    """Draws of several ranks among n, whose shares of the probability are Dirichlet distributed."""

    def __init__(self, base, n, ranks):
        self.base, self.n, self.ranks = base, n, np.array(ranks)
        self.shares = stats.dirichlet(np.diff([0, *ranks, n + 1]))

    def logpdf(self, x):
        """Differences of the lower tail in the lower half, and of the upper one elsewhere."""
        y = np.moveaxis(x, -1, 0)
        lower, upper = self.base.cdf(y), self.base.sf(y)
        between = np.where(lower[1:] < 0.5, np.diff(lower, axis=0), -np.diff(upper, axis=0))
        shares = np.concatenate([lower[:1], between, upper[-1:]])
        counts = self.shares.alpha.reshape(-1, *[1] * (y.ndim - 1))
        powers = np.where(counts > 1, (counts - 1) * np.log(shares), 0) - gammaln(counts)
        return gammaln(self.n + 1) + powers.sum(0) + self.base.logpdf(y).sum(0)


class JointOfUniforms(JointOrderStatistics):
    """Those of a uniform distribution have closed forms."""

    def __init__(self, high, n, ranks):
        super().__init__(stats.uniform(0, high), n, ranks)
        self.high = np.array(high)

    def mean(self):
        return self.high[:, None] * self.ranks / (self.n + 1)

    def var(self):
        share = self.ranks / (self.n + 1)
        return self.high[:, None] ** 2 * share * (1 - share) / (self.n + 2)

    def entropy(self):
        return self.shares.entropy() + len(self.ranks) * np.log(self.high)


def truncated_normal(loc, scale, low, high):
    reference = interval.truncated_normal(loc, scale, low, high)
    return Without(reference, "mean", "var", "entropy")


def geometric(keep):
    """A geometric distribution of those counts that satisfy a condition."""
    return np.where(keep, stats.geom.pmf(COUNTS, PROBS[:, None], -1), 0)


def hurdle(positive, gate):
    positive *= ((1 - gate) / positive.sum(-1))[..., None]
    return Without(Counts(np.where(COUNTS == 0, gate[..., None], positive)), "entropy")


def quantized(base, low, high):
    """The probabilities of the integers, of those beyond the upper quartile by the upper tail."""
    ends = np.concatenate([[-np.inf], np.arange(low, high), [np.inf]])
    by_lower, by_upper = np.diff(base.cdf(ends)), -np.diff(base.sf(ends))
    weights = np.where(ends[1:] < base.mean(), by_lower, by_upper)
    return Without(Counts(np.concatenate([np.zeros(low), weights])), "mean", "var", "entropy")


MOMENTS = ("mean", "var", "entropy")

# Of which the last interval is far out in the tail.
LOW, HIGH = np.array([-1.0, -np.inf, 0.0, 20.0]), np.array([2.0, 1.5, np.inf, 21.0])
BASE_LOC, BASE_SCALE = np.array([0.0, 1.0, -2.0, 0.0]), np.array([1.0, 0.5, 2.0, 1.0])

ROWS = [
    Row(
        "Truncated Normal",
        lambda: jd.Truncated(jd.Normal(BASE_LOC, BASE_SCALE), LOW, HIGH),
        truncated_normal(BASE_LOC, BASE_SCALE, LOW, HIGH),
        representative=False,
    ),
    Row(
        "Truncated Normal narrow",
        lambda: jd.Truncated(jd.Normal(0.0, 1.0), [0.0, -30.0], [1e-3, -29.0]),
        truncated_normal(0.0, 1.0, [0.0, -30.0], [1e-3, -29.0]),
    ),
    Row(
        "Truncated Geometric",
        lambda: jd.Truncated(jd.Geometric(PROBS), [1.0, 3.0], [np.inf, 6.0]),
        Without(
            Counts(geometric((COUNTS >= [[1], [3]]) & (COUNTS <= [[200], [6]]))),
            "mean",
            "var",
            "entropy",
        ),
    ),
    Row(
        "Censored Normal",
        lambda: jd.Censored(jd.Normal(LOC, SCALE), [-1.0, -np.inf, 0.0], [1.5, 1.0, np.inf]),
        Censored(
            stats.norm(LOC, SCALE), np.array([-1.0, -np.inf, 0.0]), np.array([1.5, 1.0, np.inf])
        ),
        representative=False,
    ),
    Row(
        "Quantized Logistic",
        lambda: jd.Quantized(jd.Logistic(4.0, 1.5), 0.0, 12.0),
        quantized(stats.logistic(4.0, 1.5), 0, 12),
        representative=False,
    ),
    Row(
        "Folded Normal",
        lambda: jd.Folded(jd.Normal(LOC, SCALE)),
        Without(stats.foldnorm(np.abs(LOC) / SCALE, scale=SCALE), *MOMENTS),
        representative=False,
    ),
    Row(
        "Hurdle Geometric",
        lambda: jd.Hurdle(jd.Geometric(PROBS), GATE),
        hurdle(geometric(COUNTS > 0), GATE),
        representative=False,
    ),
    Row(
        "Hurdle Gamma",
        lambda: jd.Hurdle(jd.Gamma([0.5, 4.0], [2.0, 0.25]), GATE),
        Gated(stats.gamma([0.5, 4.0], scale=[0.5, 4.0]), GATE),
    ),
    Row(
        "Hurdle Normal",
        lambda: jd.Hurdle(jd.Normal(LOC[:2], SCALE[:2]), gate_logits=np.log(GATE / (1 - GATE))),
        Without(
            Gated(stats.truncnorm(-LOC[:2] / SCALE[:2], np.inf, LOC[:2], SCALE[:2]), GATE),
            "entropy",
        ),
        rtol=8.0,  # of the logarithms of tails, which add up
        representative=False,
    ),
    Row(
        "ZeroInflated Normal",
        lambda: jd.ZeroInflated(jd.Normal(LOC[1:], SCALE[1:]), GATE),
        Gated(stats.norm(LOC[1:], SCALE[1:]), GATE),
    ),
    Row(
        "OrderStatistic Uniform",
        lambda: jd.OrderStatistic(jd.Uniform(0.0, [1.0, 4.0]), total_count=7, rank=3),
        Without(stats.beta(3, 5, scale=[1.0, 4.0]), *MOMENTS),
        rtol=16.0,  # three logarithms add up
        representative=False,
    ),
    Row(
        "JointOrderStatistics Uniform",
        lambda: jd.JointOrderStatistics(jd.Uniform(0.0, [1.0, 4.0]), 7, ranks=(2, 3, 6)),
        JointOfUniforms([1.0, 4.0], 7, (2, 3, 6)),
        rtol=16.0,  # of the logarithms of differences, which add up
        representative=False,
    ),
    Row(
        "JointOrderStatistics Gamma",
        lambda: jd.JointOrderStatistics(jd.Gamma([0.5, 4.0], [2.0, 0.25]), 3),
        JointOrderStatistics(stats.gamma([0.5, 4.0], scale=[0.5, 4.0]), 3, (1, 2, 3)),
        representative=False,
    ),
    Row(
        "JointOrderStatistics Normal many",
        lambda: jd.JointOrderStatistics(jd.Normal(LOC, SCALE), 99, ranks=(1, 50, 80)),
        JointOrderStatistics(stats.norm(LOC, SCALE), 99, (1, 50, 80)),
        rtol=64.0,  # of the logarithms of shares, times as many draws
        representative=False,
    ),
    Row(
        "Maximum Exponential",
        lambda: jd.Maximum(jd.Exponential([1.0, 0.25]), 6),
        Without(stats.exponweib(6, 1, scale=[1.0, 4.0]), *MOMENTS, "sf", "logsf"),
        representative=False,
    ),
    Row(
        "Minimum Weibull",
        lambda: jd.Minimum(jd.Weibull([1.0, 3.0], 2.0), 9),
        Without(stats.weibull_min(2.0, scale=[1 / 3, 1.0]), *MOMENTS),
        representative=False,
    ),
    Row(
        "Sample Normal",
        lambda: jd.Sample(jd.Normal(LOC, SCALE), (2, 4)),
        Independent(
            stats.norm(np.tile(LOC[:, None, None], (2, 4)), np.tile(SCALE[:, None, None], (2, 4))),
            2,
        ),
        representative=False,
    ),
]

BAD = [
    (lambda: jd.Truncated(jd.Normal(0.0, 1.0), np.nan), "low"),
    (lambda: jd.Truncated(jd.Normal(0.0, 1.0), 1.0, 1.0), "high"),
    (lambda: jd.Truncated(jd.Poisson(4.0), 0.2, 0.7), "high"),
    (lambda: jd.Censored(jd.Normal(0.0, 1.0), np.nan), "low"),
    (lambda: jd.Censored(jd.Normal(0.0, 1.0), 1.0, 1.0), "high"),
    (lambda: jd.Quantized(jd.Normal(0.0, 1.0), np.nan), "low"),
    (lambda: jd.Quantized(jd.Normal(0.0, 1.0), 1.0, 0.0), "high"),
    (lambda: jd.Hurdle(jd.Poisson(1.0), 1.5), "gate"),
    (lambda: jd.Hurdle(jd.Poisson(1.0), gate_logits=np.nan), "gate_logits"),
]
