"""The outer loop: chunks of compiled updates, with progress, metrics and checkpoints in between.

The device does not wait for the host: a chunk is under way while the metrics of the one before it
are read, written and shown. How updates are divided into chunks changes nothing in their results,
nor do evaluations, which stand between chunks.
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
from agents.runs.evaluation import Best, keep_best, no_best
from agents.runs.lock import lock
from agents.runs.metrics import Table
from agents.runs.run import Run

MAX_CHUNK = 256
"""The most updates in a chunk: the device keeps room for the metrics of as many."""

STOPPING = (signal.SIGINT, signal.SIGTERM)
"""What Ctrl-C sends, and what a cluster sends some time before it kills."""

Report = Callable[[int, Table], None]
"""Told the number of updates made so far, and the metrics of the latest."""


@dataclass(frozen=True)
class Outcome:
    """Where training stands when the loop ends.

    Attributes:
      states: the state of every member of the run, with a leading axis `[num_members]`.
      best: the best of every member, alike; None if the run has no evaluations.
      finished: whether all updates have been made; otherwise the user interrupted.
    """

    states: Any
    best: Best | None
    finished: bool


@dataclass(frozen=True)
class Chunk:
    """Updates under way: those after the first `start`, up to `stop` in all.

    Attributes:
      log: their metrics.
      evaluation: what an evaluation of the states after them has told, if there is one.
      snapshot: these states and the best so far, if a checkpoint is to be made of them.
    """

    start: int
    stop: int
    log: dict[str, Array]
    evaluation: dict[str, Array] | None
    snapshot: tuple[Any, Best | None] | None

    def table(self) -> Table:
        """The metrics, once the device has computed them."""
        size = self.stop - self.start
        return {name: np.asarray(values)[:, :size].T for name, values in self.log.items()}


def train(
    run: Run, report: Report, *, chunk_seconds: float = 0.25, checkpoint_seconds: float = 15.0
) -> Outcome:
    """Train a run to its end, from its last checkpoint if it has one.

    Args:
      run: the run, whose folder exists.
      report: called after every chunk.
      chunk_seconds: how long a chunk should take; below 0.05 the host's part begins to show.
      checkpoint_seconds: the time between checkpoints; one is always made at the end.

    Returns:
      The outcome. Ctrl-C, or SIGTERM, ends the loop after the chunk under way, with a checkpoint; a
      second one ends it at once.

    Raises:
      FolderInUse: another process is training the run.
    """
    total = run.num_updates
    with (
        lock(run.folder),
        Checkpoints(run.folder) as checkpoints,
        _interruptible() as interrupted,
    ):
        states, best, done = _begin(run, checkpoints)
        configs = jax.device_put(run.configs)
        advance = _compile_updates(run, states, configs)
        evaluate = _compile_evaluation(run, states, best, configs) if best else None
        stops = [*run.evaluation_updates, total]
        pace = _Pace(chunk_seconds)
        next_checkpoint = time.monotonic() + checkpoint_seconds

        def conclude(chunk: Chunk) -> None:
            table = chunk.table()
            pace.measure(chunk.stop - chunk.start)
            metrics.append(run.metrics_path, run.members, chunk.start + 1, table)
            if chunk.evaluation is not None:
                told = {name: np.asarray(values)[None] for name, values in chunk.evaluation.items()}
                told["steps"] = table["steps"][-1:]
                metrics.append(run.evaluations_path, run.members, chunk.stop, told)
            if chunk.snapshot is not None:
                checkpoints.save(chunk.stop, *chunk.snapshot)
            report(chunk.stop, table)

        under_way = None
        while done < total and not interrupted.is_set():
            start, stop = done, next(stop for stop in stops if stop > done)
            done = min(start + pace.chunk_size, stop)
            states, log = advance(states, configs, np.int32(done - start))
            evaluation = None
            if evaluate and done == stop:
                best, evaluation = evaluate(best, states, configs, np.int32(done))
            snapshot = None
            if time.monotonic() > next_checkpoint:
                # The next chunk takes over the memory of these, so what is saved is a copy.
                snapshot = jax.tree.map(jnp.copy, (states, best))
                next_checkpoint = time.monotonic() + checkpoint_seconds
            if under_way is not None:
                conclude(under_way)
            under_way = Chunk(start, done, log, evaluation, snapshot)
        if under_way is not None:
            conclude(under_way)
        if done:
            checkpoints.save(done, states, best)
    return Outcome(states, best, finished=done >= total)


def restore(run: Run) -> tuple[Any, int]:
    """The states of a run's last checkpoint, and how many updates led to them.

    Returns:
      The states, with a leading axis `[num_members]`, and the number of updates.

    Raises:
      ValueError: the run has no checkpoint, or one that is not of what `config.json` asks for.
    """
    states, _, num_updates = _restored(run)
    return states, num_updates


def restore_best(run: Run) -> Best:
    """The states of a run with the best evaluations, as of its last checkpoint.

    Returns:
      The best of every member: its leaves have a leading axis `[num_members]`.

    Raises:
      ValueError: no evaluation has been made yet, or as in `restore`.
    """
    if not run.evaluations:
        raise ValueError(f"'{run.folder}' was trained without evaluations, so no state is its best")
    _, best, _ = _restored(run)
    if best is None or not np.all(best.update):
        raise ValueError(f"'{run.folder}' has not come to its first evaluation yet")
    return best


def advance_by(
    algorithm: Algorithm, state: Any, config: Any, num_updates: Array
) -> tuple[Any, dict[str, Array]]:
    """Make a number of updates, up to `MAX_CHUNK`, that need not be known when compiling.

    Args:
      algorithm: the algorithm.
      state: its state, for one seed.
      config: its config.
      num_updates: how many, integer scalar.

    Returns:
      The state after them, and their metrics, `[MAX_CHUNK]`; the first `num_updates` count.
    """
    one_update = jax.eval_shape(algorithm.update, state, config)[1]
    log = jax.tree.map(lambda metric: jnp.zeros(MAX_CHUNK, metric.dtype), one_update)

    def update(i: Array, carry: Any) -> Any:
        state, log = carry
        state, metrics = algorithm.update(state, config)
        return state, jax.tree.map(lambda values, metric: values.at[i].set(metric), log, metrics)

    return jax.lax.fori_loop(0, num_updates, update, (state, log))


def _begin(run: Run, checkpoints: Checkpoints) -> tuple[Any, Best | None, int]:
    """The states to go on from, the best so far, and the number of updates that led to them."""
    (states, best), done = _first(run), checkpoints.latest or 0
    if done:
        states, best = checkpoints.restore(states, best)
    for path in (run.metrics_path, run.evaluations_path):
        metrics.keep_first(path, done)
    return states, best, done


def _restored(run: Run) -> tuple[Any, Best | None, int]:
    with Checkpoints(run.folder, read_only=True) as checkpoints:
        if checkpoints.latest is None:
            raise ValueError(
                f"'{run.folder}' has no checkpoint yet; train it with "
                f"`python -m agents resume {run.folder}`"
            )
        return *checkpoints.restore(*_first(run)), checkpoints.latest


def _first(run: Run) -> tuple[Any, Best | None]:
    """The states before the first update, and the best before the first evaluation."""
    init = lambda member: run.algorithm.init(*member)
    states = jax.jit(run.over_members(init))((run.keys, run.configs))
    return states, no_best(run, states) if run.evaluations else None


def _compile_updates(run: Run, states: Any, configs: Any) -> Callable[..., Any]:
    """The program `(states, configs, num_updates) -> (states, log)`; it takes over the states."""

    def advance(member: Any, num_updates: Array) -> Any:
        state, config = member
        return advance_by(run.algorithm, state, config, num_updates)

    over_all = run.over_members(advance)
    donating = jax.jit(lambda states, configs, n: over_all((states, configs), n), donate_argnums=0)
    return donating.lower(states, configs, np.int32(1)).compile()


def _compile_evaluation(run: Run, states: Any, best: Best, configs: Any) -> Callable[..., Any]:
    """The program `(best, states, configs, update) -> (best, returns)`; it takes over the best."""

    def evaluate(member: Any, update: Array) -> Any:
        *member, best = member
        return keep_best(run, member, best, update)

    over_all = run.over_members(evaluate)
    donating = jax.jit(
        lambda best, states, configs, update: over_all(
            (run.member_seeds, states, configs, best), update
        ),
        donate_argnums=0,
    )
    return donating.lower(best, states, configs, np.int32(1)).compile()


class _Pace:
    """Chooses how many updates make a chunk, from how long the last ones took."""

    def __init__(self, chunk_seconds: float) -> None:
        self.chunk_size = 1
        self._chunk_seconds = chunk_seconds
        self._clock = time.monotonic()

    def measure(self, num_updates: int) -> None:
        """Learn that so many updates have been made since the last call."""
        now = time.monotonic()
        per_update = (now - self._clock) / num_updates
        self._clock = now
        self.chunk_size = int(np.clip(self._chunk_seconds / per_update, 1, MAX_CHUNK))


@contextlib.contextmanager
def _interruptible() -> Iterator[threading.Event]:
    """Turn the first signal to stop into an event; only the main thread may do so."""
    interrupted = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield interrupted
        return
    previous = {number: signal.getsignal(number) for number in STOPPING}

    def hand_back() -> None:
        for number, handler in previous.items():
            signal.signal(number, handler)

    def interrupt(*_: object) -> None:
        interrupted.set()
        hand_back()

    for number in STOPPING:
        signal.signal(number, interrupt)
    try:
        yield interrupted
    finally:
        hand_back()
