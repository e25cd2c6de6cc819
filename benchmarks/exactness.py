"""Test draws against their distributions, in many regimes and under several keys.

    python -m benchmarks.exactness [--draws 1000000] [--keys 3] [--only Gamma]
        [--path accelerator] [--impl rbg]

Samplers choose their program by platform; with `--path accelerator` the one for GPUs and TPUs runs,
wherever that is. Continuous distributions get the Kolmogorov-Smirnov test, discrete ones the
chi-square test. Prints the smallest p-value of every distribution. If one is below
0.01 / (number of tests), the draws are wrong, and the exit status is 1.
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from unittest import mock

import jax
import jax.numpy as jnp
import numpy as np
from scipy import special, stats

import jaxdist as jd
from benchmarks.timing import table

SIGNIFICANCE = 0.01


@dataclass(frozen=True)
class Case:
    """A test of draws against a reference distribution.

    Attributes:
      name: name of the row.
      dist: the distribution to draw from.
      reference: a distribution with a `cdf` if continuous, or a `pmf` if discrete.
      statistic: maps draws to the variable that the reference describes.
      fraction: fraction of the requested number of draws to make.
    """

    name: str
    dist: jd.Distribution
    reference: Any
    statistic: Callable[[np.ndarray], np.ndarray] = lambda draws: draws
    fraction: float = 1.0


@dataclass(frozen=True)
class Truncated:
    """A distribution truncated to [low, high], given its log survival function."""

    log_sf: Callable[[np.ndarray], np.ndarray]
    low: float
    high: float

    def cdf(self, x: np.ndarray) -> np.ndarray:
        """P(X <= x)."""
        log_sf_low = self.log_sf(np.asarray(self.low))
        mass = -np.expm1(self.log_sf(np.asarray(self.high)) - log_sf_low)
        return -np.expm1(self.log_sf(x) - log_sf_low) / mass


@dataclass(frozen=True)
class UniformCategories:
    """The uniform distribution on `number` categories."""

    number: int

    def pmf(self, k: np.ndarray) -> np.ndarray:
        """P(X = k)."""
        return np.full(np.shape(k), 1 / self.number)


def cases() -> list[Case]:
    """Return the rows of the table."""
    f = lambda x: float(np.float32(x))
    rows = [
        Case("Uniform", jd.Uniform(0.0, 1.0), stats.uniform()),
        Case("Normal", jd.Normal(0.0, 1.0), stats.norm()),
        Case("Laplace", jd.Laplace(0.0, 1.0), stats.laplace()),
        Case("Logistic", jd.Logistic(0.0, 1.0), stats.logistic()),
        Case("Gumbel", jd.Gumbel(0.0, 1.0), stats.gumbel_r()),
        Case("Cauchy", jd.Cauchy(0.0, 1.0), stats.cauchy()),
        Case("Exponential", jd.Exponential(1.0), stats.expon()),
    ]
    for df in (0.5, 3.0, 1e6):
        rows.append(Case(f"StudentT({df:g})", jd.StudentT(df), stats.t(df)))
    for a in (0.1, 0.5, 1.0, 2.5, 50.0, 1e4, 1e6):
        rows.append(Case(f"Gamma({a:g})", jd.Gamma(a, 1.0), stats.gamma(f(a))))
    # Most draws underflow. The others have the distribution truncated to the normal floats.
    tiny = float(jnp.finfo(jnp.float32).tiny) * 4
    gamma = stats.gamma(f(1e-3))
    above = Truncated(lambda x: np.log(gamma.sf(x)), tiny, 50.0)
    rows.append(Case("Gamma(0.001)", jd.Gamma(1e-3, 1.0), above, lambda x: x[x > tiny]))
    for a, b in ((0.5, 0.5), (2.0, 3.0), (1.0, 100.0), (1e4, 1e4)):
        rows.append(Case(f"Beta({a:g}, {b:g})", jd.Beta(a, b), stats.beta(a, b)))
    beta = stats.beta(f(1e-3), f(1e-3))
    middle = Truncated(lambda x: np.log(beta.sf(x)), 1e-6, 1 - 1e-6)
    in_the_middle = lambda x: x[(x > 1e-6) & (x < 1 - 1e-6)]
    rows.append(Case("Beta(0.001, 0.001)", jd.Beta(1e-3, 1e-3), middle, in_the_middle))
    rows.append(
        Case(
            "Dirichlet([5, 0.001, 1, 2])[0]",
            jd.Dirichlet(jnp.array([5, 1e-3, 1, 2])),
            stats.beta(5, 3 + f(1e-3)),
            lambda x: x[:, 0],
            fraction=0.25,
        )
    )
    for kappa in (1e-3, 1.0, 50.0, 1e5):
        rows.append(Case(f"VonMises({kappa:g})", jd.VonMises(0.0, kappa), stats.vonmises(f(kappa))))
    for low, high in ((8.0, 9.0), (5.25, 1e6), (0.5, 0.501), (0.0, 1e-3), (-1.0, 2.0)):
        log_sf = lambda x: special.log_ndtr(-x)
        d = jd.TruncatedNormal(0.0, 1.0, low, high)
        rows.append(Case(f"TruncatedNormal({low:g}, {high:g})", d, Truncated(log_sf, low, high)))
    for rate in (0.01, 0.5, 5.0, 9.99, 10.0, 50.0, 1000.0, 1e5, 1e7):
        rows.append(Case(f"Poisson({rate:g})", jd.Poisson(rate), stats.poisson(f(rate))))
    for n, p in ((1, 0.3), (10, 0.3), (30, 0.5), (1000, 0.3), (10**6, 1e-6), (10**6, 0.9)):
        rows.append(Case(f"Binomial({n}, {p:g})", jd.Binomial(n, probs=p), stats.binom(n, f(p))))
    for r, p in ((0.5, 0.5), (10.0, 0.3), (100.0, 0.9)):
        d = jd.NegativeBinomial(r, probs=p)
        rows.append(Case(f"NegativeBinomial({r:g}, {p:g})", d, stats.nbinom(r, 1 - f(p))))
    for p in (1e-3, 0.3):
        shifted = lambda k: k + 1
        rows.append(Case(f"Geometric({p:g})", jd.Geometric(probs=p), stats.geom(f(p)), shifted))
    for low, high in ((-3, 3), (-5, 1000)):
        name = f"DiscreteUniform({low}, {high})"
        rows.append(Case(name, jd.DiscreteUniform(low, high), stats.randint(low, high + 1)))
    for k in (2, 18, 1000):
        logits = np.random.default_rng(k).normal(size=k).astype(np.float32)
        weights = np.exp(logits.astype(float))
        reference = stats.rv_discrete(values=(np.arange(k), weights / weights.sum()))
        rows.append(Case(f"Categorical, K = {k}", jd.Categorical(logits=logits), reference))
    for k, dtype in ((10_000, jnp.bfloat16), (1_000_000, jnp.float32)):
        d = jd.Categorical(logits=jnp.zeros(k, dtype))
        name = f"Categorical, K = {k}, {dtype.__name__}, by hundreds"
        rows.append(Case(name, d, UniformCategories(k // 100), lambda x: x // 100))
    probs = [0.1, 0.2, 0.3, 0.4]
    for k, (n, fraction) in itertools.product((1, 3), ((20, 1.0), (1000, 0.1))):
        d, reference = jd.Multinomial(n, probs=jnp.array(probs)), stats.binom(n, probs[k])
        name = f"Multinomial({n}), category {k} of 4"
        rows.append(Case(name, d, reference, lambda x, k=k: x[:, k], fraction))
    covariance = jnp.array([[1.0, 0.6, -0.3], [0.6, 2.0, 0.5], [-0.3, 0.5, 1.5]])
    d = jd.MultivariateNormal(jnp.zeros(3), covariance)
    reference = stats.norm(scale=np.sqrt(np.sum(covariance)))
    rows.append(Case("MultivariateNormal, sum of 3", d, reference, lambda x: x.sum(-1), 0.1))
    return rows


@contextlib.contextmanager
def accelerators_path() -> Iterator[None]:
    """Within it, `jax.lax.platform_dependent` takes the default, the program for accelerators."""

    def take_default(*args: Any, default: Callable[..., Any], **_: Callable[..., Any]) -> Any:
        return default(*args)

    jax.clear_caches()  # of programs in which the choice is made
    with mock.patch.object(jax.lax, "platform_dependent", take_default):
        yield
    jax.clear_caches()


def p_value(case: Case, key: jax.Array, draws: int) -> float:
    """Return the p-value of the draws of one key."""
    x = case.statistic(np.asarray(case.dist.sample(key, int(draws * case.fraction))))
    if not hasattr(case.reference, "pmf"):
        return float(stats.kstest(x.astype(float), case.reference.cdf).pvalue)
    values, counts = np.unique(x, return_counts=True)
    expected = case.reference.pmf(values) * len(x)
    common = expected >= 10
    observed = np.append(counts[common], counts[~common].sum())
    rest = len(x) - expected[common].sum()
    expected = np.append(expected[common], max(rest, 1e-9))
    if expected[-1] < 10:  # too few for the chi-square approximation
        observed = np.append(observed[:-2], observed[-2:].sum())
        expected = np.append(expected[:-2], expected[-2:].sum())
    return float(stats.chisquare(observed, expected * (observed.sum() / expected.sum())).pvalue)


def main() -> None:
    """Print the smallest p-value of every row."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--draws", type=int, default=1_000_000)
    parser.add_argument("--keys", type=int, default=3)
    parser.add_argument("--only", default="", help="prefix of the names of the rows")
    parser.add_argument("--path", choices=["cpu", "accelerator"], default="cpu")
    parser.add_argument("--impl", default="threefry2x32", help="kind of the keys")
    options = parser.parse_args()
    keys = jax.random.split(jax.random.key(2026, impl=options.impl), options.keys)
    chosen = [c for c in cases() if c.name.startswith(options.only)]
    path = accelerators_path() if options.path == "accelerator" else contextlib.nullcontext()
    with path:
        found = {c.name: [p_value(c, key, options.draws) for key in keys] for c in chosen}
    number = sum(map(len, found.values()))
    limit = SIGNIFICANCE / number
    lines = [
        [name, f"{min(p):.2g}", *(["fails"] if min(p) < limit else [""])]
        for name, p in found.items()
    ]
    title = f"{options.draws:,} draws, {options.keys} {options.impl} keys, {options.path}"
    print(table([title, "smallest p", ""], lines))
    smallest = min(map(min, found.values()))
    print(f"\n{number} tests; the smallest p is {smallest:.2g}, and the limit {limit:.2g}")
    sys.exit(int(smallest < limit))


if __name__ == "__main__":
    main()
