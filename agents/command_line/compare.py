"""Runs beside each other in one picture, each called by what tells it from the others."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from agents.command_line import plots
from agents.command_line.options import said
from agents.command_line.plots import Curve
from agents.runs import metrics
from agents.runs.run import Run


class Group(NamedTuple):
    """Seeds of a run that were told the same.

    Attributes:
      run: the run.
      config: what they were told.
    """

    run: Run
    config: Any


def compare(runs: Sequence[Run], path: Path) -> None:
    """Draw the learning curves of runs over each other, one for each point of a sweep.

    Args:
      runs: the runs, of one environment.
      path: the picture to write.

    Raises:
      ValueError: the environments differ, or in one of the runs no episode has ended yet.
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
    named = [
        curve._replace(label=label) for curve, label in zip(curves, labels(groups), strict=True)
    ]
    plots.draw(named, path, first.config.env)


def labels(groups: Sequence[Group]) -> list[str]:
    """What to call each of some groups.

    It is the algorithm, and what its config says differently from others of the algorithm; where
    that is nothing, the folder.
    """
    names = [
        _label(group, [other for other in groups if other.run.name == group.run.name])
        for group in groups
    ]
    return [
        name if names.count(name) == 1 else f"{name}, {group.run.folder.name}"
        for name, group in zip(names, groups, strict=True)
    ]


def _label(group: Group, alike: Sequence[Group]) -> str:
    fields = [field.name for field in dataclasses.fields(group.config)]
    own = {name: getattr(group.config, name) for name in fields}
    differing = [
        f"{name} {said(value)}"
        for name, value in own.items()
        if any(getattr(other.config, name) != value for other in alike)
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
