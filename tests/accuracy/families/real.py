"""Families on the real line."""

from __future__ import annotations

import dataclasses

import numpy as np
from mpmath import mp, mpf

from tests.accuracy import draws
from tests.accuracy.draws import Rng, exponent, on_the_line, positive, real, skewness
from tests.accuracy.family import Family, Formula
from tests.accuracy.incomplete import (
    Tails,
    beta_tails,
    gamma_tails,
    hazard_tails,
)
from tests.accuracy.trial import Trial, by_logits, by_probs
from tests.formulas import ndtr, student_t_entropy, student_t_log_prob


def location_scale(name, log_prob, tails, entropy, mean, variance, standard, kl=None) -> Family:
    """A family of `loc + scale * z`, by the formulas of z and a sampler of z."""
    z = lambda x, loc, scale: (x - loc) / scale
    return Family(
        name,
        {"loc": real, "scale": positive},
        lambda rng, loc, scale: on_the_line(rng, loc + scale * standard(rng)),
        lambda x, loc, scale: log_prob(z(x, loc, scale)) - mp.log(scale),
        lambda x, loc, scale: tails(z(x, loc, scale)),
        lambda loc, scale: entropy() + mp.log(scale),
        mean and (lambda loc, scale: loc + scale * mean()),
        variance and (lambda loc, scale: scale**2 * variance()),
        kl,
    )


def normal_log_prob(z):
    return -z * z / 2 - mp.log(2 * mp.pi) / 2


def normal_tails(z) -> Tails:
    return ndtr(z), ndtr(-z)


def normal_entropy():
    return (1 + mp.log(2 * mp.pi)) / 2


def cauchy_tails(z) -> Tails:
    return mp.atan2(1, -z) / mp.pi, mp.atan2(1, z) / mp.pi


def logistic_log_prob(z):
    return -z - 2 * mp.log1p(mp.exp(-z))


def logistic_tails(z) -> Tails:
    return 1 / (1 + mp.exp(-z)), 1 / (1 + mp.exp(z))


def laplace_tails(z) -> Tails:
    half = mp.exp(-abs(z)) / 2
    return (half, 1 - half) if z < 0 else (1 - half, half)


def gumbel_tails(z) -> Tails:
    return hazard_tails(mp.exp(-z))[::-1]


def student_t_tails(x, df, loc, scale) -> Tails:
    t = (x - loc) / scale
    total = df + t * t
    half = beta_tails(df / 2, mpf(1) / 2, df / total, t * t / total)[0] / 2
    return (half, 1 - half) if t < 0 else (1 - half, half)


def skew_normal_log_prob(x, loc, scale, alpha):
    z = (x - loc) / scale
    return mp.log(2) + normal_log_prob(z) + mp.log(ndtr(alpha * z)) - mp.log(scale)


def owen_remainder(h, a):
    """Owen's integral from a to infinity, times 2: exp(-h^2 (1 + t^2) / 2) / (pi (1 + t^2))."""
    width = 1 / (h * h * abs(a) + h)
    integrand = lambda t: mp.exp(-h * h * (1 + t * t) / 2) / (1 + t * t)
    return mp.quad(integrand, [a, a + width, a + 8 * width, mp.inf]) / mp.pi


def skew_normal_tails(x, loc, scale, alpha) -> Tails:
    z = (x - loc) / scale
    # By the mirror image, z is negative.
    h, a = (-z, alpha) if z < 0 else (z, -alpha)
    small = owen_remainder(h, a) if a > 0 else 2 * ndtr(-h) - owen_remainder(h, -a)
    return (small, 1 - small) if z < 0 else (1 - small, small)


def skew_delta(alpha):
    return alpha / mp.sqrt(1 + alpha**2)


