"""Time our samplers against jax.random, numpyro, distrax, TFP and torch.

    python -m benchmarks.samplers [--draws 1000000 4096] [--only Gamma] [--repeats 9]

Prints a table in Markdown: how long ours takes, and how many times as long the others do. A peer
that is not installed, or lacks a distribution, is left out. `pip install -e ".[bench]"` has all.
"""

from __future__ import annotations

import argparse
import importlib
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

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # torch's threads must not disturb the next

KEY = jax.random.key(0)
PEERS = {
    "numpyro": "numpyro.distributions",
    "distrax": "distrax",
    "TFP": "tensorflow_probability.substrates.jax.distributions",
    "torch": "torch.distributions",
}
Sampler = Callable[..., Any]


@dataclass(frozen=True)
class Draw:
    """A distribution to draw from.

    Attributes:
      name: of the row.
      make: from a library and the parameters to its distribution.
      params: the parameters, as arrays.
      by_jax: `by_jax(key, shape, *params)` draws with jax.random, where it can.
      share: the part of the draws that are made: where an event has many numbers, fewer.
      per_row: whether the parameters have a batch axis as long as the draws are many.
    """

    name: str
    make: Callable[..., Any]
    params: tuple[Any, ...] = ()
    by_jax: Sampler | None = None
    share: float = 1.0
    per_row: bool = False


def logits(*shape: int) -> np.ndarray:
    """Logits that are neither equal nor extreme."""
    return np.random.default_rng(0).normal(size=shape).astype(np.float32)


def rates(n: int) -> np.ndarray:
    """Rates from 0.1 to 1000, mixed."""
    return np.random.default_rng(0).permutation(np.geomspace(0.1, 1000, n)).astype(np.float32)


def affine(sampler: Sampler) -> Sampler:
    """A standard draw of jax.random, moved and scaled."""
    return lambda key, shape, loc, scale: loc + scale * sampler(key, shape)


def categorical(key: jax.Array, shape: tuple[int, ...], logits: jax.Array) -> jax.Array:
    """Draw by jax.random, once from each row or often from one."""
    return jax.random.categorical(key, logits, shape=shape + logits.shape[:-1])


