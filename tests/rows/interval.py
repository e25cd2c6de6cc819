"""Distributions on an interval."""

import numpy as np
from scipy import special, stats

import jaxdist as jd
from tests.references import WithEntropy, Without
from tests.rows.base import Row


class Kumaraswamy:
    """By its closed forms, in float64."""

    def __init__(self, a, b):
        self.a, self.b = np.asarray(a, float), np.asarray(b, float)

    def logpdf(self, x):
        powers = special.xlogy(self.a - 1, x) + special.xlog1py(self.b - 1, -(x**self.a))
        return np.log(self.a * self.b) + powers

    def logsf(self, x):
        with np.errstate(divide="ignore"):
            return self.b * np.log1p(-(x**self.a))

    def sf(self, x):
        return np.exp(self.logsf(x))

    def cdf(self, x):
        return -np.expm1(self.logsf(x))

    def logcdf(self, x):
        return np.log(self.cdf(x))

    def ppf(self, q):
        return (-np.expm1(np.log1p(-q) / self.b)) ** (1 / self.a)

    def _moment(self, n):
        return self.b * special.beta(1 + n / self.a, self.b)

    def mean(self):
        return self._moment(1)

    def var(self):
        return self._moment(2) - self._moment(1) ** 2

    def entropy(self):
        harmonic = special.digamma(self.b + 1) + np.euler_gamma
        return 1 - 1 / self.b + (1 - 1 / self.a) * harmonic - np.log(self.a * self.b)


class ContinuousBernoulli:
    """By its closed forms in float64, which cancel only for logits nearer to 0 than these rows'."""

    def __init__(self, logits):
        self.logits = np.asarray(logits, float)

    def _log_normalizer(self):
        size = np.abs(self.logits)
        return np.maximum(self.logits, 0) + np.log(-np.expm1(-size) / size)

    def logpdf(self, x):
        return self.logits * x - self._log_normalizer()

    def logcdf(self, x):
        lx = self.logits * x
        return np.log(-np.expm1(-np.abs(lx)) / -np.expm1(-np.abs(self.logits))) + np.where(
            self.logits > 0, lx - self.logits, 0
        )

    def cdf(self, x):
        return np.exp(self.logcdf(x))

    def logsf(self, x):
        return ContinuousBernoulli(-self.logits).logcdf(1 - x)

    def sf(self, x):
        return np.exp(self.logsf(x))

    def ppf(self, q):
        size = np.abs(self.logits)
        q = np.where(self.logits > 0, 1 - q, q)
        x = -np.log1p(q * np.expm1(-size)) / size
        return np.where(self.logits > 0, 1 - x, x)

    def mean(self):
        return 1 / (1 - np.exp(-self.logits)) - 1 / self.logits

    def var(self):
        return self.logits**-2 - 1 / (4 * np.sinh(self.logits / 2) ** 2)

    def entropy(self):
        return self._log_normalizer() - self.logits * self.mean()


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


def logit_normal(loc, scale):
    slope = lambda y: special.log_expit(y) + special.log_expit(-y)
    return Squashed(stats.norm(loc, scale), special.expit, special.logit, slope)


def truncated_normal(loc, scale, low, high):
    low, high = (np.asarray(end) - loc for end in (low, high))
    return WithEntropy(stats.truncnorm(low / scale, high / scale, loc, scale))


LOW = np.array([-1.5, 0.0, 30.0])
WIDTH = np.array([0.2, 1.0, 7.0])
PEAK = np.array([0.25, 1.0, 0.5])

A, B = np.array([0.5, 2.0, 3.0]), np.array([0.5, 5.0, 1.0])
LOGITS = np.array([-3.0, 0.01, 5.0])

TANH_LOC, TANH_SCALE = np.array([-1.0, 0.0, 0.5]), np.array([0.2, 1.0, 1.5])
TEMPERATURE, RELAXED_LOGITS = np.array([0.7, 1.0, 3.0]), np.array([-2.0, 0.0, 1.0])
PROBS = special.expit(RELAXED_LOGITS)

NORMAL_LOC, NORMAL_SCALE = np.array([0.0, 1.0, -2.0]), np.array([1.0, 0.5, 2.0])
NORMAL_LOW, NORMAL_HIGH = np.array([-1.0, -np.inf, 0.0]), np.array([2.0, 1.5, np.inf])

NONCENTRAL = np.array([0.75, 1.0, 9.5]), np.array([2.5, 28.0, 4.0]), np.array([1.5, 0.25, 40.0])


