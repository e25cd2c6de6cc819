"""`python -m benchmarks.survival`: kill runs, damage their files, measure memory and checkpoints.

1. kills: runs are ended by SIGKILL at random moments, resumed, and ended again, until they are
   finished. Their states, metrics and evaluations must equal those of a run that was not killed,
   bit by bit. The moments include compiling, checkpointing, evaluating and plotting.
2. damages: each file of a run folder is truncated, emptied, zeroed, removed, made unreadable, or
   has a bit flipped; then a command reads the folder. Its results must be the right ones, or it
   must say what is wrong; without a traceback.
3. overhead: the time that checkpoints add to training. The machine should have no other work.
4. memory: of a training process over time.
5. eager: the memory of a process that calls the library with arrays of many shapes, and of one that
   calls jitted functions of jax.random and jax.scipy instead. JAX keeps every compiled program.

The table is on standard output, and the progress on standard error. With `--folder FOLDER
--limit 200` kills and damages are begun for 200 seconds; the same command goes on with the others,
and prints the table of all. `--kills 4 --damages 12 --minutes 1` is a quick version, and `--parts
overhead` runs one part. On one core 50 kills take about 20 minutes, all damages 40, overhead 4,
memory 10, eager 3. The exit code is 1 if a run differs, or a command fails with a traceback.
"""

from __future__ import annotations

import argparse
import logging
import math
import os
import tempfile
from pathlib import Path

from benchmarks.survival import costs, eager
from benchmarks.survival.damages import damages
from benchmarks.survival.kills import kills
from benchmarks.survival.record import Record

PARTS = ("kills", "damages", "overhead", "memory", "eager")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=PARTS)
    parser.add_argument("--kills", type=int, default=50, help="number of runs that are killed")
    parser.add_argument("--damages", type=int, help="number of damages to try (default: all)")
    parser.add_argument("--minutes", type=float, default=10.0, help="of training, for the memory")
    parser.add_argument("--seconds", type=float, default=8.0, help="of a run, for the overhead")
    cores = len(os.sched_getaffinity(0))
    parser.add_argument("--workers", type=int, default=cores, help="commands at a time")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--folder", type=Path, help="keep the outcomes here, and go on from them")
    parser.add_argument("--limit", type=float, default=math.inf, help="seconds to begin cases for")
    arguments = parser.parse_args()
    logging.getLogger("absl").setLevel(logging.CRITICAL)  # orbax's, on the damages
    with tempfile.TemporaryDirectory() as temporary:
        is_right = run(arguments, arguments.folder or Path(temporary))
    raise SystemExit(0 if is_right else 1)


def run(arguments: argparse.Namespace, folder: Path) -> bool:
    """Print the table; returns whether no run differed and no command failed with a traceback."""
    # One cache for all runs: what is killed while it compiles has none.
    os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", str(folder / "cache"))
    folder.mkdir(parents=True, exist_ok=True)
    record = Record(folder / "outcomes.jsonl", arguments.limit)
    seed, workers = arguments.seed, arguments.workers
    print("| what | result |\n|---|---|", flush=True)
    is_right = True
    if "kills" in arguments.parts:
        is_right &= kills(folder, record, arguments.kills, seed, workers)
    if "damages" in arguments.parts:
        is_right &= damages(folder, record, arguments.damages, seed, workers)
    if "overhead" in arguments.parts:
        costs.checkpoint_overhead(folder / "overhead", arguments.seconds)
    if "memory" in arguments.parts:
        costs.training_memory(folder / "memory", arguments.minutes)
    if "eager" in arguments.parts:
        eager.eager_memory()
    return is_right


if __name__ == "__main__":
    main()
