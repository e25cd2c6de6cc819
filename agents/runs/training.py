"""The outer loop: chunks of compiled updates, with progress, metrics and checkpoints in between.

The device does not wait for the host: it computes a chunk while the host reads, writes and shows
the metrics of the previous one. The results depend neither on the division into chunks nor on
evaluations, which take place between chunks.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from ..execution import processes
from ..experience import environments
from . import metrics, programs
from .checkpoints import Checkpoints
from .evaluation import Best
from .journal import Chunk, Journal, Warn, read_checkpoint
from .lock import lock
from .loggers import Logger, summarize
from .metrics import Table
from .placement import collect, local, place
from .programs import MAX_CHUNK
from .run import Run
from .signals import interruptible

Report = Callable[[int, Table], None]
"""Function of the number of updates so far and the metrics of the latest."""


@dataclass(frozen=True)
class Outcome:
    """The outcome of the outer loop.

    Attributes:
      states: the state of every member of the run, with a leading axis `[num_members]`. If several
        processes train the run, arrays on its mesh, with padding: `placement.collect` gets them.
      best: the best of every member, in the same form; None if the run has no evaluations.
      finished: whether all updates are done; false if training was interrupted.
      num_updates: the number of updates that were made now.
      stopped: the members whose training ended early, since an update was not finite.
      signal: the number of the signal that this process got while it trained; None if none came.
    """

    states: Any
    best: Best | None
    finished: bool
    num_updates: int = 0
    stopped: tuple[int, ...] = ()
    signal: int | None = None


def train(
    run: Run,
    report: Report,
    warn: Warn = print,
    *,
    loggers: Sequence[Logger] = (),
    chunk_seconds: float = 0.25,
    new_metrics: bool = False,
) -> Outcome:
    """Train a run to its end, from its last checkpoint if it has one.

    Ctrl-C, SIGTERM or SIGHUP ends the loop after the current chunk, with a checkpoint; a second
    signal ends it at once. A run of several processes (`processes.initialize`) ends in all of them
    if one gets a signal.

    Args:
      run: the run, whose folder exists.
      report: called after every chunk.
      warn: called with what the user should know, such as a seed whose training has stopped.
      loggers: get the metrics after every chunk; they are left open.
      chunk_seconds: target duration of a chunk; below 0.05 the host becomes a bottleneck.
      new_metrics: whether to go on with new metrics files where the old ones are damaged.

    Returns:
      The outcome.

    Raises:
      FolderInUse: another process is training the run.
      CheckpointMismatch, DamagedCheckpoint, DamagedMetrics: the folder cannot be resumed from.
      OSError: the folder cannot be written to.
      FirstProcessFailed: the first process has raised one of these.
      jax.errors.JaxRuntimeError: another process is gone. JAX's runtime may also abort this one
        without an error, see `processes.initialize`; the run goes on from its last checkpoint.
    """
    if not processes.is_first():
        report, warn, loggers = (lambda done, table: None), (lambda message: None), ()
    total = run.num_updates
    with contextlib.ExitStack() as stack:
        processes.on_first(lambda: stack.enter_context(lock(run.folder)))
        stack.enter_context(environments.make(run.config.env).opened())
        checkpoints = stack.enter_context(
            Checkpoints(run.folder, run.fixed_settings, run.keep, num_members=run.num_members)
        )
        interrupted = stack.enter_context(interruptible())
        journal, states, best = Journal.open(run, checkpoints, warn, anew=new_metrics)
        processes.on_first(run.write_config)  # the folder fits, so new settings may replace the old
        first = done = journal.num_updates
        if done >= total:
            best, states = local(run, best), local(run, states)
            return Outcome(states, best, finished=True, signal=interrupted.number)
        configs = place(run, run.configs)
        advance = programs.compile_updates(run, states, configs)
        evaluate = programs.compile_evaluation(run, states, best, configs) if best else None
        checkpoints.wait()
        stops = iter([*run.evaluation_updates, total])
        stop = next(stop for stop in stops if stop > done)
        chunk_size = _ChunkSize(chunk_seconds)
        next_checkpoint = time.monotonic() + run.checkpoint_seconds

        has_ended = False

        def record(chunk: Chunk) -> None:
            nonlocal has_ended
            table = journal.write(chunk)
            has_ended |= bool(np.any(table["episodes"]))
            chunk_size.measure(chunk.stop - chunk.start)
            if chunk.snapshot is not None:
                journal.save(*chunk.snapshot)
            if loggers:
                scalars = summarize(table, chunk.evaluation)
                for logger in loggers:
                    logger.log(chunk.stop, scalars)
            report(chunk.stop, table)

        running = None
        while done < total and not journal.all_stopped:
            is_due = time.monotonic() > next_checkpoint
            # What clocks and signals say may differ between processes.
            must_stop, must_save, size = processes.vote(
                interrupted.is_set(), is_due, chunk_size.value
            )
            if must_stop:
                break
            start = done
            done = min(start + size, stop)
            states, log, finite = advance(states, configs, np.int32(done - start))
            evaluation = None
            if done == stop:
                if evaluate:
                    best, evaluation = evaluate(best, states, configs, np.int32(done))
                stop = next((stop for stop in stops if stop > done), total)
            snapshot = None
            if must_save:
                # The buffers of these are donated to the next chunk, so a copy is saved.
                snapshot = jax.tree.map(jnp.copy, (states, best))
                next_checkpoint = time.monotonic() + run.checkpoint_seconds
            if running is not None:
                record(running)
            running = Chunk(start, done, log, finite, evaluation, snapshot, run.num_members)
        if running is not None:
            record(running)
        journal.save(states, best)
        if not has_ended and done >= total:
            processes.on_first(lambda: _say_that_none_ended(run, warn))
    return Outcome(
        local(run, states),
        local(run, best),
        finished=done >= total,
        num_updates=done - first,
        stopped=tuple(sorted(journal.stopped)),
        signal=interrupted.number,
    )


def restore(run: Run, warn: Warn = print) -> tuple[Any, int]:
    """The states of a run's last checkpoint.

    Args:
      run: the run.
      warn: called with what the user should know, such as a damaged checkpoint.

    Returns:
      The states, with a leading axis `[num_members]`, and the number of updates before them.

    Raises:
      ValueError: the run has no checkpoint, or one that does not match `config.json`.
    """
    restored = read_checkpoint(run, warn)
    return collect(run, restored.states), restored.num_updates


def restore_best(run: Run, warn: Warn = print) -> Best:
    """The states of a run with the best evaluations, from its last checkpoint.

    Returns:
      The best of every member, whose leaves have a leading axis `[num_members]`.

    Raises:
      ValueError: there has been no evaluation yet, or as in `restore`.
    """
    if not run.evaluations:
        raise ValueError(f"'{run.folder}' was trained without evaluations, so it has no best state")
    best: Best = collect(run, read_checkpoint(run, warn).best)
    if not np.all(best.update):
        raise ValueError(f"'{run.folder}' has not reached its first evaluation yet")
    return best


def _say_that_none_ended(run: Run, warn: Warn) -> None:
    """Say so if no episode of the whole run has ended."""
    table = metrics.read(run.metrics_path, run.num_members)
    if not table or np.any(table["episodes"]):
        return
    env = environments.make(run.config.env)
    evaluations = metrics.read(run.evaluations_path, run.num_members)
    too = ""
    if evaluations and np.isnan(evaluations["return_mean"][-1]).all():
        too = "; returns of evaluations are NaN too: step must return truncated at this limit"
    warn(
        f"No episode of {env.name} ended in {int(table['steps'][-1].sum()):,} steps, so returns "
        f"are NaN; its time limit is {env.max_steps:,} steps{too}"
    )


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
