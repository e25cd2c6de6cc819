"""Test draws against their distributions, in many regimes and under several keys.

    python -m benchmarks.exactness [--draws 1000000] [--keys 3]

Kolmogorov and Smirnov's test for numbers, the chi-square test for counts. Prints the smallest
p-value of every row; one below 0.01 / (number of tests) is a failure, and the exit status is 1.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from scipy import special, stats

import jaxdist as jd
from benchmarks.timing import table

SIGNIFICANCE = 0.01


@dataclass(frozen=True)
class FitTest:
    """A distribution, and what its draws should be distributed like.

    Attributes:
      name: of the row.
      dist: the distribution, of single numbers.
      reference: of SciPy: a `cdf` of numbers, or a `pmf` of counts.
      image: maps draws to what the reference is of.
      share: the part of the draws that are made.
    """

    name: str
    dist: jd.Distribution
    reference: Any
    image: Callable[[np.ndarray], np.ndarray] = lambda draws: draws
    share: float = 1.0


@dataclass(frozen=True)
class Between:
    """A distribution between two points, by the logarithms of its tails."""

    log_sf: Callable[[np.ndarray], np.ndarray]
    low: float
    high: float

    def cdf(self, x: np.ndarray) -> np.ndarray:
        """Probability below x."""
        base = self.log_sf(np.asarray(self.low))
        whole = -np.expm1(self.log_sf(np.asarray(self.high)) - base)
        return -np.expm1(self.log_sf(x) - base) / whole


@dataclass(frozen=True)
class Evenly:
    """Each of so many categories, with the same probability."""

    number: int

    def pmf(self, k: np.ndarray) -> np.ndarray:
        """Probability of k."""
        return np.full(np.shape(k), 1 / self.number)


def cases() -> list[FitTest]:
    """The rows of the table."""
    f = lambda x: float(np.float32(x))
    rows = [
        FitTest("Uniform", jd.Uniform(0.0, 1.0), stats.uniform()),
        FitTest("Normal", jd.Normal(0.0, 1.0), stats.norm()),
        FitTest("Laplace", jd.Laplace(0.0, 1.0), stats.laplace()),
        FitTest("Logistic", jd.Logistic(0.0, 1.0), stats.logistic()),
        FitTest("Gumbel", jd.Gumbel(0.0, 1.0), stats.gumbel_r()),
        FitTest("Cauchy", jd.Cauchy(0.0, 1.0), stats.cauchy()),
        FitTest("Exponential", jd.Exponential(1.0), stats.expon()),
    ]
    for df in (0.5, 3.0, 1e6):
        rows.append(FitTest(f"StudentT({df:g})", jd.StudentT(df), stats.t(df)))
    for a in (0.1, 0.5, 1.0, 2.5, 50.0, 1e4, 1e6):
        rows.append(FitTest(f"Gamma({a:g})", jd.Gamma(a, 1.0), stats.gamma(f(a))))
    # Most draws underflow; those that do not have the conditional distribution.
    tiny = float(jnp.finfo(jnp.float32).tiny) * 4
    held = stats.gamma(f(1e-3))
    above = Between(lambda x: np.log(held.sf(x)), tiny, 50.0)
    rows.append(FitTest("Gamma(0.001)", jd.Gamma(1e-3, 1.0), above, lambda x: x[x > tiny]))
    for a, b in ((0.5, 0.5), (2.0, 3.0), (1.0, 100.0), (1e4, 1e4)):
        rows.append(FitTest(f"Beta({a:g}, {b:g})", jd.Beta(a, b), stats.beta(a, b)))
    inner = stats.beta(f(1e-3), f(1e-3))
    middle = Between(lambda x: np.log(inner.sf(x)), 1e-6, 1 - 1e-6)
    kept = lambda x: x[(x > 1e-6) & (x < 1 - 1e-6)]
    rows.append(FitTest("Beta(0.001, 0.001)", jd.Beta(1e-3, 1e-3), middle, kept))
    rows.append(
        FitTest(
            "Dirichlet([5, 0.001, 1, 2])[0]",
            jd.Dirichlet(jnp.array([5, 1e-3, 1, 2])),
            stats.beta(5, 3 + f(1e-3)),
            lambda x: x[:, 0],
            share=0.25,
        )
    )
    for kappa in (1e-3, 1.0, 50.0, 1e5):
        rows.append(
            FitTest(f"VonMises({kappa:g})", jd.VonMises(0.0, kappa), stats.vonmises(f(kappa)))
        )
    for low, high in ((8.0, 9.0), (5.25, 1e6), (0.5, 0.501), (0.0, 1e-3), (-1.0, 2.0)):
        log_sf = lambda x: special.log_ndtr(-x)
        d = jd.TruncatedNormal(0.0, 1.0, low, high)
        rows.append(FitTest(f"TruncatedNormal({low:g}, {high:g})", d, Between(log_sf, low, high)))
    for rate in (0.01, 0.5, 5.0, 9.99, 10.0, 50.0, 1000.0, 1e5, 1e7):
        rows.append(FitTest(f"Poisson({rate:g})", jd.Poisson(rate), stats.poisson(f(rate))))
    for n, p in ((1, 0.3), (10, 0.3), (30, 0.5), (1000, 0.3), (10**6, 1e-6), (10**6, 0.9)):
        rows.append(FitTest(f"Binomial({n}, {p:g})", jd.Binomial(n, probs=p), stats.binom(n, f(p))))
    for r, p in ((0.5, 0.5), (10.0, 0.3), (100.0, 0.9)):
        d = jd.NegativeBinomial(r, probs=p)
        rows.append(FitTest(f"NegativeBinomial({r:g}, {p:g})", d, stats.nbinom(r, 1 - f(p))))
    for p in (1e-3, 0.3):
        shifted = lambda k: k + 1
        rows.append(FitTest(f"Geometric({p:g})", jd.Geometric(probs=p), stats.geom(f(p)), shifted))
    for low, high in ((-3, 3), (-5, 1000)):
        name = f"DiscreteUniform({low}, {high})"
        rows.append(FitTest(name, jd.DiscreteUniform(low, high), stats.randint(low, high + 1)))
    for k in (2, 18, 1000):
        logits = np.random.default_rng(k).normal(size=k).astype(np.float32)
        weights = np.exp(logits.astype(float))
        reference = stats.rv_discrete(values=(np.arange(k), weights / weights.sum()))
        rows.append(FitTest(f"Categorical, K = {k}", jd.Categorical(logits=logits), reference))
    for k, dtype in ((10_000, jnp.bfloat16), (1_000_000, jnp.float32)):
        d = jd.Categorical(logits=jnp.zeros(k, dtype))
        name = f"Categorical, K = {k}, {dtype.__name__}, by hundreds"
        rows.append(FitTest(name, d, Evenly(k // 100), lambda x: x // 100))
    return rows


def p_value(case: FitTest, key: jax.Array, draws: int) -> float:
    """Test the draws of one key."""
    x = case.image(np.asarray(case.dist.sample(key, int(draws * case.share))))
    if not hasattr(case.reference, "pmf"):
        return float(stats.kstest(x.astype(float), case.reference.cdf).pvalue)
    values, counts = np.unique(x, return_counts=True)
    expected = case.reference.pmf(values) * len(x)
    common = expected >= 10
    observed = np.append(counts[common], counts[~common].sum())
    rest = len(x) - expected[common].sum()
    expected = np.append(expected[common], max(rest, 1e-9))
    if expected[-1] < 10:  # too few for the test's approximation
        observed = np.append(observed[:-2], observed[-2:].sum())
        expected = np.append(expected[:-2], expected[-2:].sum())
    return float(stats.chisquare(observed, expected * (observed.sum() / expected.sum())).pvalue)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--draws", type=int, default=1_000_000)
    parser.add_argument("--keys", type=int, default=3)
    options = parser.parse_args()
    keys = jax.random.split(jax.random.key(2026), options.keys)
    found = {c.name: [p_value(c, key, options.draws) for key in keys] for c in cases()}
    number = sum(map(len, found.values()))
    limit = SIGNIFICANCE / number
    lines = [
        [name, f"{min(p):.2g}", *(["fails"] if min(p) < limit else [""])]
        for name, p in found.items()
    ]
    print(table([f"{options.draws:,} draws, {options.keys} keys", "smallest p", ""], lines))
    smallest = min(map(min, found.values()))
    print(f"\n{number} tests; the smallest p is {smallest:.2g}, and the limit {limit:.2g}")
    sys.exit(int(smallest < limit))


if __name__ == "__main__":
    main()
