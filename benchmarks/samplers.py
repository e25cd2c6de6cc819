"""Time our samplers against jax.random, numpyro, distrax, TFP and torch.

    python -m benchmarks.samplers [--draws 1000000 4096] [--only Gamma] [--repeats 9]

Prints a table in Markdown: our time, and the time of each peer divided by ours. A peer that is not
installed, or that lacks a distribution, is left out. `pip install -e ".[bench]"` installs all.
"""

from __future__ import annotations

import argparse
import importlib
import inspect
import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from types import ModuleType
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

import jaxdist as jd
from benchmarks.timing import call_and_wait, compile_seconds, interleaved, table

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # torch's idle threads must not spin

KEY = jax.random.key(0)
PEERS = {
    "numpyro": "numpyro.distributions",
    "distrax": "distrax",
    "TFP": "tensorflow_probability.substrates.jax.distributions",
    "torch": "torch.distributions",
}
Sampler = Callable[..., Any]


@dataclass(frozen=True)
class Workload:
    """A distribution to draw from.

    Attributes:
      name: name of the row.
      make: maps a library and the parameters to the library's distribution.
      params: parameters, as arrays.
      by_jax: `by_jax(key, shape, *params)` draws with jax.random, if it has the distribution.
      approximate: likewise with `method="approximate"`, if the installed jax.random has that.
      fraction: fraction of the requested number of draws, less than 1 for vector events.
      per_row: whether the parameters have a batch axis with one distribution per draw.
    """

    name: str
    make: Callable[..., Any]
    params: tuple[Any, ...] = ()
    by_jax: Sampler | None = None
    approximate: Sampler | None = None
    fraction: float = 1.0
    per_row: bool = False


def logits(*shape: int) -> np.ndarray:
    """Standard normal logits."""
    return np.random.default_rng(0).normal(size=shape).astype(np.float32)


def rates(n: int) -> np.ndarray:
    """Rates from 0.1 to 1000, in random order."""
    return np.random.default_rng(0).permutation(np.geomspace(0.1, 1000, n)).astype(np.float32)


def affine(sampler: Sampler) -> Sampler:
    """Shift and scale a standard sampler of jax.random."""
    return lambda key, shape, loc, scale: loc + scale * sampler(key, shape)


def approximately(sampler: Sampler) -> Sampler | None:
    """Draw with `method="approximate"` of a sampler of jax.random, which JAX 0.12 added."""
    if "method" not in inspect.signature(sampler).parameters:
        return None
    return lambda key, shape, *params: sampler(key, *params, shape, method="approximate")


def categorical(key: jax.Array, shape: tuple[int, ...], logits: jax.Array) -> jax.Array:
    """Draw with jax.random, once from each row of logits, or `shape` times from one row."""
    return jax.random.categorical(key, logits, shape=shape + logits.shape[:-1])


