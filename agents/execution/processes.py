"""Several processes that train one run: how they join, agree, and fail together.

Every process runs the same program; JAX connects their devices. All of them must launch the same
computations in the same order, so whatever depends on a clock, a signal or a file is decided by one
process or by a vote. With one process, the functions here do nothing.
"""

from __future__ import annotations

import json
import signal
from collections.abc import Callable
from typing import Any, TypeVar

import jax
import numpy as np
from jax.experimental import multihost_utils

HEARTBEAT_SECONDS = 30
"""A process that sends no sign of life for so long is taken for dead."""

CONNECT_SECONDS = 300
"""Default time that processes wait for each other at the start."""

LOST = ("gloo", "nccl", "connection", "socket closed", "coordination", "heartbeat", "barrier")
"""Words in the errors of a runtime that has lost another process; their types vary."""

Value = TypeVar("Value")


class NoCluster(ValueError):
    """The processes of a run cannot be joined."""


class FirstProcessFailed(RuntimeError):
    """The first process has raised an error, and all processes must stop."""


def initialize(
    coordinator: str | None = None,
    num_processes: int | None = None,
    process_id: int | None = None,
    *,
    connect_seconds: int = CONNECT_SECONDS,
) -> None:
    """Join the processes of a run. Call it before anything starts JAX's backend.

    Without arguments, JAX finds the processes that SLURM, Open MPI, Kubernetes or Cloud TPU has
    started.

    From now on the processes end together. If one dies, a computation that waits for it raises a
    `jax.errors.JaxRuntimeError`; and about half a minute later, JAX's runtime aborts this process:
    it writes the reason to standard error and sends SIGABRT, so that no `except`, `finally` or
    `atexit` runs. Keep what must survive in files; a run has its checkpoints.

    Args:
      coordinator: `"host:port"` of the first process; any free port.
      num_processes: the number of processes.
      process_id: the index of this process, from 0.
      connect_seconds: how long to wait for the others.

    Raises:
      NoCluster: only some of the arguments are given, no cluster was found, or the others do not
        answer.
    """
    check_arguments(coordinator, num_processes, process_id)
    jax.config.update("jax_cpu_collectives_implementation", "gloo")
    try:
        jax.distributed.initialize(
            coordinator,
            num_processes,
            process_id,
            # JAX would ask the scheduler for what is missing, such as the devices of a process.
            cluster_detection_method="deactivate" if coordinator else None,
            initialization_timeout=connect_seconds,
            heartbeat_timeout_seconds=HEARTBEAT_SECONDS,
        )
        # Gloo gives up if a process comes 30 seconds later than another to their first
        # communication, as it may where one of them imports more slowly.
        gather(0)
    except (ValueError, TypeError) as error:
        raise NoCluster(
            "no SLURM, Open MPI, Kubernetes or Cloud TPU cluster was found around this process; "
            f"give --coordinator HOST:PORT, --num-processes and --process-id ({_line(error)})"
        ) from error
    except RuntimeError as error:
        if "Failed to start RPC server" in str(error):
            raise NoCluster(
                f"process 0 cannot open {coordinator}: --coordinator must be an address of its own "
                "machine, and a port that no other program uses"
            ) from error
        where = f"the coordinator at {coordinator}" if coordinator else "the other processes"
        raise NoCluster(
            f"{where} did not answer within {connect_seconds} s: {_line(error)}"
        ) from error
    # The runtime takes SIGTERM for itself.
    signal.signal(signal.SIGTERM, signal.getsignal(signal.SIGTERM) or signal.SIG_DFL)


def check_arguments(
    coordinator: str | None, num_processes: int | None, process_id: int | None
) -> None:
    """Check that the arguments of `initialize` agree (`NoCluster`)."""
    given = {
        "--coordinator": coordinator,
        "--num-processes": num_processes,
        "--process-id": process_id,
    }
    missing = [name for name, value in given.items() if value is None]
    if len(missing) == len(given):
        return
    if missing:
        raise NoCluster(f"{', '.join(given)} belong together; {' and '.join(missing)} is missing")
    assert coordinator is not None
    assert num_processes is not None
    assert process_id is not None
    host, _, port = coordinator.rpartition(":")
    if not (host and port.isdigit() and 0 < int(port) < 2**16):
        raise NoCluster(f"--coordinator must be HOST:PORT, as in 10.0.0.1:1234; got {coordinator}")
    if num_processes < 1:
        raise NoCluster(f"--num-processes must be at least 1; got {num_processes}")
    if not 0 <= process_id < num_processes:
        raise NoCluster(
            f"--process-id must lie between 0 and {num_processes - 1}, since there are "
            f"{num_processes} processes; got {process_id}"
        )


def count() -> int:
    """The number of processes."""
    return jax.process_count()


def is_first() -> bool:
    """Whether this is the process that writes files and messages."""
    return jax.process_index() == 0


def vote(*numbers: int) -> tuple[int, ...]:
    """The largest of the numbers that each process gives, at each position."""
    return tuple(int(number) for number in gather(*numbers).max(axis=0))


def gather(*numbers: int) -> np.ndarray:
    """The numbers that each process gives, `[processes, numbers]`."""
    own = np.asarray(numbers, np.int64)
    if count() == 1:
        return own[None]
    # As halves: JAX has no 64-bit integers by default.
    halves = np.asarray(multihost_utils.process_allgather(own.view(np.uint32)))
    return halves.reshape(count(), -1).astype(np.uint32).view(np.int64)


def on_first(function: Callable[[], Value]) -> Value:
    """Call a function in the first process alone.

    Args:
      function: returns what JSON can hold.

    Returns:
      What it returns, in every process.

    Raises:
      FirstProcessFailed: it has raised an error; the first process raises that one.
    """
    if count() == 1:
        return function()
    failure: Exception | None = None
    answer: dict[str, Any] = {}
    if is_first():
        try:
            answer = {"value": function()}
        except Exception as error:  # whatever it is, the others must not wait
            failure, answer = error, {"error": str(error)}
    answer = json.loads(_broadcast(json.dumps(answer).encode()))
    if failure is not None:
        raise failure
    if "error" in answer:
        raise FirstProcessFailed(answer["error"])
    return answer["value"]


def is_loss(error: BaseException) -> bool:
    """Whether an error of the runtime says that another process is gone."""
    text = str(error).lower()
    return count() > 1 and any(word in text for word in LOST)


def _broadcast(data: bytes) -> bytes:
    """What the first process gives, in every process."""
    (size,) = gather(len(data) if is_first() else 0).max(axis=0)
    padded = np.zeros(int(size), np.uint8)
    if is_first():
        padded[:] = np.frombuffer(data, np.uint8)
    return np.asarray(multihost_utils.broadcast_one_to_all(padded)).astype(np.uint8).tobytes()


def _line(error: BaseException) -> str:
    return f"{error}".partition("\n")[0][:200]
