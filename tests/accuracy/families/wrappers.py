"""Wrappers: each with the parameters of what it is made of, as `tests.accuracy.making` does."""

from __future__ import annotations

import numpy as np
from mpmath import mp

from tests.accuracy import draws
from tests.accuracy.draws import Rng, among_counts, among_positives, on_the_line, positive, real
from tests.accuracy.families.real import (
    gumbel_tails,
    laplace_tails,
    normal_entropy,
    normal_log_prob,
    normal_tails,
)
from tests.accuracy.family import Family
from tests.accuracy.incomplete import Tails, gamma_tails
from tests.formulas import poisson_log_prob

_SIZE = 3


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


FAMILIES = [
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
