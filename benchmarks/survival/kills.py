"""Runs that are killed at random moments, and resumed."""

from __future__ import annotations

import random
import shutil
import signal
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from benchmarks.survival.commands import RESULTS, RUNS, finish, new_run, start, states_of, train

SECONDS = {"while starting": 4.0, "while compiling": 8.0}
"""How long after the beginning of a moment a run is killed, at most; 2 s in others."""

AT_ONCE = ("while checkpointing", "while plotting")
"""Moments that are over soon."""


def kills(out: Path, count: int, rng: random.Random, end: float) -> None:
    """Kill runs, resume them, and compare them with whole ones, until a time at most."""
    wholes = {name: train(name, out / "whole") for name in list(RUNS)[:count]}
    moments: Counter[str] = Counter()
    same = done = 0
    while done < count and time.monotonic() < end:
        name = list(RUNS)[done % len(RUNS)]
        folder = killed(name, out / str(done), rng, moments)
        is_same = are_identical(folder, wholes[name])
        same, done = same + is_same, done + 1
        if not is_same:
            print(f"| {name}, run {done} | differs |", flush=True)
        shutil.rmtree(out / str(done - 1))
    where = ", ".join(f"{number} {moment}" for moment, number in sorted(moments.items()))
    print(
        f"| runs that were killed and resumed | {same} of {done} identical to the last bit, after "
        f"{sum(moments.values())} SIGKILLs ({where}) |",
        flush=True,
    )


def killed(name: str, out: Path, rng: random.Random, moments: Counter[str]) -> Path:
    """A run that is killed when it is begun, and up to three times when it is resumed."""
    arguments: list[object] = list(new_run(name, out))
    for _ in range(rng.randint(1, 4)):
        moment = rng.choice(list(conditions(out)))
        is_compiling = moment == "while compiling"
        variables = {"JAX_ENABLE_COMPILATION_CACHE": "false"} if is_compiling else {}
        process = start(*arguments, variables=variables)
        while not conditions(out)[moment]() and process.poll() is None:
            time.sleep(0.0005)
        if moment not in AT_ONCE:
            time.sleep(rng.uniform(0.0, SECONDS.get(moment, 2.0)))
        process.send_signal(signal.SIGKILL)
        process.communicate()
        moments[moment] += process.returncode == -signal.SIGKILL
        folders = [path.parent for path in out.glob("*/config.json")]
        if folders:
            arguments = ["resume", folders[0]]
    done = finish(*arguments)
    assert done.code == 0, done.out + done.err
    return next(path.parent for path in out.glob("*/config.json"))


def conditions(out: Path) -> dict[str, Callable[[], bool]]:
    """The conditions that say that a run is in each of the moments."""
    return {
        "while starting": lambda: True,
        "while compiling": lambda: any(out.glob("*/checkpoint/0*")),
        "while training": lambda: any(out.glob("*/metrics.csv")),
        "while checkpointing": lambda: any(out.glob("*/checkpoint/*tmp*")),
        "while plotting": lambda: any(out.glob("*/.learning_curve*")),
        "after training": lambda: any(out.glob("*/learning_curve.png")),
    }


def are_identical(folder: Path, other: Path) -> bool:
    """Whether two runs have the same results, to the last bit."""
    same_files = all((folder / n).read_bytes() == (other / n).read_bytes() for n in RESULTS)
    return same_files and states_of(folder) == states_of(other)
