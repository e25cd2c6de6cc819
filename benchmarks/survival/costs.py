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
from benchmarks.survival.commands import finish, start

CALLS = 2000
LARGEST = 12
"""Arrays of eager calls have up to two axes of up to this size, 157 shapes in all."""


def checkpoint_overhead(out: Path) -> None:
    """The time of training with a checkpoint every 15 seconds, against one at the end."""
    seconds: dict[str, list[float]] = {}
    for between in ("15", "1e9", "15", "1e9"):
        options = (
            f"ppo --seeds 2 --total-steps 2000000 --checkpoint-seconds {between} --evaluations 0"
        )
        done = finish(*options.split(), "--out", out)
        taken = re.search(r"Trained in ([\d.]+) s", done.out)
        assert taken, done.err
        seconds.setdefault(between, []).append(float(taken[1]))
    best = {between: min(times) for between, times in seconds.items()}
    print(
        f"| training with a checkpoint every 15 s, against one at the end | "
        f"{best['15'] / best['1e9'] - 1:+.1%} ({best['15']:.1f} s against {best['1e9']:.1f} s) |",
        flush=True,
    )


def training_memory(out: Path, minutes: float) -> None:
    """The memory of a training process, ten times."""
    process = start("ppo", "--seeds", 2, "--total-steps", 10**12, "--out", out)
    while not any(out.glob("*/metrics.csv")):
        time.sleep(0.1)
    sizes = []
    for _ in range(10):
        time.sleep(6 * minutes)
        sizes.append(resident(process.pid))
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
    print(f"| resident memory over {CALLS:,} eager calls of varied shapes | {shown(sizes)} |")


def resident(pid: int) -> float:
    """The resident memory of a process, in megabytes."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def shown(sizes: list[float]) -> str:
    return ", ".join(f"{size:.0f}" for size in sizes) + " MB"
