"""Families on the positive numbers."""

from __future__ import annotations

import numpy as np
from mpmath import mp, mpf

from tests.accuracy import draws
from tests.accuracy.draws import Rng, among_positives, exponent, positive
from tests.accuracy.families.real import (
    cauchy_tails,
    logistic_tails,
    normal_entropy,
    normal_log_prob,
    normal_tails,
)
from tests.accuracy.family import Family
from tests.accuracy.incomplete import Tails, beta_tails, gamma_tails, hazard_tails
from tests.formulas import (
    betaprime_entropy,
    gamma_log_prob,
    lbeta,
    student_t_entropy,
    student_t_log_prob,
)


def chi(concentration: float, rng: Rng) -> float:
    """Draw from Gamma(concentration, 1), without underflow."""
    return max(rng.gamma(concentration), 1e-300)


def gamma_entropy(c, rate):
    return c - mp.log(rate) + mp.loggamma(c) + (1 - c) * mp.psi(0, c)


def inverse_gamma_log_prob(x, c, rate):
    return c * mp.log(rate) - mp.loggamma(c) - (c + 1) * mp.log(x) - rate / x


def finite_if(condition, value):
    """A moment, which is infinite otherwise."""
    return value() if condition else mp.inf


def weibull_log_prob(x, scale, k):
    log_z = mp.log(x / scale)
    return mp.log(k / scale) + (k - 1) * log_z - mp.exp(k * log_z)


def weibull_variance(scale, k):
    return scale**2 * (mp.gamma(1 + 2 / k) - mp.gamma(1 + 1 / k) ** 2)


def maxwell_log_prob(x, scale):
    z = x / scale
    return mp.log(2 / mp.pi) / 2 + 2 * mp.log(z) - z * z / 2 - mp.log(scale)


def pareto_value(rng: Rng, scale: float, alpha: float) -> float:
    hazard = rng.exponential() * 10 ** rng.choice([0, rng.uniform(-8, 3)]) / alpha
    return scale * np.exp(min(hazard, 80.0))


def generalized_pareto_hazard(z, c):
    return mp.log1p(c * z) / c if c else z


def generalized_pareto_value(rng: Rng, loc: float, scale: float, c: float) -> float:
    hazard = rng.exponential() * 10 ** rng.choice([0, rng.uniform(-8, 2)])
    x = loc + scale * (np.expm1(np.clip(c * hazard, -60, 60)) / c)
    if c < 0 and np.float32(x) >= np.float32(loc - scale / c):
        raise ValueError("the value rounds to the end of the support")
    return x


def generalized_pareto_log_prob(x, loc, scale, c):
    return -mp.log(scale) - (1 + c) * generalized_pareto_hazard((x - loc) / scale, c)


def f_log_prob(x, df1, df2):
    r = df1 * x / df2
    powers = df1 / 2 * mp.log(r) - (df1 + df2) / 2 * mp.log1p(r)
    return powers - mp.log(x) - lbeta(df1 / 2, df2 / 2)


def f_tails(x, df1, df2) -> Tails:
    total = df1 * x + df2
    return beta_tails(df1 / 2, df2 / 2, df1 * x / total, df2 / total)


def f_variance(df1, df2):
    return 2 * df2**2 * (df1 + df2 - 2) / (df1 * (df2 - 2) ** 2 * (df2 - 4))


def gamma_kl(a, r, b, s):
    of_shapes = (a - b) * mp.psi(0, a) - mp.loggamma(a) + mp.loggamma(b)
    return of_shapes + b * mp.log(r / s) + a * (s - r) / r


def pareto_kl(s, a, t, b):
    return mp.inf if s < t else b * mp.log(s / t) + mp.log(a / b) + b / a - 1


def weibull_kl(s, k, t, l):
    powers = mp.exp(l * mp.log(s / t)) * mp.gamma(l / k + 1)
    logs = mp.log(k / l) - l * mp.log(s / t) + (l / k - 1) * mp.euler
    return logs + powers - 1


def frechet_power(x, scale, k):
    return mp.exp(-k * mp.log(x / scale))


def frechet_moment(scale, k, n):
    return finite_if(k > n, lambda: scale**n * mp.gamma(1 - n / k))


def chi_mean(df):
    return mp.sqrt(2) * mp.exp(mp.loggamma((df + 1) / 2) - mp.loggamma(df / 2))


