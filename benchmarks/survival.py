"""What becomes of runs that are killed or damaged: `python -m benchmarks.survival`.

1. Kills: runs are ended by SIGKILL at random moments, resumed, and ended again, until they are
   finished. Their states, metrics and evaluations must equal those of a run that was not killed,
   bit by bit. The moments include compiling, checkpointing, evaluating and plotting.
2. Damage: each file of a run folder is truncated, emptied, zeroed, removed, or has a bit flipped;
   then a command reads the folder. Its results must be the right ones, or it must say what is
   wrong; without a traceback.
3. Memory over time, and the cost of checkpoints.

`--kills 6 --damages 20 --parts kills damages` is a quick version. Only a user other than root
can be refused to read a file.
"""

from __future__ import annotations

import argparse
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import jax
import numpy as np

from agents.runs.run import load_run
from agents.runs.training import restore, restore_best

SMALL = "--hidden-sizes 8 --seeds 2 --evaluations 4 --checkpoint-seconds 0.2"
RUNS = {
    "ppo": "--num-steps 16 --total-steps 60000 --normalize-observations --normalize-rewards",
    "recurrent-ppo": "--num-steps 8 --memory-size 8 --total-steps 60000 --normalize-rewards",
    "sac": "--num-steps 8 --total-steps 8000 --batch-size 16 --warmup-steps 400 --buffer-size 4000",
    "reinforce": "--env CartPole-v1 --total-episodes 3000",
}
"""The runs that are killed, by algorithm."""

PARTS = ("kills", "damages", "overhead", "memory")
RESULTS = ("metrics.csv", "evaluations.csv")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=PARTS)
    parser.add_argument("--kills", type=int, default=50, help="number of runs that are killed")
    parser.add_argument("--damages", type=int, help="number of damages to try (default: all)")
    parser.add_argument("--minutes", type=float, default=10.0, help="of training, for the memory")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    rng = random.Random(arguments.seed)
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder)
        if "kills" in arguments.parts:
            kills(out / "killed", arguments.kills, rng)
        if "damages" in arguments.parts:
            damages(out / "damaged", arguments.damages, rng)
        if "overhead" in arguments.parts:
            checkpoint_overhead(out / "overhead")
        if "memory" in arguments.parts:
            memory(out / "memory", arguments.minutes)


# --- commands ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Finished:
    """A command that has ended: its exit code, and what it printed."""

    code: int
    out: str
    err: str

    @property
    def has_traceback(self) -> bool:
        return "Traceback" in self.out + self.err


