"""The memory of processes that call functions with arrays of many shapes, outside of jit."""

from __future__ import annotations

import ctypes
import gc
import os
import random
import subprocess
import sys
from collections.abc import Callable

import jax
import jax.numpy as jnp
from jax import Array
from jax.scipy import stats

import jaxdist as jd
from benchmarks.survival.commands import progress
from benchmarks.survival.costs import resident, shown

CALLS = 2000
LARGEST = 8
"""Arrays have up to two axes of up to this size, 73 shapes in all."""

Call = Callable[[Array, Array], Array]


def eager_memory() -> None:
    """Print the memory of this library and that of jitted functions of jax alone."""
    for library in LIBRARIES:
        subprocess.run([sys.executable, "-m", "benchmarks.survival.eager", library], check=True)


def of_jaxdist(family: type[jd.Distribution]) -> Call:
    def call(loc: Array, key: Array) -> Array:
        distribution = family(loc, 1.0)
        return distribution.log_prob(distribution.sample(key))

    return call


def of_jax(sample: Callable[..., Array], log_prob: Callable[..., Array]) -> Call:
    draw = jax.jit(lambda key, loc, scale: loc + scale * sample(key, loc.shape))
    density = jax.jit(log_prob)

    def call(loc: Array, key: Array) -> Array:
        scale = jnp.broadcast_to(jnp.asarray(1.0), loc.shape)
        return density(draw(key, loc, scale), loc, scale)

    return call


def gumbel_log_prob(x: Array, loc: Array, scale: Array) -> Array:
    z = (x - loc) / scale
    return -z - jnp.exp(-z) - jnp.log(scale)


LIBRARIES: dict[str, list[Call]] = {
    "jaxdist": [of_jaxdist(family) for family in (jd.Normal, jd.Laplace, jd.Gumbel)],
    "jax alone": [
        of_jax(jax.random.normal, stats.norm.logpdf),
        of_jax(jax.random.laplace, stats.laplace.logpdf),
        of_jax(jax.random.gumbel, gumbel_log_prob),
    ],
}
"""Functions that draw, and evaluate the log-density of the draws."""


def measure(library: str) -> None:
    """Call functions with random shapes in this process, and print its memory."""
    programs: list[str] = []
    jax.monitoring.register_event_duration_secs_listener(
        lambda event, _, **__: programs.append(event) if "backend_compile" in event else None
    )
    rng = random.Random(0)
    key = jax.random.key(0)
    sizes = [resident(os.getpid())]
    for call in range(CALLS):
        shape = tuple(rng.randint(1, LARGEST) for _ in range(rng.randint(0, 2)))
        rng.choice(LIBRARIES[library])(jnp.zeros(shape), key).block_until_ready()
        if (call + 1) % (CALLS // 10) == 0:
            sizes.append(resident(os.getpid()))
            progress(f"{library}, {call + 1:,} eager calls: {sizes[-1]:.0f} MB")
    grown = sizes[-1] - sizes[0]
    jax.clear_caches()
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)
    kept = resident(os.getpid()) - sizes[0]
    each = 1000 * grown / len(programs)
    print(
        f"| {library}: resident memory over {CALLS:,} eager calls of varied shapes | "
        f"{shown(sizes)}; {len(programs):,} compiled programs, {each:.0f} kB "
        f"each; {kept:.0f} MB more than at first after `jax.clear_caches()` |",
        flush=True,
    )


if __name__ == "__main__":
    measure(sys.argv[1])