def log_logistic_z(x, loc, scale):
    return (mp.log(x) - loc) / scale


def log_logistic_moment(loc, scale, n):
    b = n * scale
    return finite_if(b < 1, lambda: mp.exp(n * loc) * mp.pi * b / mp.sin(mp.pi * b))


def levy_size(x, loc, scale):
    """The size of the normal variable."""
    return mp.sqrt(scale / (x - loc))


def levy_log_prob(x, loc, scale):
    size = levy_size(x, loc, scale)
    return 3 * mp.log(size) - size**2 / 2 - mp.log(2 * mp.pi) / 2 - mp.log(scale)


def levy_tails(x, loc, scale) -> Tails:
    size = levy_size(x, loc, scale)
    return mp.erfc(size / mp.sqrt(2)), mp.erf(size / mp.sqrt(2))


def half_student_t_tails(x, df, scale) -> Tails:
    z = x / scale
    total = df + z * z
    return beta_tails(mpf(1) / 2, df / 2, z * z / total, df / total)


def log_uniform_value(rng: Rng, low: float, high: float) -> float:
    return low * np.exp(np.log(high / low) * rng.random())


def inverse_gaussian_log_prob(x, loc, c):
    return mp.log(c / (2 * mp.pi * x**3)) / 2 - c * (x - loc) ** 2 / (2 * loc**2 * x)


def gig_log_prob(x, order, concentration, scale):
    z, b = x / scale, concentration
    log_normalizer = mp.log(2 * mp.besselk(order, b)) + mp.log(scale)
    return (order - 1) * mp.log(z) - b / 2 * (z + 1 / z) - log_normalizer


def gig_mean(order, concentration, scale):
    return scale * mp.besselk(order + 1, concentration) / mp.besselk(order, concentration)


def gig_variance(order, concentration, scale):
    square = mp.besselk(order + 2, concentration) / mp.besselk(order, concentration) * scale**2
    return square - gig_mean(order, concentration, scale) ** 2


def noncentral_f_log_prob(x, a, b, noncentrality):
    rate = noncentrality / 2
    sum_of_terms = mp.hyp1f1((a + b) / 2, a / 2, rate * a * x / (a * x + b))
    return f_log_prob(x, a, b) - rate + mp.log(sum_of_terms)


def noncentral_f_variance(a, b, noncentrality):
    mean = a + noncentrality
    factor = 2 * (b / a) ** 2 / ((b - 2) ** 2 * (b - 4))
    return factor * (mean**2 + (mean + noncentrality) * (b - 2))


