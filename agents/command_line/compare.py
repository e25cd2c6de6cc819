"""The learning curves of several runs in one figure, labeled by what differs between them."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from ..runs import metrics
from ..runs.run import Run
from . import plots
from .options import format_value
from .plots import Curve


class Group(NamedTuple):
    """The seeds of a run at one point of its sweep.

    Attributes:
      run: the run.
      config: the config at this point.
    """

    run: Run
    config: Any


def compare(runs: Sequence[Run], path: Path) -> None:
    """Draw the learning curves of runs in one figure, one curve for each point of a sweep.

    Args:
      runs: the runs, of one environment.
      path: the file of the figure.

    Raises:
      ValueError: the environments differ, or no episode of one of the runs has ended yet.
    """
    first = runs[0]
    for run in runs:
        if run.config.env != first.config.env:
            raise ValueError(
                "returns of different environments cannot be compared: "
                f"'{first.folder}' is on {first.config.env}, '{run.folder}' on {run.config.env}"
            )
    groups = [Group(run, config) for run in runs for config in run.point_configs]
    curves = [curve for run in runs for curve in _curves(run)]
    labeled = [
        curve._replace(label=label) for curve, label in zip(curves, labels(groups), strict=True)
    ]
    plots.draw(labeled, path, first.config.env)


def free_path(path: Path) -> Path:
    """A path like the given one that no file has: with a number before the suffix, if need be."""
    numbered = (path.with_stem(f"{path.stem}-{number}") for number in itertools.count(2))
    return next(free for free in itertools.chain([path], numbered) if not free.exists())


def labels(groups: Sequence[Group]) -> list[str]:
    """The labels of groups.

    A label is the algorithm and the fields that differ between groups of the algorithm; where
    labels are equal, also the folder.
    """
    names = [
        _label(group, [other for other in groups if other.run.name == group.run.name])
        for group in groups
    ]
    return [
        name if names.count(name) == 1 else f"{name}, {group.run.folder.name}"
        for name, group in zip(names, groups, strict=True)
    ]


def _label(group: Group, others: Sequence[Group]) -> str:
    fields = [field.name for field in dataclasses.fields(group.config)]
    own = {name: getattr(group.config, name) for name in fields}
    differing = [
        f"{name} {format_value(value)}"
        for name, value in own.items()
        if any(getattr(other.config, name) != value for other in others)
    ]
    return ", ".join([group.run.name.upper(), *differing])


def _curves(run: Run) -> list[Curve]:
    table = metrics.read(run.metrics_path, run.num_members)
    if not table:
        raise ValueError(f"'{run.folder}' has no metrics yet")
    curves = plots.curves(table, {}, [""] * len(run.points))
    if not len(curves[0].steps):
        raise ValueError(f"'{run.folder}' has a seed none of whose episodes has ended yet")
    return curves