class NoncentralBeta:
    """From the noncentral F distribution, of which it is a function; moments by Poisson sums."""

    def __init__(self, a, b, noncentrality):
        count = np.arange(200.0)[:, None]
        self.weights = stats.poisson(noncentrality / 2).pmf(count)
        self.parts = stats.beta(a + count, b)
        self.ratio = b / a
        self.f = stats.ncf(2 * a, 2 * b, noncentrality)

    def logpdf(self, x):
        return self.f.logpdf(self.ratio * x / (1 - x)) + np.log(self.ratio) - 2 * np.log1p(-x)

    def cdf(self, x):
        return self.f.cdf(self.ratio * x / (1 - x))

    def ppf(self, q):
        odds = self.f.ppf(q) / self.ratio
        return odds / (1 + odds)

    def mean(self):
        return np.sum(self.weights * self.parts.mean(), 0)

    def var(self):
        squares = self.parts.var() + self.parts.mean() ** 2
        return np.sum(self.weights * squares, 0) - self.mean() ** 2


ROWS = [
    Row("Uniform", lambda: jd.Uniform(-1.0, 3.0), stats.uniform(-1.0, 4.0)),
    Row("Uniform batch", lambda: jd.Uniform(LOW, LOW + WIDTH), stats.uniform(LOW, WIDTH)),
    Row("Beta batch", lambda: jd.Beta(A, B), stats.beta(A, B)),
    Row("Beta", lambda: jd.Beta(2.5, 0.75), stats.beta(2.5, 0.75)),
    Row("Beta large", lambda: jd.Beta(3e4, [2.0, 1e5]), stats.beta(3e4, [2.0, 1e5]), 8.0),
    Row("Kumaraswamy batch", lambda: jd.Kumaraswamy(A, B), Kumaraswamy(A, B)),
    Row("Kumaraswamy", lambda: jd.Kumaraswamy(1.0, 1.0), Kumaraswamy(1.0, 1.0)),
    Row("Kumaraswamy large", lambda: jd.Kumaraswamy(50.0, 1e3), Kumaraswamy(50.0, 1e3)),
    Row(
        "ContinuousBernoulli logits",
        lambda: jd.ContinuousBernoulli(logits=LOGITS),
        ContinuousBernoulli(LOGITS),
    ),
    Row(
        "ContinuousBernoulli probs",
        lambda: jd.ContinuousBernoulli(0.2),
        ContinuousBernoulli(special.logit(0.2)),
    ),
    Row(
        "ContinuousBernoulli steep",
        lambda: jd.ContinuousBernoulli(logits=[-300.0, 90.0]),
        ContinuousBernoulli([-300.0, 90.0]),
    ),
    Row(
        "TanhNormal batch",
        lambda: jd.TanhNormal(TANH_LOC, TANH_SCALE),
        tanh_normal(TANH_LOC, TANH_SCALE),
    ),
    Row("TanhNormal", lambda: jd.TanhNormal(0.5, 0.7), tanh_normal(0.5, 0.7)),
    Row(
        "TanhNormal log_scale",
        lambda: jd.TanhNormal(TANH_LOC, log_scale=np.log(TANH_SCALE)),
        tanh_normal(TANH_LOC, TANH_SCALE),
    ),
    Row(
        "RelaxedBernoulli logits",
        lambda: jd.RelaxedBernoulli(TEMPERATURE, logits=RELAXED_LOGITS),
        relaxed_bernoulli(TEMPERATURE, RELAXED_LOGITS),
    ),
    Row(
        "RelaxedBernoulli probs",
        lambda: jd.RelaxedBernoulli(1.5, PROBS),
        relaxed_bernoulli(1.5, RELAXED_LOGITS),
    ),
    Row(
        "TruncatedNormal batch",
        lambda: jd.TruncatedNormal(NORMAL_LOC, NORMAL_SCALE, NORMAL_LOW, NORMAL_HIGH),
        truncated_normal(NORMAL_LOC, NORMAL_SCALE, NORMAL_LOW, NORMAL_HIGH),
    ),
    Row(
        "TruncatedNormal",
        lambda: jd.TruncatedNormal(0.5, 2.0, -1.0, 1.0),
        truncated_normal(0.5, 2.0, -1.0, 1.0),
    ),
    Row(
        "TruncatedNormal in the tails",
        lambda: jd.TruncatedNormal(0.0, 1.0, [8.0, -30.0], [9.0, -20.0]),
        truncated_normal(0.0, 1.0, [8.0, -30.0], [9.0, -20.0]),
    ),
    Row(
        "TruncatedNormal everywhere",
        lambda: jd.TruncatedNormal(0.5, 2.0, -np.inf, np.inf),
        stats.norm(0.5, 2.0),
    ),
    Row(
        "Arcsine",
        lambda: jd.Arcsine([0.0, -1.5], [1.0, 4.5]),
        stats.arcsine([0.0, -1.5], [1.0, 6.0]),
        representative=False,
    ),
    Row(
        "Cosine",
        lambda: jd.Cosine([-1.5, -3.5, 2.75], [1.5, 0.5, 3.25]),
        stats.cosine([0.0, -1.5, 3.0], np.array([1.5, 2.0, 0.25]) / np.pi),
        rtol=16.0,  # SciPy's tails cancel
        representative=False,
    ),
    Row(
        "Triangular",
        lambda: jd.Triangular(LOW, LOW + WIDTH, LOW + PEAK * WIDTH),
        stats.triang(PEAK, LOW, WIDTH),
        representative=False,
    ),
    Row(
        "Bates",
        lambda: jd.Bates(5, LOW, LOW + WIDTH),
        Without(stats.irwinhall(5, LOW, WIDTH / 5), "entropy"),
        representative=False,
    ),
    Row(
        "Bates of one",
        lambda: jd.Bates(1, LOW, LOW + WIDTH),
        Without(stats.uniform(LOW, WIDTH), "entropy"),
        representative=False,
    ),
    Row(
        "PERT",
        lambda: jd.PERT(LOW, LOW + PEAK * WIDTH, LOW + WIDTH, [4.0, 0.5, 30.0]),
        stats.beta(
            1 + np.array([4.0, 0.5, 30.0]) * PEAK,
            1 + np.array([4.0, 0.5, 30.0]) * (1 - PEAK),
            LOW,
            WIDTH,
        ),
        representative=False,
    ),
    Row(
        "LogitNormal",
        lambda: jd.LogitNormal(TANH_LOC, TANH_SCALE),
        logit_normal(TANH_LOC, TANH_SCALE),
        representative=False,
    ),
    Row(
        "NoncentralBeta",
        lambda: jd.NoncentralBeta(*NONCENTRAL),
        Without(NoncentralBeta(*NONCENTRAL), "mean", "var"),
        rtol=64.0,  # SciPy's own
        representative=False,
    ),
    Row(
        "NoncentralBeta moments",
        lambda: jd.NoncentralBeta(*NONCENTRAL),
        NoncentralBeta(*NONCENTRAL),
        rtol=64.0,
        representative=False,
    ),
]