FAMILIES = [
    Family(
        "Rayleigh",
        {"scale": positive},
        lambda rng, scale: among_positives(rng, scale * np.sqrt(2 * rng.exponential())),
        lambda x, scale: mp.log(x / scale**2) - (x / scale) ** 2 / 2,
        lambda x, scale: hazard_tails((x / scale) ** 2 / 2),
        lambda scale: 1 + mp.log(scale / mp.sqrt(2)) + mp.euler / 2,
        lambda scale: scale * mp.sqrt(mp.pi / 2),
        lambda scale: scale**2 * (2 - mp.pi / 2),
    ),
    Family(
        "Lindley",
        {"rate": positive},
        lambda rng, rate: among_positives(
            rng, rng.gamma(2 if rng.random() < 1 / (1 + rate) else 1) / rate
        ),
        lambda x, rate: mp.log(rate**2 / (1 + rate)) + mp.log1p(x) - rate * x,
        lambda x, rate: hazard_tails(rate * x - mp.log1p(rate * x / (1 + rate))),
        lambda rate: 1 + mp.log((1 + rate) / rate**2) - mp.exp(rate) * mp.e1(rate) / (1 + rate),
        lambda rate: 2 / rate - 1 / (1 + rate),
        lambda rate: 2 / rate**2 - 1 / (1 + rate) ** 2,
        lambda rate, other: (
            2 * (other / rate - 1 - mp.log(other / rate))
            - (other - rate) / (1 + rate)
            + mp.log((1 + other) / (1 + rate))
        ),
    ),
    Family(
        "Gompertz",
        {"concentration": draws.concentration, "rate": positive},
        lambda rng, c, rate: among_positives(rng, np.log1p(rng.exponential() / c) / rate),
        lambda x, c, rate: mp.log(c * rate) + rate * x - c * mp.expm1(rate * x),
        lambda x, c, rate: hazard_tails(c * mp.expm1(rate * x)),
    ),
    Family(
        "Frechet",
        {"scale": positive, "concentration": exponent},
        lambda rng, scale, k: among_positives(
            rng, scale * np.exp(np.clip(-np.log(rng.exponential()) / k, -80, 80))
        ),
        lambda x, scale, k: mp.log(k / x) - k * mp.log(x / scale) - frechet_power(x, scale, k),
        lambda x, scale, k: hazard_tails(frechet_power(x, scale, k))[::-1],
        lambda scale, k: 1 + mp.euler * (1 + 1 / k) + mp.log(scale / k),
        lambda scale, k: frechet_moment(scale, k, 1),
        lambda scale, k: (
            frechet_moment(scale, k, 2) - frechet_moment(scale, k, 1) ** 2 if k > 2 else mp.inf
        ),
    ),
    Family(
        "Levy",
        {"loc": draws.real, "scale": positive},
        lambda rng, loc, scale: loc + among_positives(rng, scale / rng.normal() ** 2),
        levy_log_prob,
        levy_tails,
        lambda loc, scale: (1 + 3 * mp.euler + mp.log(16 * mp.pi)) / 2 + mp.log(scale),
        lambda loc, scale: mp.inf,
        lambda loc, scale: mp.inf,
    ),
    Family(
        "LogLogistic",
        {"loc": lambda rng, level: rng.normal() * [1, 10, 30][level], "scale": exponent},
        lambda rng, loc, scale: among_positives(
            rng, np.exp(np.clip(loc + scale * rng.logistic(), -86, 86))
        ),
        lambda x, loc, scale: (
            -log_logistic_z(x, loc, scale)
            - 2 * mp.log1p(mp.exp(-log_logistic_z(x, loc, scale)))
            - mp.log(scale)
            - mp.log(x)
        ),
        lambda x, loc, scale: logistic_tails(log_logistic_z(x, loc, scale)),
        lambda loc, scale: 2 + mp.log(scale) + loc,
        lambda loc, scale: log_logistic_moment(loc, scale, 1),
        lambda loc, scale: (
            log_logistic_moment(loc, scale, 2) - log_logistic_moment(loc, scale, 1) ** 2
            if 2 * scale < 1
            else mp.inf
        ),
    ),
    Family(
        "Chi",
        {"df": draws.concentration},
        lambda rng, df: among_positives(rng, np.sqrt(2 * chi(df / 2, rng))),
        lambda x, df: gamma_log_prob(df / 2, mpf(1) / 2, x * x) + mp.log(2 * x),
        lambda x, df: gamma_tails(df / 2, x * x / 2),
        mean=chi_mean,
        variance=lambda df: df - chi_mean(df) ** 2,
    ),
    Family(
        "LogUniform",
        {"low": positive, "high": positive},
        log_uniform_value,
        lambda x, low, high: -mp.log(x) - mp.log(mp.log(high / low)),
        lambda x, low, high: (
            mp.log(x / low) / mp.log(high / low),
            mp.log(high / x) / mp.log(high / low),
        ),
        lambda low, high: mp.log(mp.log(high / low)) + (mp.log(high) + mp.log(low)) / 2,
        lambda low, high: (high - low) / mp.log(high / low),
        lambda low, high: (
            (high**2 - low**2) / (2 * mp.log(high / low)) - ((high - low) / mp.log(high / low)) ** 2
        ),
    ),
    Family(
        "HalfStudentT",
        {"df": draws.concentration, "scale": positive},
        lambda rng, df, scale: among_positives(rng, scale * abs(rng.standard_t(max(df, 0.05)))),
        lambda x, df, scale: student_t_log_prob(df, x / scale) - mp.log(scale) + mp.log(2),
        half_student_t_tails,
        lambda df, scale: student_t_entropy(df) + mp.log(scale / 2),
    ),
    Family(
        "InverseGaussian",
        {
            "loc": draws.power_of_ten((-1, 1), (-3, 3), (-10, 10)),
            "concentration": draws.power_of_ten((-1, 1), (-3, 3), (-10, 10)),
        },
        lambda rng, loc, c: among_positives(rng, rng.wald(loc, c)),
        inverse_gaussian_log_prob,
        mean=lambda loc, c: loc,
        variance=lambda loc, c: loc**3 / c,
    ),
    Family(
        "Exponential",
        {"rate": positive},
        lambda rng, rate: among_positives(rng, rng.exponential() / rate),
        lambda x, rate: mp.log(rate) - rate * x,
        lambda x, rate: hazard_tails(rate * x),
        lambda rate: 1 - mp.log(rate),
        lambda rate: 1 / rate,
        lambda rate: 1 / rate**2,
        lambda r, s: gamma_kl(mpf(1), r, mpf(1), s),
    ),
    Family(
        "Gamma",
        {"concentration": draws.concentration, "rate": positive},
        lambda rng, c, rate: among_positives(rng, chi(c, rng) / rate),
        lambda x, c, rate: gamma_log_prob(c, rate, x),
        lambda x, c, rate: gamma_tails(c, rate * x),
        gamma_entropy,
        lambda c, rate: c / rate,
        lambda c, rate: c / rate**2,
        gamma_kl,
    ),
    Family(
        "Chi2",
        {"df": draws.concentration},
        lambda rng, df: among_positives(rng, 2 * chi(df / 2, rng)),
        lambda x, df: gamma_log_prob(df / 2, mpf(1) / 2, x),
        lambda x, df: gamma_tails(df / 2, x / 2),
        lambda df: gamma_entropy(df / 2, mpf(1) / 2),
        lambda df: df,
        lambda df: 2 * df,
    ),
    Family(
        "InverseGamma",
        {"concentration": draws.concentration, "rate": positive},
        lambda rng, c, rate: among_positives(rng, rate / chi(c, rng)),
        inverse_gamma_log_prob,
        lambda x, c, rate: gamma_tails(c, rate / x)[::-1],
        lambda c, rate: c + mp.log(rate) + mp.loggamma(c) - (1 + c) * mp.psi(0, c),
        lambda c, rate: finite_if(c > 1, lambda: rate / (c - 1)),
        lambda c, rate: finite_if(c > 2, lambda: rate**2 / ((c - 1) ** 2 * (c - 2))),
        gamma_kl,
    ),
    Family(
        "LogNormal",
        {"loc": lambda rng, level: rng.normal() * [1, 10, 30][level], "scale": exponent},
        lambda rng, loc, scale: among_positives(
            rng, np.exp(np.clip(loc + scale * rng.normal(), -86, 86))
        ),
        lambda x, loc, scale: (
            normal_log_prob((mp.log(x) - loc) / scale) - mp.log(scale) - mp.log(x)
        ),
        lambda x, loc, scale: normal_tails((mp.log(x) - loc) / scale),
        lambda loc, scale: normal_entropy() + mp.log(scale) + loc,
        lambda loc, scale: mp.exp(loc + scale**2 / 2),
        lambda loc, scale: mp.expm1(scale**2) * mp.exp(2 * loc + scale**2),
    ),
    Family(
        "HalfNormal",
        {"scale": positive},
        lambda rng, scale: among_positives(rng, scale * abs(rng.normal())),
        lambda x, scale: mp.log(2) + normal_log_prob(x / scale) - mp.log(scale),
        lambda x, scale: (mp.erf(x / scale / mp.sqrt(2)), 2 * normal_tails(x / scale)[1]),
        lambda scale: normal_entropy() + mp.log(scale / 2),
        lambda scale: scale * mp.sqrt(2 / mp.pi),
        lambda scale: scale**2 * (1 - 2 / mp.pi),
        lambda s, t: mp.log(t / s) + s**2 / (2 * t**2) - mpf(1) / 2,
    ),
    Family(
        "HalfCauchy",
        {"scale": positive},
        lambda rng, scale: among_positives(rng, scale * abs(rng.standard_cauchy())),
        lambda x, scale: mp.log(2 / mp.pi) - mp.log1p((x / scale) ** 2) - mp.log(scale),
        lambda x, scale: (2 / mp.pi * mp.atan(x / scale), 2 * cauchy_tails(x / scale)[1]),
        lambda scale: mp.log(2 * mp.pi * scale),
        lambda scale: mp.inf,
        lambda scale: mp.inf,
    ),
    Family(
        "Maxwell",
        {"scale": positive},
        lambda rng, scale: among_positives(rng, scale * np.sqrt(2 * rng.gamma(1.5))),
        maxwell_log_prob,
        lambda x, scale: gamma_tails(mpf(3) / 2, (x / scale) ** 2 / 2),
        lambda scale: mp.log(scale * mp.sqrt(2 * mp.pi)) + mp.euler - mpf(1) / 2,
        lambda scale: 2 * scale * mp.sqrt(2 / mp.pi),
        lambda scale: scale**2 * (3 - 8 / mp.pi),
    ),
    Family(
        "Weibull",
        {"scale": positive, "concentration": exponent},
        lambda rng, scale, k: among_positives(
            rng, scale * np.exp(np.clip(np.log(rng.exponential()) / k, -80, 80))
        ),
        weibull_log_prob,
        lambda x, scale, k: hazard_tails(mp.exp(k * mp.log(x / scale))),
        lambda scale, k: mp.euler * (1 - 1 / k) + mp.log(scale / k) + 1,
        lambda scale, k: scale * mp.gamma(1 + 1 / k),
        weibull_variance,
        weibull_kl,
    ),
    Family(
        "Pareto",
        {"scale": positive, "alpha": exponent},
        pareto_value,
        lambda x, scale, alpha: mp.log(alpha / x) - alpha * mp.log(x / scale),
        lambda x, scale, alpha: hazard_tails(alpha * mp.log(x / scale)),
        lambda scale, alpha: mp.log(scale / alpha) + 1 + 1 / alpha,
        lambda scale, alpha: finite_if(alpha > 1, lambda: alpha * scale / (alpha - 1)),
        lambda scale, alpha: finite_if(
            alpha > 2, lambda: scale**2 * alpha / ((alpha - 1) ** 2 * (alpha - 2))
        ),
        pareto_kl,
    ),
    Family(
        "GeneralizedPareto",
        {"loc": draws.real, "scale": positive, "concentration": draws.skewness},
        generalized_pareto_value,
        generalized_pareto_log_prob,
        lambda x, loc, scale, c: hazard_tails(generalized_pareto_hazard((x - loc) / scale, c)),
        lambda loc, scale, c: mp.log(scale) + c + 1,
        lambda loc, scale, c: finite_if(c < 1, lambda: loc + scale / (1 - c)),
        lambda loc, scale, c: (
            finite_if(2 * c < 1, lambda: scale**2 / ((1 - c) ** 2 * (1 - 2 * c)))
            if c < 1
            else mp.nan
        ),
    ),
    Family(
        "FisherSnedecor",
        {"df1": draws.concentration, "df2": draws.concentration},
        lambda rng, a, b: among_positives(rng, b * chi(a / 2, rng) / (a * chi(b / 2, rng))),
        f_log_prob,
        f_tails,
        lambda a, b: betaprime_entropy(a / 2, b / 2) + mp.log(b / a),
        lambda a, b: finite_if(b > 2, lambda: b / (b - 2)),
        lambda a, b: finite_if(b > 4, lambda: f_variance(a, b)) if b > 2 else mp.nan,
    ),
    Family(
        "GeneralizedInverseGaussian",
        {
            "order": draws.skewness,
            "concentration": draws.power_of_ten((-1, 1), (-2, 2), (-6, 3)),
            "scale": positive,
        },
        lambda rng, order, b, scale: among_positives(rng, scale * 10 ** rng.uniform(-1, 1)),
        gig_log_prob,
        mean=gig_mean,
        variance=gig_variance,
    ),
    Family(
        "NoncentralF",
        {
            "df1": draws.power_of_ten((0, 1.5), (-1, 2), (-2, 3)),
            "df2": draws.power_of_ten((0.7, 2), (0, 3), (-1, 4)),
            "noncentrality": draws.power_of_ten((-1, 1.5), (-2, 2), (-4, 3)),
        },
        lambda rng, a, b, rest: among_positives(
            rng, rng.noncentral_chisquare(a, rest) / a / max(rng.chisquare(b) / b, 1e-30)
        ),
        noncentral_f_log_prob,
        mean=lambda a, b, rest: finite_if(b > 2, lambda: b * (a + rest) / (a * (b - 2))),
        variance=lambda a, b, rest: (
            finite_if(b > 4, lambda: noncentral_f_variance(a, b, rest)) if b > 2 else mp.nan
        ),
    ),
]
