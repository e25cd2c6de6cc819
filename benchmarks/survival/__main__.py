"""`python -m benchmarks.survival`: kill runs, damage their files, measure memory and checkpoints.

1. kills: runs are ended by SIGKILL at random moments, resumed, and ended again, until they are
   finished. Their states, metrics and evaluations must equal those of a run that was not killed,
   bit by bit. The moments include compiling, checkpointing, evaluating and plotting.
2. damages: each file of a run folder is truncated, emptied, zeroed, removed, made unreadable, or
   has a bit flipped; then a command reads the folder. Its results must be the right ones, or it
   must say what is wrong; without a traceback.
3. overhead: the time of training with checkpoints against that without.
4. memory: of a training process over time.
5. eager: the memory of a process that calls the library with arrays of many shapes.

`--kills 6 --damages 20 --parts kills damages` is a quick version. All of it takes about two hours
on two cores; `--hours` bounds the kills and the damages.
"""

from __future__ import annotations

import argparse
import os
import random
import tempfile
import time
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
    parser.add_argument("--hours", type=float, default=3.0, help="for the kills and the damages")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    rng = random.Random(arguments.seed)
    end = time.monotonic() + 3600 * arguments.hours
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder)
        # One cache for all runs: what is killed while it compiles has none.
        os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", str(out / "cache"))
        print("| what | result |\n|---|---|")
        if "kills" in arguments.parts:
            kills(out / "killed", arguments.kills, rng, end)
        if "damages" in arguments.parts:
            damages(out / "damaged", arguments.damages, rng, end)
        if "overhead" in arguments.parts:
            costs.checkpoint_overhead(out / "overhead")
        if "memory" in arguments.parts:
            costs.training_memory(out / "memory", arguments.minutes)
        if "eager" in arguments.parts:
            costs.eager_memory()


if __name__ == "__main__":
    main()
