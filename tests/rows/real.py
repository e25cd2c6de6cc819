"""Distributions on the real line."""

import jax.numpy as jnp
import numpy as np
from scipy import special, stats

import jaxdist as jd
from tests.references import Delta, Empirical, Without
from tests.rows.base import Row

LOC = np.array([-1.5, 0.0, 30.0])
SCALE = np.array([0.2, 1.0, 7.0])
ALPHA = np.array([-3.0, 0.5, 20.0])
DF = np.array([3.0, 0.7, 20.0])
TEMPERATURE, LOGITS = np.array([0.7, 1.0, 3.0]), np.array([-2.0, 0.0, 1.0])
KAPPA, POWER = np.array([0.5, 1.0, 3.0]), np.array([0.8, 2.0, 5.0])
INDEX = np.array([0.2, 0.0, -0.4])

POINTS = np.array([[1.0, 2.0, 2.0, 5.0], [-3.0, 0.25, 0.5, -3.0]])
LOG_WEIGHTS = np.array([0.3, -np.inf, 1.0, 0.0])
VECTORS = np.array([[1.0, 2.0], [0.5, 2.0], [1.0, 2.0]])


class LambertWNormal:
    """By the pre-image, in float64."""

    def __init__(self, loc, scale, tailweight):
        self.loc, self.scale, self.tailweight = loc, scale, tailweight

    def _preimage(self, x):
        z = (x - self.loc) / self.scale
        return z * np.exp(-special.lambertw(self.tailweight * z**2).real / 2)

    def logpdf(self, x):
        u = self._preimage(x)
        v = self.tailweight * u**2
        return stats.norm.logpdf(u) - v / 2 - np.log1p(v) - np.log(self.scale)

    def cdf(self, x):
        return stats.norm.cdf(self._preimage(x))

    def sf(self, x):
        return stats.norm.sf(self._preimage(x))

    def ppf(self, q):
        u = stats.norm.ppf(q)
        return self.loc + self.scale * u * np.exp(self.tailweight * u**2 / 2)

    def mean(self):
        return self.loc

    def var(self):
        return self.scale**2 * (1 - 2 * self.tailweight) ** -1.5


class SinhArcsinh:
    """By the inverse of the map, in float64."""

    def __init__(self, loc, scale, skew, tailweight):
        self.loc, self.skew, self.tailweight = loc, skew, tailweight
        self.scale = scale * 2 / np.sinh(np.arcsinh(2) * tailweight)

    def _preimage(self, x):
        z = (x - self.loc) / self.scale
        return z, np.sinh(np.arcsinh(z) / self.tailweight - self.skew)

    def logpdf(self, x):
        z, y = self._preimage(x)
        slope = self.scale * self.tailweight * np.sqrt((1 + z**2) / (1 + y**2))
        return stats.norm.logpdf(y) - np.log(slope)

    def cdf(self, x):
        return stats.norm.cdf(self._preimage(x)[1])

    def sf(self, x):
        return stats.norm.sf(self._preimage(x)[1])

    def ppf(self, q):
        angle = (np.arcsinh(stats.norm.ppf(q)) + self.skew) * self.tailweight
        return self.loc + self.scale * np.sinh(angle)


class Horseshoe:
    """By the exponential integral, and by quadrature over the logarithm of a half-Cauchy draw."""

    def __init__(self, scale):
        self.scale = scale
        self.log_width = np.arange(-60, 60, 0.1)
        self.weight = 0.1 * 2 / np.pi / np.cosh(self.log_width) / 2

    def logpdf(self, x):
        y = (x / self.scale) ** 2 / 2
        far = np.maximum(y, 500)  # where the product overflows
        small = np.minimum(y, 500)
        log_e1 = np.log(special.exp1(small)) + small
        series = -np.log(far) + np.log1p(-1 / far + 2 / far**2 - 6 / far**3)
        return np.where(y < 500, log_e1, series) - np.log(2 * np.pi**3) / 2 - np.log(self.scale)

    def cdf(self, x):
        z = np.asarray(x / self.scale)[..., None] / np.exp(self.log_width)
        return np.sum(self.weight * stats.norm.cdf(z), -1)

    def sf(self, x):
        return self.cdf(-x)

    def ppf(self, q):
        low, high = -1e9 * self.scale + 0 * q, 1e9 * self.scale + 0 * q
        for _ in range(200):
            middle = (low + high) / 2
            below = self.cdf(middle) < q
            low, high = np.where(below, middle, low), np.where(below, high, middle)
        return (low + high) / 2