def logit_relaxed(trial: Trial, draw) -> Family:
    """A logistic variable of scale 1 / temperature around logits / temperature."""

    def z(x, t, given):
        return x * t - trial(given).logit

    def value(rng: Rng, t: float, given: float) -> float:
        return on_the_line(rng, (trial.logit_of(given) + rng.logistic()) / t)

    return Family(
        "LogitRelaxedBernoulli",
        {"temperature": positive, trial.name: draw},
        value,
        lambda x, t, given: logistic_log_prob(z(x, t, given)) + mp.log(t),
        lambda x, t, given: logistic_tails(z(x, t, given)),
        lambda t, given: 2 - mp.log(t),
        lambda t, given: trial(given).logit / t,
        lambda t, given: mp.pi**2 / 3 / t**2,
    )


def normal_kl(m, s, n, t):
    return mp.log(t / s) + (s**2 + (m - n) ** 2) / (2 * t**2) - mp.mpf(1) / 2


def laplace_kl(m, s, n, t):
    d = abs(m - n)
    return mp.log(t / s) + d / t + s / t * mp.exp(-d / s) - 1


def cauchy_kl(m, s, n, t):
    return mp.log(((s + t) ** 2 + (m - n) ** 2) / (4 * s * t))


def gumbel_kl(m, s, n, t):
    ratio = s / t
    powers = mp.exp((n - m) / t) * mp.gamma(1 + ratio)
    return mp.log(t / s) + mp.euler * (ratio - 1) + powers - 1 + (m - n) / t


def _log_scale(formula: Formula) -> Formula:
    return lambda *args: formula(*args[:-1], mp.exp(args[-1]))


def normal_between(size) -> Tails:
    """erf and erfc, which is 0 where mpmath has no exponent for it."""
    return (mp.erf(size), mp.erfc(size)) if size < 1e30 else (mpf(1), mpf(0))


def moyal_tails(z) -> Tails:
    size = mp.exp(-z / 2) / mp.sqrt(2)
    return normal_between(size)[::-1]


def asymmetric_laplace_log_prob(x, loc, scale, k):
    z = (x - loc) / scale
    return -(z * k if z > 0 else -z / k) - mp.log(scale * (k + 1 / k))


def asymmetric_laplace_tails(x, loc, scale, k) -> Tails:
    z = (x - loc) / scale
    if z > 0:
        upper = mp.exp(-z * k) / (1 + k**2)
        return 1 - upper, upper
    lower = mp.exp(z / k) * k**2 / (1 + k**2)
    return lower, 1 - lower


def generalized_normal_log_prob(x, loc, scale, power):
    size = abs(x - loc) / scale
    of_power = mp.exp(power * mp.log(size)) if size else 0
    return -of_power - mp.log(2 * scale) - mp.loggamma(1 + 1 / power)


def generalized_normal_tails(x, loc, scale, power) -> Tails:
    size = abs(x - loc) / scale
    half = gamma_tails(1 / power, mp.exp(power * mp.log(size)))[1] / 2
    return (half, 1 - half) if x < loc else (1 - half, half)


def generalized_normal_value(rng: Rng, loc: float, scale: float, power: float) -> float:
    """Draw a value other than `loc`, where densities have a cusp."""
    size = max(rng.gamma(1 / power), 1e-300) ** (1 / power)
    x = on_the_line(rng, loc + scale * rng.choice([-1, 1]) * size)
    if np.float32(x) == np.float32(loc):
        raise ValueError("the value rounds to the location")
    return x


def generalized_normal_variance(loc, scale, power):
    return scale**2 * mp.exp(mp.loggamma(3 / power) - mp.loggamma(1 / power))


def generalized_normal_moments(power):
    """The mean size, and the mean square."""
    return [mp.gamma((n + 1) / power) / mp.gamma(1 / power) for n in (1, 2)]


def johnson_su_y(x, skew, tailweight, loc, scale):
    return skew + tailweight * mp.asinh((x - loc) / scale)


def johnson_su_log_prob(x, skew, tailweight, loc, scale):
    slope = tailweight / scale / mp.sqrt(1 + ((x - loc) / scale) ** 2)
    return normal_log_prob(johnson_su_y(x, skew, tailweight, loc, scale)) + mp.log(slope)


