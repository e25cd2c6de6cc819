"""Distributions made of one univariate distribution."""

import numpy as np
from scipy import stats

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
        "OrderStatistic Uniform",
        lambda: jd.OrderStatistic(jd.Uniform(0.0, [1.0, 4.0]), total_count=7, rank=3),
        Without(stats.beta(3, 5, scale=[1.0, 4.0]), *MOMENTS),
        rtol=16.0,  # three logarithms add up
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
    (lambda: jd.Censored(jd.Normal(0.0, 1.0), np.nan), "low"),
    (lambda: jd.Censored(jd.Normal(0.0, 1.0), 1.0, 1.0), "high"),
    (lambda: jd.Quantized(jd.Normal(0.0, 1.0), np.nan), "low"),
    (lambda: jd.Quantized(jd.Normal(0.0, 1.0), 1.0, 0.0), "high"),
    (lambda: jd.Hurdle(jd.Poisson(1.0), 1.5), "gate"),
    (lambda: jd.Hurdle(jd.Poisson(1.0), gate_logits=np.nan), "gate_logits"),
]