def cases(draws: int) -> list[Draw]:
    """The rows of the table for a number of draws."""
    random = jax.random
    scale = (np.float32(1.5), np.float32(0.5))
    rows = [
        Draw(
            "Uniform",
            lambda m, a, b: m.Uniform(a, b),
            (np.float32(-1), np.float32(2)),
            lambda key, shape, a, b: random.uniform(key, shape, minval=a, maxval=b),
        ),
        Draw("Normal", lambda m, a, b: m.Normal(a, b), scale, affine(random.normal)),
        Draw("Laplace", lambda m, a, b: m.Laplace(a, b), scale, affine(random.laplace)),
        Draw("Gumbel", lambda m, a, b: m.Gumbel(a, b), scale, affine(random.gumbel)),
        Draw("Cauchy", lambda m, a, b: m.Cauchy(a, b), scale, affine(random.cauchy)),
        Draw(
            "Exponential",
            lambda m, a: m.Exponential(a),
            (np.float32(2),),
            lambda key, shape, a: random.exponential(key, shape) / a,
        ),
        Draw(
            "StudentT(3)",
            lambda m, df: m.StudentT(df, 0.0, 1.0),
            (np.float32(3),),
            lambda key, shape, df: random.t(key, df, shape),
        ),
        *(
            Draw(
                f"Gamma({a:g})",
                lambda m, a: m.Gamma(a, 1.0),
                (np.float32(a),),
                lambda key, shape, a: random.gamma(key, a, shape),
            )
            for a in (0.1, 0.5, 1, 2.5, 50)
        ),
        Draw(
            "Chi2(3)",
            lambda m, df: m.Chi2(df),
            (np.float32(3),),
            lambda key, shape, df: 2 * random.gamma(key, df / 2, shape),
        ),
        Draw(
            "Beta(2, 3)",
            lambda m, a, b: m.Beta(a, b),
            (np.float32(2), np.float32(3)),
            lambda key, shape, a, b: random.beta(key, a, b, shape),
        ),
        Draw(
            "Dirichlet, K = 10",
            lambda m, a: m.Dirichlet(a),
            (np.linspace(0.5, 5, 10, dtype=np.float32),),
            lambda key, shape, a: random.dirichlet(key, a, shape),
            share=0.1,
        ),
        *(
            Draw(
                f"Poisson({a:g})",
                lambda m, a: m.Poisson(a),
                (np.float32(a),),
                lambda key, shape, a: random.poisson(key, a, shape),
            )
            for a in (0.5, 5, 50, 1000)
        ),
        Draw(
            "Poisson, mixed rates",
            lambda m, a: m.Poisson(a),
            (rates(draws),),
            lambda key, shape, a: random.poisson(key, a, a.shape),
            per_row=True,
        ),
        *(
            Draw(
                f"Binomial({n}, 0.3)",
                lambda m, n, p: m.Binomial(n, probs=p),
                (np.float32(n), np.float32(0.3)),
                lambda key, shape, n, p: random.binomial(key, n, p, shape),
            )
            for n in (10, 1000)
        ),
        Draw(
            "NegativeBinomial(10, 0.5)",
            lambda m, n, p: negative_binomial(m)(n, probs=p),
            (np.float32(10), np.float32(0.5)),
            lambda key, shape, n, p: random.poisson(
                key, random.gamma(key, n, shape) * p / (1 - p), shape
            ),
        ),
        Draw(
            "DiscreteUniform(-5, 1000)",
            lambda m, a, b: m.DiscreteUniform(a, b),
            (np.int32(-5), np.int32(1000)),
            lambda key, shape, a, b: random.randint(key, shape, a, b + 1),
        ),
        *(
            Draw(
                f"Categorical, shared, K = {k}",
                lambda m, x: m.Categorical(logits=x),
                (logits(k),),
                categorical,
                share=0.1 if k > 100 else 1.0,
            )
            for k in (6, 18, 1000)
        ),
        Draw(
            "VonMises(0, 2)",
            lambda m, a, b: m.VonMises(a, b),
            (np.float32(0), np.float32(2)),
        ),
        Draw(
            "TruncatedNormal(8, 9)",
            lambda m, a, b: truncated_normal(m)(a, b),
            (np.float32(8), np.float32(9)),
            lambda key, shape, a, b: random.truncated_normal(key, a, b, shape),
        ),
        Draw(
            "MultivariateNormal, d = 8",
            lambda m, loc, tril: multivariate_normal(m)(loc, tril),
            (np.zeros(8, np.float32), np.linalg.cholesky(np.eye(8) + 0.5).astype(np.float32)),
            lambda key, shape, loc, tril: (
                loc + jnp.einsum("ij,...j->...i", tril, random.normal(key, (*shape, 8)))
            ),
            share=0.1,
        ),
        Draw(
            "Multinomial(100), K = 10",
            lambda m, x: m.Multinomial(100, logits=x),
            (logits(10),),
            lambda key, shape, x: random.multinomial(
                key, 100.0, jax.nn.softmax(x), shape=(*shape, 10)
            ),
            share=0.1,
        ),
        Draw(
            "Wishart, d = 4",
            lambda m, tril: wishart(m)(tril),
            (np.linalg.cholesky(np.eye(4) + 0.5).astype(np.float32),),
            share=0.1,
        ),
        Draw("LKJCholesky, d = 4", lambda m, c: lkj(m)(c), (np.float32(1.5),), share=0.1),
    ]
    if draws < 100_000:
        rows += [
            Draw(
                f"Categorical, rows, K = {k}",
                lambda m, x: m.Categorical(logits=x),
                (logits(draws, k),),
                categorical,
                per_row=True,
            )
            for k in (2, 6, 18, 1000)
        ]
    return rows


# --- where the libraries have other names --------------------------------------------------------


def negative_binomial(m: ModuleType) -> Any:
    """NegativeBinomial by number of failures and probability."""
    return getattr(m, "NegativeBinomialProbs", None) or m.NegativeBinomial


def truncated_normal(m: ModuleType) -> Any:
    """A standard normal distribution between two numbers."""
    if m.__name__.startswith("numpyro"):
        return lambda low, high: m.TruncatedNormal(0.0, 1.0, low=low, high=high)
    return lambda low, high: m.TruncatedNormal(0.0, 1.0, low, high)