def johnson_su_mean(skew, tailweight, loc, scale):
    return loc - scale * mp.exp(1 / tailweight**2 / 2) * mp.sinh(skew / tailweight)


def johnson_su_variance(skew, tailweight, loc, scale):
    w = 1 / tailweight**2
    return scale**2 / 2 * mp.expm1(w) * (mp.exp(w) * mp.cosh(2 * skew / tailweight) + 1)


def extreme_hazard(x, loc, scale, c):
    """Minus log P(X <= x)."""
    z = (x - loc) / scale
    return mp.exp(-mp.log1p(c * z) / c)


def extreme_log_prob(x, loc, scale, c):
    h = extreme_hazard(x, loc, scale, c)
    return (1 + c) * mp.log(h) - h - mp.log(scale)


def extreme_mean(loc, scale, c):
    return loc + scale * (mp.gamma(1 - c) - 1) / c if c < 1 else mp.inf


def extreme_variance(loc, scale, c):
    if 2 * c >= 1:
        return mp.inf
    return scale**2 * (mp.gamma(1 - 2 * c) - mp.gamma(1 - c) ** 2) / c**2


def extreme_value(rng: Rng, loc: float, scale: float, c: float) -> float:
    """Draw inside of the support, of which one end depends on the parameters."""
    y = np.clip(c * rng.gumbel() * 10 ** rng.choice([0, rng.uniform(-8, 1)]), -60, 60)
    x = loc + scale * np.expm1(y) / c
    if 1 + np.float32(c) * (np.float32(x) - np.float32(loc)) / np.float32(scale) <= 1e-6:
        raise ValueError("the value rounds to the end of the support")
    return x


def sinh_arcsinh_log_prob(x, loc, scale, skew, tailweight):
    factor = 2 * scale / mp.sinh(mp.asinh(2) * tailweight)
    z = (x - loc) / factor
    y = mp.sinh(mp.asinh(z) / tailweight - skew)
    slope = mp.log(tailweight * factor) + (mp.log1p(z * z) - mp.log1p(y * y)) / 2
    return normal_log_prob(y) - slope


def sinh_arcsinh_tails(x, loc, scale, skew, tailweight) -> Tails:
    factor = 2 * scale / mp.sinh(mp.asinh(2) * tailweight)
    return normal_tails(mp.sinh(mp.asinh((x - loc) / factor) / tailweight - skew))


def lambert_w_u(x, loc, scale, tailweight):
    z = (x - loc) / scale
    return z * mp.exp(-mp.lambertw(tailweight * z * z).real / 2)


def lambert_w_normal_log_prob(x, loc, scale, tailweight):
    u = lambert_w_u(x, loc, scale, tailweight)
    v = tailweight * u * u
    return normal_log_prob(u) - v / 2 - mp.log1p(v) - mp.log(scale)


def soft_laplace_log_prob(z):
    return mp.log(2 / mp.pi) - abs(z) - mp.log1p(mp.exp(-2 * abs(z)))


def soft_laplace_tails(z) -> Tails:
    half = 2 / mp.pi * mp.atan(mp.exp(-abs(z)))
    return (half, 1 - half) if z < 0 else (1 - half, half)


NORMAL = location_scale(
    "Normal",
    normal_log_prob,
    normal_tails,
    normal_entropy,
    lambda: 0,
    lambda: 1,
    lambda rng: rng.normal(),
    normal_kl,
)


