"""The memory of long processes, and the time that checkpoints take."""

from __future__ import annotations

import os
import random
import re
import signal
import time
from pathlib import Path

import jax
import jax.numpy as jnp

import jaxdist as jd
from benchmarks.survival.commands import finish, progress, start

REPEATS = 3
NEVER = 1e9
"""Seconds between checkpoints, of which there is then one, at the end."""

CALLS = 2000
LARGEST = 12
"""Arrays of eager calls have up to two axes of up to this size, 157 shapes in all."""


def checkpoint_overhead(out: Path, seconds: float) -> None:
    """The time that checkpoints add, measured with one every second of training.

    One every 15 seconds, which is the default, adds a fifteenth: too little to be measured.
    """
    trial = 10**6
    steps = int(trial * seconds / training_seconds(out, trial, NEVER))
    times: dict[float, list[float]] = {1.0: [], NEVER: []}
    for number, between in enumerate([*times] * REPEATS):
        times[between].append(training_seconds(out, steps, between))
        progress(f"overhead {number + 1} of {2 * REPEATS}: {times[between][-1]:.1f} s")
    often, never = min(times[1.0]), min(times[NEVER])
    added = often / never - 1
    print(
        f"| time that a checkpoint every 15 s adds to training | {added / 15:+.2%} "
        f"(every second: {added:+.1%}, {often:.1f} s against {never:.1f} s) |",
        flush=True,
    )


def training_seconds(out: Path, steps: int, between: float) -> float:
    """The time of a training run with a checkpoint every so many seconds, and one at the end."""
    options = f"ppo --seeds 2 --total-steps {steps} --evaluations 0 --checkpoint-seconds {between}"
    done = finish(*options.split(), "--out", out)
    taken = re.search(r"Trained in ([\d.]+) s", done.out)
    assert taken, done.err
    return float(taken[1])


def training_memory(out: Path, minutes: float) -> None:
    """The memory of a training process, ten times."""
    process = start("ppo", "--seeds", 2, "--total-steps", 10**12, "--out", out)
    while not any(out.glob("*/metrics.csv")):
        assert process.poll() is None, process.communicate()[1]
        time.sleep(0.1)
    sizes = []
    for _ in range(10):
        time.sleep(6 * minutes)
        sizes.append(resident(process.pid))
        progress(f"memory of training: {sizes[-1]:.0f} MB")
    process.send_signal(signal.SIGINT)
    process.communicate()
    print(f"| resident memory over {minutes:g} minutes of training | {shown(sizes)} |", flush=True)


def eager_memory() -> None:
    """The memory of this process during eager calls with random shapes."""
    rng = random.Random(0)
    sizes = []
    for call in range(CALLS):
        shape = tuple(rng.randint(1, LARGEST) for _ in range(rng.randint(0, 2)))
        loc = jnp.zeros(shape)
        distribution = rng.choice([jd.Normal, jd.Laplace, jd.Gumbel])(loc, 1.0)
        draws = distribution.sample(jax.random.key(call))
        distribution.log_prob(draws).block_until_ready()
        if (call + 1) % (CALLS // 10) == 0:
            sizes.append(resident(os.getpid()))
            progress(f"memory after {call + 1:,} eager calls: {sizes[-1]:.0f} MB")
    print(
        f"| resident memory over {CALLS:,} eager calls of varied shapes | {shown(sizes)} |",
        flush=True,
    )


def resident(pid: int) -> float:
    """The resident memory of a process, in megabytes."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def shown(sizes: list[float]) -> str:
    growth = sizes[-1] / sizes[len(sizes) // 2] - 1
    each = ", ".join(f"{size:.0f}" for size in sizes)
    return f"{each} MB ({growth:+.1%} in the second half)"
