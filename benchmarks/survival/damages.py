"""Run folders with a damaged file, and the commands that read them."""

from __future__ import annotations

import itertools
import os
import random
import re
import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from benchmarks.survival.commands import (
    RESULTS,
    Finished,
    finish,
    own_lines,
    progress,
    states_of,
    whole,
)
from benchmarks.survival.record import Record


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


def damages(out: Path, record: Record, count: int | None, seed: int, workers: int) -> bool:
    """Damage every file in every manner, and run every command on the folder.

    Returns:
      Whether no result was silently different, and no error a traceback.
    """
    undamaged = whole("ppo", out)
    chosen = cases(undamaged)
    random.Random(seed).shuffle(chosen)
    names = {f"damages {seed} {' '.join(case)}": case for case in chosen[:count]}
    expected: dict[str, object] = {}
    for command in COMMANDS:
        expected[command] = outcome(command, undamaged, out / "expected" / command)

    def verdict_of(name: str) -> str:
        file, damage, command = names[name]
        folder = out / "damaged" / f"{file.replace('/', '-')}-{damage}-{command}"
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(undamaged, folder)
        DAMAGE[damage](folder / file, random.Random(name))
        verdict = judge(command, folder, finish(*COMMANDS[command](folder)), expected[command])
        progress(f"{command} with {file} {damage}: {verdict}")
        shutil.rmtree(folder)
        return verdict

    verdicts = record.run(names, verdict_of, workers)
    for name, verdict in verdicts.items():
        if verdict in WRONG:
            file, damage, command = names[name]
            print(f"| {command} with {file} {damage} | {verdict} |")
    counts = Counter(verdicts.values())
    each = ", ".join(f"{n} {verdict}" for verdict, n in sorted(counts.items()))
    print(f"| damages of files x commands, {len(verdicts)} of {len(chosen)} | {each} |", flush=True)
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


def cases(undamaged: Path) -> list[tuple[str, str, str]]:
    """Every file that is not empty, with every damage and every command."""
    files = [
        str(path.relative_to(undamaged))
        for path in sorted(undamaged.rglob("*"))
        if path.is_file() and path.stat().st_size
    ]
    return list(itertools.product(files, DAMAGE, COMMANDS))


def outcome(name: str, undamaged: Path, folder: Path) -> object:
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(undamaged, folder)
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
