"""Time updates of one member on one device, on two and in two processes; and what a mesh costs.

    python -m benchmarks.scaling

Efficiency is the time on one device over twice the time on two: those of one process, or of two
processes on this machine. Overhead is that of a mesh of one device over none. A CPU counts as two
devices here, and one device already uses several cores for large products of matrices; give the
command alone to a quiet machine.
"""

from __future__ import annotations

import argparse
import re

import jax
import numpy as np

jax.config.update("jax_num_cpu_devices", 2)  # before gymnax is imported, which starts the backend

from benchmarks.scaling.processes import time_processes  # noqa: E402
from benchmarks.scaling.updates import ROWS, on_mesh, seconds, without_mesh  # noqa: E402
from benchmarks.timing import table  # noqa: E402


def line(name: str, num_updates: int, num_rounds: int) -> list[str]:
    """The line of a row; each time is the smallest of several, taken in turns."""
    ready = [without_mesh(name, num_updates), *(on_mesh(name, num_updates, s) for s in (1, 2))]
    for program in ready:
        seconds(program)
    rounds = [[seconds(program) for program in ready] for _ in range(num_rounds)]
    alone, one, two = np.min(rounds, axis=0) / num_updates
    return [
        name,
        *(f"{1e3 * each:.2f}" for each in (alone, one, two)),
        f"{100 * (one / alone - 1):+.1f}%",
        *_scaling(one, two),
        *_scaling(*time_processes(name, num_updates, num_rounds)),
    ]


def _scaling(one: float, two: float) -> tuple[str, str]:
    """The speed-up and the efficiency."""
    return f"{one / two:.2f}", f"{one / two / 2:.2f}"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", default="", metavar="REGEX", help="rows whose name matches")
    parser.add_argument("--updates", type=int, default=10)
    parser.add_argument("--rounds", type=int, default=7)
    arguments = parser.parse_args()
    names = [name for name in ROWS if re.search(arguments.only, name)]
    lines = [line(name, arguments.updates, arguments.rounds) for name in names]
    header = ["no mesh, ms", "one device, ms", "two, ms", "overhead", "speed-up", "efficiency"]
    header += ["speed-up of two processes", "efficiency"]
    print(f"{jax.devices()[0].device_kind}, jax {jax.__version__}\n")
    print(table(["one update", *header], lines))


if __name__ == "__main__":
    main()