EMG_LOC, EMG_SCALE = np.array([0.0, 0.5, -3.0]), np.array([1.0, 0.25, 2.0])
EMG_RATE = np.array([1.0, 0.8, 3.0])
NONCENTRAL_DF, NONCENTRALITY = np.array([5.5, 19.0, 300.0]), np.array([-0.5, 2.25, 4.0])
TWO_PIECE_SKEW = np.array([1.5, 0.4, 1.0])
TWO_PIECE_POWER = np.array([1.5, 0.8, 4.0])
TWO_PIECE_DF = np.array([5.0, 3.5, 40.0])


class TwoPiece:
    """Two halves of a symmetric distribution of `scipy.stats` with the mode in common."""

    def __init__(self, loc, scale, skew, family=stats.norm, shape=()):
        self.loc, self.skew = loc, skew
        self.left = family(*shape, loc, scale / skew)
        self.right = family(*shape, loc, scale * skew)
        standard = family(*shape)
        size = (
            [2 * family(*v).expect(lambda x: x, lb=0) for v in zip(*shape, strict=True)]
            if shape
            else None
        )
        self.mean_size = np.sqrt(2 / np.pi) if size is None else np.array(size)
        self.square = standard.var()
        self.share = 1 / (1 + skew**2)
        self.difference = scale * (skew - 1 / skew)
        self.scale = scale

    def logpdf(self, x):
        left = np.log(2 * self.share) + self.left.logpdf(x)
        right = np.log(2 * (1 - self.share)) + self.right.logpdf(x)
        return np.where(x < self.loc, left, right)

    def cdf(self, x):
        left = 2 * self.share * self.left.cdf(x)
        return np.where(x < self.loc, left, 1 - 2 * (1 - self.share) * self.right.sf(x))

    def sf(self, x):
        right = 2 * (1 - self.share) * self.right.sf(x)
        return np.where(x < self.loc, 1 - 2 * self.share * self.left.cdf(x), right)

    def ppf(self, q):
        left = self.left.ppf(np.minimum(q / (2 * self.share), 0.5))
        right = self.right.isf(np.minimum((1 - q) / (2 * (1 - self.share)), 0.5))
        return np.where(q < self.share, left, right)

    def mean(self):
        return self.loc + self.mean_size * self.difference

    def var(self):
        rest = self.square - self.mean_size**2
        return self.square * self.scale**2 + rest * self.difference**2

    def entropy(self):
        return (
            np.log(self.scale * (self.skew + 1 / self.skew) / 2)
            + self.left.entropy()
            - np.log(self.scale / self.skew)
        )


