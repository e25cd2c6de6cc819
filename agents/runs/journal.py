"""The journal of a run: its metrics files and its checkpoints, which are kept consistent.

A checkpoint records the length and the checksum of the metrics files at its update. Resuming
compares them, and goes on from the last checkpoint that is intact; nothing else that the run wrote
is removed but the updates after that checkpoint, which are made again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jax import Array

from ..execution import processes
from ..experience import environments
from ..experience.replay import Buffer
from ..invocation import PROGRAM
from . import guards, metrics, placement, programs
from .checkpoints import Checkpoints, DamagedCheckpoint, Restored
from .damaged import DAMAGED, set_aside
from .evaluation import Best
from .guards import Failure, Finite
from .metrics import DamagedMetrics, MetricsFile, Stamp, Table, describe_member
from .run import Run

Warn = Callable[[str], None]
"""Function of a message to the user."""


@dataclass(frozen=True)
class Chunk:
    """A chunk of updates that the device is computing.

    Attributes:
      start: the number of updates before the chunk.
      stop: the number of updates after the chunk.
      log: the metrics of its updates.
      finite: what of the updates was finite.
      evaluation: the metrics of an evaluation after the chunk, if there is one.
      snapshot: the states and the best after the chunk, if they are to be saved.
      num_members: the number of members; rows after them are padding.
    """

    start: int
    stop: int
    log: dict[str, Array]
    finite: Finite
    evaluation: Table | None
    snapshot: tuple[Any, Best | None] | None
    num_members: int

    def table(self) -> Table:
        """The metrics; waits until the device has computed them."""
        return {name: self._rows(values) for name, values in self.log.items()}

    def failures(self) -> list[guards.Failure]:
        """The updates that were not finite."""
        return guards.failures(Finite(self._rows(self.finite.flags), self.finite.names))

    def _rows(self, values: Array | np.ndarray) -> np.ndarray:
        rows = np.asarray(values)[: self.num_members, : self.stop - self.start]
        return rows.swapaxes(0, 1)


class Journal:
    """Writes the metrics and the checkpoints of a run.

    All processes of a run have one, and know the same; the first one writes the metrics.

    Attributes:
      num_updates: the number of updates so far.
      stopped: the members whose training has ended, since an update was not finite.
    """

    def __init__(
        self,
        run: Run,
        checkpoints: Checkpoints,
        restored: Restored,
        warn: Warn,
        stamps: dict[str, Stamp],
    ) -> None:
        self.num_updates = restored.num_updates
        self.stopped: set[int] = set()
        self._run, self._checkpoints, self._warn = run, checkpoints, warn
        self._steps = _steps(restored, run)
        self._skipped: set[int] = set()
        self._causes: dict[int, list[str]] = {}  # of the members whose warm-up was not finite
        self._files = {
            name: MetricsFile(run.folder / name, run.members, Stamp(*stamp))
            for name, stamp in stamps.items()
        }

    @classmethod
    def open(
        cls, run: Run, checkpoints: Checkpoints, warn: Warn, *, anew: bool = False
    ) -> tuple[Journal, Any, Any]:
        """The journal after the last checkpoint; the states and the best to go on from.

        A run that has not begun gets its first checkpoint.

        Args:
          run: the run.
          checkpoints: its checkpoints.
          warn: called with what the user should know.
          anew: whether to set damaged metrics files aside, and to begin new ones.

        Raises:
          CheckpointMismatch, DamagedCheckpoint, DamagedMetrics: the folder contradicts itself.
        """
        states, best = programs.initial(run)
        restored = Restored(0, states, best, {})
        is_new = not checkpoints.steps
        if is_new:
            processes.on_first(lambda: _check_has_not_begun(run))
        else:
            restored = checkpoints.restore(states, best)
            states, best = placement.place(run, (restored.states, restored.best))
        stamps = processes.on_first(lambda: _checked_stamps(run, restored, anew, warn))
        journal = cls(run, checkpoints, restored, warn, stamps)
        processes.on_first(journal._truncate)
        if restored.damaged:
            checkpoints.set_aside(restored.damaged)
            warn(f"{_fallback(run, restored)}; the damaged one is in {run.folder / DAMAGED}")
        if is_new:
            journal.save(states, best)
        elif run.is_on_host:
            warn(
                "Checkpoints do not hold environments that are stepped on the host: episodes that "
                "this process has not begun are truncated, and new ones begin"
            )
        journal._check_start(states)
        return journal, states, best

    def _truncate(self) -> None:
        for file in self._files.values():
            file.truncate()

    def _check_start(self, states: Any) -> None:
        """Report members whose warm-up was not finite, which no later update undoes."""
        has_warm_up = any(isinstance(field, Buffer) for field in vars(states).values())
        if not has_warm_up or self._run.on_nan == "ignore":
            return
        finite = programs.check_finite(self._run, states)
        flags = np.asarray(finite.flags)[None, : self._run.num_members]
        for failure in guards.failures(Finite(flags, finite.names)):
            then = {
                "stop": "its training stops at the first update that meets it",
                "skip": "no update undoes it, so its training has stopped: use another seed",
            }
            self._causes[failure.member] = failure.quantities
            if self._run.on_nan == "skip":
                self.stopped.add(failure.member)
            self._warn_of(failure, self.num_updates, self._steps[failure.member], then)

    @property
    def all_stopped(self) -> bool:
        """Whether the training of every member has ended early."""
        return len(self.stopped) == self._run.num_members

    def write(self, chunk: Chunk) -> Table:
        """Append the metrics of a chunk, and those of its evaluation; returns the former."""
        table = chunk.table()
        table["steps"] = metrics.count_steps(self._steps, table["steps"])
        self._steps = table["steps"][-1]
        self.num_updates = chunk.stop
        processes.on_first(lambda: self._append(chunk, table))
        for failure in chunk.failures():
            self._report(failure, chunk.start, table)
        return table

    def _append(self, chunk: Chunk, table: Table) -> None:
        self._files["metrics.csv"].append(chunk.start + 1, table)
        if chunk.evaluation is not None:
            num = chunk.num_members
            row = {name: np.asarray(v)[None, :num] for name, v in chunk.evaluation.items()}
            row["steps"] = table["steps"][-1:]
            self._files["evaluations.csv"].append(chunk.stop, row)

    def save(self, states: Any, best: Best | None) -> None:
        """Start to write a checkpoint of the states after the updates that were written."""
        stamps = processes.on_first(
            lambda: {name: file.sync() for name, file in self._files.items()}
        )
        steps = [int(steps) for steps in self._steps]
        self._checkpoints.save(self.num_updates, states, best, files=stamps, steps=steps)

    def _report(self, failure: Failure, start: int, table: Table) -> None:
        """Tell the user of an update that was not finite, once per member."""
        member, on_nan = failure.member, self._run.on_nan
        if on_nan == "ignore" or member in self.stopped | self._skipped:
            return
        (self.stopped if on_nan == "stop" else self._skipped).add(member)
        then = {
            "stop": "its training has stopped, and its last finite state is kept",
            "skip": "the update was undone, as later ones like it will be",
        }
        steps = table["steps"][failure.row, member]
        self._warn_of(failure, start + failure.row + 1, steps, then)

    def _warn_of(self, failure: Failure, update: int, steps: int, then: dict[str, str]) -> None:
        who = describe_member(self._run.members[failure.member])
        quantities = self._causes.get(failure.member, failure.quantities)
        has_mask = environments.make(self._run.config.env).mask_size > 0
        is_own_fault = not any(name in guards.COUNTS for name in quantities)
        mask = "; is there a state in which action_mask allows no action?"
        self._warn(
            f"Not finite for {who} at update {update:,}, step {int(steps):,}: "
            f"{', '.join(quantities)}; {then[self._run.on_nan]}"
            f"{mask if has_mask and is_own_fault else ''}"
        )


def read_checkpoint(run: Run, warn: Warn) -> Restored:
    """The last checkpoint of a run that is intact, without changing anything.

    Raises:
      ValueError: the run has no checkpoint, or one that does not match `config.json`.
    """
    with Checkpoints(
        run.folder, run.fixed_settings, num_members=run.num_members, read_only=True
    ) as checkpoints:
        if not checkpoints.steps:
            raise ValueError(
                f"'{run.folder}' has no checkpoint yet; train it with "
                f"`{PROGRAM} resume {run.folder}`"
            )
        restored = checkpoints.restore(*programs.initial(run))
    if restored.damaged:
        warn(_fallback(run, restored))
    return restored


def _fallback(run: Run, restored: Restored) -> str:
    damaged = ", ".join(f"{number:,}" for number in sorted(restored.damaged))
    return (
        f"The checkpoint of '{run.folder}' after update {damaged} is damaged; falling back to the "
        f"one before, after update {restored.num_updates:,}"
    )


def _check_has_not_begun(run: Run) -> None:
    """Check that a run without a checkpoint has no metrics either."""
    written = [p for p in (run.metrics_path, run.evaluations_path) if _size(p)]
    if written:
        names = " and ".join(path.name for path in written)
        raise DamagedCheckpoint(
            f"'{run.folder}' has {names}, but no checkpoint to go on from: the folder 'checkpoint' "
            "is missing or empty. Restore it from a copy, or train anew in another folder"
        )


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def metrics_damage(run: Run) -> list[str]:
    """What is wrong with the metrics files of a run, according to its last checkpoint."""
    with Checkpoints(run.folder, run.fixed_settings, read_only=True) as checkpoints:
        record = checkpoints.newest_record()
    damage = []
    for name, stamp in record.get("files", {}).items():
        try:
            metrics.check(run.folder / name, Stamp(*stamp))
        except DamagedMetrics as error:
            damage.append(str(error))
    return damage


def _checked_stamps(run: Run, restored: Restored, anew: bool, warn: Warn) -> dict[str, Stamp]:
    """The stamps of the metrics files at a checkpoint, which their contents agree with."""
    paths = [run.metrics_path, run.evaluations_path]
    try:
        stamps = _stamps(run, restored)
        for name, stamp in stamps.items():
            metrics.check(run.folder / name, stamp)
    except DamagedMetrics as error:
        if not anew:
            raise DamagedMetrics(
                f"{error}; restore it, or use --new-metrics to set it aside and begin anew"
            ) from error
        moved = ", ".join(str(set_aside(path, run.folder)) for path in paths if path.exists())
        warn(f"{error}; new metrics begin after update {restored.num_updates:,}, old: {moved}")
        return {path.name: Stamp(0, 0) for path in paths}
    return stamps


def _stamps(run: Run, restored: Restored) -> dict[str, Stamp]:
    """The stamps of the metrics files at a checkpoint."""
    paths = (run.metrics_path, run.evaluations_path)
    if "files" in restored.record:
        return {path.name: Stamp(*restored.record["files"][path.name]) for path in paths}
    num_updates, num_members = restored.num_updates, run.num_members
    return {
        path.name: metrics.stamp_of(
            path, num_members, num_updates, every_update=path == run.metrics_path
        )
        for path in paths
    }


def _steps(restored: Restored, run: Run) -> np.ndarray:
    """The steps of every member so far, `[num_members]`."""
    steps = restored.record.get("steps")
    if steps is None:
        steps = placement.collect(run, restored.states.steps)
    return np.asarray(steps, np.int64)
