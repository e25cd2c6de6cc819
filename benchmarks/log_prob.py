"""Time log_prob and its gradient.

    python -m benchmarks.log_prob [--repeats 15]

The times of `log_prob` are relative to those of the formula that one writes by hand with jax.scipy,
compiled by jit: below 1 ours is faster.
"""

from __future__ import annotations

import argparse
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
    """A log-density and its formula.

    Attributes:
      name: name of the row.
      make: maps parameters to our distribution.
      formula: `formula(x, *params)`, written by hand.
      params: parameters.
      values: values at which the density is evaluated.
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


def densities() -> list[Density]:
    """Return the rows of the table."""
    rng = np.random.default_rng(0)
    n, million = 4096, 1_000_000
    floats = lambda *shape: rng.uniform(0.5, 5, shape).astype(np.float32)
    shared = rng.normal(size=18).astype(np.float32)
    simplex = rng.dirichlet(np.ones(10), n).astype(np.float32)
    tril = np.linalg.cholesky(np.eye(8) + 0.5).astype(np.float32)
    angles = rng.uniform(-3, 3, million).astype(np.float32)
    points = rng.normal(size=(100_000, 8)).astype(np.float32)
    rows = rng.normal(size=(n, 18)).astype(np.float32)
    by_logits = lambda name: lambda logits: getattr(jd, name)(logits=logits)
    return [
        Density("Normal, 4096", jd.Normal, normal, (floats(n), floats(n)), floats(n)),
        Density("Gamma, 4096", jd.Gamma, gamma, (floats(n), floats(n)), floats(n)),
        Density("Beta, 4096", jd.Beta, beta, (floats(n), floats(n)), floats(n) / 6),
        Density("StudentT, 4096", jd.StudentT, student_t, (floats(n),) * 3, floats(n)),
        Density("Poisson, 4096", jd.Poisson, poisson, (floats(n),), rng.poisson(3, n)),
        Density(
            "Bernoulli, 4096",
            by_logits("Bernoulli"),
            bernoulli,
            (floats(n),),
            rng.integers(0, 2, n),
        ),
        Density("Dirichlet, K = 10, 4096", jd.Dirichlet, dirichlet, (floats(n, 10),), simplex),
        Density(
            "Categorical, rows, K = 18, 4096",
            by_logits("Categorical"),
            categorical,
            (rows,),
            rng.integers(0, 18, n),
        ),
        Density(
            "Categorical, shared, K = 18, 1e6",
            by_logits("Categorical"),
            categorical,
            (shared,),
            rng.integers(0, 18, million),
        ),
        Density(
            "VonMises, 1e6", jd.VonMises, von_mises, (floats(million), floats(million)), angles
        ),
        Density(
            "MultivariateNormal, d = 8, 1e5",
            lambda loc, tril: jd.MultivariateNormal(loc, scale_tril=tril),
            multivariate_normal,
            (np.zeros(8, np.float32), tril),
            points,
        ),
    ]


def time_density(density: Density, repeats: int) -> list[float]:
    """Time log_prob and its gradient in the parameters, relative to the formula's times."""
    ours = lambda x, *params: density.make(*params).log_prob(x)
    args = tuple(jnp.asarray(a) for a in (density.values, *density.params))
    relative = []
    for transform in (lambda f: f, _gradient):
        calls = {}
        for name, f in {"ours": ours, "formula": density.formula}.items():
            compiled = jax.jit(transform(f)).lower(*args).compile()
            calls[name] = partial(call_and_wait, compiled, *args)
        seconds = interleaved(calls, repeats)
        relative.append(seconds["ours"] / seconds["formula"])
    return relative


def _gradient(f: Formula) -> Callable[..., Any]:
    def total(params: tuple[jax.Array, ...], x: jax.Array) -> jax.Array:
        return jnp.sum(f(x, *params))

    return lambda x, *params: jax.grad(total)(params, x)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--repeats", type=int, default=15)
    repeats = parser.parse_args().repeats
    print(f"jax {jax.__version__} on {jax.devices()[0].device_kind}\n")
    rows = [[c.name, *(f"{r:.2f}" for r in time_density(c, repeats))] for c in densities()]
    print(table(["relative to the formula", "log_prob", "its gradient"], rows))


if __name__ == "__main__":
    main()