def two_piece(name, shape, log_prob, tails, moments, entropy, standard) -> Family:
    """Two halves of a symmetric variable's distribution with scales of a ratio of skew squared.

    By its log-density and tails at u, its mean size and mean square, its entropy and a sampler.
    """
    width = lambda scale, skew: scale * (skew + 1 / skew) / 2

    def stretched(z, skew):
        return z * skew if z < 0 else z / skew

    def tails_of_both(x, *parameters) -> Tails:
        *shape, loc, scale, skew = parameters
        z, share = (x - loc) / scale, 2 / (1 + skew**2)
        if z < 0:
            lower = share * tails(stretched(z, skew), *shape)[0]
            return lower, 1 - lower
        upper = share * skew**2 * tails(stretched(z, skew), *shape)[1]
        return 1 - upper, upper

    def mean(*parameters):
        *shape, loc, scale, skew = parameters
        return loc + scale * moments(*shape)[0] * (skew - 1 / skew)

    def variance(*parameters):
        *shape, _, scale, skew = parameters
        square = moments(*shape)[1] * (skew**3 + skew**-3) / (skew + 1 / skew)
        return scale**2 * (square - mean(*shape, 0, 1, skew) ** 2)

    def value(rng: Rng, *parameters) -> float:
        *shape, loc, scale, skew = parameters
        size = abs(standard(rng, *shape))
        return on_the_line(rng, loc + scale * size * rng.choice([skew, -1 / skew]))

    def density(x, *parameters):
        *shape, loc, scale, skew = parameters
        u = stretched((x - loc) / scale, skew)
        return log_prob(u, *shape) - mp.log(width(scale, skew))

    return Family(
        name,
        shape | {"loc": real, "scale": positive, "skew": exponent},
        value,
        density,
        tails_of_both,
        lambda *parameters: entropy(*parameters[:-3]) + mp.log(width(*parameters[-2:])),
        mean,
        variance,
    )


def t_moments(df):
    """The mean size and the mean square."""
    size = 2 * mp.exp(student_t_log_prob(df, 0)) * df / (df - 1) if df > 1 else mp.nan
    return size, df / (df - 2) if df > 2 else mp.inf


def noncentral_t_log_prob(t, df, noncentrality):
    """By the even and the odd part of the integral over the spread."""
    total = df + t**2
    z = noncentrality**2 * t**2 / (2 * total)
    even = mp.hyp1f1((df + 1) / 2, mpf(1) / 2, z) / (mp.sqrt(total) * mp.gamma(df / 2 + 1))
    odd = mp.sqrt(2) * noncentrality * t / (total * mp.gamma((df + 1) / 2))
    odd *= mp.hyp1f1(df / 2 + 1, mpf(3) / 2, z)
    factor = df / 2 * mp.log(df) + mp.loggamma(df + 1) - noncentrality**2 / 2
    factor -= df * mp.log(2) + df / 2 * mp.log(total) + mp.loggamma(df / 2)
    return factor + mp.log(even + odd)


def noncentral_t_mean(df, noncentrality):
    if df <= 1:
        return mp.nan
    growth = mp.loggamma((df - 1) / 2) - mp.loggamma(df / 2)
    return noncentrality * mp.sqrt(df / 2) * mp.exp(growth)


def noncentral_t_variance(df, noncentrality):
    if df <= 2:
        return mp.inf if df > 1 else mp.nan
    square = df * (1 + noncentrality**2) / (df - 2)
    return square - noncentral_t_mean(df, noncentrality) ** 2


