"""Families of categories."""

from __future__ import annotations

import itertools

import numpy as np
from mpmath import mp

from tests.accuracy import draws
from tests.accuracy.family import Family
from tests.accuracy.incomplete import Tails
from tests.accuracy.trial import Odds, Trial, by_logits, by_probs

_CATEGORIES = 4
_ITEMS = 3


def bernoulli(trial: Trial, draw, name="Bernoulli") -> Family:
    def log_prob(k, given):
        return trial(given).log_p if k else trial(given).log_q

    def tails(k, given) -> Tails:
        odds = trial(given)
        return (mp.mpf(1), mp.mpf(0)) if k else (odds.q, odds.p)

    def entropy(given):
        odds = trial(given)
        return -odds.p * odds.log_p - odds.q * odds.log_q

    return Family(
        name,
        {trial.name: draw},
        lambda rng, given: rng.integers(0, 2),
        log_prob,
        tails,
        entropy,
        lambda given: trial(given).p,
        lambda given: trial(given).p * trial(given).q,
        lambda p, q: trial_kl(trial(p), trial(q)),
        discrete=True,
    )


def trial_kl(p, q):
    """The divergence of single trials, by their odds."""
    return p.p * (p.log_p - q.log_p) + p.q * (p.log_q - q.log_q)


def choice_kl(p, q):
    """The divergence of choices, by their logits."""
    pairs = zip(normalized(p), normalized(q), strict=True)
    return mp.fsum(mp.exp(v) * (v - w) for v, w in pairs)


def log_weights(given, name):
    """Logarithms of the probabilities, up to a constant."""
    return given if name == "logits" else [mp.log(v) for v in given]


def log_total(logs):
    """log sum exp."""
    top = max(logs)
    return top + mp.log(mp.fsum(mp.exp(v - top) for v in logs))


def normalized(logs):
    """Log-probabilities, also of what is nearly sure: from the other categories."""
    return [-log_total_above(logs, i) for i in range(len(logs))]


def log_total_above(logs, i):
    """log(sum exp(logs)) - logs[i]."""
    others = mp.fsum(mp.exp(v - logs[i]) for j, v in enumerate(logs) if j != i)
    return mp.log1p(others)


def negative_entropy(logs):
    return mp.fsum(mp.exp(v) * v for v in normalized(logs))


def categorical(name: str, draw) -> Family:
    logs = lambda given: log_weights(given, name)
    return Family(
        "Categorical",
        {name: draws.vector(draw, _CATEGORIES)},
        lambda rng, given: rng.integers(0, _CATEGORIES),
        lambda k, given: normalized(logs(given))[int(k)],
        entropy=lambda given: -negative_entropy(logs(given)),
        kl=lambda p, q: choice_kl(logs(p), logs(q)),
        discrete=True,
    )


def one_hot(name: str, draw) -> Family:
    logs = lambda given: log_weights(given, name)
    return Family(
        "OneHotCategorical",
        {name: draws.vector(draw, _CATEGORIES)},
        lambda rng, given: np.eye(_CATEGORIES)[rng.integers(0, _CATEGORIES)],
        lambda x, given: normalized(logs(given))[list(x).index(1)],
        entropy=lambda given: -negative_entropy(logs(given)),
        kl=lambda p, q: choice_kl(logs(p), logs(q)),
        discrete=True,
    )


def plackett_luce_log_prob(x, scores):
    ordered = [scores[int(i)] for i in x]
    left = [mp.fsum(ordered[i:]) for i in range(len(ordered))]
    return mp.fsum(mp.log(a / b) for a, b in zip(ordered, left, strict=True))


def probits(rng, level):
    """Draw a quantile of the normal distribution."""
    return rng.choice([-1, 1]) * rng.uniform(*[(0, 3), (0, 12), (0, 100)][level])


_BY_PROBITS = Trial(
    "probits",
    lambda z: Odds(mp.ncdf(z), mp.ncdf(-z), mp.log(mp.ncdf(z)), mp.log(mp.ncdf(-z)), None),
    lambda z: float(mp.log(mp.ncdf(z)) - mp.log(mp.ncdf(-z))),
)


def ordered_log_prob(k, cutpoints, loc):
    """From the tail in which the interval lies."""
    if any(a >= b for a, b in itertools.pairwise(cutpoints)):
        raise ValueError("the cutpoints are in the wrong order")
    z = [-mp.inf, *(c - loc for c in cutpoints), mp.inf]
    low, high = z[int(k)], z[int(k) + 1]
    low, high = (low, high) if low + high < 0 else (-high, -low)
    return mp.log(sigmoid(high) - sigmoid(low))


def sigmoid(z):
    return mp.mpf(0) if z == -mp.inf else mp.mpf(1) / (1 + mp.exp(-z))


