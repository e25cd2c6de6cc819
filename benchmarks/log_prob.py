"""Time log_prob, its gradient, an eager call and the import, against the obvious alternatives.

    python -m benchmarks.log_prob [--repeats 15]

The obvious formula is what one writes by hand with jax.scipy, fused by jit. Figures are times
relative to it (to a call jitted by hand, to importing jax alone): below 1 we are faster.
"""

from __future__ import annotations

import argparse
import importlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import jax.scipy.special as jsp
import numpy as np

import jaxdist as jd
from benchmarks.timing import call_and_wait, interleaved, table

LOG_TWO_PI = float(np.log(2 * np.pi))
Formula = Callable[..., jax.Array]


@dataclass(frozen=True)
class Density:
    """A density.

    Attributes:
      name: of the row.
      make: from parameters to our distribution.
      formula: `formula(x, *params)`, as one writes it.
      params: the parameters.
      values: where it is evaluated.
    """

    name: str
    make: Callable[..., jd.Distribution]
    formula: Formula
    params: tuple[np.ndarray, ...]
    values: np.ndarray


def normal(x: jax.Array, loc: jax.Array, scale: jax.Array) -> jax.Array:
    """Log-density of the normal distribution."""
    return -(((x - loc) / scale) ** 2) / 2 - jnp.log(scale) - LOG_TWO_PI / 2


def gamma(x: jax.Array, a: jax.Array, rate: jax.Array) -> jax.Array:
    """Log-density of the gamma distribution."""
    return a * jnp.log(rate) + (a - 1) * jnp.log(x) - rate * x - jsp.gammaln(a)


def beta(x: jax.Array, a: jax.Array, b: jax.Array) -> jax.Array:
    """Log-density of the beta distribution."""
    norm = jsp.gammaln(a) + jsp.gammaln(b) - jsp.gammaln(a + b)
    return (a - 1) * jnp.log(x) + (b - 1) * jnp.log1p(-x) - norm


def student_t(x: jax.Array, df: jax.Array, loc: jax.Array, scale: jax.Array) -> jax.Array:
    """Log-density of Student's t distribution."""
    z = (x - loc) / scale
    norm = jsp.gammaln((df + 1) / 2) - jsp.gammaln(df / 2) - jnp.log(df * jnp.pi) / 2
    return norm - jnp.log(scale) - (df + 1) / 2 * jnp.log1p(z**2 / df)


def poisson(x: jax.Array, rate: jax.Array) -> jax.Array:
    """Log-probability of the Poisson distribution."""
    return x * jnp.log(rate) - rate - jsp.gammaln(x + 1.0)


def bernoulli(x: jax.Array, logits: jax.Array) -> jax.Array:
    """Log-probability of the Bernoulli distribution."""
    return x * logits - jax.nn.softplus(logits)


def categorical(x: jax.Array, logits: jax.Array) -> jax.Array:
    """Log-probability of the categorical distribution."""
    log_probs = jax.nn.log_softmax(logits)
    if logits.ndim == 1:
        return log_probs[x]
    return jnp.take_along_axis(log_probs, x[..., None], -1)[..., 0]


def dirichlet(x: jax.Array, a: jax.Array) -> jax.Array:
    """Log-density of the Dirichlet distribution."""
    norm = jnp.sum(jsp.gammaln(a), -1) - jsp.gammaln(jnp.sum(a, -1))
    return jnp.sum((a - 1) * jnp.log(x), -1) - norm


def von_mises(x: jax.Array, loc: jax.Array, concentration: jax.Array) -> jax.Array:
    """Log-density of the von Mises distribution."""
    log_i0 = jnp.log(jsp.i0e(concentration)) + concentration
    return concentration * jnp.cos(x - loc) - LOG_TWO_PI - log_i0


def multivariate_normal(x: jax.Array, loc: jax.Array, tril: jax.Array) -> jax.Array:
    """Log-density of the multivariate normal distribution."""
    z = jax.scipy.linalg.solve_triangular(tril, (x - loc).T, lower=True)
    log_det = jnp.sum(jnp.log(jnp.diagonal(tril)))
    return -jnp.sum(z**2, 0) / 2 - log_det - x.shape[-1] * LOG_TWO_PI / 2


