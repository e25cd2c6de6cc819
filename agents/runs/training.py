"""The outer loop: chunks of compiled updates, with progress, metrics and checkpoints in between.

The device does not wait for the host: it computes a chunk while the host reads, writes and shows
the metrics of the previous one. The results depend neither on the division into chunks nor on
evaluations, which take place between chunks.
"""

from __future__ import annotations

import contextlib
import signal
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from agents.algorithms.registry import Algorithm
from agents.runs import metrics
from agents.runs.checkpoints import Checkpoints
from agents.runs.evaluation import Best, initial_best, update_best
from agents.runs.lock import lock
from agents.runs.metrics import Table
from agents.runs.run import Run

MAX_CHUNK = 256
"""Largest number of updates per chunk; the device allocates memory for their metrics."""

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM)
"""The signals of Ctrl-C and of a cluster that is about to kill the process."""

Report = Callable[[int, Table], None]
"""Function of the number of updates so far and the metrics of the latest."""


@dataclass(frozen=True)
class Outcome:
    """The outcome of the outer loop.

    Attributes:
      states: the state of every member of the run, with a leading axis `[num_members]`.
      best: the best of every member, `[num_members]` too; None if the run has no evaluations.
      finished: whether all updates are done; false if training was interrupted.
    """

    states: Any
    best: Best | None
    finished: bool


@dataclass(frozen=True)
class Chunk:
    """A chunk of updates that the device is computing.

    Attributes:
      start: the number of updates before the chunk.
      stop: the number of updates after the chunk.
      log: the metrics of its updates.
      evaluation: the metrics of an evaluation after the chunk, if there is one.
      snapshot: the states and the best after the chunk, if they are to be saved.
    """

    start: int
    stop: int
    log: dict[str, Array]
    evaluation: dict[str, Array] | None
    snapshot: tuple[Any, Best | None] | None

    def table(self) -> Table:
        """The metrics; waits until the device has computed them."""
        size = self.stop - self.start
        return {name: np.asarray(values)[:, :size].T for name, values in self.log.items()}


def train(
    run: Run, report: Report, *, chunk_seconds: float = 0.25, checkpoint_seconds: float = 15.0
) -> Outcome:
    """Train a run to its end, from its last checkpoint if it has one.

    Ctrl-C or SIGTERM ends the loop after the current chunk, with a checkpoint; a second signal ends
    it at once.

    Args:
      run: the run, whose folder exists.
      report: called after every chunk.
      chunk_seconds: target duration of a chunk; below 0.05 the host becomes a bottleneck.
      checkpoint_seconds: time between checkpoints; there is always one at the end.

    Returns:
      The outcome.

    Raises:
      FolderInUse: another process is training the run.
    """
    total = run.num_updates
    with (
        lock(run.folder),
        Checkpoints(run.folder) as checkpoints,
        _interruptible() as interrupted,
    ):
        states, best, done = _resume(run, checkpoints)
        configs = jax.device_put(run.configs)
        advance = _compile_updates(run, states, configs)
        evaluate = _compile_evaluation(run, states, best, configs) if best else None
        stops = [*run.evaluation_updates, total]
        chunk_size = _ChunkSize(chunk_seconds)
        next_checkpoint = time.monotonic() + checkpoint_seconds

        def record(chunk: Chunk) -> None:
            table = chunk.table()
            chunk_size.measure(chunk.stop - chunk.start)
            metrics.append(run.metrics_path, run.members, chunk.start + 1, table)
            if chunk.evaluation is not None:
                row = {name: np.asarray(values)[None] for name, values in chunk.evaluation.items()}
                row["steps"] = table["steps"][-1:]
                metrics.append(run.evaluations_path, run.members, chunk.stop, row)
            if chunk.snapshot is not None:
                checkpoints.save(chunk.stop, *chunk.snapshot)
            report(chunk.stop, table)

        running = None
        while done < total and not interrupted.is_set():
            start, stop = done, next(stop for stop in stops if stop > done)
            done = min(start + chunk_size.value, stop)
            states, log = advance(states, configs, np.int32(done - start))
            evaluation = None
            if evaluate and done == stop:
                best, evaluation = evaluate(best, states, configs, np.int32(done))
            snapshot = None
            if time.monotonic() > next_checkpoint:
                # The buffers of these are donated to the next chunk, so a copy is saved.
                snapshot = jax.tree.map(jnp.copy, (states, best))
                next_checkpoint = time.monotonic() + checkpoint_seconds
            if running is not None:
                record(running)
            running = Chunk(start, done, log, evaluation, snapshot)
        if running is not None:
            record(running)
        if done:
            checkpoints.save(done, states, best)
    return Outcome(states, best, finished=done >= total)


def restore(run: Run) -> tuple[Any, int]:
    """The states of a run's last checkpoint.

    Returns:
      The states, with a leading axis `[num_members]`, and the number of updates before them.

    Raises:
      ValueError: the run has no checkpoint, or one that does not match `config.json`.
    """
    states, _, num_updates = _restored(run)
    return states, num_updates


