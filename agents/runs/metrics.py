"""Metrics of updates and members, and their CSV files.

A run folder has two such files, one of the metrics of updates and one of evaluations. They only
grow: each checkpoint records how long they were and what they held, so that a run goes on from
files that are intact, or not at all.
"""

from __future__ import annotations

import csv
import io
import os
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

Table = dict[str, np.ndarray]
"""Metrics by name, each `[num_updates, num_members]`."""

FIRST = ("steps", "episodes", "episode_return", "episode_length")
"""The metrics of every algorithm, in the order of the file; other metrics follow."""


class Stamp(NamedTuple):
    """The length of a file and the CRC-32 of its bytes."""

    size: int
    checksum: int


class DamagedMetrics(ValueError):
    """A metrics file is missing, cannot be read, or is not what the run wrote."""


class MetricsFile:
    """A metrics file that a run appends to.

    Args:
      path: the file.
      members: the seed and the point of each member, in the order of the second axis of tables.
      stamp: the length and the checksum of its contents so far; `stamp_of` finds them.
    """

    def __init__(
        self, path: Path, members: Sequence[Mapping[str, float]], stamp: Stamp | None = None
    ) -> None:
        self.path = path
        self.stamp = stamp or Stamp(0, 0)
        self._members = members

    def truncate(self) -> None:
        """Remove what follows the stamp: updates that will be made again.

        Raises:
          DamagedMetrics: what precedes it is not what the run wrote.
        """
        check(self.path, self.stamp)
        if self.path.exists() and self.path.stat().st_size > self.stamp.size:
            os.truncate(self.path, self.stamp.size)

    def append(self, first_update: int, table: Table) -> None:
        """Append updates, one line per update and member.

        Args:
          first_update: the number of the first of these updates.
          table: their metrics.

        Raises:
          OSError: the file cannot be written, or something else has changed it.
        """
        text = _lines(self._members, first_update, table, with_header=not self.stamp.size)
        size = self.path.stat().st_size if self.stamp.size or self.path.exists() else 0
        if size != self.stamp.size:
            raise OSError(f"'{self.path}' was changed while the run was training")
        with self.path.open("ab") as file:
            file.write(text)
        self.stamp = Stamp(size + len(text), zlib.crc32(text, self.stamp.checksum))

    def sync(self) -> Stamp:
        """Wait until the file is on the disk, and return its stamp."""
        if self.stamp.size:
            with self.path.open("rb") as file:
                os.fsync(file.fileno())
        return self.stamp


def check(path: Path, stamp: Stamp) -> None:
    """Check that a file begins with the bytes of a stamp.

    Raises:
      DamagedMetrics: it is missing, cannot be read, is shorter, or has other bytes.
    """
    if not stamp.size:
        return
    if not path.exists():
        raise DamagedMetrics(f"'{path}' is missing")
    text = _bytes(path)[: stamp.size]
    if len(text) < stamp.size:
        raise DamagedMetrics(
            f"'{path}' has lost its end: {len(text):,} of {stamp.size:,} bytes are left"
        )
    if zlib.crc32(text) != stamp.checksum:
        raise DamagedMetrics(f"'{path}' is not what the run wrote")


def stamp_of(path: Path, num_members: int, num_updates: int, *, every_update: bool) -> Stamp:
    """The stamp of the first updates in a file, for checkpoints without one.

    Args:
      path: the file.
      num_members: the number of members of the run.
      num_updates: the number of the last update to keep.
      every_update: whether the file has lines of every update, not only of some.

    Raises:
      DamagedMetrics: the file is damaged, or lacks some of the updates.
    """
    table = read(path, num_members)
    updates = table["update"][:, 0] if table else np.zeros(0)
    kept = int(np.sum(updates <= num_updates))
    if every_update and kept < num_updates:
        raise DamagedMetrics(f"'{path}' has {kept:,} updates of the first {num_updates:,}")
    if not kept:
        return Stamp(0, 0)
    text = b"".join(_bytes(path).splitlines(keepends=True)[: 1 + kept * num_members])
    return Stamp(len(text), zlib.crc32(text))


def count_steps(previous: np.ndarray, steps: np.ndarray) -> np.ndarray:
    """The steps of updates as 64-bit integers, from counters of 32 bits that wrap around.

    Args:
      previous: the steps before the first update, `[num_members]`.
      steps: the counters after each update, int32, `[num_updates, num_members]`.
    """
    counters = np.concatenate([previous[None], steps]).astype(np.int64)
    increments = np.diff(counters, axis=0) % 2**32
    return previous + np.cumsum(increments, axis=0)


def read(path: Path, num_members: int) -> Table:
    """Read a metrics file, except for an incomplete update at its end.

    Args:
      path: the file.
      num_members: the number of members of the run.

    Returns:
      The table; empty if there is no such file, or no complete update in it.

    Raises:
      DamagedMetrics: the file cannot be read, or is not a metrics file of so many members.
    """
    lines = _complete_lines(path) if path.exists() else []
    num_updates = (len(lines) - 1) // num_members
    if num_updates < 1:
        return {}
    names = next(csv.reader([lines[0]]))
    try:
        rows = np.loadtxt(lines[1 : 1 + num_updates * num_members], delimiter=",", ndmin=2)
        columns = rows.reshape(num_updates, num_members, len(names))
    except ValueError as error:
        reason = str(error).partition(";")[0]
        raise DamagedMetrics(f"'{path}' is damaged: {reason}") from None
    table = {name: columns[..., i] for i, name in enumerate(names)}
    _check_order(path, table)
    return table


def _check_order(path: Path, table: Table) -> None:
    """Check that lines are ordered by update, then by member, and that no line is missing."""
    if list(table)[:2] != ["update", "seed"] or "steps" not in table:
        raise DamagedMetrics(f"'{path}' is damaged: its first line does not name the columns")
    updates, seeds = table["update"], table["seed"]
    is_ordered = np.all(np.diff(updates[:, 0]) > 0) and np.all(updates == updates[:, :1])
    if not (is_ordered and np.all(seeds == seeds[0])):
        raise DamagedMetrics(f"'{path}' is damaged: its updates and seeds are not in order")


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise DamagedMetrics(f"'{path}' cannot be read: {error.strerror or error}") from error


def _complete_lines(path: Path) -> list[str]:
    data = _bytes(path)
    if b"\0" in data:
        raise DamagedMetrics(f"'{path}' is damaged: it has zero bytes")
    try:
        lines = data.decode().splitlines(keepends=True)
    except UnicodeDecodeError as error:
        raise DamagedMetrics(f"'{path}' is damaged: it is not text, {error}") from None
    return [line for line in lines if line.endswith("\n")]


def _lines(
    members: Sequence[Mapping[str, float]], first_update: int, table: Table, *, with_header: bool
) -> bytes:
    names = [*(name for name in FIRST if name in table), *sorted(table.keys() - set(FIRST))]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    if with_header:
        writer.writerow(["update", *members[0], *names])
    for i in range(len(table["steps"])):
        for j, member in enumerate(members):
            numbers = (table[name][i, j] for name in names)
            writer.writerow([first_update + i, *member.values(), *numbers])
    return text.getvalue().encode()


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


def describe_member(member: dict[str, float]) -> str:
    """The seed of a member and its values of the sweep, such as `seed 0, learning_rate 0.001`."""
    return ", ".join(f"{name} {value:.10g}" for name, value in member.items())
