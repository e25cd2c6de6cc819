"""Families of counts."""

from __future__ import annotations

import numpy as np
from mpmath import mp, mpf

from tests.accuracy import draws
from tests.accuracy.draws import Rng, among_counts
from tests.accuracy.families.category import trial_kl
from tests.accuracy.family import Family, Formula
from tests.accuracy.incomplete import NotConverged, Tails, beta_tails, gamma_tails
from tests.accuracy.trial import Trial, by_logits, by_probs
from tests.formulas import lbeta, log_choose, poisson_log_prob, skellam_log_prob

_MOST_COUNTS = 1500
_TRIALS = 8
_REACH = 40  # standard deviations


def entropy_by_sum(
    log_prob: Formula, mean: Formula, variance: Formula, largest=None, tail=lambda *_: 0
) -> Formula:
    """Sum -p log p over all counts that matter, if there are few.

    They are all up to the largest one, or those within some standard deviations, and further by how
    far a tail reaches that is not normal.
    """

    def entropy(*parameters):
        reach = _REACH * mp.sqrt(variance(*parameters)) + 60 + tail(*parameters)
        if largest is not None:
            reach = max(reach, min(largest(*parameters), _MOST_COUNTS))
        low = int(max(0, mp.floor(mean(*parameters) - reach)))
        high = mean(*parameters) + reach
        high = int(high if largest is None else min(high, largest(*parameters)))
        if high - low > _MOST_COUNTS:
            raise NotConverged
        log_p = [log_prob(mpf(k), *parameters) for k in range(low, high + 1)]
        return -mp.fsum(mp.exp(v) * v for v in log_p)

    return entropy


def geometric(trial: Trial, draw) -> Family:
    def tails(k, given) -> Tails:
        log_sf = (k + 1) * trial(given).log_q
        return -mp.expm1(log_sf), mp.exp(log_sf)

    def entropy(given):
        odds = trial(given)
        return -odds.log_p - odds.q / odds.p * odds.log_q

    def value(rng: Rng, given: float) -> int:
        p = trial.prob_of(given)
        return among_counts(rng, rng.exponential() / max(p, 1e-12))

    return Family(
        "Geometric",
        {trial.name: draw},
        value,
        lambda k, given: k * trial(given).log_q + trial(given).log_p,
        tails,
        entropy,
        lambda given: trial(given).q / trial(given).p,
        lambda given: trial(given).q / trial(given).p ** 2,
        lambda p, q: trial_kl(trial(p), trial(q)) / trial(p).p,
        discrete=True,
    )


def binomial(trial: Trial, draw) -> Family:
    def log_prob(k, n, given):
        odds = trial(given)
        return log_choose(n, k) + k * odds.log_p + (n - k) * odds.log_q

    def tails(k, n, given) -> Tails:
        odds = trial(given)
        if k == n:
            return mpf(1), mpf(0)
        return beta_tails(k + 1, n - k, odds.p, odds.q)[::-1]

    mean = lambda n, given: n * trial(given).p
    variance = lambda n, given: n * trial(given).p * trial(given).q
    return Family(
        "Binomial",
        {"total_count": draws.trials, trial.name: draw},
        lambda rng, n, given: among_counts(rng, rng.binomial(n, trial.prob_of(given)), n),
        log_prob,
        tails,
        entropy_by_sum(log_prob, mean, variance, lambda n, given: n),
        mean,
        variance,
        lambda n, p, m, q: n * trial_kl(trial(p), trial(q)),
        exact=frozenset({"total_count"}),
        discrete=True,
    )


def negative_binomial(trial: Trial, draw) -> Family:
    def log_prob(k, r, given):
        odds = trial(given)
        powers = k * odds.log_p + r * odds.log_q
        return mp.loggamma(k + r) - mp.loggamma(r) - mp.loggamma(k + 1) + powers

    def value(rng: Rng, r: float, given: float) -> int:
        p = trial.prob_of(given)
        rate = rng.gamma(r) * p / max(1 - p, 1e-9)
        return among_counts(rng, rng.poisson(min(rate, 1e9)))

    def tails(k, r, given) -> Tails:
        odds = trial(given)
        return beta_tails(k + 1, r, odds.p, odds.q)[::-1]

    ratio = lambda odds: odds.p / odds.q
    mean = lambda r, given: r * ratio(trial(given))
    variance = lambda r, given: r * ratio(trial(given)) / trial(given).q
    return Family(
        "NegativeBinomial",
        {"total_count": draws.concentration, trial.name: draw},
        value,
        log_prob,
        tails,
        entropy_by_sum(log_prob, mean, variance, tail=lambda r, given: 150 / trial(given).q),
        mean,
        variance,
        discrete=True,
    )


