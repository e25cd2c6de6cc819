"""Loggers: who else gets the metrics of a run while it trains, apart from its CSV files.

A logger of your own is an object with the two methods of `Logger`:

    class Printer:
        def log(self, update, metrics):
            print(update, metrics["episode_return"].mean())

        def close(self):
            print("the end")

    agents.fit("ppo", loggers=[Printer()])
"""

from __future__ import annotations

import contextlib
import csv
import importlib
import importlib.util
import os
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol

import numpy as np

from ..execution import processes
from .atomic_write import atomic_write
from .metrics import FIRST, Table
from .run import Point, Run

Scalars = dict[str, np.ndarray]
"""Metrics by name, each `[num_members]`."""

EVALUATION = {"return_mean": "evaluation_return", "return_std": "evaluation_std"}
"""The metrics of an evaluation in logs, by their names in `evaluations.csv`."""

PROJECT = "jaxdist"
"""The project of Weights & Biases, unless WANDB_PROJECT names one."""


class Logger(Protocol):
    """Gets the metrics of a run while it trains."""

    def log(self, update: int, metrics: Scalars) -> None:
        """Log metrics; called after every chunk of updates, a few times per second.

        Args:
          update: the number of updates so far.
          metrics: means over the updates since the last call, by name, each `[num_members]`.
            `steps` are those so far; `episodes` is the number of those that ended, and
            `episode_return` and `episode_length` are their means, NaN without any;
            `evaluation_return` and `evaluation_std` are there after an evaluation.
        """

    def close(self) -> None:
        """Write what is left; called at the end of training, also if it ends with an error."""


def summarize(table: Table, evaluation: Table | None) -> Scalars:
    """The metrics of a chunk as one number per member: see `Logger.log`.

    Args:
      table: the metrics of its updates, `[num_updates, num_members]`.
      evaluation: the metrics of an evaluation after it, if there was one, `[num_members, ...]`.
    """
    scalars = {name: np.mean(values, axis=0) for name, values in table.items()}
    scalars["steps"], episodes = table["steps"][-1], table["episodes"]
    scalars["episodes"] = total = np.sum(episodes, axis=0)
    for name in ("episode_return", "episode_length"):
        sums = np.sum(np.where(episodes > 0, table[name], 0.0) * episodes, axis=0)
        scalars[name] = np.where(total > 0, sums / np.maximum(total, 1), np.nan)
    for name, values in (evaluation or {}).items():
        scalars[EVALUATION[name]] = np.asarray(values)[: len(total)]
    return scalars


def check(names: Sequence[str], own: Sequence[Logger] = ()) -> None:
    """Check that there are such loggers, without importing their packages.

    Args:
      names: keys of `LOGGERS`.
      own: the user's own loggers.

    Raises:
      TypeError: one of them is no list, or a logger of the user's lacks a method.
      ValueError: there is no such logger, or its package is not installed.
    """
    for given, expected in ((names, "log=['csv']"), (own, "loggers=[MyLogger()]")):
        if not isinstance(given, list | tuple):
            raise TypeError(f"expected a list, such as {expected}; got {given!r}")
    for logger in own:
        has_both = all(callable(getattr(logger, name, None)) for name in ("log", "close"))
        if isinstance(logger, type) or not has_both:
            raise TypeError(
                "a logger of your own is an object with the methods log(update, metrics) and "
                f"close(); got {logger!r}"
            )
    for name in names:
        if name not in LOGGERS:
            raise ValueError(f"a logger must be one of {', '.join(LOGGERS)}; got '{name}'")
        if name in PACKAGES and importlib.util.find_spec(name) is None:
            raise ValueError(
                f"logging to {name} needs the package {name}, which is not installed: "
                f"pip install {PACKAGES[name]}"
            )


def make(name: str, run: Run) -> Logger:
    """Make a logger of a run; its package is imported now.

    Args:
      name: a key of `LOGGERS`.
      run: the run, whose folder exists.

    Raises:
      ValueError: there is no such logger, or its package is not installed.
    """
    check([name])
    return LOGGERS[name](run)


@contextlib.contextmanager
def opened(names: Sequence[str], run: Run, own: Sequence[Logger] = ()) -> Iterator[list[Logger]]:
    """The loggers of the first process, until training ends.

    Args:
      names: keys of `LOGGERS`.
      run: the run, whose folder exists.
      own: the user's own loggers, which are closed with the others.
    """
    if not processes.is_first():
        yield []
        return
    with contextlib.ExitStack() as stack:
        for logger in own:
            stack.callback(logger.close)
        made: list[Logger] = []
        for name in names:
            made.append(make(name, run))
            stack.callback(made[-1].close)
        yield [*made, *own]


