"""Distributions of counts."""

import numpy as np
from scipy import special, stats

import jaxdist as jd
from tests.references import Categorical, Counts, WithEntropy, Without
from tests.rows.base import Row

RATE = np.array([0.3, 4.0, 60.0])
PROBS = np.array([0.02, 0.5, 0.9])
LOGITS = np.array([-4.0, 0.0, 1.5])
ODDS = np.array([0.25, 1.0, 9.0])
FAILURES = np.array([0.7, 4.0, 25.0])
WEIGHTS = np.array([[0.1, 0.6, 0.3], [0.25, 0.5, 0.25]])
WITH_MASK = np.array([0.5, -np.inf, 1.0, -np.inf])
CONCENTRATION = np.array([[0.5, 2.0, 9.0], [30.0, 20.0, 10.0]])


def wallenius(s, f, n, odds):
    """The probabilities of the successes, ball by ball."""
    k, p = np.arange(s + 1), np.zeros(s + 1)
    p[0] = 1
    for taken in range(n):
        weight = odds * (s - k)
        total = weight + np.maximum(f - (taken - k), 0)
        share = np.divide(weight, total, out=np.zeros(s + 1), where=total > 0)
        p = p * (1 - share) + np.concatenate([[0], (p * share)[:-1]])
    return p


class Multinomial:
    """Multinomial distribution; the entropy is a sum over each count, which is binomial."""

    def __init__(self, n, weights):
        self.n = np.asarray(n)
        self.probs = np.asarray(weights, float) / np.sum(weights, -1, keepdims=True)

    def logpmf(self, x):
        x = np.asarray(x, float)
        terms = special.xlogy(x, self.probs) - special.gammaln(x + 1)
        return special.gammaln(self.n + 1) + np.sum(terms, -1)

    def mean(self):
        return self.n[..., None] * self.probs

    def var(self):
        return self.mean() * (1 - self.probs)

    def entropy(self):
        k = np.arange(self.n.max() + 1).reshape(-1, *[1] * self.probs.ndim)
        pmf = stats.binom(self.n[..., None], self.probs).pmf(k)
        log_probs = np.log(np.where(self.probs > 0, self.probs, 1))
        terms = np.sum(pmf * special.gammaln(k + 1), 0) - self.mean() * log_probs
        return np.sum(terms, -1) - special.gammaln(self.n + 1)


class DirichletMultinomial:
    """Multinomial distribution whose probabilities are Dirichlet distributed."""

    def __init__(self, concentration, n):
        self.a = np.asarray(concentration, float)
        self.n = np.asarray(n, float)

    def logpmf(self, x):
        total = self.a.sum(-1)
        terms = special.gammaln(x + self.a) - special.gammaln(self.a) - special.gammaln(x + 1.0)
        constant = special.gammaln(self.n + 1) + special.gammaln(total)
        return np.sum(terms, -1) + constant - special.gammaln(self.n + total)

    def mean(self):
        return self.n[..., None] * self.a / self.a.sum(-1, keepdims=True)

    def var(self):
        total = self.a.sum(-1, keepdims=True)
        probs, n = self.a / total, self.n[..., None]
        return n * probs * (1 - probs) * (n + total) / (1 + total)


BETA = np.array([3.5, 30.0, 4.5]), np.array([2.0, 7.0, 0.25])
TO_WAIT_FOR = np.array([2.0, 40.0, 1.0])
RATES = np.array([3.0, 0.125, 200.0]), np.array([1.0, 0.5, 180.0])
SUCCESSES = np.array([[0.1, 0.5, 0.9, 0.25], [0.75, 0.0, 1.0, 0.5]])


def counts_of_successes(probs):
    """The probabilities of the number of successes in trials of these probabilities."""
    total = np.ones(1)
    for p in probs:
        total = np.convolve(total, [1 - p, p])
    return total