def beta_binomial_log_prob(k, a, b, n):
    return log_choose(n, k) + lbeta(k + a, n - k + b) - lbeta(a, b)


def beta_binomial_tails(k, a, b, n) -> Tails:
    if n > _MOST_COUNTS:
        raise NotConverged
    mass = [mp.exp(beta_binomial_log_prob(mpf(i), a, b, n)) for i in range(int(n) + 1)]
    return mp.fsum(mass[: int(k) + 1]), mp.fsum(mass[int(k) + 1 :])


def beta_binomial_mean(a, b, n):
    return n * a / (a + b)


def beta_binomial_variance(a, b, n):
    return n * a * b * (a + b + n) / ((a + b) ** 2 * (a + b + 1))


def poisson_kl(rate, other):
    return rate * mp.log(rate / other) + other - rate


def poisson_identity(rate):
    return rate


def zipf_tails(k, power) -> Tails:
    upper = mp.zeta(power, k + 1) / mp.zeta(power)
    return 1 - upper, upper


def zipf_moment(power, n):
    if power <= n + 1:
        raise NotConverged
    return mp.zeta(power - n) / mp.zeta(power)


def zipf() -> Family:
    excess = draws.power_of_ten((-1, 1), (-3, 1.5), (-5, 3))
    mean = lambda power: zipf_moment(power, 1)
    return Family(
        "Zipf",
        {"power": lambda rng, level: 1 + excess(rng, level)},
        lambda rng, power: max(1, among_counts(rng, rng.zipf(max(power, 1.1)))),
        lambda k, power: -power * mp.log(k) - mp.log(mp.zeta(power)),
        zipf_tails,
        lambda power: mp.log(mp.zeta(power)) - power * mp.zeta(power, 1, 1) / mp.zeta(power),
        mean,
        lambda power: zipf_moment(power, 2) - mean(power) ** 2,
        lambda p, q: mp.log(mp.zeta(q) / mp.zeta(p)) - (q - p) * mp.zeta(p, 1, 1) / mp.zeta(p),
        discrete=True,
    )


def log_series(trial: Trial, draw) -> Family:
    def tails(k, given) -> Tails:
        odds = trial(given)
        upper = mp.exp((k + 1) * odds.log_p) / (k + 1) * mp.hyp2f1(1, k + 1, k + 2, odds.p)
        upper /= -odds.log_q
        return 1 - upper, upper

    def log_prob(k, given):
        odds = trial(given)
        return k * odds.log_p - mp.log(k) - mp.log(-odds.log_q)

    def entropy(given):
        number = 110 / -trial(given).log_p + 2
        if number > _MOST_COUNTS:
            raise NotConverged
        log_p = [log_prob(mpf(k), given) for k in range(1, int(number))]
        return -mp.fsum(mp.exp(v) * v for v in log_p)

    def kl(given, other):
        p, q = trial(given), trial(other)
        return mp.log(q.log_q / p.log_q) + mean(given) * (p.log_p - q.log_p)

    def value(rng: Rng, given: float) -> int:
        return max(1, among_counts(rng, rng.logseries(min(trial.prob_of(given), 1 - 1e-9))))

    mean = lambda given: trial(given).p / (trial(given).q * -trial(given).log_q)
    return Family(
        "LogSeries",
        {trial.name: draw},
        value,
        log_prob,
        tails,
        entropy,
        mean,
        lambda given: mean(given) / trial(given).q - mean(given) ** 2,
        kl,
        discrete=True,
    )


def beta_geometric_sf(k, a, b):
    return mp.exp(lbeta(a, b + k + 1) - lbeta(a, b))


