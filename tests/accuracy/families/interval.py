"""Families on an interval."""

from __future__ import annotations

import numpy as np
from mpmath import mp, mpf

from tests.accuracy import draws
from tests.accuracy.draws import Rng, in_the_unit_interval, positive
from tests.accuracy.families.real import (
    logistic_log_prob,
    logistic_tails,
    normal_log_prob,
    normal_tails,
)
from tests.accuracy.family import Family
from tests.accuracy.incomplete import Tails, beta_tails
from tests.accuracy.trial import Trial, by_logits, by_probs
from tests.formulas import beta_entropy, beta_log_prob, lbeta, ndtr


def continuous_bernoulli(trial: Trial, draw) -> Family:
    """The density proportional to exp(l x), by the log-odds l."""
    l = lambda given: trial(given).logit

    def log_normalizer(l):
        return mp.log(mp.expm1(l) / l) if l else 0

    def tails(x, given) -> Tails:
        t = l(given)
        if not t:
            return x, 1 - x
        return mp.expm1(t * x) / mp.expm1(t), mp.expm1(-t * (1 - x)) / mp.expm1(-t)

    def mean(given):
        t = l(given)
        return -1 / mp.expm1(-t) - 1 / t if t else mp.mpf(1) / 2

    def variance(given):
        t = l(given)
        return 1 / t**2 - 1 / (2 * mp.sinh(t / 2)) ** 2 if t else mp.mpf(1) / 12

    return Family(
        "ContinuousBernoulli",
        {trial.name: draw},
        lambda rng, given: in_the_unit_interval(rng, rng.random()),
        lambda x, given: l(given) * x - log_normalizer(l(given)),
        tails,
        lambda given: log_normalizer(l(given)) - l(given) * mean(given),
        mean,
        variance,
    )


def relaxed_bernoulli(trial: Trial, draw) -> Family:
    """The sigmoid of a logistic variable."""

    def z(x, t, given):
        return (mp.log(x) - mp.log1p(-x)) * t - trial(given).logit

    def value(rng: Rng, t: float, given: float) -> float:
        u = np.clip((trial.logit_of(given) + rng.logistic()) / t, -80, 80)
        return in_the_unit_interval(rng, 1 / (1 + np.exp(-u)))

    return Family(
        "RelaxedBernoulli",
        {"temperature": positive, trial.name: draw},
        value,
        lambda x, t, given: (
            logistic_log_prob(z(x, t, given)) + mp.log(t) - mp.log(x) - mp.log1p(-x)
        ),
        lambda x, t, given: logistic_tails(z(x, t, given)),
    )


def beta_kl(a, b, c, d):
    slopes = (a - c) * mp.psi(0, a) + (b - d) * mp.psi(0, b)
    return lbeta(c, d) - lbeta(a, b) + slopes + (c - a + d - b) * mp.psi(0, a + b)


def kumaraswamy_log_prob(x, a, b):
    return mp.log(a) + mp.log(b) + (a - 1) * mp.log(x) + (b - 1) * mp.log1p(-(x**a))


def kumaraswamy_tails(x, a, b) -> Tails:
    log_sf = b * mp.log1p(-(x**a))
    return -mp.expm1(log_sf), mp.exp(log_sf)


def kumaraswamy_moment(a, b, n):
    return b * mp.exp(lbeta(1 + n / a, b))


def kumaraswamy_entropy(a, b):
    return 1 - 1 / b + (1 - 1 / a) * (mp.psi(0, b + 1) + mp.euler) - mp.log(a) - mp.log(b)


def tanh_normal_log_prob(x, loc, scale):
    z = (mp.atanh(x) - loc) / scale
    return normal_log_prob(z) - mp.log(scale) - mp.log1p(-x) - mp.log1p(x)


def tanh_normal_value(rng: Rng, loc: float, scale: float) -> float:
    bulk = np.tanh(loc + scale * rng.normal())
    near_end = rng.choice([-1, 1]) * (1 - 10 ** -rng.uniform(0, 7))
    near_0 = bulk * 10 ** -rng.uniform(0, 20)
    x = rng.choice([bulk, near_end, near_0], p=[0.6, 0.2, 0.2])
    return np.clip(x, -draws.ONE_BELOW, draws.ONE_BELOW)


def truncation(loc, scale, low, high):
    """Bounds of z and the probability between, mirrored such that it is that of a lower tail."""
    a, b = (low - loc) / scale, (high - loc) / scale
    return (a, b) if a + b < 0 else (-b, -a)


