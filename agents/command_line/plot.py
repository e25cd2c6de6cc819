"""The command `plot`: the learning curves of several runs in one figure."""

from __future__ import annotations

import argparse
import itertools
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ..runs import metrics
from ..runs.journal import metrics_damage
from ..runs.metrics import Table
from ..runs.run import Run, load_run
from . import plots
from .groups import groups, labels_with_seeds
from .output import console, file_to_write, warn
from .plots import Curve


def plot_command(arguments: argparse.Namespace) -> int:
    """Draw the learning curves of runs in one figure."""
    with arguments.parser.reporting_errors():
        path = file_to_write(arguments.out, "compare.png")
        done = "Replaced" if path.exists() else "Wrote"
        runs = [load_run(folder) for folder in arguments.folders]
        plot(runs, path)
        for damage in itertools.chain(*map(metrics_damage, runs)):
            warn(damage)
    console(soft_wrap=True).print(f"{done} {path}")
    return 0


def plot(runs: Sequence[Run], path: Path) -> None:
    """Draw the learning curves of runs in one figure, one curve for each point of a sweep.

    Args:
      runs: the runs, of one environment.
      path: the file of the figure.

    Raises:
      ValueError: the environments differ, or one of the runs has neither evaluations nor, of each
        seed, an episode that has ended.
    """
    first = runs[0]
    for run in runs:
        if run.config.env != first.config.env:
            raise ValueError(
                "returns of different environments cannot be drawn in one figure, but compared by "
                f"`compare`: '{first.folder}' is on {first.config.env}, '{run.folder}' on "
                f"{run.config.env}"
            )
    tables = [_metrics(run) for run in runs]
    edges = plots.common_edges(tables)
    curves = [
        curve
        for run, table in zip(runs, tables, strict=True)
        for curve in _curves(run, table, edges)
    ]
    names = labels_with_seeds([group for run in runs for group in groups(run)])
    labeled = [curve._replace(label=name) for curve, name in zip(curves, names, strict=True)]
    plots.draw(labeled, path, first.config.env)


def _metrics(run: Run) -> Table:
    table = metrics.read(run.metrics_path, run.num_members)
    if not table:
        raise ValueError(f"'{run.folder}' has no metrics yet")
    return table


def _curves(run: Run, table: Table, edges: np.ndarray) -> list[Curve]:
    evaluations = metrics.read(run.evaluations_path, run.num_members)
    curves = plots.curves(table, evaluations, [""] * len(run.points), edges)
    if not (len(curves[0].steps) or curves[0].evaluated_steps.size):
        raise ValueError(
            f"'{run.folder}' has a seed none of whose episodes has ended yet, and no evaluations"
        )
    return curves