def beta_negative_binomial_log_prob(k, a, b, n):
    log_gammas = mp.loggamma(n + k) - mp.loggamma(n) - mp.loggamma(k + 1)
    return log_gammas + lbeta(a + n, b + k) - lbeta(a, b)


def beta_negative_binomial_tails(k, a, b, n) -> Tails:
    if k > _MOST_COUNTS / 2:
        raise NotConverged
    term = mp.exp(beta_negative_binomial_log_prob(mpf(0), a, b, n))
    lower = mpf(0)
    for i in range(int(k) + 1):
        lower += term
        term *= (n + i) * (b + i) / ((i + 1) * (a + b + n + i))
    return lower, 1 - lower


def beta_negative_binomial_mean(a, b, n):
    if a <= 1:
        raise NotConverged
    return n * b / (a - 1)


def beta_negative_binomial_variance(a, b, n):
    if a <= 2:
        raise NotConverged
    return n * b * (a + n - 1) * (a + b - 1) / ((a - 1) ** 2 * (a - 2))


def beta_rate(rng: Rng, a: float, b: float, n: float = 1.0) -> int:
    p = np.clip(rng.beta(a, b), 1e-9, 1 - 1e-9)
    return among_counts(rng, rng.poisson(min(rng.gamma(n) * (1 - p) / p, 1e9)))


def skellam_tails(k, rate1, rate2) -> Tails:
    if rate1 + rate2 > 40 or abs(k) > 100:
        raise NotConverged
    up = k >= rate1 - rate2
    start, step = (k + 1, 1) if up else (k, -1)
    tail = mp.fsum(mp.exp(skellam_log_prob(start + step * i, rate1, rate2)) for i in range(150))
    return (1 - tail, tail) if up else (tail, 1 - tail)


def skellam_entropy(rate1, rate2):
    if rate1 + rate2 > 40:
        raise NotConverged
    log_p = [skellam_log_prob(mpf(k), rate1, rate2) for k in range(-160, 161)]
    return -mp.fsum(mp.exp(v) * v for v in log_p)


def hypergeometric_log_prob(k, s, f, n):
    return log_choose(s, k) + log_choose(f, n - k) - log_choose(s + f, n)


def hypergeometric_masses(s, f, n):
    low, high = int(max(n - f, 0)), int(min(n, s))
    if high - low > _MOST_COUNTS:
        raise NotConverged
    return low, [mp.exp(hypergeometric_log_prob(mpf(k), s, f, n)) for k in range(low, high + 1)]


def hypergeometric_tails(k, s, f, n) -> Tails:
    low, masses = hypergeometric_masses(s, f, n)
    return mp.fsum(masses[: int(k) + 1 - low]), mp.fsum(masses[int(k) + 1 - low :])


def hypergeometric_entropy(s, f, n):
    return -mp.fsum(p * mp.log(p) for p in hypergeometric_masses(s, f, n)[1])


def hypergeometric_value(rng: Rng, s: int, f: int, n: int) -> int:
    n = min(n, s + f)
    drawn = int(np.clip(among_counts(rng, rng.hypergeometric(s, f, n)), max(n - f, 0), min(n, s)))
    return drawn


def fisher_terms(s, f, n, odds):
    """Return the smallest count, and all probabilities over that of it, by ratios of neighbors."""
    low, high = int(max(n - f, 0)), int(min(n, s))
    if not 0 <= high - low <= _MOST_COUNTS:
        raise NotConverged
    terms = [mpf(1)]
    for k in range(low, high):
        terms.append(terms[-1] * odds * (s - k) * (n - k) / ((k + 1) * (f - n + k + 1)))
    return low, terms


def fisher_log_prob(k, s, f, n, odds):
    low, terms = fisher_terms(s, f, n, odds)
    return mp.log(terms[int(k) - low]) - mp.log(mp.fsum(terms))


def fisher_tails(k, s, f, n, odds) -> Tails:
    low, terms = fisher_terms(s, f, n, odds)
    total, number = mp.fsum(terms), int(k) + 1 - low
    return mp.fsum(terms[:number]) / total, mp.fsum(terms[number:]) / total


