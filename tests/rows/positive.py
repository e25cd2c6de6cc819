"""Distributions on the positive numbers."""

import numpy as np
from scipy import stats

import jaxdist as jd
from tests.references import Lindley, Without
from tests.rows.base import Row

RATE = np.array([0.5, 1.0, 30.0])
SCALE = np.array([0.2, 1.0, 7.0])
SHAPE = np.array([0.6, 1.0, 4.0])
LOC = np.array([-1.5, 0.0, 3.0])
EXTREME = np.array([0.2, 2e3, 1e5])
INDEX = np.array([0.2, 0.0, -0.5])
ORDER = np.array([-2.5, 0.0, 4.0])
NONCENTRAL_DF, NONCENTRALITY = np.array([0.8, 2.0, 9.5]), np.array([1.5, 0.3, 40.0])


class HalfStudentT:
    """The size of a draw from `scipy.stats.t`."""

    def __init__(self, df, scale):
        self.base = stats.t(df, 0, scale)

    def logpdf(self, x):
        return self.base.logpdf(x) + np.log(2)

    def cdf(self, x):
        return 1 - 2 * self.base.sf(x)

    def sf(self, x):
        return 2 * self.base.sf(x)

    def ppf(self, q):
        return self.base.ppf((1 + q) / 2)

    def entropy(self):
        return self.base.entropy() - np.log(2)


