"""The memory of long processes, and the time that checkpoints take."""

from __future__ import annotations

import os
import re
import signal
import statistics
import time
from pathlib import Path

from benchmarks.survival.commands import finish, progress, start

PAIRS = 7
NEVER = 1e9
"""Seconds between checkpoints, of which there is then one, at the end."""


def checkpoint_overhead(out: Path, seconds: float) -> None:
    """The time that checkpoints add, measured with one every second of training.

    One every 15 seconds, which is the default, adds a fifteenth: too little to be measured. Runs
    with and without are neighbors in time, so that both of a pair are slowed by the same load.
    """
    trial = 10**6
    training_seconds(out, trial, NEVER)  # fills the compilation cache
    steps = int(trial * seconds / training_seconds(out, trial, NEVER))
    ratios = []
    for pair in range(PAIRS):
        order = (1.0, NEVER) if pair % 2 else (NEVER, 1.0)
        times = {between: training_seconds(out, steps, between) for between in order}
        ratios.append(times[1.0] / times[NEVER])
        progress(f"overhead {pair + 1} of {PAIRS}: {times[1.0]:.1f} s, {times[NEVER]:.1f} s")
    added = statistics.median(ratios) - 1
    each = ", ".join(f"{ratio - 1:+.1%}" for ratio in sorted(ratios))
    print(
        f"| time that a checkpoint every 15 s adds to training | {added / 15:+.2%} (every second: "
        f"{added:+.1%}, the median of {each}) |",
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
    process.send_signal(signal.SIGTERM)  # SIGINT may be ignored in the background
    process.communicate()
    print(f"| resident memory over {minutes:g} minutes of training | {shown(sizes)} |", flush=True)


def resident(pid: int) -> float:
    """The resident memory of a process, in megabytes."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def shown(sizes: list[float]) -> str:
    growth = sizes[-1] / sizes[len(sizes) // 2] - 1
    each = ", ".join(f"{size:.0f}" for size in sizes)
    return f"{each} MB ({growth:+.1%} in the second half)"