class CsvLogger:
    """Writes `log.csv` in the run folder: a row for every chunk and member.

    It is smaller than `metrics.csv`, and has the evaluations beside the other metrics. Rows that
    training makes again after it was resumed replace the old ones.
    """

    def __init__(self, run: Run) -> None:
        self._path, self._members = run.folder / "log.csv", run.members
        self._evaluation = list(EVALUATION.values()) if run.evaluations else []
        self._names: list[str] = []

    def log(self, update: int, metrics: Scalars) -> None:
        """Append the rows of a chunk."""
        if not self._names:
            self._begin(update, metrics)
        columns = [metrics.get(name) for name in self._names]
        with self._path.open("a", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            for j, member in enumerate(self._members):
                numbers = ("" if column is None else column[j] for column in columns)
                writer.writerow([update, *member.values(), *numbers])

    def close(self) -> None:
        """The rows have been written already."""

    def _begin(self, update: int, metrics: Scalars) -> None:
        others = sorted(metrics.keys() - set(FIRST) - set(self._evaluation))
        self._names = [*FIRST, *others, *self._evaluation]
        header = ",".join(["update", *self._members[0], *self._names])
        lines = self._path.read_text().splitlines() if self._path.exists() else []
        kept = [line for line in lines[1:] if int(line.partition(",")[0]) < update]
        atomic_write(self._path, "".join(f"{line}\n" for line in [header, *kept]))


class TensorBoardLogger:
    """Writes event files in the folder `tensorboard` of a run: a run of TensorBoard per member.

    The horizontal axis is the number of environment steps of the member.
    """

    def __init__(self, run: Run) -> None:
        files = importlib.import_module("tensorboard.summary.writer.event_file_writer")
        self._event = importlib.import_module("tensorboard.compat.proto.event_pb2")
        self._summary = importlib.import_module("tensorboard.compat.proto.summary_pb2").Summary
        folders = [run.folder / "tensorboard" / _name(member) for member in run.members]
        self._writers = [files.EventFileWriter(str(folder)) for folder in folders]
        self._has_begun = False

    def log(self, update: int, metrics: Scalars) -> None:
        """Write the metrics of a chunk that are not NaN."""
        for j, writer in enumerate(self._writers):
            numbers = {name: float(values[j]) for name, values in metrics.items()}
            summary = self._summary(
                value=[
                    self._summary.Value(tag=name, simple_value=value)
                    for name, value in numbers.items()
                    if not np.isnan(value)
                ]
            )
            step = int(numbers["steps"])
            event = self._event.Event(wall_time=time.time(), step=step, summary=summary)
            if not self._has_begun:
                self._hide_later_ones(writer, step)
            writer.add_event(event)
        self._has_begun = True

    def close(self) -> None:
        """Write what is left, and close the files."""
        for writer in self._writers:
            writer.close()

    def _hide_later_ones(self, writer: Any, step: int) -> None:
        """Let TensorBoard drop what was logged for later steps, before training was resumed."""
        start = self._event.SessionLog(status=self._event.SessionLog.START)
        writer.add_event(self._event.Event(wall_time=time.time(), step=step, session_log=start))


class WandbLogger:
    """Logs to Weights & Biases: one run, whose metrics have the member in their name.

    Its environment variables apply, such as WANDB_PROJECT and WANDB_MODE.
    """

    def __init__(self, run: Run) -> None:
        wandb = importlib.import_module("wandb")
        self._members = [_name(member) for member in run.members]
        self._run = wandb.init(
            project=os.environ.get("WANDB_PROJECT", PROJECT),
            name=run.folder.name,
            id=run.folder.name,
            resume="allow",
            dir=str(run.folder),
            config=run.settings,
        )

    def log(self, update: int, metrics: Scalars) -> None:
        """Log the metrics of a chunk that are not NaN."""
        self._run.log(
            {
                f"{name}/{member}": float(values[j])
                for name, values in metrics.items()
                for j, member in enumerate(self._members)
                if not np.isnan(values[j])
            },
            step=update,
        )

    def close(self) -> None:
        """Finish the run of Weights & Biases."""
        self._run.finish()


LOGGERS: dict[str, Callable[[Run], Logger]] = {
    "csv": CsvLogger,
    "tensorboard": TensorBoardLogger,
    "wandb": WandbLogger,
}
"""The loggers, by the names of `--log`."""

PACKAGES = {"tensorboard": "'jaxdist[tensorboard]'", "wandb": "wandb"}
"""What to install for a logger, by the name of its package."""


def _name(member: Point) -> str:
    """The name of a member: its seed, and its values of the sweep."""
    return " ".join(f"{name}={value:g}" for name, value in member.items())