def between(a, b):
    return ndtr(b) - ndtr(a) if a + b < 0 else ndtr(-a) - ndtr(-b)


def truncated_normal_log_prob(x, loc, scale, low, high):
    a, b = (low - loc) / scale, (high - loc) / scale
    return normal_log_prob((x - loc) / scale) - mp.log(scale) - mp.log(between(a, b))


def truncated_normal_tails(x, loc, scale, low, high) -> Tails:
    a, z, b = ((v - loc) / scale for v in (low, x, high))
    return between(a, z) / between(a, b), between(z, b) / between(a, b)


def truncated_slopes(loc, scale, low, high):
    """E z, and E z^2, of the standardized variable."""
    a, b = (low - loc) / scale, (high - loc) / scale
    total = between(a, b)
    at_a, at_b = mp.npdf(a) / total, mp.npdf(b) / total
    return at_a - at_b, 1 + a * at_a - b * at_b, mp.log(total)


def truncated_normal_mean(loc, scale, low, high):
    return loc + scale * truncated_slopes(loc, scale, low, high)[0]


def truncated_normal_variance(loc, scale, low, high):
    first, second, _ = truncated_slopes(loc, scale, low, high)
    return scale**2 * (second - first**2)


def truncated_normal_entropy(loc, scale, low, high):
    _, second, log_total = truncated_slopes(loc, scale, low, high)
    return mp.log(2 * mp.pi) / 2 + mp.log(scale) + log_total + second / 2


def bound(rng: Rng, level: int) -> float:
    return rng.normal() * [2, 10, 300][level]


def truncated_normal_value(rng: Rng, loc: float, scale: float, low: float, high: float) -> float:
    nearest = np.clip(loc, low, high)
    near = nearest + scale * rng.normal() * min(1, scale / (abs(nearest - loc) + scale))
    anywhere = low + (high - low) * rng.random()
    return near if low < near < high and rng.random() < 0.7 else anywhere


def uniform_value(rng: Rng, low: float, high: float) -> float:
    return low + (high - low) * in_the_unit_interval(rng, rng.random())


def logit(x):
    return mp.log(x) - mp.log1p(-x)


def triangular_value(rng: Rng, low: float, high: float, peak: float) -> float:
    return rng.triangular(low, peak, high)


def triangular_tails(x, low, high, peak) -> Tails:
    if x < peak:
        lower = (x - low) ** 2 / ((high - low) * (peak - low))
        return lower, 1 - lower
    upper = (high - x) ** 2 / ((high - low) * (high - peak))
    return 1 - upper, upper


def triangular_log_prob(x, low, high, peak):
    share = (x - low) / (peak - low) if x < peak else (high - x) / (high - peak)
    return mp.log(2 * share / (high - low))


def triangular_variance(low, high, peak):
    return ((high - low) ** 2 + (peak - low) * (peak - high)) / 18


# --- Bates: a piecewise polynomial ---------------------------------------------------------------

BATES_COUNT = 5


def irwin_hall(s, power):
    """sum (-1)^k C(n, k) (s - k)^power / power! over k < s."""
    n = BATES_COUNT
    terms = ((-1) ** k * mp.binomial(n, k) * (s - k) ** power for k in range(n) if k < s)
    return mp.fsum(terms) / mp.factorial(power)


def bates_log_prob(x, low, high):
    n = BATES_COUNT
    width = (high - low) / n
    sum_of_uniforms = min(x - low, high - x) / width
    return mp.log(irwin_hall(sum_of_uniforms, n - 1) / width)


def bates_tails(x, low, high) -> Tails:
    n = BATES_COUNT
    below, above = n * (x - low) / (high - low), n * (high - x) / (high - low)
    half = irwin_hall(min(below, above), n)
    return (half, 1 - half) if below < above else (1 - half, half)


def bates_value(rng: Rng, low: float, high: float) -> float:
    return low + (high - low) * in_the_unit_interval(rng, rng.random(BATES_COUNT).mean())


# --- PERT: a beta distribution on an interval ----------------------------------------------------


def pert_shapes(low, peak, high, temperature):
    if not low < peak < high:
        raise ValueError("the peak is outside of the interval")
    width = high - low
    return 1 + temperature * (peak - low) / width, 1 + temperature * (high - peak) / width


