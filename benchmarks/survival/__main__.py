"""`python -m benchmarks.survival`: kill runs, damage their files, measure memory and checkpoints.

1. kills: runs are ended by SIGKILL at random moments, resumed, and ended again, until they are
   finished. Their states, metrics and evaluations must equal those of a run that was not killed,
   bit by bit. The moments include compiling, checkpointing, evaluating and plotting.
2. damages: each file of a run folder is truncated, emptied, zeroed, removed, made unreadable, or
   has a bit flipped; then a command reads the folder. Its results must be the right ones, or it
   must say what is wrong; without a traceback.
3. overhead: the time that checkpoints add to training. The machine should have no other work.
4. memory: of a training process over time.
5. eager: the memory of a process that calls the library with arrays of many shapes.

The table is on standard output, and the progress on standard error. `--kills 4 --damages 12
--minutes 1` is a quick version, and `--parts overhead` runs one part. With a compilation cache that
is kept (JAX_COMPILATION_CACHE_DIR), kills take about 10 minutes on two cores, damages 8, overhead
3, memory 10, eager 2. The exit code is 1 if a run differs, or a command fails with a traceback.
"""

from __future__ import annotations

import argparse
import logging
import os
import tempfile
from pathlib import Path

from benchmarks.survival import costs
from benchmarks.survival.damages import damages
from benchmarks.survival.kills import kills

PARTS = ("kills", "damages", "overhead", "memory", "eager")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=PARTS)
    parser.add_argument("--kills", type=int, default=50, help="number of runs that are killed")
    parser.add_argument("--damages", type=int, help="number of damages to try (default: all)")
    parser.add_argument("--minutes", type=float, default=10.0, help="of training, for the memory")
    parser.add_argument("--seconds", type=float, default=20.0, help="of training, for the overhead")
    cores = len(os.sched_getaffinity(0))
    parser.add_argument("--workers", type=int, default=cores, help="commands at a time")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    logging.getLogger("absl").setLevel(logging.CRITICAL)  # orbax's, on the damages
    seed, workers = arguments.seed, arguments.workers
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder)
        # One cache for all runs: what is killed while it compiles has none.
        os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", str(out / "cache"))
        print("| what | result |\n|---|---|", flush=True)
        is_right = True
        if "kills" in arguments.parts:
            is_right &= kills(out / "killed", arguments.kills, seed, workers)
        if "damages" in arguments.parts:
            is_right &= damages(out / "damaged", arguments.damages, seed, workers)
        if "overhead" in arguments.parts:
            costs.checkpoint_overhead(out / "overhead", arguments.seconds)
        if "memory" in arguments.parts:
            costs.training_memory(out / "memory", arguments.minutes)
        if "eager" in arguments.parts:
            costs.eager_memory()
    raise SystemExit(0 if is_right else 1)


if __name__ == "__main__":
    main()