ROWS = [
    Row("Poisson batch", lambda: jd.Poisson(RATE), stats.poisson(RATE)),
    Row("Poisson 1e4", lambda: jd.Poisson(1e4), WithEntropy(stats.poisson(1e4))),
    Row("Geometric", lambda: jd.Geometric(PROBS), stats.geom(PROBS, loc=-1)),
    Row(
        "Geometric logits",
        lambda: jd.Geometric(logits=LOGITS),
        stats.geom(special.expit(LOGITS), loc=-1),
    ),
    Row("Geometric sure", lambda: jd.Geometric(1.0), Categorical([1.0])),
    Row("Binomial batch", lambda: jd.Binomial(20, PROBS), stats.binom(20, PROBS)),
    Row(
        "Binomial logits",
        lambda: jd.Binomial(20, logits=LOGITS),
        stats.binom(20, special.expit(LOGITS)),
    ),
    Row("Binomial one trial", lambda: jd.Binomial(probs=0.3), stats.binom(1, 0.3)),
    Row("Binomial many", lambda: jd.Binomial(2048, 0.125), stats.binom(2048, 0.125)),
    Row(
        "NegativeBinomial batch",
        lambda: jd.NegativeBinomial(FAILURES, PROBS),
        stats.nbinom(FAILURES, 1 - PROBS),
    ),
    Row(
        "NegativeBinomial logits",
        lambda: jd.NegativeBinomial(FAILURES, logits=LOGITS),
        stats.nbinom(FAILURES, special.expit(-LOGITS)),
    ),
    Row(
        "Multinomial batch",
        lambda: jd.Multinomial(np.array([7, 40]), WEIGHTS),
        Multinomial([7, 40], WEIGHTS),
    ),
    Row(
        "Multinomial masked",
        lambda: jd.Multinomial(12, logits=WITH_MASK),
        Multinomial(12, np.exp(WITH_MASK)),
    ),
    Row(
        "BetaBinomial batch",
        lambda: jd.BetaBinomial(np.array([0.5, 2.0, 30.0]), np.array([0.7, 5.0, 20.0]), 24),
        stats.betabinom(24, [0.5, 2.0, 30.0], [0.7, 5.0, 20.0]),
    ),
    Row(
        "BetaBinomial many",
        lambda: jd.BetaBinomial(3.0, 40.0, 512),
        stats.betabinom(512, 3.0, 40.0),
    ),
    Row(
        "DirichletMultinomial batch",
        lambda: jd.DirichletMultinomial(CONCENTRATION, np.array([7, 40])),
        DirichletMultinomial(CONCENTRATION, [7, 40]),
    ),
    Row(
        "BetaGeometric batch",
        lambda: jd.BetaGeometric(*BETA),
        Without(stats.betanbinom(1.0, *BETA), "entropy", "ppf"),
        representative=False,
    ),
    Row(
        "BetaNegativeBinomial batch",
        lambda: jd.BetaNegativeBinomial(*BETA[::-1], TO_WAIT_FOR),
        Without(stats.betanbinom(TO_WAIT_FOR, *BETA), "entropy", "ppf"),
        representative=False,
    ),
    Row(
        "DiscreteLaplace batch",
        lambda: jd.DiscreteLaplace(np.array([0.125, 1.0, 4.0])),
        stats.dlaplace(np.array([0.125, 1.0, 4.0])),
        representative=False,
    ),
    Row(
        "Hypergeometric",
        lambda: jd.Hypergeometric(13, 39, 5),
        stats.hypergeom(52, 13, 5),
        representative=False,
    ),
    Row(
        "Hypergeometric batch",
        lambda: jd.Hypergeometric(np.array([40, 40]), 2, 30),
        stats.hypergeom(42, np.array([40, 40]), 30),
        representative=False,
    ),
    Row(
        "FisherNoncentralHypergeometric",
        lambda: jd.FisherNoncentralHypergeometric(20, 14, 12, ODDS),
        Without(stats.nchypergeom_fisher(34, 20, 12, ODDS), "ppf"),
        rtol=64.0,  # SciPy's own sums
        representative=False,
    ),
    Row(
        "WalleniusNoncentralHypergeometric",
        lambda: jd.WalleniusNoncentralHypergeometric(20, 14, 12, ODDS),
        Counts([wallenius(20, 14, 12, odds) for odds in ODDS]),
        representative=False,
    ),
    Row(
        "WalleniusNoncentralHypergeometric batch",
        lambda: jd.WalleniusNoncentralHypergeometric(40, [3, 200], [30, 50], 0.5),
        Counts([wallenius(40, 3, 30, 0.5), wallenius(40, 200, 50, 0.5)]),
        representative=False,
    ),
    Row(
        "FisherNoncentralHypergeometric batch",
        lambda: jd.FisherNoncentralHypergeometric([40, 1000], [3, 2000], [30, 500], 0.5),
        Without(
            stats.nchypergeom_fisher(np.array([43, 3000]), np.array([40, 1000]), [30, 500], 0.5),
            *["ppf", "entropy"],
        ),
        rtol=64.0,
        representative=False,
    ),
    Row(
        "LogSeries batch",
        lambda: jd.LogSeries(PROBS),
        stats.logser(PROBS),
        representative=False,
    ),
    Row(
        "LogSeries logits",
        lambda: jd.LogSeries(logits=LOGITS),
        stats.logser(special.expit(LOGITS)),
        representative=False,
    ),
    Row(
        "PoissonBinomial",
        lambda: jd.PoissonBinomial(SUCCESSES),
        Counts(np.stack([counts_of_successes(p) for p in SUCCESSES])),
        representative=False,
    ),
    Row(
        "PoissonBinomial logits",
        lambda: jd.PoissonBinomial(logits=LOGITS),
        Counts(counts_of_successes(special.expit(LOGITS))),
        representative=False,
    ),
    Row(
        "Skellam batch",
        lambda: jd.Skellam(*RATES),
        stats.skellam(*RATES),
        representative=False,
    ),
    Row(
        "Zipf batch",
        lambda: jd.Zipf(np.array([4.0, 5.5, 9.0])),
        Without(stats.zipf(np.array([4.0, 5.5, 9.0])), "entropy"),
        representative=False,
    ),
    Row("DiscreteUniform", lambda: jd.DiscreteUniform(-3, 12), stats.randint(-3, 13)),
    Row("DiscreteUniform point", lambda: jd.DiscreteUniform(4, 4), stats.randint(4, 5)),
]