def stopping_log_prob(k, cutpoints, loc):
    """Stop at k after having gone on before; the logarithms of sigmoids do not cancel."""
    z = [c - loc for c in cutpoints]
    stop = [-mp.log1p(mp.exp(-v)) for v in z[int(k) :][:1]]
    return mp.fsum([*(-mp.log1p(mp.exp(v)) for v in z[: int(k)]), *stop])


def stopping_entropy(*parameters):
    log_p = [stopping_log_prob(k, *parameters) for k in range(_CATEGORIES)]
    return -mp.fsum(mp.exp(v) * v for v in log_p)


def stopping_kl(cutpoints, loc, *other):
    log_p, log_q = (
        [stopping_log_prob(k, *d) for k in range(_CATEGORIES)] for d in ((cutpoints, loc), other)
    )
    return mp.fsum(mp.exp(v) * (v - w) for v, w in zip(log_p, log_q, strict=True))


def cutpoints(rng, level):
    return np.sort(rng.normal(size=_CATEGORIES - 1)) * [1, 10, 50][level]


def ordered_entropy(*parameters):
    log_p = [ordered_log_prob(k, *parameters) for k in range(_CATEGORIES)]
    return -mp.fsum(mp.exp(v) * v for v in log_p)


def determinant(matrix):
    """By the sum over permutations of a small matrix."""
    if not len(matrix):
        return mp.mpf(1)
    minors = [[[*row[:j], *row[j + 1 :]] for row in matrix[1:]] for j in range(len(matrix))]
    return mp.fsum((-1) ** j * matrix[0][j] * determinant(m) for j, m in enumerate(minors))


def similarity(values, vectors):
    return [[mp.fsum(values * a * b) for b in vectors] for a in vectors]


def determinantal_log_prob(x, values, vectors):
    chosen = [row for row, is_in in zip(vectors, x, strict=True) if is_in]
    minor = determinant(similarity(values, chosen))
    return mp.log(minor) - mp.fsum(mp.log1p(v) for v in values)


def determinantal_entropy(values, vectors):
    subsets = itertools.product((0, 1), repeat=len(values))
    log_p = [determinantal_log_prob(x, values, vectors) for x in subsets]
    return -mp.fsum(mp.exp(v) * v for v in log_p)


def inclusion(values, vectors):
    """The probabilities of each item."""
    return np.array([mp.fsum(row**2 * values / (1 + values)) for row in vectors])


def exclusion(values, vectors):
    return np.array([mp.fsum(row**2 / (1 + values)) for row in vectors])


def rotation(rng, level):
    return np.linalg.qr(rng.normal(size=(_ITEMS, _ITEMS)))[0]


FAMILIES = [
    Family(
        "OrderedLogistic",
        {"cutpoints": cutpoints, "loc": draws.logits},
        lambda rng, cutpoints, loc: rng.integers(0, _CATEGORIES),
        ordered_log_prob,
        entropy=ordered_entropy,
        discrete=True,
    ),
    Family(
        "StoppingRatioLogistic",
        {"cutpoints": draws.vector(draws.logits, _CATEGORIES - 1), "loc": draws.logits},
        lambda rng, cutpoints, loc: rng.integers(0, _CATEGORIES),
        stopping_log_prob,
        entropy=stopping_entropy,
        kl=stopping_kl,
        discrete=True,
    ),
    bernoulli(by_probs, draws.probability),
    bernoulli(by_logits, draws.extreme_logits),
    categorical("probs", draws.probability),
    categorical("logits", draws.extreme_logits),
    one_hot("logits", draws.extreme_logits),
    Family(
        "Softmax",
        {
            "preferences": draws.vector(draws.logits, _CATEGORIES),
            "temperature": draws.power_of_ten((-0.5, 0.5), (-2, 2), (-4, 4)),
        },
        lambda rng, preferences, t: rng.integers(0, _CATEGORIES),
        lambda k, preferences, t: normalized([v / t for v in preferences])[int(k)],
        entropy=lambda preferences, t: -negative_entropy([v / t for v in preferences]),
        discrete=True,
    ),
    bernoulli(_BY_PROBITS, probits, "ProbitBernoulli"),
    Family(
        "PlackettLuce",
        {"scores": draws.vector(draws.positive, _CATEGORIES)},
        lambda rng, scores: rng.permutation(_CATEGORIES),
        plackett_luce_log_prob,
        discrete=True,
    ),
    Family(
        "DeterminantalPointProcess",
        {
            "eigenvalues": draws.vector(draws.power_of_ten((-1, 1), (-3, 3), (-6, 6)), _ITEMS),
            "eigenvectors": rotation,
        },
        lambda rng, values, vectors: rng.integers(0, 2, _ITEMS),
        determinantal_log_prob,
        entropy=determinantal_entropy,
        mean=inclusion,
        variance=lambda values, vectors: inclusion(values, vectors) * exclusion(values, vectors),
        discrete=True,
    ),
]
