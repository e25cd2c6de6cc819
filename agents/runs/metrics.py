"""Metrics of updates and members, and their CSV files.

A run folder has two such files, one of the metrics of updates and one of evaluations.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from agents.runs.atomic_write import atomic_write

Table = dict[str, np.ndarray]
"""Metrics by name, each `[num_updates, num_members]`."""

FIRST = ("steps", "episodes", "episode_return", "episode_length")
"""The metrics of every algorithm, in the order of the file; other metrics follow."""


def append(
    path: Path, members: Sequence[Mapping[str, float]], first_update: int, table: Table
) -> None:
    """Append updates to a metrics file, one line per update and member, or create it.

    Args:
      path: the file.
      members: the seed and the point of each member, in the order of the table's second axis.
      first_update: the number of the first of these updates.
      table: their metrics.
    """
    names = [*(name for name in FIRST if name in table), *sorted(table.keys() - set(FIRST))]
    is_new = not path.exists()
    with path.open("a", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        if is_new:
            writer.writerow(["update", *members[0], *names])
        for i in range(len(table["steps"])):
            for j, member in enumerate(members):
                numbers = (table[name][i, j] for name in names)
                writer.writerow([first_update + i, *member.values(), *numbers])


def truncate(path: Path, num_updates: int) -> None:
    """Remove the updates after `num_updates`, and an incomplete line, from a metrics file."""
    if not path.exists():
        return
    header, *lines = _complete_lines(path) or [""]
    kept = [line for line in lines if int(line.partition(",")[0]) <= num_updates]
    if not kept:
        path.unlink()
        return
    atomic_write(path, "".join([header, *kept]))


def read(path: Path, num_members: int) -> Table:
    """Read a metrics file, except for an incomplete update at its end.

    Args:
      path: the file.
      num_members: the number of members of the run.

    Returns:
      The table; empty if there is no such file, or no complete update in it.
    """
    header, *lines = (_complete_lines(path) if path.exists() else []) or [""]
    num_updates = len(lines) // num_members
    if not num_updates:
        return {}
    names = next(csv.reader([header]))
    rows = np.loadtxt(lines[: num_updates * num_members], delimiter=",", ndmin=2)
    columns = rows.reshape(num_updates, num_members, len(names))
    return {name: columns[..., i] for i, name in enumerate(names)}


def _complete_lines(path: Path) -> list[str]:
    lines = path.read_text().splitlines(keepends=True)
    return [line for line in lines if line.endswith("\n")]


def return_sums(table: Table) -> np.ndarray:
    """The sum of the returns of the episodes that ended in each update."""
    episodes = table["episodes"]
    return np.where(episodes > 0, table["episode_return"], 0.0) * episodes


def last_return(table: Table, num_episodes: int = 100) -> np.ndarray:
    """The mean return of each member's last episodes.

    Args:
      table: the metrics.
      num_episodes: the number of episodes to average, rounded up to whole updates.

    Returns:
      Mean returns, `[num_members]`; NaN where no episode has ended.
    """
    episodes, sums = table["episodes"][::-1], return_sums(table)[::-1]
    wanted = np.cumsum(episodes, axis=0) - episodes < num_episodes
    count = np.sum(episodes * wanted, axis=0)
    return np.where(count > 0, np.sum(sums * wanted, axis=0) / np.maximum(count, 1), np.nan)