ROWS = [
    Row("Exponential batch", lambda: jd.Exponential(RATE), stats.expon(scale=1 / RATE)),
    Row("Exponential", lambda: jd.Exponential(1e-6), stats.expon(scale=1e6)),
    Row("Gamma batch", lambda: jd.Gamma(SHAPE, RATE), stats.gamma(SHAPE, scale=1 / RATE)),
    Row("Gamma", lambda: jd.Gamma(2.5, 3.0), stats.gamma(2.5, scale=1 / 3)),
    Row("Gamma extreme", lambda: jd.Gamma(EXTREME, 1.0), stats.gamma(EXTREME)),
    Row("Chi2 batch", lambda: jd.Chi2(2 * SHAPE), stats.chi2(2 * SHAPE)),
    Row("Chi2", lambda: jd.Chi2(30.0), stats.chi2(30.0)),
    Row(
        "InverseGamma batch",
        lambda: jd.InverseGamma(SHAPE, RATE),
        stats.invgamma(SHAPE, scale=RATE),
    ),
    Row("InverseGamma", lambda: jd.InverseGamma(3.5, 2.0), stats.invgamma(3.5, scale=2.0)),
    Row("InverseGamma sharp", lambda: jd.InverseGamma(1e4, 2.0), stats.invgamma(1e4, scale=2.0)),
    Row(
        "LogNormal batch",
        lambda: jd.LogNormal(LOC, SHAPE / 4),
        stats.lognorm(SHAPE / 4, scale=np.exp(LOC)),
    ),
    Row("LogNormal", lambda: jd.LogNormal(0.5, 2.0), stats.lognorm(2.0, scale=np.exp(0.5))),
    Row("HalfNormal batch", lambda: jd.HalfNormal(SCALE), stats.halfnorm(scale=SCALE)),
    Row("HalfNormal", lambda: jd.HalfNormal(2.0), stats.halfnorm(scale=2.0)),
    Row("HalfCauchy batch", lambda: jd.HalfCauchy(SCALE), stats.halfcauchy(scale=SCALE)),
    Row("HalfCauchy", lambda: jd.HalfCauchy(2.0), stats.halfcauchy(scale=2.0)),
    Row("Maxwell batch", lambda: jd.Maxwell(SCALE), stats.maxwell(scale=SCALE)),
    Row("Maxwell", lambda: jd.Maxwell(2.0), stats.maxwell(scale=2.0)),
    Row(
        "Weibull batch",
        lambda: jd.Weibull(SCALE, SHAPE),
        stats.weibull_min(SHAPE, scale=SCALE),
    ),
    Row("Weibull", lambda: jd.Weibull(2.0, 1.5), stats.weibull_min(1.5, scale=2.0)),
    Row("Weibull sharp", lambda: jd.Weibull(1.0, 80.0), stats.weibull_min(80.0)),
    Row("Pareto batch", lambda: jd.Pareto(SCALE, SHAPE), stats.pareto(SHAPE, scale=SCALE)),
    Row("Pareto", lambda: jd.Pareto(2.0, 5.0), stats.pareto(5.0, scale=2.0)),
    Row("Pareto sharp", lambda: jd.Pareto(2.0, 1e4), stats.pareto(1e4, scale=2.0)),
    Row(
        "GeneralizedPareto batch",
        lambda: jd.GeneralizedPareto(LOC, SCALE, INDEX),
        stats.genpareto(INDEX, LOC, SCALE),
    ),
    Row(
        "GeneralizedPareto uniform, and rising",
        lambda: jd.GeneralizedPareto(0.0, 2.0, np.array([-1.0, -2.0])),
        stats.genpareto(np.array([-1.0, -2.0]), 0.0, 2.0),
    ),
    Row(
        "GeneralizedPareto heavy",
        lambda: jd.GeneralizedPareto(0.0, 2.0, np.array([0.7, 1.5])),
        Without(stats.genpareto(np.array([0.7, 1.5]), 0.0, 2.0), "mean", "var"),
    ),
    Row(
        "GeneralizedPareto nearly exponential",
        lambda: jd.GeneralizedPareto(0.0, 1.0, np.array([1e-6, -1e-6, 1e-3])),
        stats.genpareto(np.array([1e-6, -1e-6, 1e-3])),
    ),
    Row(
        "FisherSnedecor batch",
        lambda: jd.FisherSnedecor(2 * SHAPE, RATE + 9),
        stats.f(2 * SHAPE, RATE + 9),
    ),
    Row("FisherSnedecor", lambda: jd.FisherSnedecor(5.0, 7.0), stats.f(5.0, 7.0)),
    Row("FisherSnedecor sharp", lambda: jd.FisherSnedecor(2e3, 5e3), stats.f(2e3, 5e3)),
    Row(
        "FisherSnedecor heavy",
        lambda: jd.FisherSnedecor(3.0, 1.5),
        Without(stats.f(3.0, 1.5), "mean", "var"),
    ),
    Row("Rayleigh", lambda: jd.Rayleigh(SCALE), stats.rayleigh(scale=SCALE), representative=False),
    Row("Lindley", lambda: jd.Lindley(RATE), Lindley(RATE), representative=False),
    Row(
        "Gompertz",
        lambda: jd.Gompertz(SHAPE, RATE),
        Without(stats.gompertz(SHAPE, scale=1 / RATE), "mean", "var", "entropy"),
        representative=False,
    ),
    Row(
        "Frechet",
        lambda: jd.Frechet(SCALE, SHAPE + 2),
        stats.invweibull(SHAPE + 2, scale=SCALE),
        representative=False,
    ),
    Row(
        "Frechet sharp, and heavy",
        lambda: jd.Frechet(2.0, [1e4, 0.5]),
        Without(stats.invweibull(np.array([1e4, 0.5]), scale=2.0), "mean", "var"),
    ),
    Row(
        "Levy",
        lambda: jd.Levy(LOC, SCALE),
        Without(stats.levy(LOC, SCALE), "var", "entropy"),
        representative=False,
    ),
    Row(
        "LogLogistic",
        lambda: jd.LogLogistic(LOC, SHAPE / 10),
        Without(stats.fisk(10 / SHAPE, scale=np.exp(LOC)), "entropy"),
        representative=False,
    ),
    Row("Chi", lambda: jd.Chi(2 * SHAPE), stats.chi(2 * SHAPE), representative=False),
    Row("Chi of many", lambda: jd.Chi([1e3, 1e5]), Without(stats.chi([1e3, 1e5]), "var"), 8.0),
    Row(
        "LogUniform",
        lambda: jd.LogUniform(SCALE, 4 * SCALE),
        stats.loguniform(SCALE, 4 * SCALE),
        representative=False,
    ),
    Row(
        "LogUniform wide, and narrow",
        lambda: jd.LogUniform([1e-20, 1.0], [1e5, 1.0009765625]),
        Without(stats.loguniform([1e-20, 1.0], [1e5, 1.0009765625]), "var"),
    ),
    Row(
        "HalfStudentT",
        lambda: jd.HalfStudentT([9.0, 0.7, 20.0], SCALE),
        HalfStudentT(np.array([9.0, 0.7, 20.0]), SCALE),
        representative=False,
    ),
    Row(
        "InverseGaussian",
        lambda: jd.InverseGaussian(SCALE, RATE),
        Without(stats.invgauss(SCALE / RATE, scale=RATE), "entropy"),
        representative=False,
    ),
    Row(
        "InverseGaussian sharp",
        lambda: jd.InverseGaussian(1.0, 1e4),
        Without(stats.invgauss(1e-4, scale=1e4), "entropy"),
    ),
    Row(
        "NoncentralChi2",
        lambda: jd.NoncentralChi2(NONCENTRAL_DF, NONCENTRALITY),
        Without(stats.ncx2(NONCENTRAL_DF, NONCENTRALITY), "entropy"),
        rtol=16.0,  # SciPy's own cdf and quantile
        representative=False,
    ),
    Row(
        "NoncentralF",
        lambda: jd.NoncentralF(NONCENTRAL_DF, 2 * NONCENTRAL_DF + 5, NONCENTRALITY),
        Without(
            stats.ncf(NONCENTRAL_DF, 2 * NONCENTRAL_DF + 5, NONCENTRALITY),
            *["entropy", "sf", "logsf", "logcdf"],
        ),
        rtol=64.0,  # SciPy's own
        representative=False,
    ),
    Row(
        "GeneralizedInverseGaussian",
        lambda: jd.GeneralizedInverseGaussian(ORDER, RATE, SCALE),
        Without(
            stats.geninvgauss(ORDER, RATE, scale=SCALE),
            *["entropy", "sf", "logsf", "logcdf"],
        ),
        rtol=64.0,  # SciPy's tails are integrals
        representative=False,
    ),
]

