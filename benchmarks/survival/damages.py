"""Run folders with a damaged file, and the commands that read them."""

from __future__ import annotations

import os
import random
import re
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from benchmarks.survival.commands import (
    RESULTS,
    Finished,
    finish,
    own_lines,
    progress,
    states_of,
    train,
)


def flip(path: Path, rng: random.Random) -> None:
    data = bytearray(path.read_bytes())
    data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    path.write_bytes(data)


def truncate(path: Path, rng: random.Random) -> None:
    os.truncate(path, rng.randrange(path.stat().st_size))


DAMAGE: dict[str, Callable[[Path, random.Random], None]] = {
    "truncated": truncate,
    "emptied": lambda path, _: path.write_bytes(b"") and None,
    "zeroed": lambda path, _: path.write_bytes(bytes(path.stat().st_size)) and None,
    "removed": lambda path, _: path.unlink(),
    "bit-flipped": flip,
    "unreadable": lambda path, _: path.chmod(0),
}

WRONG = ("a traceback", "silently different")
"""Verdicts that must not be."""

COMMANDS: dict[str, Callable[[Path], list[object]]] = {
    "resume": lambda folder: ["resume", folder],
    "evaluate": lambda folder: ["evaluate", folder, "--episodes", 4],
    "plot": lambda folder: ["plot", folder, "--out", folder.parent / f"{folder.name}.svg"],
}


def damages(out: Path, count: int | None, seed: int, workers: int) -> bool:
    """Damage every file in every manner, and run a command on the folder.

    Returns:
      Whether no result was silently different, and no error a traceback.
    """
    rng = random.Random(seed)
    whole = train("ppo", out / "whole")
    expected = {name: outcome(name, whole, out / f"whole-{name}") for name in COMMANDS}
    chosen = list(cases(whole))
    chosen = rng.sample(chosen, min(count or len(chosen), len(chosen)))

    def verdict_of(number: int) -> str:
        (file, damage), own = chosen[number], random.Random(f"{seed} {number}")
        name = own.choice(list(COMMANDS))
        folder = shutil.copytree(whole, out / str(number))
        DAMAGE[damage](folder / file, own)
        verdict = judge(name, folder, finish(*COMMANDS[name](folder)), expected[name])
        progress(f"damage {number + 1} of {len(chosen)}, {name} with {file} {damage}: {verdict}")
        if verdict in WRONG:
            print(f"| {name} with {file} {damage} | {verdict} |", flush=True)
        shutil.rmtree(folder)
        return verdict

    with ThreadPoolExecutor(workers) as pool:
        counts = Counter(pool.map(verdict_of, range(len(chosen))))
    verdicts = ", ".join(f"{n} {verdict}" for verdict, n in sorted(counts.items()))
    print(f"| {counts.total()} damages of files x commands | {verdicts} |", flush=True)
    return not any(counts[verdict] for verdict in WRONG)


def judge(name: str, folder: Path, done: Finished, expected: object) -> str:
    if done.has_traceback:
        return "a traceback"
    if done.code:
        return "an error in one line" if len(own_lines(done.err)) == 1 else "an error"
    if results(name, folder, done) == expected:
        return "the same results"
    is_told = own_lines(done.err) or "damaged" in done.out
    return "different with a line" if is_told else "silently different"


def cases(whole: Path) -> Iterator[tuple[Path, str]]:
    for path in sorted(whole.rglob("*")):
        if path.is_file() and path.stat().st_size:
            yield from ((path.relative_to(whole), damage) for damage in DAMAGE)


def outcome(name: str, whole: Path, folder: Path) -> object:
    shutil.copytree(whole, folder)
    done = finish(*COMMANDS[name](folder))
    assert done.code == 0, done.err
    return results(name, folder, done)


def results(name: str, folder: Path, done: Finished) -> object:
    """What a command has computed."""
    if name == "resume":
        return [(folder / file).read_bytes() for file in RESULTS], states_of(folder)
    if name == "evaluate":
        return done.out
    figure = (folder.parent / f"{folder.name}.svg").read_text()
    return re.sub(r"<dc:date>.*</dc:date>|(id|href|clip-path|url)=?\(?\"?#?[\w(#)]+", "", figure)
