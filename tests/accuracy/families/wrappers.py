"""Wrappers: each with the parameters of what it is made of, as `tests.accuracy.making` does."""

from __future__ import annotations

import numpy as np
from mpmath import mp, mpf

from tests.accuracy import draws
from tests.accuracy.draws import Rng, among_counts, among_positives, on_the_line, positive, real
from tests.accuracy.families.real import (
    gumbel_tails,
    laplace_tails,
    logistic_tails,
    normal_entropy,
    normal_log_prob,
    normal_tails,
)
from tests.accuracy.family import Family
from tests.accuracy.incomplete import NotConverged, Tails, gamma_tails
from tests.formulas import gamma_log_prob, lbeta, ndtr, poisson_log_prob

_SIZE = 3
RANKED, RANK, RANKS = 5, 2, (2, 4)
LOCATION_SCALE = {"loc": real, "scale": positive}


def scaled_log_prob(x, loc, scale):
    return normal_log_prob((x - loc) / scale) - mp.log(scale)


def normal_kl(loc, scale, other_loc, other_scale):
    ratio, shift = scale / other_scale, (loc - other_loc) / other_scale
    return (ratio**2 + shift**2 - 1) / 2 - mp.log(ratio)


def sum_over(formula):
    """Sum a formula over the entries of its arguments."""
    return lambda *columns: mp.fsum(formula(*entries) for entries in zip(*columns, strict=True))


def of_exp_of_minus_gumbel(x, loc, scale) -> Tails:
    return gumbel_tails((-mp.log(x) - loc) / scale)[::-1]


def exp_of_minus_gumbel_log_prob(x, loc, scale):
    z = (-mp.log(x) - loc) / scale
    return -z - mp.exp(-z) - mp.log(scale) - mp.log(x)


def exp_of_minus_gumbel_value(rng: Rng, loc: float, scale: float) -> float:
    return among_positives(rng, np.exp(np.clip(-loc - scale * rng.gumbel(), -86, 86)))


# --- mixtures ------------------------------------------------------------------------------------


def weights(logits):
    powers = [mp.exp(v - max(logits)) for v in logits]
    return [v / mp.fsum(powers) for v in powers]


def laplace_log_prob(x, loc, scale):
    return -abs(x - loc) / scale - mp.log(2 * scale)


LOG_PROBS = (scaled_log_prob, laplace_log_prob)
TAILS = (normal_tails, laplace_tails)


def mixture(name: str, size: int, kinds) -> Family:
    """Mix normal (0) and Laplace (1) distributions."""

    def log_prob(x, logits, loc, scale):
        terms = zip(weights(logits), kinds, loc, scale, strict=True)
        return mp.log(mp.fsum(w * mp.exp(LOG_PROBS[k](x, m, s)) for w, k, m, s in terms))

    def tails(x, logits, loc, scale) -> Tails:
        pairs = [TAILS[k]((x - m) / s) for k, m, s in zip(kinds, loc, scale, strict=True)]
        below, above = zip(*pairs, strict=True)
        return mp.fdot(weights(logits), below), mp.fdot(weights(logits), above)

    def mean(logits, loc, scale):
        return mp.fdot(weights(logits), loc)

    def variance(logits, loc, scale):
        center = mean(logits, loc, scale)
        of_each = [
            (1 + k) * s**2 + (m - center) ** 2 for k, m, s in zip(kinds, loc, scale, strict=True)
        ]
        return mp.fdot(weights(logits), of_each)

    def value(rng: Rng, logits, loc, scale) -> float:
        i = rng.integers(size)
        return on_the_line(rng, loc[i] + scale[i] * rng.normal())

    return Family(
        name,
        {
            "logits": draws.vector(draws.logits, size),
            "loc": draws.vector(real, size),
            "scale": draws.vector(positive, size),
        },
        value,
        log_prob,
        tails,
        mean=mean,
        variance=variance,
    )


# --- additional zeros ----------------------------------------------------------------------------


def zero_inflated_log_prob(k, rate, gate):
    of_base = mp.log1p(-gate) + poisson_log_prob(k, rate)
    return of_base if k else mp.log(gate + mp.exp(of_base))


def zero_inflated_tails(k, rate, gate) -> Tails:
    above, below = gamma_tails(k + 1, rate)
    return gate + (1 - gate) * below, (1 - gate) * above


def hurdle_log_prob(k, rate, gate):
    if not k:
        return mp.log(gate)
    return mp.log1p(-gate) + poisson_log_prob(k, rate) - mp.log(-mp.expm1(-rate))