ROWS = [
    Row("Normal batch", lambda: jd.Normal(LOC, SCALE), stats.norm(LOC, SCALE)),
    Row("Normal", lambda: jd.Normal(0.5, 2.0), stats.norm(0.5, 2.0)),
    Row(
        "Normal log_scale",
        lambda: jd.Normal(LOC, log_scale=np.log(SCALE)),
        stats.norm(LOC, SCALE),
    ),
    Row(
        "Normal broadcast",
        lambda: jd.Normal(jnp.zeros((2, 1)), SCALE),
        stats.norm(np.zeros((2, 1)), SCALE),
    ),
    Row("Delta", lambda: jd.Delta(LOC), Delta(LOC)),
    Row("Laplace batch", lambda: jd.Laplace(LOC, SCALE), stats.laplace(LOC, SCALE)),
    Row("Laplace", lambda: jd.Laplace(0.5, 2.0), stats.laplace(0.5, 2.0)),
    Row("Logistic batch", lambda: jd.Logistic(LOC, SCALE), stats.logistic(LOC, SCALE)),
    Row("Logistic", lambda: jd.Logistic(0.5, 2.0), stats.logistic(0.5, 2.0)),
    Row(
        "Cauchy batch",
        lambda: jd.Cauchy(LOC, SCALE),
        Without(stats.cauchy(LOC, SCALE), "var"),
    ),
    Row("Cauchy", lambda: jd.Cauchy(0.5, 2.0), Without(stats.cauchy(0.5, 2.0), "var")),
    Row(
        "StudentT batch",
        lambda: jd.StudentT(DF, LOC, SCALE),
        Without(stats.t(DF, LOC, SCALE), "mean"),  # infinite where it does not exist
    ),
    Row("StudentT", lambda: jd.StudentT(5.0), stats.t(5.0)),
    Row("StudentT nearly normal", lambda: jd.StudentT(1e4, 0.5, 2.0), stats.t(1e4, 0.5, 2.0)),
    Row(
        "SkewNormal batch",
        lambda: jd.SkewNormal(LOC, SCALE, ALPHA),
        stats.skewnorm(ALPHA, LOC, SCALE),
    ),
    Row("SkewNormal", lambda: jd.SkewNormal(0.5, 2.0, 0.0), stats.norm(0.5, 2.0)),
    Row("Gumbel batch", lambda: jd.Gumbel(LOC, SCALE), stats.gumbel_r(LOC, SCALE)),
    Row("Gumbel", lambda: jd.Gumbel(0.5, 2.0), stats.gumbel_r(0.5, 2.0)),
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
    Row(
        "Empirical batch", lambda: jd.Empirical(POINTS, LOG_WEIGHTS), Empirical(POINTS, LOG_WEIGHTS)
    ),
    Row("Empirical", lambda: jd.Empirical(POINTS[0]), Empirical(POINTS[0], np.zeros(4))),
    Row(
        "Empirical vectors",
        lambda: jd.Empirical(VECTORS, event_dim=1),
        Empirical(VECTORS, np.zeros(3), event_dim=1),
    ),
    Row(
        "AsymmetricLaplace",
        lambda: jd.AsymmetricLaplace(LOC, SCALE, KAPPA),
        stats.laplace_asymmetric(KAPPA, LOC, SCALE),
        representative=False,
    ),
    Row(
        "GeneralizedNormal",
        lambda: jd.GeneralizedNormal(LOC, SCALE, POWER),
        stats.gennorm(POWER, LOC, SCALE),
        representative=False,
    ),
    Row("Horseshoe", lambda: jd.Horseshoe(SCALE), Horseshoe(SCALE), representative=False),
    Row(
        "NormalInverseGaussian",
        lambda: jd.NormalInverseGaussian(LOC, SCALE, [10.0, 1.5, 0.5], [-4.0, 0.0, 0.25]),
        Without(
            stats.norminvgauss(
                SCALE * [10.0, 1.5, 0.5], SCALE * [-4.0, 0.0, 0.25], loc=LOC, scale=SCALE
            ),
            "entropy",
        ),
        representative=False,
    ),
    Row("Moyal", lambda: jd.Moyal(LOC, SCALE), stats.moyal(LOC, SCALE), representative=False),
    Row(
        "JohnsonSU",
        lambda: jd.JohnsonSU([-1.0, 0.0, 2.0], [1.5, 1.0, 3.0], LOC, SCALE),
        Without(stats.johnsonsu([-1.0, 0.0, 2.0], [1.5, 1.0, 3.0], LOC, SCALE), "entropy"),
        representative=False,
    ),
    Row(
        "GeneralizedExtremeValue",
        lambda: jd.GeneralizedExtremeValue(LOC, SCALE, INDEX),
        stats.genextreme(-INDEX, LOC, SCALE),
        representative=False,
    ),
    Row(
        "GeneralizedExtremeValue nearly Gumbel",
        lambda: jd.GeneralizedExtremeValue(0.0, 2.0, [0.0, 1e-6, -1e-6]),
        stats.gumbel_r(0.0, 2.0),
        rtol=400.0,  # of ten standard deviations, by the concentration that differs
    ),
    Row(
        "LambertWNormal",
        lambda: jd.LambertWNormal(LOC, SCALE, [0.01, 0.1, 0.4]),
        LambertWNormal(LOC, SCALE, np.array([0.01, 0.1, 0.4])),
        representative=False,
    ),
    Row(
        "SinhArcsinh",
        lambda: jd.SinhArcsinh(LOC, SCALE, [-0.5, 0.0, 1.0], [0.7, 1.0, 1.5]),
        SinhArcsinh(LOC, SCALE, np.array([-0.5, 0.0, 1.0]), np.array([0.7, 1.0, 1.5])),
        representative=False,
    ),
    Row(
        "ExponentiallyModifiedGaussian",
        lambda: jd.ExponentiallyModifiedGaussian(EMG_LOC, EMG_SCALE, EMG_RATE),
        Without(stats.exponnorm(1 / (EMG_RATE * EMG_SCALE), EMG_LOC, EMG_SCALE), "entropy"),
        rtol=16.0,  # SciPy's own cdf cancels
        representative=False,
    ),
    Row(
        "SoftLaplace",
        lambda: jd.SoftLaplace(EMG_LOC, EMG_SCALE),
        Without(stats.hypsecant(EMG_LOC, EMG_SCALE), "sf", "logsf", "logcdf"),
        representative=False,
    ),
    Row(
        "TwoPieceNormal",
        lambda: jd.TwoPieceNormal(EMG_LOC, EMG_SCALE, TWO_PIECE_SKEW),
        TwoPiece(EMG_LOC, EMG_SCALE, TWO_PIECE_SKEW),
        representative=False,
    ),
    Row(
        "TwoPieceStudentT",
        lambda: jd.TwoPieceStudentT(TWO_PIECE_DF, EMG_LOC, EMG_SCALE, TWO_PIECE_SKEW),
        TwoPiece(EMG_LOC, EMG_SCALE, TWO_PIECE_SKEW, stats.t, (TWO_PIECE_DF,)),
        representative=False,
    ),
    Row(
        "SkewedExponentialPower",
        lambda: jd.SkewedExponentialPower(EMG_LOC, EMG_SCALE, TWO_PIECE_POWER, TWO_PIECE_SKEW),
        TwoPiece(EMG_LOC, EMG_SCALE, TWO_PIECE_SKEW, stats.gennorm, (TWO_PIECE_POWER,)),
        representative=False,
    ),
    Row(
        "NoncentralT",
        lambda: jd.NoncentralT(NONCENTRAL_DF, NONCENTRALITY),
        Without(stats.nct(NONCENTRAL_DF, NONCENTRALITY), "entropy", "sf", "logsf", "logcdf"),
        rtol=64.0,  # SciPy's own
        representative=False,
    ),
]