BAD = [
    (lambda: jd.Poisson(-1.0), "rate"),
    (lambda: jd.Geometric(0.0), "probs"),
    (lambda: jd.Geometric(logits=np.nan), "logits"),
    (lambda: jd.Binomial(2.5, 0.5), "total_count"),
    (lambda: jd.Binomial(2, 1.5), "probs"),
    (lambda: jd.Binomial(2, logits=np.nan), "logits"),
    (lambda: jd.NegativeBinomial(-1.0, 0.5), "total_count"),
    (lambda: jd.NegativeBinomial(1.0, 1.0), "probs"),
    (lambda: jd.NegativeBinomial(1.0, logits=np.nan), "logits"),
    (lambda: jd.Multinomial(-1, [0.5, 0.5]), "total_count"),
    (lambda: jd.Multinomial(2, [-0.5, 1.5]), "probs"),
    (lambda: jd.Multinomial(2, logits=[-np.inf, -np.inf]), "logits"),
    (lambda: jd.BetaBinomial(0.0, 1.0), "concentration1"),
    (lambda: jd.BetaBinomial(1.0, -1.0), "concentration0"),
    (lambda: jd.BetaBinomial(1.0, 1.0, 0.5), "total_count"),
    (lambda: jd.DirichletMultinomial([1.0, 0.0], 3), "concentration"),
    (lambda: jd.DirichletMultinomial([1.0, 1.0], -3), "total_count"),
    (lambda: jd.BetaGeometric(0.0, 1.0), "concentration1"),
    (lambda: jd.BetaGeometric(1.0, 0.0), "concentration0"),
    (lambda: jd.BetaNegativeBinomial(0.0, 1.0, 1.0), "concentration1"),
    (lambda: jd.BetaNegativeBinomial(1.0, 0.0, 1.0), "concentration0"),
    (lambda: jd.BetaNegativeBinomial(1.0, 1.0, 0.0), "total_count"),
    (lambda: jd.DiscreteLaplace(0.0), "rate"),
    (lambda: jd.FisherNoncentralHypergeometric(-1, 2, 1, 2.0), "num_successes"),
    (lambda: jd.FisherNoncentralHypergeometric(1, 2.5, 1, 2.0), "num_failures"),
    (lambda: jd.FisherNoncentralHypergeometric(1, 2, 4, 2.0), "total_count"),
    (lambda: jd.FisherNoncentralHypergeometric(3, 3, 2, 0.0), "odds"),
    (lambda: jd.Hypergeometric(-1, 2, 1), "num_successes"),
    (lambda: jd.Hypergeometric(1, 2.5, 1), "num_failures"),
    (lambda: jd.Hypergeometric(1, 2, 4), "total_count"),
    (lambda: jd.LogSeries(1.0), "probs"),
    (lambda: jd.LogSeries(logits=np.nan), "logits"),
    (lambda: jd.PoissonBinomial([0.5, 1.5]), "probs"),
    (lambda: jd.PoissonBinomial(logits=[0.5, np.nan]), "logits"),
    (lambda: jd.Skellam(-1.0, 1.0), "rate1"),
    (lambda: jd.Skellam(1.0, -1.0), "rate2"),
    (lambda: jd.WalleniusNoncentralHypergeometric(-1, 2, 1, 2.0), "num_successes"),
    (lambda: jd.WalleniusNoncentralHypergeometric(1, 2.5, 1, 2.0), "num_failures"),
    (lambda: jd.WalleniusNoncentralHypergeometric(1, 2, 4, 2.0), "total_count"),
    (lambda: jd.WalleniusNoncentralHypergeometric(3, 3, 2, 0.0), "odds"),
    (lambda: jd.Zipf(1.0), "power"),
    (lambda: jd.DiscreteUniform(0.5, 3), "low"),
    (lambda: jd.DiscreteUniform(3, 2), "high"),
]
