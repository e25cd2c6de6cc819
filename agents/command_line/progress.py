"""Progress of training: a live bar in a terminal, otherwise a line every few seconds."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from ..runs.metrics import Table, last_return
from ..runs.training import Report
from .formatting import count, number

LINE_SECONDS = 10.0
"""Time between two lines without a terminal."""

WINDOW = 1000
"""Number of latest updates whose episodes are averaged."""


@contextmanager
def progress(console: Console, total: int, num_members: int) -> Iterator[Report]:
    """Show the progress of training.

    Args:
      console: the console.
      total: the number of updates of the run.
      num_members: the number of its members, over which steps are summed.

    Yields:
      The function that the outer loop calls after every chunk.
    """
    show = _bar if console.is_terminal else _lines
    yield from show(console, Status(total, num_members), total)


def _bar(console: Console, status: Status, total: int) -> Iterator[Report]:
    columns = (BarColumn(bar_width=None), TextColumn("{task.description}", markup=False))
    with Progress(*columns, console=console, expand=True) as bar:
        task = bar.add_task("compiling ...", total=total)

        def report(done: int, table: Table) -> None:
            bar.update(task, completed=done, description=status.line(done, table))

        yield report


def _lines(console: Console, status: Status, total: int) -> Iterator[Report]:
    next_line = 0.0

    def report(done: int, table: Table) -> None:
        nonlocal next_line
        line = status.line(done, table)
        if done == total or time.monotonic() > next_line:
            next_line = time.monotonic() + LINE_SECONDS
            console.print(line)

    yield report


class Status:
    """The status of training in one line: steps, speed, mean return and remaining time.

    Steps are summed over the members.

    Args:
      total: the number of updates of the run.
      num_members: the number of its members.
    """

    def __init__(self, total: int, num_members: int = 1) -> None:
        self._total = total
        self._steps = "steps" if num_members == 1 else f"steps (sum of {num_members} seeds)"
        self._table: Table = {}
        self._start: tuple[float, int, float] | None = None

    def line(self, done: int, latest: Table) -> str:
        """The current status.

        Args:
          done: the number of updates so far.
          latest: the metrics of the updates since the last call.
        """
        self._append(latest)
        now, steps = time.monotonic(), float(np.sum(latest["steps"][-1]))
        self._start = self._start or (now, done, steps)
        start, start_done, start_steps = self._start
        speed, eta = "", ""
        if done > start_done:
            speed = f"{count((steps - start_steps) / (now - start))}/s"
            seconds = (now - start) * (self._total - done) / (done - start_done)
            eta = f"ETA {int(seconds) // 60}:{int(seconds) % 60:02d}"
        returns = last_return(self._table)
        mean_return = "-" if np.isnan(returns).all() else number(np.nanmean(returns))
        percent = f"{done / self._total:.0%}"
        so_far = f"{percent:>4}  {count(steps):>5} {self._steps}"
        return f"{so_far} {speed:>8}  return {mean_return:>6}  {eta}"

    def _append(self, latest: Table) -> None:
        old = self._table or {name: values[:0] for name, values in latest.items()}
        self._table = {
            name: np.concatenate([old[name], values])[-WINDOW:] for name, values in latest.items()
        }