BAD = [
    (lambda: jd.Normal(np.nan, 1.0), "loc"),
    (lambda: jd.Normal(0.0, -1.0), "scale"),
    (lambda: jd.Normal(0.0, log_scale=np.nan), "log_scale"),
    (lambda: jd.Delta(np.nan), "loc"),
    (lambda: jd.Laplace(np.nan, 1.0), "loc"),
    (lambda: jd.Laplace(0.0, 0.0), "scale"),
    (lambda: jd.Logistic(np.nan, 1.0), "loc"),
    (lambda: jd.Logistic(0.0, -1.0), "scale"),
    (lambda: jd.Cauchy(np.nan, 1.0), "loc"),
    (lambda: jd.Cauchy(0.0, -1.0), "scale"),
    (lambda: jd.StudentT(0.0), "df"),
    (lambda: jd.StudentT(1.0, np.nan), "loc"),
    (lambda: jd.StudentT(1.0, 0.0, [1.0, -2.0]), "scale"),
    (lambda: jd.SkewNormal(np.nan, 1.0, 0.0), "loc"),
    (lambda: jd.SkewNormal(0.0, 0.0, 0.0), "scale"),
    (lambda: jd.SkewNormal(0.0, 1.0, np.nan), "alpha"),
    (lambda: jd.Gumbel(np.nan, 1.0), "loc"),
    (lambda: jd.Gumbel(0.0, -1.0), "scale"),
    (lambda: jd.LogitRelaxedBernoulli(-1.0, 0.5), "temperature"),
    (lambda: jd.LogitRelaxedBernoulli(1.0, 1.5), "probs"),
    (lambda: jd.LogitRelaxedBernoulli(1.0, logits=np.nan), "logits"),
    (lambda: jd.Empirical([1.0, np.nan]), "values"),
    (lambda: jd.Empirical([1.0, 2.0], [np.nan, 0.0]), "log_weights"),
    (lambda: jd.AsymmetricLaplace(np.nan, 1.0, 1.0), "loc"),
    (lambda: jd.AsymmetricLaplace(0.0, 0.0, 1.0), "scale"),
    (lambda: jd.AsymmetricLaplace(0.0, 1.0, 0.0), "asymmetry"),
    (lambda: jd.GeneralizedNormal(np.nan, 1.0, 1.0), "loc"),
    (lambda: jd.GeneralizedNormal(0.0, 0.0, 1.0), "scale"),
    (lambda: jd.GeneralizedNormal(0.0, 1.0, 0.0), "power"),
    (lambda: jd.Horseshoe(0.0), "scale"),
    (lambda: jd.NormalInverseGaussian(np.nan, 1.0, 1.0, 0.0), "loc"),
    (lambda: jd.NormalInverseGaussian(0.0, 0.0, 1.0, 0.0), "scale"),
    (lambda: jd.NormalInverseGaussian(0.0, 1.0, 0.0, 0.0), "tailweight"),
    (lambda: jd.NormalInverseGaussian(0.0, 1.0, 1.0, 2.0), "skew"),
    (lambda: jd.Moyal(np.nan, 1.0), "loc"),
    (lambda: jd.Moyal(0.0, 0.0), "scale"),
    (lambda: jd.JohnsonSU(np.nan, 1.0), "skew"),
    (lambda: jd.JohnsonSU(0.0, 0.0), "tailweight"),
    (lambda: jd.JohnsonSU(0.0, 1.0, np.nan), "loc"),
    (lambda: jd.JohnsonSU(0.0, 1.0, 0.0, 0.0), "scale"),
    (lambda: jd.GeneralizedExtremeValue(np.nan, 1.0, 1.0), "loc"),
    (lambda: jd.GeneralizedExtremeValue(0.0, 0.0, 1.0), "scale"),
    (lambda: jd.GeneralizedExtremeValue(0.0, 1.0, np.nan), "concentration"),
    (lambda: jd.LambertWNormal(np.nan, 1.0, 0.1), "loc"),
    (lambda: jd.LambertWNormal(0.0, 0.0, 0.1), "scale"),
    (lambda: jd.LambertWNormal(0.0, 1.0, -0.1), "tailweight"),
    (lambda: jd.SinhArcsinh(np.nan, 1.0), "loc"),
    (lambda: jd.SinhArcsinh(0.0, 0.0), "scale"),
    (lambda: jd.SinhArcsinh(0.0, 1.0, np.nan), "skew"),
    (lambda: jd.SinhArcsinh(0.0, 1.0, 0.0, 0.0), "tailweight"),
    (lambda: jd.ExponentiallyModifiedGaussian(np.nan, 1.0, 1.0), "loc"),
    (lambda: jd.ExponentiallyModifiedGaussian(0.0, 0.0, 1.0), "scale"),
    (lambda: jd.ExponentiallyModifiedGaussian(0.0, 1.0, 0.0), "rate"),
    (lambda: jd.SoftLaplace(np.nan, 1.0), "loc"),
    (lambda: jd.SoftLaplace(0.0, 0.0), "scale"),
    (lambda: jd.TwoPieceNormal(np.nan, 1.0, 1.0), "loc"),
    (lambda: jd.TwoPieceNormal(0.0, 0.0, 1.0), "scale"),
    (lambda: jd.TwoPieceNormal(0.0, 1.0, 0.0), "skew"),
    (lambda: jd.SkewedExponentialPower(np.nan, 1.0, 2.0, 1.0), "loc"),
    (lambda: jd.SkewedExponentialPower(0.0, 0.0, 2.0, 1.0), "scale"),
    (lambda: jd.SkewedExponentialPower(0.0, 1.0, 0.0, 1.0), "power"),
    (lambda: jd.SkewedExponentialPower(0.0, 1.0, 2.0, 0.0), "skew"),
    (lambda: jd.TwoPieceStudentT(0.0, 0.0, 1.0, 1.0), "df"),
    (lambda: jd.TwoPieceStudentT(3.0, np.nan, 1.0, 1.0), "loc"),
    (lambda: jd.TwoPieceStudentT(3.0, 0.0, 0.0, 1.0), "scale"),
    (lambda: jd.TwoPieceStudentT(3.0, 0.0, 1.0, 0.0), "skew"),
    (lambda: jd.NoncentralT(0.0, 1.0), "df"),
    (lambda: jd.NoncentralT(1.0, np.nan), "noncentrality"),
]
