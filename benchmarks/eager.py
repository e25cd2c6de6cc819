"""Time what happens outside of jit: constructing, single calls, first calls and the import.

    python -m benchmarks.eager [--repeats 15]

Peers that are not installed, or lack a distribution, are left out; `pip install -e ".[bench]"`
installs all.
"""

from __future__ import annotations

import argparse
import importlib
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

import jaxdist as jd
from benchmarks.timing import call_and_wait, interleaved, table

KEY = jax.random.key(0)
CALLS = 100  # in a row, of which the mean is taken
ROUNDS = 3  # of first calls
PEERS = {
    "torch": "torch.distributions",
    "numpyro": "numpyro.distributions",
    "TFP": "tensorflow_probability.substrates.jax.distributions",
}
ONES = np.ones(5, np.float32)
TABLE = np.full((5, 4), 0.25, np.float32)

# The class, and its arguments by keyword, in which all libraries agree.
CONSTRUCTIONS: dict[str, tuple[str, dict[str, Any]]] = {
    "Normal, numbers": ("Normal", {"loc": 0.0, "scale": 1.0}),
    "Normal, arrays": ("Normal", {"loc": ONES, "scale": ONES}),
    "Normal, an array and a number": ("Normal", {"loc": ONES, "scale": 1.0}),
    "Gamma, numbers": ("Gamma", {"concentration": 2.0, "rate": 3.0}),
    "Gamma, arrays": ("Gamma", {"concentration": ONES, "rate": ONES}),
    "Beta, numbers": ("Beta", {"concentration1": 2.0, "concentration0": 3.0}),
    "Bernoulli, logits": ("Bernoulli", {"logits": ONES}),
    "Categorical, logits": ("Categorical", {"logits": TABLE}),
    "Categorical, probs": ("Categorical", {"probs": TABLE}),
    "MultivariateNormal, covariance": (
        "MultivariateNormal",
        {"loc": ONES, "covariance_matrix": np.eye(5, dtype=np.float32)},
    ),
}


def gradient(of: Callable[[jd.Distribution], jax.Array]) -> Callable[[jd.Distribution], Any]:
    """Return the compiled gradient of a sum with respect to a distribution."""
    return jax.jit(jax.grad(lambda d: jnp.sum(of(d))))


IMPORTS = (
    "import jax",
    "import jaxdist",
    "import jaxdist; jaxdist.Normal",
    "import jaxdist; jaxdist.kl_divergence",
    "from jaxdist import *",
)


FIRST_CALLS: dict[str, Callable[[], Any]] = {
    "Normal(0, 1)": lambda: jd.Normal(0.0, 1.0),
    "Normal.log_prob": lambda: jd.Normal(0.0, 1.0).log_prob(0.5),
    "Gamma.sample": lambda: jd.Gamma(2.0, 3.0).sample(KEY),
    "Gamma.icdf": lambda: jd.Gamma(2.0, 3.0).icdf(0.3),
    "Beta.sample": lambda: jd.Beta(2.0, 3.0).sample(KEY),
    "Beta.cdf": lambda: jd.Beta(2.0, 3.0).cdf(0.3),
    "Beta.icdf": lambda: jd.Beta(2.0, 3.0).icdf(0.3),
    "StudentT.icdf": lambda: jd.StudentT(3.0).icdf(0.3),
    "Binomial.sample": lambda: jd.Binomial(1000, 0.3).sample(KEY),
    "MultivariateNormal.log_prob, d = 3": lambda: _multivariate(3).log_prob(jnp.zeros(3)),
    "MultivariateNormal.log_prob, d = 8": lambda: _multivariate(8).log_prob(jnp.zeros(8)),
    "MultivariateNormal.sample, d = 8": lambda: _multivariate(8).sample(KEY),
    "MultivariateNormal, score, d = 8": lambda: gradient(lambda d: d.log_prob(jnp.zeros(8)))(
        _multivariate(8)
    ),
    "VonMises, pathwise gradient": lambda: gradient(lambda d: d.rsample(KEY))(
        jd.VonMises(0.0, 2.0)
    ),
}


def _multivariate(n: int) -> jd.Distribution:
    return jd.MultivariateNormal(np.zeros(n, np.float32), np.eye(n, dtype=np.float32))