def workloads(draws: int) -> list[Workload]:
    """Return the rows of the table for a number of draws."""
    random = jax.random
    scale = (np.float32(1.5), np.float32(0.5))
    rows = [
        Workload(
            "Uniform",
            lambda m, a, b: m.Uniform(a, b),
            (np.float32(-1), np.float32(2)),
            lambda key, shape, a, b: random.uniform(key, shape, minval=a, maxval=b),
        ),
        Workload("Normal", lambda m, a, b: m.Normal(a, b), scale, affine(random.normal)),
        Workload("Laplace", lambda m, a, b: m.Laplace(a, b), scale, affine(random.laplace)),
        Workload("Gumbel", lambda m, a, b: m.Gumbel(a, b), scale, affine(random.gumbel)),
        Workload("Cauchy", lambda m, a, b: m.Cauchy(a, b), scale, affine(random.cauchy)),
        Workload(
            "Exponential",
            lambda m, a: m.Exponential(a),
            (np.float32(2),),
            lambda key, shape, a: random.exponential(key, shape) / a,
        ),
        Workload(
            "StudentT(3)",
            lambda m, df: m.StudentT(df, 0.0, 1.0),
            (np.float32(3),),
            lambda key, shape, df: random.t(key, df, shape),
        ),
        *(
            Workload(
                f"Gamma({a:g})",
                lambda m, a: m.Gamma(a, 1.0),
                (np.float32(a),),
                lambda key, shape, a: random.gamma(key, a, shape),
                approximately(random.gamma),
            )
            for a in (0.1, 0.5, 1, 2.5, 50)
        ),
        Workload(
            "Chi2(3)",
            lambda m, df: m.Chi2(df),
            (np.float32(3),),
            lambda key, shape, df: random.chisquare(key, df, shape),
            approximately(random.chisquare),
        ),
        Workload(
            "Beta(2, 3)",
            lambda m, a, b: m.Beta(a, b),
            (np.float32(2), np.float32(3)),
            lambda key, shape, a, b: random.beta(key, a, b, shape),
            approximately(random.beta),
        ),
        Workload(
            "Dirichlet, K = 10",
            lambda m, a: m.Dirichlet(a),
            (np.linspace(0.5, 5, 10, dtype=np.float32),),
            lambda key, shape, a: random.dirichlet(key, a, shape),
            fraction=0.1,
        ),
        *(
            Workload(
                f"Poisson({a:g})",
                lambda m, a: m.Poisson(a),
                (np.float32(a),),
                lambda key, shape, a: random.poisson(key, a, shape),
                approximately(random.poisson),
            )
            for a in (0.5, 5, 50, 1000)
        ),
        Workload(
            "Poisson, mixed rates",
            lambda m, a: m.Poisson(a),
            (rates(draws),),
            lambda key, shape, a: random.poisson(key, a, a.shape),
            per_row=True,
        ),
        *(
            Workload(
                f"Binomial({n}, 0.3)",
                lambda m, n, p: m.Binomial(n, probs=p),
                (np.float32(n), np.float32(0.3)),
                lambda key, shape, n, p: random.binomial(key, n, p, shape),
            )
            for n in (10, 1000)
        ),
        Workload(
            "NegativeBinomial(10, 0.5)",
            lambda m, n, p: negative_binomial(m)(n, probs=p),
            (np.float32(10), np.float32(0.5)),
            lambda key, shape, n, p: random.poisson(
                key, random.gamma(key, n, shape) * p / (1 - p), shape
            ),
        ),
        Workload(
            "DiscreteUniform(-5, 1000)",
            lambda m, a, b: m.DiscreteUniform(a, b),
            (np.int32(-5), np.int32(1000)),
            lambda key, shape, a, b: random.randint(key, shape, a, b + 1),
        ),
        *(
            Workload(
                f"Categorical, shared, K = {k}",
                lambda m, x: m.Categorical(logits=x),
                (logits(k),),
                categorical,
                fraction=0.1 if k > 100 else 1.0,
            )
            for k in (6, 18, 1000)
        ),
        Workload(
            "VonMises(0, 2)",
            lambda m, a, b: m.VonMises(a, b),
            (np.float32(0), np.float32(2)),
        ),
        Workload(
            "TruncatedNormal(8, 9)",
            lambda m, a, b: truncated_normal(m)(a, b),
            (np.float32(8), np.float32(9)),
            lambda key, shape, a, b: random.truncated_normal(key, a, b, shape),
        ),
        Workload(
            "MultivariateNormal, d = 8",
            lambda m, loc, tril: multivariate_normal(m)(loc, tril),
            (np.zeros(8, np.float32), np.linalg.cholesky(np.eye(8) + 0.5).astype(np.float32)),
            lambda key, shape, loc, tril: (
                loc + jnp.einsum("ij,...j->...i", tril, random.normal(key, (*shape, 8)))
            ),
            fraction=0.1,
        ),
        Workload(
            "Multinomial(100), K = 10",
            lambda m, x: m.Multinomial(100, logits=x),
            (logits(10),),
            lambda key, shape, x: random.multinomial(
                key, 100.0, jax.nn.softmax(x), shape=(*shape, 10)
            ),
            fraction=0.1,
        ),
        Workload(
            "Wishart, d = 4",
            lambda m, tril: wishart(m)(tril),
            (np.linalg.cholesky(np.eye(4) + 0.5).astype(np.float32),),
            fraction=0.1,
        ),
        Workload("LKJCholesky, d = 4", lambda m, c: lkj(m)(c), (np.float32(1.5),), fraction=0.1),
    ]
    if draws < 100_000:
        rows += [
            Workload(
                f"Categorical, rows, K = {k}",
                lambda m, x: m.Categorical(logits=x),
                (logits(draws, k),),
                categorical,
                per_row=True,
            )
            for k in (2, 6, 18, 1000)
        ]
    return rows


# --- distributions whose names differ between libraries -------------------------------------------


def negative_binomial(m: ModuleType) -> Any:
    """NegativeBinomial with a count and a probability."""
    return getattr(m, "NegativeBinomialProbs", None) or m.NegativeBinomial


def truncated_normal(m: ModuleType) -> Any:
    """The standard normal distribution truncated to an interval."""
    if m.__name__.startswith("numpyro"):
        return lambda low, high: m.TruncatedNormal(0.0, 1.0, low=low, high=high)
    return lambda low, high: m.TruncatedNormal(0.0, 1.0, low, high)


