"""Families on the simplex, and of counts with a given sum."""

from __future__ import annotations

import numpy as np
from mpmath import mp, mpf

from tests.accuracy import draws
from tests.accuracy.draws import Rng, positive, vector
from tests.accuracy.families.category import log_weights, normalized
from tests.accuracy.families.interval import beta_kl
from tests.accuracy.families.real import normal_log_prob
from tests.accuracy.family import Family
from tests.accuracy.incomplete import NotConverged
from tests.formulas import lbeta

_SIZE = 3
_MOST_COUNTS = 1500


def total(terms):
    return mp.fsum(terms)


def log_of(values):
    return [mp.log(v) for v in values]


def on_the_simplex(rng: Rng, x: np.ndarray) -> np.ndarray:
    """Leave a draw from the simplex, or move it towards a vertex or a side."""
    x = np.maximum(x, 1e-30)
    if rng.random() < 0.4:
        x = x * 10 ** rng.uniform(-12, 0, x.shape)
    return np.maximum(x / x.sum(), draws.TINY)


def log_beta(a):
    return total(map(mp.loggamma, a)) - mp.loggamma(total(a))


def dirichlet_entropy(a):
    a0 = total(a)
    slopes = total((v - 1) * mp.psi(0, v) for v in a)
    return log_beta(a) + (a0 - len(a)) * mp.psi(0, a0) - slopes


def dirichlet_variance(a):
    a0 = total(a)
    return np.array([v * (a0 - v) / (a0**2 * (a0 + 1)) for v in a])


def dirichlet_kl(a, b):
    pairs = list(zip(a, b, strict=True))
    slopes = total((v - w) * mp.psi(0, v) for v, w in pairs)
    return log_beta(b) - log_beta(a) + slopes - (total(a) - total(b)) * mp.psi(0, total(a))


# --- generalized Dirichlet, by the fractions that stick-breaking takes ---------------------------


def rests(x):
    """What is left after each entry but the last."""
    return [total(x[i + 1 :]) for i in range(len(x) - 1)]