def hurdle_tails(k, rate, gate) -> Tails:
    above, _ = gamma_tails(k + 1, rate)
    upper = (1 - gate) * above / -mp.expm1(-rate)
    return 1 - upper, upper


def hurdle_mean(rate, gate):
    return (1 - gate) * rate / -mp.expm1(-rate)


def hurdle_variance(rate, gate):
    second = (1 - gate) * rate * (1 + rate) / -mp.expm1(-rate)
    return second - hurdle_mean(rate, gate) ** 2


# --- folded, rounded and ranked draws ------------------------------------------------------------


def folded_log_prob(x, loc, scale):
    both = (scaled_log_prob(v, loc, scale) for v in (x, -x))
    return mp.log(mp.fsum(map(mp.exp, both)))


def folded_tails(x, loc, scale) -> Tails:
    a, b = (-x - loc) / scale, (x - loc) / scale
    a, b = (a, b) if a + b < 0 else (-b, -a)
    return ndtr(b) - ndtr(a), ndtr(a) + ndtr(-b)


def quantized_log_prob(k, loc, scale):
    a, b = (k - 1 - loc) / scale, (k - loc) / scale
    a, b = (a, b) if a + b < 0 else (-b, -a)
    return mp.log(logistic_tails(b)[0] - logistic_tails(a)[0])


def rank_log_prob(x, loc, scale):
    lower, upper = normal_tails((x - loc) / scale)
    of_ranks = (RANK - 1) * mp.log(lower) + (RANKED - RANK) * mp.log(upper)
    return of_ranks + scaled_log_prob(x, loc, scale) - lbeta(mp.mpf(RANK), RANKED - RANK + 1)


def rank_tails(x, loc, scale) -> Tails:
    lower, upper = normal_tails((x - loc) / scale)
    return tuple(
        mp.fsum(mp.binomial(RANKED, k) * a**k * b ** (RANKED - k) for k in range(least, RANKED + 1))
        for a, b, least in ((lower, upper, RANK), (upper, lower, RANKED - RANK + 1))
    )


def ranks_log_prob(x, loc, scale):
    """Of two of five draws, with one below, between and above."""
    (lower, below), (above, upper) = (normal_tails((v - loc) / scale) for v in x)
    between = above - lower if lower < below else below - upper
    shares = mp.log(lower) + mp.log(between) + mp.log(upper) + mp.log(mp.factorial(RANKED))
    return shares + mp.fsum(scaled_log_prob(v, loc, scale) for v in x)


def largest_log_prob(x, loc, scale):
    log_cdf = mp.log(normal_tails((x - loc) / scale)[0])
    return mp.log(RANKED) + (RANKED - 1) * log_cdf + scaled_log_prob(x, loc, scale)


def largest_tails(x, loc, scale) -> Tails:
    lower, upper = normal_tails((x - loc) / scale)
    return lower**RANKED, -mp.expm1(RANKED * mp.log1p(-upper))


def real_value(rng: Rng, loc: float, scale: float) -> float:
    return on_the_line(rng, loc + scale * rng.normal())


# --- copula of two gamma distributions -----------------------------------------------------------


def normal_score(tails: Tails):
    """The normal quantile of a probability, by Newton's method from the tail that is smaller."""
    lower, upper = tails
    tail = min(lower, upper)
    log_tail = mp.log(tail)
    if log_tail < -200:
        raise NotConverged
    z = mpf(str(-float(np.sqrt(max(-2 * float(log_tail) - 1.8, 0)))))
    for _ in range(60):
        step = (mp.log(ndtr(z)) - log_tail) * ndtr(z) / mp.npdf(z)
        z -= step
        if abs(step) < mp.sqrt(mp.eps) * mpf(10) ** -5:
            return z if lower < upper else -z
    raise NotConverged


def copula_log_prob(x, concentration, cholesky):
    """By the correlation's factor, whose rows are as they are given."""
    z = [normal_score(gamma_tails(c, v)) for c, v in zip(concentration, x, strict=True)]
    own = [z[0] / cholesky[0, 0]]
    own.append((z[1] - cholesky[1, 0] * own[0]) / cholesky[1, 1])
    excess = mp.fsum(a * a - b * b for a, b in zip(z, own, strict=True)) / 2
    marginals = mp.fsum(gamma_log_prob(c, 1, v) for c, v in zip(concentration, x, strict=True))
    return marginals + excess - mp.log(cholesky[0, 0] * cholesky[1, 1])