def fisher_entropy(s, f, n, odds):
    _, terms = fisher_terms(s, f, n, odds)
    total = mp.fsum(terms)
    return mp.log(total) - mp.fsum(t * mp.log(t) for t in terms) / total


def fisher_moment(s, f, n, odds, center, power):
    low, terms = fisher_terms(s, f, n, odds)
    return mp.fsum(t * (low + i - center) ** power for i, t in enumerate(terms)) / mp.fsum(terms)


def fisher_variance(s, f, n, odds):
    return fisher_moment(s, f, n, odds, fisher_moment(s, f, n, odds, 0, 1), 2)


def fisher_value(rng: Rng, s: int, f: int, n: int, odds: float) -> int:
    n = min(n, s + f)
    counts = np.arange(max(n - f, 0), min(n, s) + 1)
    k = counts[:-1]
    steps = np.log(odds * (s - k) * (n - k)) - np.log((k + 1.0) * (f - n + k + 1))
    log_weights = np.concatenate([[0], np.cumsum(steps)])
    weights = np.exp(log_weights - log_weights.max())
    drawn = rng.choice(counts, p=weights / weights.sum())
    return int(np.clip(among_counts(rng, drawn), counts[0], counts[-1]))


def poisson_binomial(trial: Trial, draw) -> Family:
    def masses(given):
        masses = [mpf(1)]
        for odds in map(trial, given):
            padded = [mpf(0), *masses, mpf(0)]
            masses = [odds.q * padded[k + 1] + odds.p * padded[k] for k in range(len(masses) + 1)]
        return masses

    def tails(k, given) -> Tails:
        p = masses(given)
        return mp.fsum(p[: int(k) + 1]), mp.fsum(p[int(k) + 1 :])

    return Family(
        "PoissonBinomial",
        {trial.name: draws.vector(draw, _TRIALS)},
        lambda rng, given: among_counts(rng, rng.integers(0, _TRIALS + 1), _TRIALS),
        lambda k, given: mp.log(masses(given)[int(k)]),
        tails,
        lambda given: -mp.fsum(p * mp.log(p) for p in masses(given) if p > 0),
        lambda given: mp.fsum(trial(v).p for v in given),
        lambda given: mp.fsum(trial(v).p * trial(v).q for v in given),
        discrete=True,
    )


def discrete_laplace() -> Family:
    def tails(k, rate) -> Tails:
        distance = k + 1 if k >= 0 else -k
        tail = mp.exp(-rate * distance) / (1 + mp.exp(-rate))
        return (1 - tail, tail) if k >= 0 else (tail, 1 - tail)

    def value(rng: Rng, rate: float) -> int:
        return rng.choice([-1, 1]) * among_counts(rng, min(rng.exponential() / rate, 1e9))

    distance = lambda rate: 1 / mp.sinh(rate)
    return Family(
        "DiscreteLaplace",
        {"rate": draws.power_of_ten((-1, 1), (-4, 1.5), (-8, 1.9))},
        value,
        lambda k, rate: mp.log(mp.tanh(rate / 2)) - rate * abs(k),
        tails,
        lambda rate: rate * distance(rate) - mp.log(mp.tanh(rate / 2)),
        lambda rate: mpf(0),
        lambda rate: 1 / (2 * mp.sinh(rate / 2) ** 2),
        lambda p, q: mp.log(mp.tanh(p / 2) / mp.tanh(q / 2)) + (q - p) * distance(p),
        discrete=True,
    )


def integer(rng: Rng, level: int) -> int:
    return rng.choice([-1, 1]) * draws.trials(rng, level)


