"""Progress on the screen: a live bar in a terminal, now and then a line elsewhere."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from agents.runs.metrics import Table, last_return
from agents.runs.training import Report

LINE_SECONDS = 10.0
"""The time between two lines where there is no terminal."""

MEMORY = 1000
"""How many updates back the latest episodes are looked for."""


@contextmanager
def progress(console: Console, total: int) -> Iterator[Report]:
    """Show training as it goes.

    Args:
      console: where to.
      total: the number of updates there will be.

    Yields:
      The report that the outer loop calls.
    """
    yield from _bar(console, total) if console.is_terminal else _lines(console, total)


def _bar(console: Console, total: int) -> Iterator[Report]:
    columns = (BarColumn(bar_width=None), TextColumn("{task.description}"))
    with Progress(*columns, console=console, expand=True) as bar:
        task, news = bar.add_task("compiling ...", total=total), News(total)

        def report(done: int, table: Table) -> None:
            bar.update(task, completed=done, description=news.tell(done, table))

        yield report


def _lines(console: Console, total: int) -> Iterator[Report]:
    news, next_line = News(total), 0.0

    def report(done: int, table: Table) -> None:
        nonlocal next_line
        line = news.tell(done, table)
        if done == total or time.monotonic() > next_line:
            next_line = time.monotonic() + LINE_SECONDS
            console.print(line)

    yield report


class News:
    """Tells of training in one line: steps, speed, the latest returns, and the time left."""

    def __init__(self, total: int) -> None:
        self._total = total
        self._table: Table = {}
        self._begin: tuple[float, int, float] | None = None

    def tell(self, done: int, latest: Table) -> str:
        """Describe where training stands.

        Args:
          done: the number of updates made so far.
          latest: the metrics of those since the last call.
        """
        self._remember(latest)
        now, steps = time.monotonic(), float(np.sum(latest["steps"][-1]))
        self._begin = self._begin or (now, done, steps)
        begin, done_then, steps_then = self._begin
        speed, left = "", ""
        if done > done_then:
            speed = f"{(steps - steps_then) / (now - begin):,.0f} steps/s"
            seconds = (now - begin) * (self._total - done) / (done - done_then)
            left = f"ETA {int(seconds) // 60}:{int(seconds) % 60:02d}"
        returns = last_return(self._table)
        known = "-" if np.isnan(returns).all() else f"{np.nanmean(returns):.1f}"
        share = f"{done / self._total:.0%}"
        return f"{share:>4} {steps:>11,.0f} steps {speed:>17}  return {known:>7}  {left}"

    def _remember(self, latest: Table) -> None:
        old = self._table or {name: values[:0] for name, values in latest.items()}
        self._table = {
            name: np.concatenate([old[name], values])[-MEMORY:] for name, values in latest.items()
        }