def multivariate_normal(m: ModuleType) -> Any:
    """MultivariateNormal with a mean and the Cholesky factor of its covariance."""
    if hasattr(m, "MultivariateNormalTriL"):
        return m.MultivariateNormalTriL
    if hasattr(m, "MultivariateNormalTri"):
        return m.MultivariateNormalTri
    return lambda loc, tril: m.MultivariateNormal(loc, scale_tril=tril)


def wishart(m: ModuleType) -> Any:
    """Wishart with 7 degrees of freedom and a Cholesky factor."""
    if hasattr(m, "WishartTriL"):
        return lambda tril: m.WishartTriL(7.0, scale_tril=tril)
    if m.__name__.startswith("torch"):
        torch = importlib.import_module("torch")
        return lambda tril: m.Wishart(torch.tensor(7.0), scale_tril=tril)
    return lambda tril: m.Wishart(7.0, scale_tril=tril)


def lkj(m: ModuleType) -> Any:
    """LKJCholesky in dimension 4."""
    name = "CholeskyLKJ" if hasattr(m, "CholeskyLKJ") else "LKJCholesky"
    return partial(getattr(m, name), 4)


# --- timing --------------------------------------------------------------------------------------


def libraries() -> dict[str, ModuleType]:
    """Import the peers that are installed."""
    found = {}
    for name, module in PEERS.items():
        try:
            found[name] = importlib.import_module(module)
        except ImportError as error:
            print(f"{name} is left out: {error}")
    return found


def sampler_of(
    workload: Workload, name: str, module: ModuleType, shape: tuple[int, ...]
) -> Sampler:
    """Return a function of a key and the parameters that draws with a JAX library."""

    def sample(key: jax.Array, *params: jax.Array) -> jax.Array:
        d = workload.make(module, *params)
        if name in ("jaxdist", "numpyro"):
            return d.sample(key, shape)
        return d.sample(seed=key, sample_shape=shape)

    return sample


def time_workload(
    workload: Workload, draws: int, peers: dict[str, ModuleType], repeats: int
) -> tuple[dict[str, float], dict[str, float]]:
    """Time one row: seconds of each library's draws, and seconds of compiling each."""
    shape = () if workload.per_row else (max(int(draws * workload.fraction), 1),)
    params = tuple(jnp.asarray(p) for p in workload.params)
    samplers = {"ours": sampler_of(workload, "jaxdist", jd, shape)}
    if workload.by_jax is not None:
        by_jax = workload.by_jax
        samplers["jax.random"] = lambda key, *params: by_jax(key, shape, *params)
    if workload.approximate is not None:
        approximate = workload.approximate
        samplers["approximate"] = lambda key, *params: approximate(key, shape, *params)
    samplers |= {
        name: sampler_of(workload, name, module, shape)
        for name, module in peers.items()
        if name != "torch"
    }
    calls, compiling = {}, {}
    for name, sampler in samplers.items():
        try:
            compiling[name], compiled = compile_seconds(sampler, KEY, *params)
        except (AttributeError, TypeError, ValueError, NotImplementedError):
            continue  # the library lacks it
        calls[name] = partial(call_and_wait, compiled, KEY, *params)
    if "torch" in peers:
        torch = importlib.import_module("torch")
        try:
            d = workload.make(peers["torch"], *(torch.tensor(p) for p in workload.params))
            calls["torch"] = partial(d.sample, shape)
        except (AttributeError, TypeError, ValueError):
            pass
    return interleaved(calls, repeats), compiling


def main() -> None:
    """Print one table for each number of draws."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--draws", type=int, nargs="+", default=[1_000_000, 4096])
    parser.add_argument("--only", default="", help="prefix of the names of the rows")
    parser.add_argument("--repeats", type=int, default=7)
    options = parser.parse_args()
    peers = libraries()
    columns = ["jax.random", "approximate", *peers]
    print(f"jax {jax.__version__} on {jax.devices()[0].device_kind}")
    for draws in options.draws:
        lines = []
        for workload in workloads(draws):
            if not workload.name.startswith(options.only):
                continue
            seconds, compiling = time_workload(workload, draws, peers, options.repeats)
            ours = seconds["ours"]
            ratios = [f"{seconds[c] / ours:.2g}" if c in seconds else "" for c in columns]
            compiled = [
                f"{compiling[c]:.2f}" if c in compiling else ""
                for c in ("ours", "jax.random", "approximate")
            ]
            lines.append([workload.name, f"{1e3 * ours:.3g}", *ratios, *compiled])
            print(lines[-1], flush=True)
        header = [
            f"{draws:,} draws",
            "ours, ms",
            *columns,
            "compile, s",
            "jax.random's",
            "approximate's",
        ]
        print("\n" + table(header, lines) + "\n")


if __name__ == "__main__":
    main()