BAD = [
    (lambda: jd.Exponential([1.0, 0.0]), "rate"),
    (lambda: jd.Gamma(0.0, 1.0), "concentration"),
    (lambda: jd.Gamma(1.0, -1.0), "rate"),
    (lambda: jd.Chi2(-1.0), "df"),
    (lambda: jd.InverseGamma(0.0, 1.0), "concentration"),
    (lambda: jd.InverseGamma(1.0, -1.0), "rate"),
    (lambda: jd.LogNormal(np.nan, 1.0), "loc"),
    (lambda: jd.LogNormal(0.0, 0.0), "scale"),
    (lambda: jd.HalfNormal(-1.0), "scale"),
    (lambda: jd.HalfCauchy(-1.0), "scale"),
    (lambda: jd.Maxwell(0.0), "scale"),
    (lambda: jd.Weibull(0.0, 1.0), "scale"),
    (lambda: jd.Weibull(1.0, 0.0), "concentration"),
    (lambda: jd.Pareto(0.0, 1.0), "scale"),
    (lambda: jd.Pareto(1.0, 0.0), "alpha"),
    (lambda: jd.GeneralizedPareto(np.nan, 1.0, 0.1), "loc"),
    (lambda: jd.GeneralizedPareto(0.0, 0.0, 0.1), "scale"),
    (lambda: jd.GeneralizedPareto(0.0, 1.0, np.nan), "concentration"),
    (lambda: jd.FisherSnedecor(0.0, 1.0), "df1"),
    (lambda: jd.FisherSnedecor(1.0, 0.0), "df2"),
    (lambda: jd.Rayleigh(0.0), "scale"),
    (lambda: jd.Lindley(0.0), "rate"),
    (lambda: jd.Gompertz(0.0, 1.0), "concentration"),
    (lambda: jd.Gompertz(1.0, -1.0), "rate"),
    (lambda: jd.Frechet(0.0, 1.0), "scale"),
    (lambda: jd.Frechet(1.0, 0.0), "concentration"),
    (lambda: jd.Levy(np.nan, 1.0), "loc"),
    (lambda: jd.Levy(0.0, 0.0), "scale"),
    (lambda: jd.LogLogistic(np.nan, 1.0), "loc"),
    (lambda: jd.LogLogistic(0.0, 0.0), "scale"),
    (lambda: jd.Chi(0.0), "df"),
    (lambda: jd.LogUniform(0.0, 1.0), "low"),
    (lambda: jd.LogUniform(1.0, 1.0), "high"),
    (lambda: jd.HalfStudentT(0.0, 1.0), "df"),
    (lambda: jd.HalfStudentT(1.0, 0.0), "scale"),
    (lambda: jd.InverseGaussian(0.0, 1.0), "loc"),
    (lambda: jd.InverseGaussian(1.0, 0.0), "concentration"),
    (lambda: jd.NoncentralChi2(0.0, 1.0), "df"),
    (lambda: jd.NoncentralChi2(1.0, -1.0), "noncentrality"),
    (lambda: jd.GeneralizedInverseGaussian(np.nan, 1.0), "order"),
    (lambda: jd.GeneralizedInverseGaussian(1.0, 0.0), "concentration"),
    (lambda: jd.GeneralizedInverseGaussian(1.0, 1.0, 0.0), "scale"),
    (lambda: jd.NoncentralF(0.0, 1.0, 1.0), "df1"),
    (lambda: jd.NoncentralF(1.0, 0.0, 1.0), "df2"),
    (lambda: jd.NoncentralF(1.0, 1.0, -1.0), "noncentrality"),
]