def multivariate_normal(m: ModuleType) -> Any:
    """A normal distribution by its mean and the Cholesky factor of its covariance."""
    if hasattr(m, "MultivariateNormalTriL"):
        return m.MultivariateNormalTriL
    if hasattr(m, "MultivariateNormalTri"):
        return m.MultivariateNormalTri
    return lambda loc, tril: m.MultivariateNormal(loc, scale_tril=tril)


def wishart(m: ModuleType) -> Any:
    """A Wishart distribution of 7 degrees of freedom, by a Cholesky factor."""
    if hasattr(m, "WishartTriL"):
        return lambda tril: m.WishartTriL(7.0, scale_tril=tril)
    if m.__name__.startswith("torch"):
        torch = importlib.import_module("torch")
        return lambda tril: m.Wishart(torch.tensor(7.0), scale_tril=tril)
    return lambda tril: m.Wishart(7.0, scale_tril=tril)


def lkj(m: ModuleType) -> Any:
    """Cholesky factors of correlation matrices of dimension 4."""
    name = "CholeskyLKJ" if hasattr(m, "CholeskyLKJ") else "LKJCholesky"
    return partial(getattr(m, name), 4)


# --- timing --------------------------------------------------------------------------------------


def libraries() -> dict[str, ModuleType]:
    """The peers that are installed."""
    found = {}
    for name, module in PEERS.items():
        try:
            found[name] = importlib.import_module(module)
        except ImportError as error:
            print(f"{name} is left out: {error}")
    return found


def sampler_of(case: Draw, name: str, module: ModuleType, shape: tuple[int, ...]) -> Sampler:
    """A function of a key and the parameters that draws with a library of JAX."""

    def sample(key: jax.Array, *params: jax.Array) -> jax.Array:
        if name == "numpyro":
            return case.make(module, *params).sample(key, shape)
        if name == "jaxdist":
            return case.make(module, *params).sample(key, shape)
        return case.make(module, *params).sample(seed=key, sample_shape=shape)

    return sample


def time_case(
    case: Draw, draws: int, peers: dict[str, ModuleType], repeats: int
) -> tuple[dict[str, float], dict[str, float]]:
    """Time one row: the seconds of each library's draw, and those of compiling ours and JAX's."""
    shape = () if case.per_row else (max(int(draws * case.share), 1),)
    params = tuple(jnp.asarray(p) for p in case.params)
    samplers = {"ours": sampler_of(case, "jaxdist", jd, shape)}
    if case.by_jax is not None:
        by_jax = case.by_jax
        samplers["jax.random"] = lambda key, *params: by_jax(key, shape, *params)
    samplers |= {
        name: sampler_of(case, name, module, shape)
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
            d = case.make(peers["torch"], *(torch.tensor(p) for p in case.params))
            calls["torch"] = partial(d.sample, shape)
        except (AttributeError, TypeError, ValueError):
            pass
    return interleaved(calls, repeats), compiling


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--draws", type=int, nargs="+", default=[1_000_000, 4096])
    parser.add_argument("--only", default="", help="rows whose name begins so")
    parser.add_argument("--repeats", type=int, default=7)
    options = parser.parse_args()
    peers = libraries()
    columns = ["jax.random", *peers]
    print(f"jax {jax.__version__} on {jax.devices()[0].device_kind}")
    for draws in options.draws:
        lines = []
        for case in cases(draws):
            if not case.name.startswith(options.only):
                continue
            seconds, compiling = time_case(case, draws, peers, options.repeats)
            ours = seconds["ours"]
            ratios = [f"{seconds[c] / ours:.2g}" if c in seconds else "" for c in columns]
            compiled = [
                f"{compiling[c]:.2f}" if c in compiling else "" for c in ("ours", "jax.random")
            ]
            lines.append([case.name, f"{1e3 * ours:.3g}", *ratios, *compiled])
            print(lines[-1], flush=True)
        header = [f"{draws:,} draws", "ours, ms", *columns, "compile, s", "jax.random's, s"]
        print("\n" + table(header, lines) + "\n")


if __name__ == "__main__":
    main()