FAMILIES = [
    Family(
        "Poisson",
        {"rate": draws.power_of_ten((-1, 1.5), (-4, 4), (-30, 8))},
        lambda rng, rate: among_counts(rng, rng.poisson(rate)),
        poisson_log_prob,
        lambda k, rate: gamma_tails(k + 1, rate)[::-1],
        entropy_by_sum(poisson_log_prob, poisson_identity, poisson_identity),
        poisson_identity,
        poisson_identity,
        poisson_kl,
        discrete=True,
    ),
    geometric(by_probs, draws.probability),
    geometric(by_logits, draws.extreme_logits),
    binomial(by_probs, draws.probability),
    binomial(by_logits, draws.extreme_logits),
    negative_binomial(by_probs, draws.probability),
    negative_binomial(by_logits, draws.logits),
    Family(
        "BetaBinomial",
        {
            "concentration1": draws.concentration,
            "concentration0": draws.concentration,
            "total_count": draws.few_trials,
        },
        lambda rng, a, b, n: among_counts(rng, rng.binomial(n, rng.beta(a, b)), n),
        beta_binomial_log_prob,
        beta_binomial_tails,
        entropy_by_sum(
            beta_binomial_log_prob,
            beta_binomial_mean,
            beta_binomial_variance,
            lambda a, b, n: n,
        ),
        beta_binomial_mean,
        beta_binomial_variance,
        exact=frozenset({"total_count"}),
        discrete=True,
    ),
    zipf(),
    log_series(by_probs, draws.probability),
    log_series(by_logits, draws.logits),
    Family(
        "BetaGeometric",
        {"concentration1": draws.concentration, "concentration0": draws.concentration},
        beta_rate,
        lambda k, a, b: lbeta(a + 1, b + k) - lbeta(a, b),
        lambda k, a, b: (1 - beta_geometric_sf(k, a, b), beta_geometric_sf(k, a, b)),
        mean=lambda a, b: beta_negative_binomial_mean(a, b, 1),
        variance=lambda a, b: beta_negative_binomial_variance(a, b, 1),
        discrete=True,
    ),
    Family(
        "BetaNegativeBinomial",
        {
            "concentration0": draws.concentration,
            "concentration1": draws.concentration,
            "total_count": draws.concentration,
        },
        beta_rate,
        beta_negative_binomial_log_prob,
        beta_negative_binomial_tails,
        mean=beta_negative_binomial_mean,
        variance=beta_negative_binomial_variance,
        discrete=True,
    ),
    Family(
        "Skellam",
        {name: draws.power_of_ten((-1, 1.2), (-3, 2.5), (-10, 4)) for name in ("rate1", "rate2")},
        lambda rng, a, b: among_counts(rng, rng.poisson(a)) - among_counts(rng, rng.poisson(b)),
        skellam_log_prob,
        skellam_tails,
        skellam_entropy,
        lambda a, b: a - b,
        lambda a, b: a + b,
        discrete=True,
    ),
    Family(
        "Hypergeometric",
        {
            "num_successes": draws.trials,
            "num_failures": draws.trials,
            "total_count": draws.few_trials,
        },
        hypergeometric_value,
        hypergeometric_log_prob,
        hypergeometric_tails,
        hypergeometric_entropy,
        lambda s, f, n: n * s / (s + f),
        lambda s, f, n: n * s * f * (s + f - n) / ((s + f) ** 2 * (s + f - 1)),
        exact=frozenset({"num_successes", "num_failures", "total_count"}),
        discrete=True,
    ),
    Family(
        "FisherNoncentralHypergeometric",
        {
            "num_successes": draws.trials,
            "num_failures": draws.trials,
            "total_count": draws.few_trials,
            "odds": draws.power_of_ten((-1, 1), (-3, 3), (-6, 6)),
        },
        fisher_value,
        fisher_log_prob,
        fisher_tails,
        fisher_entropy,
        lambda s, f, n, odds: fisher_moment(s, f, n, odds, 0, 1),
        fisher_variance,
        exact=frozenset({"num_successes", "num_failures", "total_count"}),
        discrete=True,
    ),
    poisson_binomial(by_probs, draws.probability),
    poisson_binomial(by_logits, draws.logits),
    discrete_laplace(),
    Family(
        "DiscreteUniform",
        {"low": integer, "high": integer},
        lambda rng, low, high: rng.integers(low, high + 1),
        lambda k, low, high: -mp.log(high - low + 1),
        lambda k, low, high: (
            (k - low + 1) / (high - low + 1),
            (high - k) / (high - low + 1),
        ),
        lambda low, high: mp.log(high - low + 1),
        lambda low, high: (low + high) / 2,
        lambda low, high: ((high - low + 1) ** 2 - 1) / 12,
        exact=frozenset({"low", "high"}),
        discrete=True,
    ),
]