def generalized_dirichlet_value(rng: Rng, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    taken = np.append(rng.beta(np.maximum(a, 0.01), np.maximum(b, 0.01)), 1.0)
    left = np.append(1.0, np.cumprod(1 - taken[:-1]))
    return on_the_simplex(rng, taken * left)


def generalized_dirichlet_log_prob(x, a, b):
    exponents = [*(b[:-1] - a[1:] - b[1:]), b[-1] - 1]
    of_entries = total((v - 1) * l for v, l in zip(a, log_of(x[:-1]), strict=True))
    of_rest = total(c * l for c, l in zip(exponents, log_of(rests(x)), strict=True))
    return of_entries + of_rest - total(map(lbeta, a, b))


def generalized_dirichlet_entropy(a, b):
    result = mpf(0)
    for i, (v, w) in enumerate(zip(a, b, strict=True)):
        slopes = (v - 1) * mp.psi(0, v) + (w - len(a) + i) * mp.psi(0, w)
        result += lbeta(v, w) - slopes + (v + w - 1 - len(a) + i) * mp.psi(0, v + w)
    return result


def generalized_dirichlet_power(a, b, n):
    """The means of the n-th power of the entries."""
    of_rest, result = mpf(1), []
    for v, w in zip(a, b, strict=True):
        rising = mp.rf(v + w, n)
        result.append(of_rest * mp.rf(v, n) / rising)
        of_rest = of_rest * mp.rf(w, n) / rising
    return np.array([*result, of_rest])


def generalized_dirichlet_variance(a, b):
    return generalized_dirichlet_power(a, b, 2) - generalized_dirichlet_power(a, b, 1) ** 2


def stick_breaking(x):
    """The real vector of which x is the image, up to rounding of the sum of x."""
    rest = rests(x)
    return [mp.log(x[i] / r) + mp.log(len(rest) - i) for i, r in enumerate(rest)]


def logistic_normal_log_prob(x, loc, scale):
    z = [(y - m) / s for y, m, s in zip(stick_breaking(x), loc, scale, strict=True)]
    return total(map(normal_log_prob, z)) - total(log_of(scale)) - total(log_of(x))


def logistic_normal_value(rng: Rng, loc: np.ndarray, scale: np.ndarray) -> np.ndarray:
    y = np.clip(loc + scale * rng.normal(size=loc.shape), -30, 30)
    x = np.exp(np.append(y, 0.0))
    return on_the_simplex(rng, x / x.sum())


def relaxed_log_prob(x, t, logits):
    k = len(x)
    scores = [l - t * mp.log(v) for l, v in zip(logits, x, strict=True)]
    top = max(scores)
    log_sum = top + mp.log(total(mp.exp(s - top) for s in scores))
    powers = total(scores) - total(log_of(x))
    return mp.loggamma(k) + (k - 1) * mp.log(t) + powers - k * log_sum


def relaxed_value(rng: Rng, t: float, logits: np.ndarray) -> np.ndarray:
    y = (logits + rng.gumbel(size=logits.shape)) / t
    x = np.exp(np.clip(y - y.max(), -80, 0))
    return on_the_simplex(rng, x / x.sum())


# --- counts --------------------------------------------------------------------------------------


def counts(rng: Rng, n: float, weights: np.ndarray) -> np.ndarray:
    """Draw counts with a given sum, or move some of them."""
    x = rng.multinomial(int(n), weights / weights.sum())
    if rng.random() < 0.3:
        x = rng.multinomial(int(n), np.full(len(weights), 1 / len(weights)))
    return x


def multinomial(name: str, draw) -> Family:
    logs = lambda given: normalized(log_weights(given, name))

    def weights(given: np.ndarray) -> np.ndarray:
        return given if name == "probs" else np.exp(given - given.max())

    def log_prob(x, n, given):
        powers = total(k * l for k, l in zip(x, logs(given), strict=True))
        return mp.loggamma(n + 1) - total(mp.loggamma(k + 1) for k in x) + powers

    def entropy(n, given):
        """By the sum over each count, which is binomial."""
        if n > _MOST_COUNTS // 10:
            raise NotConverged
        log_p = logs(given)
        result = -mp.loggamma(n + 1) - n * total(mp.exp(l) * l for l in log_p)
        for l in log_p:
            log_q = mp.log1p(-mp.exp(l))
            for k in range(2, int(n) + 1):
                log_mass = mp.log(mp.binomial(n, k)) + k * l + (n - k) * log_q
                result += mp.exp(log_mass) * mp.loggamma(mpf(k) + 1)
        return result

    def mean(n, given):
        return np.array([n * mp.exp(l) for l in logs(given)])

    def variance(n, given):
        return np.array([n * mp.exp(l) * -mp.expm1(l) for l in logs(given)])

    return Family(
        "Multinomial",
        {"total_count": draws.trials, name: vector(draw, _SIZE)},
        lambda rng, n, given: counts(rng, n, weights(given)),
        log_prob,
        None,
        entropy,
        mean,
        variance,
        exact=frozenset({"total_count"}),
        discrete=True,
    )


def dirichlet_multinomial_log_prob(x, a, n):
    pairs = list(zip(x, a, strict=True))
    terms = total(mp.loggamma(k + v) - mp.loggamma(v) - mp.loggamma(k + 1) for k, v in pairs)
    return terms + mp.loggamma(n + 1) + mp.loggamma(total(a)) - mp.loggamma(n + total(a))


def dirichlet_multinomial_variance(a, n):
    a0 = total(a)
    return np.array([n * v * (a0 - v) * (n + a0) / (a0**2 * (1 + a0)) for v in a])


FAMILIES = [
    Family(
        "Dirichlet",
        {"concentration": vector(draws.concentration, _SIZE)},
        lambda rng, a: on_the_simplex(rng, rng.dirichlet(np.maximum(a, 0.01))),
        lambda x, a: total((v - 1) * l for v, l in zip(a, log_of(x), strict=True)) - log_beta(a),
        None,
        dirichlet_entropy,
        lambda a: np.array([v / total(a) for v in a]),
        dirichlet_variance,
        dirichlet_kl,
    ),
    Family(
        "GeneralizedDirichlet",
        {
            "concentration1": vector(draws.concentration, _SIZE - 1),
            "concentration0": vector(draws.concentration, _SIZE - 1),
        },
        generalized_dirichlet_value,
        generalized_dirichlet_log_prob,
        None,
        generalized_dirichlet_entropy,
        lambda a, b: generalized_dirichlet_power(a, b, 1),
        generalized_dirichlet_variance,
        lambda *parameters: total(map(beta_kl, *parameters)),
    ),
    Family(
        "LogisticNormal",
        {
            "loc": vector(lambda rng, level: rng.normal() * [1, 5, 20][level], _SIZE - 1),
            "scale": vector(draws.power_of_ten((-0.5, 0.5), (-2, 1), (-6, 3)), _SIZE - 1),
        },
        logistic_normal_value,
        logistic_normal_log_prob,
    ),
    Family(
        "RelaxedOneHotCategorical",
        {"temperature": positive, "logits": vector(draws.logits, _SIZE)},
        relaxed_value,
        relaxed_log_prob,
    ),
    multinomial("probs", draws.probability),
    multinomial("logits", draws.logits),
    Family(
        "DirichletMultinomial",
        {"concentration": vector(draws.concentration, _SIZE), "total_count": draws.trials},
        lambda rng, a, n: counts(rng, n, rng.dirichlet(np.maximum(a, 0.01))),
        dirichlet_multinomial_log_prob,
        None,
        None,
        lambda a, n: np.array([n * v / total(a) for v in a]),
        dirichlet_multinomial_variance,
        exact=frozenset({"total_count"}),
        discrete=True,
    ),
]
