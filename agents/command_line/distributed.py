"""The options for devices and processes, and joining the processes before JAX starts."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from ..execution import processes
from ..execution.mesh import CPU_ROWS
from .parsing import natural_number, positive_integer
from .spelling import with_dashes
from .watcher import Watcher

ALONE = ("compare", "evaluate", "export", "plot", "render")
"""The commands that one process runs."""

OF_PROCESSES = (
    "--distributed",
    "--coordinator",
    "--num-processes",
    "--process-id",
    "--connect-seconds",
)
"""The options of a process, which are read before JAX starts."""


def add_device_options(parser: argparse.ArgumentParser) -> None:
    """Add the options for the devices of a run."""
    group = parser.add_argument_group("devices")
    text = (
        "Number of devices to use in all, the first ones of each process (default: all; but cores "
        f"share a seed only if each gets {CPU_ROWS} rows of a gradient step)"
    )
    group.add_argument("--devices", type=positive_integer, metavar="INT", help=text)
    text = (
        "Number of devices along the members (seeds and points of a sweep) and along the streams "
        "(environments), or along one of them (default: chosen)"
    )
    group.add_argument("--mesh", type=parse_mesh, metavar="members=INT,streams=INT", help=text)


def add_process_options(parser: argparse.ArgumentParser) -> None:
    """Add the options for a run of several processes."""
    group = parser.add_argument_group("several processes")
    text = (
        "Train with other processes, which are started by the same command; SLURM, Open MPI, "
        "Kubernetes and Cloud TPU are detected, elsewhere the next three options are needed"
    )
    group.add_argument("--distributed", action="store_true", help=text)
    text = "Address of process 0, with any free port"
    group.add_argument("--coordinator", metavar="HOST:PORT", help=text)
    text = "Number of processes"
    group.add_argument("--num-processes", type=positive_integer, metavar="INT", help=text)
    text = "Index of this process, from 0"
    group.add_argument("--process-id", type=natural_number, metavar="INT", help=text)
    default = processes.CONNECT_SECONDS
    text = f"Seconds to wait for the others at the start (default: {default})"
    group.add_argument(
        "--connect-seconds", type=positive_integer, default=default, metavar="INT", help=text
    )


def parse_mesh(text: str) -> dict[str, int]:
    """Parse the shape of a mesh, such as `members=2,streams=4`."""
    shape: dict[str, int] = {}
    for part in text.split(","):
        name, _, number = part.partition("=")
        if name not in ("members", "streams") or name in shape or not number.isdigit():
            raise argparse.ArgumentTypeError(f"write it as members=2,streams=4; got '{text}'")
        shape[name] = int(number)
    return shape


def join(argv: Sequence[str]) -> Watcher | None:
    """Join the other processes, if the options say so, before JAX's backend starts.

    Returns:
      The watcher of this process; None without other processes.

    Raises:
      NoCluster: the options contradict each other, or the others do not answer.
    """
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False, exit_on_error=False)
    add_process_options(parser)
    if not argv or argv[0] in ALONE or "-h" in argv or "--help" in argv:
        return None
    try:
        options, _ = parser.parse_known_args(with_dashes(argv))
    except argparse.ArgumentError:
        return None  # the parser of the command reports it
    given = (options.coordinator, options.num_processes, options.process_id)
    if not options.distributed:
        if any(value is not None for value in given):
            raise processes.NoCluster(
                "--coordinator, --num-processes and --process-id need --distributed"
            )
        return None
    processes.check_arguments(*given)
    watcher = Watcher()
    where = f" with the same --coordinator ({options.coordinator})" if options.coordinator else ""
    watcher.tell(f"Start all of them{where} within {options.connect_seconds} s (--connect-seconds)")
    try:
        processes.initialize(*given, connect_seconds=options.connect_seconds)
    except processes.NoCluster:
        watcher.done()
        raise
    return watcher
