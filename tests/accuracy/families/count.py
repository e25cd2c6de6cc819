"""Families of counts."""

from __future__ import annotations

from mpmath import mp, mpf

from tests.accuracy import draws
from tests.accuracy.draws import Rng, among_counts
from tests.accuracy.families.category import trial_kl
from tests.accuracy.family import Family, Formula
from tests.accuracy.incomplete import NotConverged, Tails, beta_tails, gamma_tails
from tests.accuracy.trial import Trial, by_logits, by_probs
from tests.formulas import lbeta, log_choose, poisson_log_prob

_MOST_COUNTS = 1500
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
]