BAD = [
    (lambda: jd.Uniform(np.nan, 1.0), "low"),
    (lambda: jd.Uniform(1.0, 1.0), "high"),
    (lambda: jd.Beta(0.0, 1.0), "concentration1"),
    (lambda: jd.Beta(1.0, -1.0), "concentration0"),
    (lambda: jd.Kumaraswamy(-1.0, 1.0), "concentration1"),
    (lambda: jd.Kumaraswamy(1.0, 0.0), "concentration0"),
    (lambda: jd.ContinuousBernoulli(1.5), "probs"),
    (lambda: jd.ContinuousBernoulli(logits=np.nan), "logits"),
    (lambda: jd.TanhNormal(np.nan, 1.0), "loc"),
    (lambda: jd.TanhNormal(0.0, 0.0), "scale"),
    (lambda: jd.TanhNormal(0.0, log_scale=np.nan), "log_scale"),
    (lambda: jd.RelaxedBernoulli(0.0, 0.5), "temperature"),
    (lambda: jd.RelaxedBernoulli(1.0, -0.5), "probs"),
    (lambda: jd.RelaxedBernoulli(1.0, logits=np.nan), "logits"),
    (lambda: jd.TruncatedNormal(np.nan, 1.0, 0.0, 1.0), "loc"),
    (lambda: jd.TruncatedNormal(0.0, 0.0, 0.0, 1.0), "scale"),
    (lambda: jd.TruncatedNormal(0.0, 1.0, np.nan, 1.0), "low"),
    (lambda: jd.TruncatedNormal(0.0, 1.0, 1.0, 1.0), "high"),
    (lambda: jd.Arcsine(np.nan, 1.0), "low"),
    (lambda: jd.Cosine(np.nan, 1.0), "low"),
    (lambda: jd.Cosine(1.0, 1.0), "high"),
    (lambda: jd.Arcsine(1.0, 1.0), "high"),
    (lambda: jd.Triangular(np.nan, 1.0, 0.5), "low"),
    (lambda: jd.Triangular(1.0, 1.0, 1.0), "high"),
    (lambda: jd.Triangular(0.0, 1.0, 1.5), "peak"),
    (lambda: jd.Bates(2, np.nan), "low"),
    (lambda: jd.Bates(2, 0.0, 0.0), "high"),
    (lambda: jd.PERT(np.nan, 0.5, 1.0), "low"),
    (lambda: jd.PERT(1.0, 1.0, 1.0), "high"),
    (lambda: jd.PERT(0.0, 1.5, 1.0), "peak"),
    (lambda: jd.PERT(0.0, 0.5, 1.0, 0.0), "temperature"),
    (lambda: jd.LogitNormal(np.nan, 1.0), "loc"),
    (lambda: jd.LogitNormal(0.0, 0.0), "scale"),
    (lambda: jd.NoncentralBeta(0.0, 1.0, 1.0), "concentration1"),
    (lambda: jd.NoncentralBeta(1.0, 0.0, 1.0), "concentration0"),
    (lambda: jd.NoncentralBeta(1.0, 1.0, -1.0), "noncentrality"),
]
