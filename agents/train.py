"""The outer loop: chunks of compiled updates, with progress, metrics and checkpoints in between.

The device does not wait for the host: a chunk is under way while the metrics of the one before it
are read, written and shown. How updates are divided into chunks changes nothing in their results.
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

from agents import metrics
from agents.algorithms import Algorithm
from agents.metrics import Table
from agents.runs import Checkpoints, Run

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
      finished: whether all updates have been made; otherwise the user interrupted.
    """

    states: Any
    finished: bool


@dataclass(frozen=True)
class Chunk:
    """Updates under way: those after the first `start`, up to `stop` in all."""

    start: int
    stop: int
    log: dict[str, Array]
    snapshot: Any | None

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
    """
    total = run.algorithm.num_updates(run.config)
    with Checkpoints(run.folder) as checkpoints, _interruptible() as interrupted:
        states, done = _begin(run, checkpoints)
        configs = jax.device_put(run.configs)
        advance = _compile(run, states, configs)
        pace = _Pace(chunk_seconds)
        next_checkpoint = time.monotonic() + checkpoint_seconds

        def conclude(chunk: Chunk) -> None:
            table = chunk.table()
            pace.measure(chunk.stop - chunk.start)
            metrics.append(run.metrics_path, run.members, chunk.start + 1, table)
            if chunk.snapshot is not None:
                checkpoints.save(chunk.stop, chunk.snapshot)
            report(chunk.stop, table)

        under_way = None
        while done < total and not interrupted.is_set():
            start, done = done, min(done + pace.chunk_size, total)
            states, log = advance((states, configs), np.int32(done - start))
            snapshot = None
            if time.monotonic() > next_checkpoint:
                # The next chunk takes over the memory of `states`, so what is saved is a copy.
                snapshot = jax.tree.map(jnp.copy, states)
                next_checkpoint = time.monotonic() + checkpoint_seconds
            if under_way is not None:
                conclude(under_way)
            under_way = Chunk(start, done, log, snapshot)
        if under_way is not None:
            conclude(under_way)
        if done:
            checkpoints.save(done, states)
    return Outcome(states, finished=done == total)


def restore(run: Run) -> tuple[Any, int]:
    """The states of a run's last checkpoint, and how many updates led to them.

    Returns:
      The states, with a leading axis `[num_members]`, and the number of updates.

    Raises:
      ValueError: the run has no checkpoint, or one that is not of what `config.json` asks for.
    """
    with Checkpoints(run.folder) as checkpoints:
        if checkpoints.latest is None:
            raise ValueError(
                f"'{run.folder}' has no checkpoint yet; train it with "
                f"`python -m agents resume {run.folder}`"
            )
        return checkpoints.restore(like=_first_states(run)), checkpoints.latest


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


def _begin(run: Run, checkpoints: Checkpoints) -> tuple[Any, int]:
    """The states to go on from, and the number of updates that led to them."""
    states, done = _first_states(run), checkpoints.latest or 0
    if done:
        states = checkpoints.restore(like=states)
    metrics.keep_first(run.metrics_path, done)
    return states, done


def _first_states(run: Run) -> Any:
    init = lambda member: run.algorithm.init(*member)
    return jax.jit(run.over_members(init))((run.keys, run.configs))


def _compile(run: Run, states: Any, configs: Any) -> Callable[[Any, Any], Any]:
    def advance(member: Any, num_updates: Array) -> Any:
        state, config = member
        return advance_by(run.algorithm, state, config, num_updates)

    over_all = run.over_members(advance)
    donating = jax.jit(lambda states, configs, n: over_all((states, configs), n), donate_argnums=0)
    compiled = donating.lower(states, configs, np.int32(1)).compile()
    return lambda members, num_updates: compiled(*members, num_updates)


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