def start(*arguments: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-u", "-m", "agents", *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def finish(*arguments: object) -> Finished:
    process = start(*arguments)
    out, err = process.communicate(timeout=600)
    return Finished(process.returncode, out, err)


def new_run(name: str, out: Path) -> list[str]:
    return [name, *RUNS[name].split(), *SMALL.split(), "--out", str(out)]


def train(name: str, out: Path) -> Path:
    """Train a run to its end; returns its folder."""
    before = set(out.glob("*"))
    done = finish(*new_run(name, out))
    assert done.code == 0, done.err
    (folder,) = set(out.glob("*")) - before
    return folder


# --- kills ---------------------------------------------------------------------------------------


def kills(out: Path, count: int, rng: random.Random) -> None:
    """Kill runs, resume them, and compare them with whole ones."""
    wholes = {name: train(name, out / "whole") for name in list(RUNS)[:count]}
    moments: Counter[str] = Counter()
    same = 0
    for i in range(count):
        name = list(RUNS)[i % len(RUNS)]
        folder = killed(name, out / str(i), rng, moments)
        same += are_identical(folder, wholes[name])
        print(f"  {name:14} killed {sum(moments.values())} times so far: {same} of {i + 1} same")
    where = ", ".join(f"{number} {moment}" for moment, number in sorted(moments.items()))
    print(f"killed and resumed: {same} of {count} identical to the last bit ({where})")


def killed(name: str, out: Path, rng: random.Random, moments: Counter[str]) -> Path:
    """A run that is killed when it is begun, and up to three times when it is resumed."""
    arguments: list[object] = list(new_run(name, out))
    for _ in range(rng.randint(1, 4)):
        process = start(*arguments)
        moment = wait_for_moment(process, out, rng)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        moments[moment] += process.returncode == -signal.SIGKILL
        folders = [path.parent for path in out.glob("*/config.json")]
        if folders:
            arguments = ["resume", folders[0]]
    done = finish(*arguments)
    assert done.code == 0, done.out + done.err
    return next(path.parent for path in out.glob("*/config.json"))


def wait_for_moment(process: subprocess.Popen[str], out: Path, rng: random.Random) -> str:
    """Wait until a random moment; returns what the run was doing."""
    conditions: dict[str, Callable[[], bool]] = {
        "while starting": lambda: True,
        "while compiling": lambda: any(out.glob("*/checkpoint/0*")),
        "while training": lambda: any(out.glob("*/metrics.csv")),
        "while checkpointing": lambda: any(out.glob("*/checkpoint/*tmp*")),
        "while plotting": lambda: any(out.glob("*/.learning_curve*")),
        "after training": lambda: any(out.glob("*/learning_curve.png")),
    }
    moment = rng.choice(list(conditions))
    while not conditions[moment]() and process.poll() is None:
        time.sleep(0.0005)
    if moment not in ("while checkpointing", "while plotting"):
        time.sleep(rng.uniform(0.0, 2.0 if moment != "while starting" else 6.0))
    return moment


def are_identical(folder: Path, other: Path) -> bool:
    """Whether two runs have the same results, to the last bit."""
    same_files = all((folder / n).read_bytes() == (other / n).read_bytes() for n in RESULTS)
    return same_files and states_of(folder) == states_of(other)


def states_of(folder: Path) -> list[bytes]:
    run = load_run(folder)
    leaves = jax.tree.leaves((restore(run)[0], restore_best(run)))
    is_key = lambda leaf: jax.numpy.issubdtype(leaf.dtype, jax.dtypes.prng_key)
    return [
        np.asarray(jax.random.key_data(leaf) if is_key(leaf) else leaf).tobytes() for leaf in leaves
    ]


# --- damage --------------------------------------------------------------------------------------


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

COMMANDS: dict[str, Callable[[Path], list[object]]] = {
    "resume": lambda folder: ["resume", folder],
    "evaluate": lambda folder: ["evaluate", folder, "--episodes", 4],
    "plot": lambda folder: ["plot", folder, "--out", folder.parent / f"{folder.name}.svg"],
}


def damages(out: Path, count: int | None, rng: random.Random) -> None:
    """Damage every file in every manner, and run a command on the folder."""
    whole = train("ppo", out / "whole")
    expected = {name: outcome(name, whole, out / f"whole-{name}") for name in COMMANDS}
    counts: Counter[str] = Counter()
    chosen = list(cases(whole))
    for number, (file, damage) in enumerate(rng.sample(chosen, count or len(chosen))):
        name = rng.choice(list(COMMANDS))
        folder = shutil.copytree(whole, out / str(number))
        DAMAGE[damage](folder / file, rng)
        done = finish(*COMMANDS[name](folder))
        if done.has_traceback:
            verdict = "traceback"
        elif done.code:
            verdict = "refused with a line"
        elif results(name, folder, done) == expected[name]:
            verdict = "right"
        else:
            is_told = own_lines(done.err) or "damaged" in done.out
            verdict = "different with a line" if is_told else "silently different"
        counts[verdict] += 1
        if verdict in ("traceback", "silently different"):
            print(f"  {name} with {file} {damage}: {verdict}")
        shutil.rmtree(folder)
    print(
        f"damaged, {len(chosen)} cases: "
        + ", ".join(f"{n} {verdict}" for verdict, n in sorted(counts.items()))
    )


def cases(whole: Path) -> Iterator[tuple[Path, str]]:
    for path in sorted(whole.rglob("*")):
        if path.is_file() and path.stat().st_size:
            for damage in DAMAGE:
                if damage != "unreadable" or os.geteuid():  # root reads everything
                    yield path.relative_to(whole), damage


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


def own_lines(err: str) -> list[str]:
    """Standard error without what the plugins of absent accelerators write."""
    foreign = re.compile(r"WARNING: All log|[IWE]\d{4} ")
    return [line for line in err.splitlines() if not foreign.match(line)]


# --- memory and time -----------------------------------------------------------------------------


def checkpoint_overhead(out: Path) -> None:
    """The time of training with a checkpoint every 15 seconds, against one at the end."""
    speeds: dict[str, list[float]] = {}
    for seconds in ("15", "1e9", "15", "1e9"):
        options = (
            f"ppo --seeds 2 --total-steps 2000000 --checkpoint-seconds {seconds} --evaluations 0"
        )
        done = finish(*options.split(), "--out", out)
        taken = re.search(r"Trained in ([\d.]+) s", done.out)
        assert taken, done.err
        speeds.setdefault(seconds, []).append(float(taken[1]))
    best = {seconds: min(times) for seconds, times in speeds.items()}
    overhead = best["15"] / best["1e9"] - 1
    print(
        f"checkpoints every 15 s: {overhead:+.1%} ({best['15']:.1f} s against {best['1e9']:.1f} s)"
    )


def memory(out: Path, minutes: float) -> None:
    """The memory of a training process, each minute."""
    process = start("ppo", "--seeds", 2, "--total-steps", 10**12, "--out", out)
    sizes = []
    end = time.monotonic() + 60 * minutes
    while time.monotonic() < end:
        time.sleep(min(60.0, 6 * minutes))
        pages = int(Path(f"/proc/{process.pid}/statm").read_text().split()[1])
        sizes.append(pages * os.sysconf("SC_PAGE_SIZE") / 1e6)
    process.send_signal(signal.SIGINT)
    process.communicate()
    shown = ", ".join(f"{size:.0f}" for size in sizes)
    print(f"resident memory over {minutes:g} minutes, MB: {shown}")


if __name__ == "__main__":
    main()