def pert_log_prob(x, low, peak, high, temperature):
    a, b = pert_shapes(low, peak, high, temperature)
    return beta_log_prob(a, b, (x - low) / (high - low)) - mp.log(high - low)


def pert_tails(x, low, peak, high, temperature) -> Tails:
    a, b = pert_shapes(low, peak, high, temperature)
    return beta_tails(a, b, (x - low) / (high - low))


def pert_entropy(low, peak, high, temperature):
    return beta_entropy(*pert_shapes(low, peak, high, temperature)) + mp.log(high - low)


def pert_variance(low, peak, high, temperature):
    a, b = pert_shapes(low, peak, high, temperature)
    return (high - low) ** 2 * a * b / ((a + b) ** 2 * (a + b + 1))


def pert_value(rng: Rng, low: float, peak: float, high: float, temperature: float) -> float:
    a, b = map(float, pert_shapes(low, peak, high, temperature))
    return low + (high - low) * in_the_unit_interval(rng, rng.beta(a, b))


# --- truncated and censored normal distributions -------------------------------------------------


def censored_log_prob(x, loc, scale, low, high):
    if not low < high:
        raise ValueError("the bounds are in the wrong order")
    if x == low:
        return mp.log(ndtr((low - loc) / scale))
    if x == high:
        return mp.log(ndtr((loc - high) / scale))
    return normal_log_prob((x - loc) / scale) - mp.log(scale)


def censored_value(rng: Rng, loc: float, scale: float, low: float, high: float) -> float:
    return np.clip(loc + scale * rng.normal() * rng.choice([1, 3]), low, high)


bounded_normal = {
    "loc": bound,
    "scale": draws.power_of_ten((-0.5, 0.5), (-2, 2), (-6, 6)),
    "low": bound,
    "high": bound,
}


def noncentral_beta_log_prob(x, a, b, noncentrality):
    rate = noncentrality / 2
    return beta_log_prob(a, b, x) - rate + mp.log(mp.hyp1f1(a + b, a, rate * x))


def cosine_value(rng: Rng, low: float, high: float) -> float:
    """Draw a value in the bulk or near an end."""
    near, far = (low, high) if rng.random() < 0.5 else (high, low)
    return near + (far - near) * (rng.uniform() if rng.random() < 0.6 else 10 ** -rng.uniform(0, 6))


def middle(x, low, high):
    """The distance from the middle in units of half of the length."""
    return (2 * x - low - high) / (high - low)


def cosine_tails(x, low, high) -> Tails:
    z = middle(x, low, high)
    return tuple((1 + v + mp.sin(mp.pi * v) / mp.pi) / 2 for v in (z, -z))