def libraries() -> dict[str, tuple[Any, Callable[[np.ndarray], Any]]]:
    """Return the libraries that are installed, and how each makes an array."""
    found: dict[str, tuple[Any, Callable[[np.ndarray], Any]]] = {"ours": (jd, jnp.asarray)}
    for name, module in PEERS.items():
        try:
            library = importlib.import_module(module)
        except ImportError as error:
            print(f"{name} is left out: {error}")
        else:
            array = importlib.import_module("torch").tensor if name == "torch" else jnp.asarray
            found[name] = library, array
    return found


def time_construction(repeats: int) -> str:
    """Return a table of microseconds, with and without checks of the arguments."""
    found = libraries()
    rows = []
    for name, (cls, args) in CONSTRUCTIONS.items():
        calls = {}
        for library, (module, array) in found.items():
            if not hasattr(module, cls):
                continue
            own = {k: array(v) if isinstance(v, np.ndarray) else v for k, v in args.items()}
            for check in (True, False):
                make = partial(getattr(module, cls), **own, validate_args=check)
                calls[library, check] = partial(_in_a_row, make)
        times = {key: 1e6 * s / CALLS for key, s in interleaved(calls, repeats).items()}
        columns = [times.get((library, check)) for library in found for check in (True, False)]
        rows.append([name, *("" if us is None else f"{us:.0f}" for us in columns)])
    header = [column for library in found for column in (library, "unchecked")]
    return table(["construction, microseconds", *header], rows)


def _in_a_row(call: Callable[[], Any]) -> None:
    for _ in range(CALLS):
        call()


def time_calls(repeats: int) -> str:
    """Return a table of microseconds of one call."""
    x = jnp.float32(0.3)
    d = jd.Normal(0.0, 1.0)
    by_hand = jax.jit(lambda d, x: d.log_prob(x))
    calls: dict[str, Callable[[], Any]] = {
        "log_prob": lambda: call_and_wait(d.log_prob, x),
        "log_prob jitted by hand": lambda: call_and_wait(by_hand, d, x),
        "log_prob of a number": lambda: call_and_wait(d.log_prob, 0.3),
        "sample": lambda: call_and_wait(d.sample, KEY),
        "mean": lambda: call_and_wait(lambda: d.mean),
    }
    try:
        torch = importlib.import_module("torch")
    except ImportError:
        pass
    else:
        theirs = torch.distributions.Normal(0.0, 1.0)
        y = torch.tensor(0.3)
        calls["torch, log_prob"] = lambda: theirs.log_prob(y)
        calls["torch, sample"] = theirs.sample
    in_a_row = {name: partial(_in_a_row, call) for name, call in calls.items()}
    times = interleaved(in_a_row, repeats)
    rows = [[name, f"{1e6 * s / CALLS:.1f}"] for name, s in times.items()]
    return table(["one call of Normal", "microseconds"], rows)


def time_first_calls() -> str:
    """Return a table of seconds of calls before which everything compiled is forgotten."""
    rows = []
    for name, call in FIRST_CALLS.items():
        seconds = []
        for _ in range(ROUNDS):
            jax.clear_caches()
            start = time.perf_counter()
            call_and_wait(call)
            seconds.append(time.perf_counter() - start)
        rows.append([name, f"{statistics.median(seconds):.2f}"])
    return table(["first call", "seconds"], rows)


def time_import(repeats: int) -> str:
    """Return a table of seconds of imports from bytecode, each in a process."""
    with tempfile.TemporaryDirectory() as bytecode:
        environment = {**os.environ, "PYTHONPYCACHEPREFIX": bytecode, "PYTHONDONTWRITEBYTECODE": ""}
        calls = {
            code: partial(subprocess.run, [sys.executable, "-c", code], check=True, env=environment)
            for code in IMPORTS
        }
        times = interleaved(calls, repeats)
    jax_alone = times["import jax"]
    rows = [[code, f"{s:.2f}", f"{s / jax_alone:.2f}"] for code, s in times.items()]
    return table(["in a new process", "seconds", "relative to jax"], rows)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--repeats", type=int, default=15)
    repeats = parser.parse_args().repeats
    print(f"jax {jax.__version__} on {jax.devices()[0].device_kind}\n")
    print(time_construction(repeats) + "\n")
    print(time_calls(repeats) + "\n")
    print(time_first_calls() + "\n")
    print(time_import(repeats))


if __name__ == "__main__":
    main()