def restore_best(run: Run) -> Best:
    """The states of a run with the best evaluations, from its last checkpoint.

    Returns:
      The best of every member, whose leaves have a leading axis `[num_members]`.

    Raises:
      ValueError: there has been no evaluation yet, or as in `restore`.
    """
    if not run.evaluations:
        raise ValueError(f"'{run.folder}' was trained without evaluations, so it has no best state")
    _, best, _ = _restored(run)
    if best is None or not np.all(best.update):
        raise ValueError(f"'{run.folder}' has not reached its first evaluation yet")
    return best


def advance_by(
    algorithm: Algorithm, state: Any, config: Any, num_updates: Array
) -> tuple[Any, dict[str, Array]]:
    """Make up to `MAX_CHUNK` updates; their number need not be known at compile time.

    Args:
      algorithm: the algorithm.
      state: its state, for one seed.
      config: its config.
      num_updates: the number of updates, integer scalar.

    Returns:
      The new state and the metrics, `[MAX_CHUNK]`, of which the first `num_updates` are valid.
    """
    problem = algorithm.make_problem(config)
    _, metrics = jax.eval_shape(lambda state: algorithm.update(state, problem), state)
    log = jax.tree.map(lambda metric: jnp.zeros(MAX_CHUNK, metric.dtype), metrics)

    def update(i: Array, carry: Any) -> Any:
        state, log = carry
        state, metrics = algorithm.update(state, problem)
        return state, jax.tree.map(lambda values, metric: values.at[i].set(metric), log, metrics)

    return jax.lax.fori_loop(0, num_updates, update, (state, log))


def _resume(run: Run, checkpoints: Checkpoints) -> tuple[Any, Best | None, int]:
    """The states to continue from, the best so far, and the number of updates before them."""
    (states, best), done = _initial(run), checkpoints.latest or 0
    if done:
        states, best = checkpoints.restore(states, best)
    for path in (run.metrics_path, run.evaluations_path):
        metrics.truncate(path, done)
    return states, best, done


def _restored(run: Run) -> tuple[Any, Best | None, int]:
    with Checkpoints(run.folder, read_only=True) as checkpoints:
        if checkpoints.latest is None:
            raise ValueError(
                f"'{run.folder}' has no checkpoint yet; train it with "
                f"`python -m agents resume {run.folder}`"
            )
        return *checkpoints.restore(*_initial(run)), checkpoints.latest


def _initial(run: Run) -> tuple[Any, Best | None]:
    """The states before the first update, and the best before the first evaluation."""

    def init(member: Any) -> Any:
        key, config = member
        return run.algorithm.init(key, run.algorithm.make_problem(config))

    states = jax.jit(run.over_members(init))((run.keys, run.configs))
    return states, initial_best(run, states) if run.evaluations else None


def _compile_updates(run: Run, states: Any, configs: Any) -> Callable[..., Any]:
    """The program `(states, configs, num_updates) -> (states, log)`; the states are donated."""

    def advance(member: Any, num_updates: Array) -> Any:
        state, config = member
        return advance_by(run.algorithm, state, config, num_updates)

    advance_all = run.over_members(advance)
    program = jax.jit(
        lambda states, configs, n: advance_all((states, configs), n), donate_argnums=0
    )
    return program.lower(states, configs, np.int32(1)).compile()


def _compile_evaluation(run: Run, states: Any, best: Best, configs: Any) -> Callable[..., Any]:
    """The program `(best, states, configs, update) -> (best, returns)`; the best is donated."""

    def evaluate(member: Any, update: Array) -> Any:
        *member, best = member
        return update_best(run, member, best, update)

    evaluate_all = run.over_members(evaluate)
    program = jax.jit(
        lambda best, states, configs, update: evaluate_all(
            (run.member_seeds, states, configs, best), update
        ),
        donate_argnums=0,
    )
    return program.lower(best, states, configs, np.int32(1)).compile()


class _ChunkSize:
    """Adapts the number of updates of a chunk to the duration of the previous ones."""

    def __init__(self, chunk_seconds: float) -> None:
        self.value = 1
        self._chunk_seconds = chunk_seconds
        self._clock = time.monotonic()

    def measure(self, num_updates: int) -> None:
        """Adapt to the time since the last call, in which this number of updates was made."""
        now = time.monotonic()
        per_update = (now - self._clock) / num_updates
        self._clock = now
        self.value = int(np.clip(self._chunk_seconds / per_update, 1, MAX_CHUNK))


@contextlib.contextmanager
def _interruptible() -> Iterator[threading.Event]:
    """Turn the first stop signal into an event; only the main thread can handle signals."""
    interrupted = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield interrupted
        return
    previous = {number: signal.getsignal(number) for number in STOP_SIGNALS}

    def restore_handlers() -> None:
        for number, handler in previous.items():
            signal.signal(number, handler)

    def interrupt(*_: object) -> None:
        interrupted.set()
        restore_handlers()

    for number in STOP_SIGNALS:
        signal.signal(number, interrupt)
    try:
        yield interrupted
    finally:
        restore_handlers()