FAMILIES = [
    Family(
        "Triangular",
        {"low": draws.real, "high": draws.real, "peak": draws.real},
        triangular_value,
        triangular_log_prob,
        triangular_tails,
        lambda low, high, peak: mpf(1) / 2 + mp.log((high - low) / 2),
        lambda low, high, peak: (low + high + peak) / 3,
        triangular_variance,
    ),
    Family(
        "Arcsine",
        {"low": draws.real, "high": draws.real},
        lambda rng, low, high: low + (high - low) * rng.beta(0.5, 0.5),
        lambda x, low, high: -mp.log(mp.pi) - (mp.log(x - low) + mp.log(high - x)) / 2,
        lambda x, low, high: (
            2 / mp.pi * mp.atan(mp.sqrt((x - low) / (high - x))),
            2 / mp.pi * mp.atan(mp.sqrt((high - x) / (x - low))),
        ),
        lambda low, high: mp.log(mp.pi / 4) + mp.log(high - low),
        lambda low, high: (low + high) / 2,
        lambda low, high: (high - low) ** 2 / 8,
    ),
    Family(
        "Cosine",
        {"low": draws.real, "high": draws.real},
        cosine_value,
        lambda x, low, high: mp.log((1 + mp.cos(mp.pi * middle(x, low, high))) / (high - low)),
        cosine_tails,
        lambda low, high: mp.log(2 * (high - low)) - 1,
        lambda low, high: (low + high) / 2,
        lambda low, high: (high - low) ** 2 * (mpf(1) / 12 - 1 / (2 * mp.pi**2)),
    ),
    Family(
        "LogitNormal",
        {
            "loc": lambda rng, level: rng.normal() * [1, 5, 30][level],
            "scale": draws.power_of_ten((-1, 0.5), (-3, 1), (-8, 3)),
        },
        lambda rng, loc, scale: in_the_unit_interval(
            rng, float(1 / (1 + np.exp(-np.clip(loc + scale * rng.normal(), -86, 86))))
        ),
        lambda x, loc, scale: (
            -(((logit(x) - loc) / scale) ** 2) / 2
            - mp.log(2 * mp.pi) / 2
            - mp.log(scale * x * (1 - x))
        ),
        lambda x, loc, scale: normal_tails((logit(x) - loc) / scale),
    ),
    Family(
        "Uniform",
        {"low": draws.real, "high": draws.real},
        uniform_value,
        lambda x, low, high: -mp.log(high - low),
        lambda x, low, high: ((x - low) / (high - low), (high - x) / (high - low)),
        lambda low, high: mp.log(high - low),
        lambda low, high: (low + high) / 2,
        lambda low, high: (high - low) ** 2 / 12,
    ),
    Family(
        "Beta",
        {"concentration1": draws.concentration, "concentration0": draws.concentration},
        lambda rng, a, b: in_the_unit_interval(rng, rng.beta(max(a, 1e-2), max(b, 1e-2))),
        lambda x, a, b: beta_log_prob(a, b, x),
        lambda x, a, b: beta_tails(a, b, x),
        beta_entropy,
        lambda a, b: a / (a + b),
        lambda a, b: a * b / ((a + b) ** 2 * (a + b + 1)),
        beta_kl,
    ),
    Family(
        "Kumaraswamy",
        {"concentration1": draws.concentration, "concentration0": draws.concentration},
        lambda rng, a, b: in_the_unit_interval(
            rng, float((-np.expm1(np.log(rng.random()) / b)) ** (1 / a))
        ),
        kumaraswamy_log_prob,
        kumaraswamy_tails,
        kumaraswamy_entropy,
        lambda a, b: kumaraswamy_moment(a, b, 1),
        lambda a, b: kumaraswamy_moment(a, b, 2) - kumaraswamy_moment(a, b, 1) ** 2,
    ),
    continuous_bernoulli(by_probs, draws.probability),
    continuous_bernoulli(by_logits, draws.extreme_logits),
    relaxed_bernoulli(by_probs, draws.probability),
    relaxed_bernoulli(by_logits, draws.extreme_logits),
    Family(
        "TanhNormal",
        {
            "loc": lambda rng, level: rng.normal() * [1, 5, 30][level],
            "scale": draws.power_of_ten((-1, 0.5), (-3, 1), (-8, 3)),
        },
        tanh_normal_value,
        tanh_normal_log_prob,
        lambda x, loc, scale: normal_tails((mp.atanh(x) - loc) / scale),
    ),
    Family(
        "TruncatedNormal",
        bounded_normal,
        truncated_normal_value,
        truncated_normal_log_prob,
        truncated_normal_tails,
        truncated_normal_entropy,
        truncated_normal_mean,
        truncated_normal_variance,
    ),
    Family(
        "Truncated",
        bounded_normal,
        truncated_normal_value,
        truncated_normal_log_prob,
        truncated_normal_tails,
    ),
    Family("Censored", bounded_normal, censored_value, censored_log_prob),
    Family(
        "Bates",
        {"low": draws.real, "high": draws.real},
        bates_value,
        bates_log_prob,
        bates_tails,
        mean=lambda low, high: (low + high) / 2,
        variance=lambda low, high: (high - low) ** 2 / (12 * BATES_COUNT),
    ),
    Family(
        "PERT",
        {
            "low": draws.real,
            "peak": draws.real,
            "high": draws.real,
            "temperature": draws.concentration,
        },
        pert_value,
        pert_log_prob,
        pert_tails,
        pert_entropy,
        lambda low, peak, high, temperature: (low + temperature * peak + high) / (temperature + 2),
        pert_variance,
    ),
    Family(
        "NoncentralBeta",
        {
            "concentration1": draws.power_of_ten((0, 1.5), (-1, 2), (-2, 3)),
            "concentration0": draws.power_of_ten((0, 1.5), (-1, 2), (-2, 3)),
            "noncentrality": draws.power_of_ten((-1, 1.5), (-2, 2), (-4, 3)),
        },
        lambda rng, a, b, rest: in_the_unit_interval(rng, rng.beta(a + rest / 2, b)),
        noncentral_beta_log_prob,
    ),
]
