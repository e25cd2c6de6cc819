"""Runs that are killed at random moments, and resumed."""

from __future__ import annotations

import itertools
import random
import shutil
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from benchmarks.survival.commands import (
    RESULTS,
    RUNS,
    finish,
    new_run,
    progress,
    start,
    states_of,
    whole,
)
from benchmarks.survival.record import Record

SECONDS = {"while starting": 4.0, "while compiling": 4.0, "while training": 2.0}
"""How long after the beginning of a moment a run is killed, at most; at once in others."""


def kills(out: Path, record: Record, count: int, seed: int, workers: int) -> bool:
    """Kill runs, resume them, and compare them with whole ones.

    Returns:
      Whether all that were tried are identical to the whole ones.
    """
    numbers = {f"kills {seed} {number}": number for number in range(count)}
    wholes = {name: whole(name, out) for name in list(RUNS)[:count]}

    def outcome_of(case: str) -> dict[str, object]:
        number = numbers[case]
        name, rng = list(RUNS)[number % len(RUNS)], random.Random(f"{seed} {number}")
        shutil.rmtree(out / str(number), ignore_errors=True)
        folder, moments = killed(name, out / str(number), rng)
        is_same = are_identical(folder, wholes[name])
        shutil.rmtree(out / str(number))
        progress(f"run {number + 1} of {count}, {name}, killed {', '.join(moments)}: {is_same}")
        return {"run": name, "is_same": is_same, "moments": moments}

    outcomes = record.run(numbers, outcome_of, workers)
    for case, outcome in outcomes.items():
        if not outcome["is_same"]:
            print(f"| {outcome['run']}, run {numbers[case] + 1} | differs |")
    same = sum(outcome["is_same"] for outcome in outcomes.values())
    moments = Counter(moment for outcome in outcomes.values() for moment in outcome["moments"])
    where = ", ".join(f"{number} {moment}" for moment, number in sorted(moments.items()))
    print(
        f"| runs that were killed and resumed | {same} of {len(outcomes)} identical to the last "
        f"bit, after {sum(moments.values())} SIGKILLs ({where}) |",
        flush=True,
    )
    return same == len(outcomes)


def killed(name: str, out: Path, rng: random.Random) -> tuple[Path, list[str]]:
    """A run that is killed at least once, and resumed until it is finished.

    Returns:
      Its folder, and the moments of the kills, up to four.
    """
    for attempt in itertools.count():
        own = out / str(attempt)
        arguments: list[object] = list(new_run(name, own))
        moments = []
        for _ in range(rng.randint(1, 4)):
            moment = rng.choice([*SECONDS, *conditions(own)])
            if kill(arguments, own, moment, rng):
                moments.append(moment)
            if folders := [path.parent for path in own.glob("*/config.json")]:
                arguments = ["resume", folders[0]]
        if moments:
            done = finish(*arguments)
            assert done.code == 0, done.out + done.err
            return next(path.parent for path in own.glob("*/config.json")), moments
    raise AssertionError


def kill(arguments: list[object], out: Path, moment: str, rng: random.Random) -> bool:
    """Start a command and kill it; returns whether it had not ended before."""
    is_compiling = moment == "while compiling"
    variables = {"JAX_ENABLE_COMPILATION_CACHE": "false"} if is_compiling else {}
    process = start(*arguments, variables=variables)
    if moment == "while starting":
        pass
    elif moment in SECONDS:
        has_begun(process)
        while not is_compiling and not any(out.glob("*/metrics.csv")) and process.poll() is None:
            time.sleep(0.01)
    else:
        while not conditions(out)[moment]() and process.poll() is None:
            time.sleep(0.002)
    time.sleep(rng.uniform(0.0, SECONDS.get(moment, 0.0)))
    process.send_signal(signal.SIGKILL)
    process.communicate()
    return process.returncode == -signal.SIGKILL


def has_begun(process: subprocess.Popen[str]) -> bool:
    """Wait for the line that a run prints before it compiles its programs."""
    assert process.stdout is not None
    return bool(process.stdout.readline())


def conditions(out: Path) -> dict[str, Callable[[], bool]]:
    """Moments that are over soon, and how they show in the folder of a run."""
    return {
        "while checkpointing": lambda: any(out.glob("*/checkpoint/*tmp*")),
        "while plotting": lambda: any(out.glob("*/.learning_curve*")),
        "after training": lambda: any(out.glob("*/learning_curve.png")),
    }


def are_identical(folder: Path, other: Path) -> bool:
    """Whether two runs have the same results, to the last bit."""
    same_files = all((folder / n).read_bytes() == (other / n).read_bytes() for n in RESULTS)
    return same_files and states_of(folder) == states_of(other)