def correlation_factor(rng: Rng, level: int) -> np.ndarray:
    r = rng.choice([-1, 1]) * (1 - 10 ** -rng.uniform(0, [1, 2, 3][level]))
    return np.array([[1.0, 0.0], [r, np.sqrt(1 - r * r)]])


FAMILIES = [
    Family(
        "GaussianCopula",
        {
            "concentration": draws.vector(draws.power_of_ten((-0.5, 1), (-1, 2), (-2, 3)), 2),
            "correlation_cholesky": correlation_factor,
        },
        lambda rng, concentration, cholesky: np.maximum(rng.gamma(concentration), 1e-30),
        copula_log_prob,
        mean=lambda concentration, cholesky: concentration,
        variance=lambda concentration, cholesky: concentration,
    ),
    Family(
        "Hurdle",
        {"rate": draws.power_of_ten((-1, 1.5), (-4, 4), (-20, 6)), "gate": draws.probability},
        lambda rng, rate, gate: among_counts(rng, rng.poisson(rate)),
        hurdle_log_prob,
        hurdle_tails,
        mean=hurdle_mean,
        variance=hurdle_variance,
        discrete=True,
    ),
    Family(
        "Folded",
        {"loc": real, "scale": positive},
        lambda rng, loc, scale: abs(real_value(rng, loc, scale)),
        folded_log_prob,
        folded_tails,
    ),
    Family(
        "Quantized",
        {
            "loc": lambda rng, level: rng.normal() * [1, 10, 1000][level],
            "scale": draws.power_of_ten((-1, 1), (-2, 3), (-3, 6)),
        },
        lambda rng, loc, scale: (
            rng.choice([-1, 1])
            * among_counts(rng, abs(np.ceil(np.clip(loc + scale * rng.logistic(), -1e6, 1e6))))
        ),
        quantized_log_prob,
        lambda k, loc, scale: logistic_tails((k - loc) / scale),
        discrete=True,
    ),
    Family("OrderStatistic", LOCATION_SCALE, real_value, rank_log_prob, rank_tails),
    Family(
        "JointOrderStatistics",
        LOCATION_SCALE,
        lambda rng, loc, scale: np.sort([real_value(rng, loc, scale) for _ in RANKS]),
        ranks_log_prob,
    ),
    Family("Maximum", LOCATION_SCALE, real_value, largest_log_prob, largest_tails),
    Family(
        "Minimum",
        LOCATION_SCALE,
        real_value,
        lambda x, loc, scale: largest_log_prob(-x, -loc, scale),
        lambda x, loc, scale: largest_tails(-x, -loc, scale)[::-1],
    ),
    Family(
        "Independent",
        {"loc": draws.vector(real, _SIZE), "scale": draws.vector(positive, _SIZE)},
        lambda rng, loc, scale: loc + scale * rng.normal(size=_SIZE),
        sum_over(scaled_log_prob),
        None,
        lambda loc, scale: mp.fsum(normal_entropy() + mp.log(s) for s in scale),
        lambda loc, scale: loc,
        lambda loc, scale: scale**2,
        sum_over(normal_kl),
    ),
    Family(
        "Masked",
        {"loc": real, "scale": positive},
        lambda rng, loc, scale: on_the_line(rng, loc + scale * rng.normal()),
        scaled_log_prob,
        lambda x, loc, scale: normal_tails((x - loc) / scale),
        lambda loc, scale: normal_entropy() + mp.log(scale),
        lambda loc, scale: loc,
        lambda loc, scale: scale**2,
    ),
    Family(
        "TransformedDistribution",
        {"loc": lambda rng, level: rng.normal() * [1, 10, 30][level], "scale": draws.exponent},
        exp_of_minus_gumbel_value,
        exp_of_minus_gumbel_log_prob,
        of_exp_of_minus_gumbel,
        lambda loc, scale: 1 + mp.euler + mp.log(scale) - loc - mp.euler * scale,
    ),
    mixture("Mixture", 2, (0, 1)),
    mixture("MixtureSameFamily", 2, (0, 0)),
    Family(
        "ZeroInflated",
        {"rate": draws.power_of_ten((-1, 1.5), (-4, 4), (-30, 8)), "gate": draws.probability},
        lambda rng, rate, gate: among_counts(rng, rng.poisson(rate)),
        zero_inflated_log_prob,
        zero_inflated_tails,
        mean=lambda rate, gate: (1 - gate) * rate,
        variance=lambda rate, gate: (1 - gate) * rate * (1 + gate * rate),
        discrete=True,
    ),
]
