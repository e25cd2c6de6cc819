"""The results of a run: the table of returns, and the figure of the learning curve."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Column, Table

from agents.command_line import plots
from agents.runs import metrics
from agents.runs.evaluation import EPISODES, evaluate_run
from agents.runs.run import Point, Run

Columns = dict[str, np.ndarray]
"""Numbers of every member, each `[num_members]`, by the title of their column."""


def title(run: Run) -> str:
    """The algorithm and the environment of a run."""
    return f"{run.name.upper()} on {run.config.env}"


def draw(run: Run, table: metrics.Table) -> None:
    """Draw the learning curve of a run so far."""
    evaluations = metrics.read(run.evaluations_path, run.num_members)
    labels = [_label(point) for point in run.points]
    plots.draw(plots.curves(table, evaluations, labels), run.figure_path, title(run))


def warn_of_nan(run: Run, table: metrics.Table, console: Console) -> None:
    """Name the members whose last metrics are not finite."""
    last = [values[-1] for name, values in table.items() if name not in metrics.FIRST]
    is_lost = ~np.all(np.isfinite(last), axis=0)
    for member in itertools.compress(run.members, is_lost):
        console.print(
            f"Metrics are NaN or infinite for {_label(member)}; try a smaller learning rate"
        )


def training_returns(table: metrics.Table) -> Columns:
    """The mean return of the last episodes in training; no column without an update."""
    return {"last 100 training episodes": metrics.last_return(table)} if table else {}


def print_returns(
    run: Run, states: Any, columns: Columns, num_episodes: int = EPISODES, seed: int = 0
) -> None:
    """Evaluate every member, and print its returns.

    Args:
      run: the run.
      states: the states to evaluate, with a leading axis `[num_members]`.
      columns: other columns of the table, before the returns.
      num_episodes: the number of episodes of each member.
      seed: the seed of the episodes.
    """
    stochastic, greedy = evaluate_run(run, states, num_episodes, seed)
    columns = columns | {
        "evaluation": stochastic.mean(axis=1),
        "greedy evaluation": greedy.mean(axis=1),
    }
    table = Table(
        *("seed", *run.sweep),
        *(Column(name, justify="right") for name in columns),
        title=f"mean return; evaluation over {num_episodes} episodes",
        title_justify="left",
    )
    for i, point in enumerate(run.points):
        members = slice(i * len(run.seeds), (i + 1) * len(run.seeds))
        numbers = [f"{number:g}" for number in point.values()]
        values = [column[members] for column in columns.values()]
        for seed, *each in zip(run.seeds, *values, strict=True):
            table.add_row(str(seed), *numbers, *map(_cell, each))
        table.add_section()
        if len(run.seeds) > 1:
            table.add_row("all", *numbers, *map(_mean_and_std, values))
            table.add_section()
    Console(highlight=False).print(table)


def _cell(value: Any) -> str:
    if isinstance(value, np.integer):
        return f"{value:,}"
    return "-" if np.isnan(value) else f"{value:.1f}"


def _mean_and_std(values: np.ndarray) -> str:
    """Mean and standard deviation over seeds of returns; empty for numbers of updates."""
    if np.issubdtype(values.dtype, np.integer):
        return ""
    return "-" if np.isnan(values).any() else f"{np.mean(values):.1f} ± {np.std(values):.1f}"


def _label(point: Point) -> str:
    return ", ".join(f"{name} {value:g}" for name, value in point.items())