def cases() -> list[Density]:
    """The rows of the table."""
    rng = np.random.default_rng(0)
    n, some = 4096, 1_000_000
    floats = lambda *shape: rng.uniform(0.5, 5, shape).astype(np.float32)
    shared = rng.normal(size=18).astype(np.float32)
    simplex = rng.dirichlet(np.ones(10), n).astype(np.float32)
    tril = np.linalg.cholesky(np.eye(8) + 0.5).astype(np.float32)
    angles = rng.uniform(-3, 3, some).astype(np.float32)
    points = rng.normal(size=(100_000, 8)).astype(np.float32)
    rows = rng.normal(size=(n, 18)).astype(np.float32)
    named = lambda name: lambda logits: getattr(jd, name)(logits=logits)
    return [
        Density("Normal, 4096", jd.Normal, normal, (floats(n), floats(n)), floats(n)),
        Density("Gamma, 4096", jd.Gamma, gamma, (floats(n), floats(n)), floats(n)),
        Density("Beta, 4096", jd.Beta, beta, (floats(n), floats(n)), floats(n) / 6),
        Density("StudentT, 4096", jd.StudentT, student_t, (floats(n),) * 3, floats(n)),
        Density("Poisson, 4096", jd.Poisson, poisson, (floats(n),), rng.poisson(3, n)),
        Density(
            "Bernoulli, 4096", named("Bernoulli"), bernoulli, (floats(n),), rng.integers(0, 2, n)
        ),
        Density("Dirichlet, K = 10, 4096", jd.Dirichlet, dirichlet, (floats(n, 10),), simplex),
        Density(
            "Categorical, rows, K = 18, 4096",
            named("Categorical"),
            categorical,
            (rows,),
            rng.integers(0, 18, n),
        ),
        Density(
            "Categorical, shared, K = 18, 1e6",
            named("Categorical"),
            categorical,
            (shared,),
            rng.integers(0, 18, some),
        ),
        Density("VonMises, 1e6", jd.VonMises, von_mises, (floats(some), floats(some)), angles),
        Density(
            "MultivariateNormal, d = 8, 1e5",
            lambda loc, tril: jd.MultivariateNormal(loc, scale_tril=tril),
            multivariate_normal,
            (np.zeros(8, np.float32), tril),
            points,
        ),
    ]


def time_density(case: Density, repeats: int) -> list[float]:
    """Time of log_prob, and of its gradient in the parameters, relative to the formula's."""
    ours = lambda x, *params: case.make(*params).log_prob(x)
    args = tuple(jnp.asarray(a) for a in (case.values, *case.params))
    relative = []
    for transform in (lambda f: f, _gradient):
        calls = {}
        for name, f in {"ours": ours, "formula": case.formula}.items():
            compiled = jax.jit(transform(f)).lower(*args).compile()
            calls[name] = partial(call_and_wait, compiled, *args)
        seconds = interleaved(calls, repeats)
        relative.append(seconds["ours"] / seconds["formula"])
    return relative


def _gradient(f: Formula) -> Callable[..., Any]:
    def total(params: tuple[jax.Array, ...], x: jax.Array) -> jax.Array:
        return jnp.sum(f(x, *params))

    return lambda x, *params: jax.grad(total)(params, x)


def time_eager(repeats: int) -> dict[str, float]:
    """Microseconds of one call of a method, eagerly and jitted by hand."""
    x = jnp.float32(0.3)
    d = jd.Normal(0.0, 1.0)
    by_hand = jax.jit(lambda d, x: d.log_prob(x))
    calls = {
        "log_prob": lambda: call_and_wait(d.log_prob, x),
        "log_prob jitted by hand": lambda: call_and_wait(by_hand, d, x),
        "construction": lambda: jd.Normal(0.0, 1.0),
    }
    try:
        torch = importlib.import_module("torch")
    except ImportError:
        print("torch is left out: it is not installed")
    else:
        theirs = torch.distributions.Normal(0.0, 1.0)
        y = torch.tensor(0.3)
        calls["torch, log_prob"] = lambda: theirs.log_prob(y)
        calls["torch, construction"] = lambda: torch.distributions.Normal(0.0, 1.0)
    return {name: 1e6 * s for name, s in interleaved(calls, 200 * repeats).items()}


def time_import(repeats: int) -> dict[str, float]:
    """Seconds of importing jax alone, and jaxdist, in a process of their own, from bytecode."""
    with tempfile.TemporaryDirectory() as bytecode:
        environment = {**os.environ, "PYTHONPYCACHEPREFIX": bytecode, "PYTHONDONTWRITEBYTECODE": ""}
        calls = {
            name: partial(
                subprocess.run,
                [sys.executable, "-c", f"import {name}"],
                check=True,
                env=environment,
            )
            for name in ("jax", "jaxdist")
        }
        return interleaved(calls, repeats)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--repeats", type=int, default=15)
    repeats = parser.parse_args().repeats
    print(f"jax {jax.__version__} on {jax.devices()[0].device_kind}\n")
    rows = [[c.name, *(f"{r:.2f}" for r in time_density(c, repeats))] for c in cases()]
    print(table(["relative to the formula", "log_prob", "its gradient"], rows) + "\n")
    eager = [[name, f"{us:.1f}"] for name, us in time_eager(repeats).items()]
    print(table(["one call of Normal", "microseconds"], eager) + "\n")
    imports = [[f"import {name}", f"{s:.2f}"] for name, s in time_import(repeats).items()]
    print(table(["", "seconds"], imports))


if __name__ == "__main__":
    main()