FAMILIES = [
    NORMAL,
    Family(
        "Normal",
        {"loc": real, "log_scale": lambda rng, level: rng.uniform(-1, 1) * [2, 10, 60][level]},
        lambda rng, loc, log_scale: NORMAL.value(rng, loc, np.exp(log_scale)),
        *map(
            _log_scale,
            (NORMAL.log_prob, NORMAL.tails, NORMAL.entropy, NORMAL.mean, NORMAL.variance),
        ),
    ),
    location_scale(
        "Laplace",
        lambda z: -abs(z) - mp.log(2),
        laplace_tails,
        lambda: 1 + mp.log(2),
        lambda: 0,
        lambda: 2,
        lambda rng: rng.laplace(),
        laplace_kl,
    ),
    location_scale(
        "SoftLaplace",
        soft_laplace_log_prob,
        soft_laplace_tails,
        lambda: mp.log(2 * mp.pi),
        lambda: 0,
        lambda: mp.pi**2 / 4,
        lambda rng: np.log(abs(np.tan(np.pi / 2 * rng.uniform(1e-12, 1)))),
    ),
    location_scale(
        "Cauchy",
        lambda z: -mp.log1p(z * z) - mp.log(mp.pi),
        cauchy_tails,
        lambda: mp.log(4 * mp.pi),
        None,
        None,
        lambda rng: rng.standard_cauchy(),
        cauchy_kl,
    ),
    location_scale(
        "Logistic",
        logistic_log_prob,
        logistic_tails,
        lambda: 2,
        lambda: 0,
        lambda: mp.pi**2 / 3,
        lambda rng: rng.logistic(),
    ),
    location_scale(
        "Gumbel",
        lambda z: -z - mp.exp(-z),
        gumbel_tails,
        lambda: 1 + mp.euler,
        lambda: mp.euler,
        lambda: mp.pi**2 / 6,
        lambda rng: rng.gumbel(),
        gumbel_kl,
    ),
    Family(
        "StudentT",
        {"df": draws.concentration, "loc": real, "scale": positive},
        lambda rng, df, loc, scale: on_the_line(rng, loc + scale * rng.standard_t(max(df, 0.05))),
        lambda x, df, loc, scale: student_t_log_prob(df, (x - loc) / scale) - mp.log(scale),
        student_t_tails,
        lambda df, loc, scale: student_t_entropy(df) + mp.log(scale),
        lambda df, loc, scale: loc if df > 1 else mp.nan,
        lambda df, loc, scale: scale**2 * df / (df - 2) if df > 2 else mp.inf if df > 1 else mp.nan,
    ),
    two_piece(
        "TwoPieceNormal",
        {},
        normal_log_prob,
        normal_tails,
        lambda: (mp.sqrt(2 / mp.pi), 1),
        normal_entropy,
        lambda rng: rng.normal(),
    ),
    two_piece(
        "TwoPieceStudentT",
        {"df": draws.concentration},
        lambda u, df: student_t_log_prob(df, u),
        lambda u, df: student_t_tails(u, df, 0, 1),
        t_moments,
        student_t_entropy,
        lambda rng, df: rng.standard_t(max(df, 0.05)),
    ),
    dataclasses.replace(
        two_piece(
            "SkewedExponentialPower",
            {"power": draws.power_of_ten((-0.5, 1), (-1, 2), (-1.5, 4))},
            lambda u, power: generalized_normal_log_prob(u, 0, 1, power),
            lambda u, power: generalized_normal_tails(u, 0, 1, power),
            generalized_normal_moments,
            lambda power: 1 / power + mp.log(2) + mp.loggamma(1 + 1 / power),
            lambda rng, power: rng.normal(),
        ),
        value=lambda rng, power, loc, scale, skew: generalized_normal_value(
            rng, loc, scale * rng.choice([skew, 1 / skew]), power
        ),
    ),
    Family(
        "SkewNormal",
        {"loc": real, "scale": positive, "alpha": draws.skewness},
        lambda rng, loc, scale, alpha: on_the_line(
            rng, loc + scale * abs(rng.normal()) * rng.choice([np.sign(alpha), 1 / alpha])
        ),
        skew_normal_log_prob,
        skew_normal_tails,
        mean=lambda loc, scale, alpha: loc + scale * skew_delta(alpha) * mp.sqrt(2 / mp.pi),
        variance=lambda loc, scale, alpha: scale**2 * (1 - 2 * skew_delta(alpha) ** 2 / mp.pi),
    ),
    logit_relaxed(by_probs, draws.probability),
    logit_relaxed(by_logits, draws.extreme_logits),
    location_scale(
        "Moyal",
        lambda z: -(z + mp.exp(-z)) / 2 - mp.log(2 * mp.pi) / 2,
        moyal_tails,
        lambda: (mp.log(4 * mp.pi) + mp.euler + 1) / 2,
        lambda: mp.euler + mp.log(2),
        lambda: mp.pi**2 / 2,
        lambda rng: -2 * np.log(abs(rng.normal())),
    ),
    Family(
        "AsymmetricLaplace",
        {"loc": real, "scale": positive, "asymmetry": exponent},
        lambda rng, loc, scale, k: on_the_line(
            rng, loc + scale * (rng.exponential() / k - rng.exponential() * k)
        ),
        asymmetric_laplace_log_prob,
        asymmetric_laplace_tails,
        lambda loc, scale, k: 1 + mp.log(scale * (k + 1 / k)),
        lambda loc, scale, k: loc + scale * (1 / k - k),
        lambda loc, scale, k: scale**2 * (1 / k**2 + k**2),
    ),
    Family(
        "GeneralizedNormal",
        {"loc": real, "scale": positive, "power": exponent},
        generalized_normal_value,
        generalized_normal_log_prob,
        generalized_normal_tails,
        lambda loc, scale, power: 1 / power + mp.log(2 * scale) + mp.loggamma(1 + 1 / power),
        lambda loc, scale, power: loc,
        generalized_normal_variance,
    ),
    Family(
        "JohnsonSU",
        {"skew": skewness, "tailweight": exponent, "loc": real, "scale": positive},
        lambda rng, skew, tailweight, loc, scale: on_the_line(
            rng, loc + scale * np.sinh(np.clip((rng.normal() - skew) / tailweight, -80, 80))
        ),
        johnson_su_log_prob,
        lambda x, *parameters: normal_tails(johnson_su_y(x, *parameters)),
        mean=johnson_su_mean,
        variance=johnson_su_variance,
    ),
    Family(
        "LambertWNormal",
        {
            "loc": real,
            "scale": positive,
            "tailweight": draws.power_of_ten((-1.5, -0.3), (-3, 0.5), (-8, 2)),
        },
        lambda rng, loc, scale, tailweight: on_the_line(
            rng, loc + scale * (u := rng.normal()) * np.exp(np.clip(tailweight * u * u / 2, 0, 80))
        ),
        lambert_w_normal_log_prob,
        lambda x, *parameters: normal_tails(lambert_w_u(x, *parameters)),
        mean=lambda loc, scale, t: loc if t < 1 else mp.nan,
        variance=lambda loc, scale, t: (
            scale**2 * (1 - 2 * t) ** -1.5 if t < 0.5 else mp.inf if t < 1 else mp.nan
        ),
    ),
    Family(
        "GeneralizedExtremeValue",
        {"loc": real, "scale": positive, "concentration": skewness},
        extreme_value,
        extreme_log_prob,
        lambda x, loc, scale, c: hazard_tails(extreme_hazard(x, loc, scale, c))[::-1],
        lambda loc, scale, c: mp.log(scale) + 1 + mp.euler * (1 + c),
        extreme_mean,
        extreme_variance,
    ),
    Family(
        "SinhArcsinh",
        {
            "loc": real,
            "scale": positive,
            "skew": lambda rng, level: rng.normal() * [0.5, 2, 5][level],
            "tailweight": draws.power_of_ten((-0.3, 0.3), (-1, 1), (-1.5, 1.5)),
        },
        lambda rng, loc, scale, skew, tailweight: on_the_line(
            rng, loc + scale * np.sinh((np.arcsinh(rng.normal()) + skew) * tailweight)
        ),
        sinh_arcsinh_log_prob,
        sinh_arcsinh_tails,
    ),
    Family(
        "NoncentralT",
        {
            "df": draws.power_of_ten((0.3, 1.5), (-0.5, 2), (-1, 3)),
            "noncentrality": draws.skewness,
        },
        lambda rng, df, delta: on_the_line(
            rng,
            (rng.normal() + np.clip(delta, -30, 30)) / np.sqrt(max(rng.chisquare(df) / df, 1e-9)),
        ),
        noncentral_t_log_prob,
        mean=noncentral_t_mean,
        variance=noncentral_t_variance,
    ),
]
