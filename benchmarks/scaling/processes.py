"""Time updates in two processes of one device and one core each, over loopback.

The parent starts this module twice; the first process prints, as JSON, the seconds of the updates
in one process, while the other waits, and in both.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys

import numpy as np

from agents.execution import processes

NUM = 2


def time_processes(name: str, num_updates: int, num_rounds: int) -> tuple[float, float]:
    """The seconds of the updates of a row in one process and in two, the smallest of the rounds."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    given = [name, num_updates, num_rounds, f"127.0.0.1:{port}"]
    command = [sys.executable, "-m", __name__, *map(str, given)]
    variables = os.environ | {"JAX_NUM_CPU_DEVICES": "1"}
    started = [
        subprocess.Popen([*command, str(i)], env=variables, stdout=subprocess.PIPE, text=True)
        for i in range(NUM)
    ]
    first, *_ = [process.communicate()[0] for process in started]
    if any(process.returncode for process in started):
        raise RuntimeError(f"a process has failed: {' '.join(command)}")
    one, two = json.loads(first.splitlines()[-1])  # Gloo writes lines before it
    return one, two


def main() -> None:
    """Time the updates, in one of the processes."""
    name, num_updates, num_rounds, coordinator, number = sys.argv[1:]
    cores = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {cores[int(number) % len(cores)]})
    processes.initialize(coordinator, NUM, int(number))  # before gymnax is imported
    from benchmarks.scaling.updates import on_mesh, seconds, without_mesh

    alone, both = without_mesh(name, int(num_updates)), on_mesh(name, int(num_updates), NUM)
    rounds = []
    for _ in range(1 + int(num_rounds)):
        one = seconds(alone) if processes.is_first() else 0.0
        processes.gather(0)  # the others wait
        rounds.append((one, seconds(both)))
        processes.gather(0)
    if processes.is_first():
        print(json.dumps(np.min(rounds[1:], axis=0).tolist()))


if __name__ == "__main__":
    main()
