"""The results of a run: the table of returns, and the figure of the learning curve."""

from __future__ import annotations

from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Column, Table

from ..experience import environments
from ..runs import metrics
from ..runs.evaluation import EPISODES, evaluate_run, step_limit
from ..runs.run import Point, Run
from . import plots

SPREAD = "all: mean and standard deviation over seeds (ddof 0)"
"""The caption of a table with several seeds."""

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
    """Name the members whose last metrics are not finite, and since when."""
    values = np.stack([v for name, v in table.items() if name not in metrics.FIRST])
    is_finite = np.isfinite(values).all(axis=0)
    for j, member in enumerate(run.members):
        if not is_finite[-1, j]:
            first = len(is_finite) - int(np.argmax(np.append(is_finite[::-1, j], True)))
            update, steps = (int(table[name][first, j]) for name in ("update", "steps"))
            console.print(
                f"Metrics are NaN or infinite for {_label(member)} from update {update:,}, step "
                f"{steps:,}, on; try a smaller learning rate"
            )


def training_returns(table: metrics.Table) -> Columns:
    """The mean return of the last episodes in training; no column without an update."""
    return {"last 100 training episodes": metrics.last_return(table)} if table else {}


def print_returns(
    console: Console,
    run: Run,
    states: Any,
    columns: Columns,
    num_episodes: int = EPISODES,
    seed: int = 0,
) -> None:
    """Evaluate every member, and print its returns.

    Args:
      console: the console.
      run: the run.
      states: the states to evaluate, with a leading axis `[num_members]`.
      columns: other columns of the table, before the returns.
      num_episodes: the number of episodes of each member.
      seed: the seed of the episodes.
    """
    stochastic, greedy = evaluate_run(run, states, num_episodes, seed)
    unfinished = int(np.isnan(stochastic).sum() + np.isnan(greedy).sum())
    if unfinished:
        limit = step_limit(environments.make(run.config.env))
        console.print(
            f"{unfinished:,} of {stochastic.size + greedy.size:,} episodes had not ended after "
            f"{limit:,} steps; seeds with such an episode have no mean return"
        )
    columns = columns | {
        "evaluation": stochastic.mean(axis=1),
        "greedy evaluation": greedy.mean(axis=1),
    }
    table = Table(
        *("seed", *run.sweep),
        *(Column(name, justify="right") for name in columns),
        title=f"mean return; evaluation over {num_episodes} episodes",
        caption=SPREAD if len(run.seeds) > 1 else None,
        title_justify="left",
        caption_justify="left",
    )
    sign = " +- " if console.options.ascii_only else " ± "
    for i, point in enumerate(run.points):
        members = slice(i * len(run.seeds), (i + 1) * len(run.seeds))
        numbers = [f"{number:g}" for number in point.values()]
        values = [column[members] for column in columns.values()]
        for seed, *each in zip(run.seeds, *values, strict=True):
            table.add_row(str(seed), *numbers, *map(_cell, each))
        table.add_section()
        if len(run.seeds) > 1:
            table.add_row("all", *numbers, *(_mean_and_std(each, sign) for each in values))
            table.add_section()
    console.print(table)


def _cell(value: Any) -> str:
    if isinstance(value, np.integer):
        return f"{value:,}"
    return "-" if np.isnan(value) else f"{value:.1f}"


def _mean_and_std(values: np.ndarray, sign: str) -> str:
    """Mean and standard deviation over seeds of returns; empty for numbers of updates."""
    if np.issubdtype(values.dtype, np.integer):
        return ""
    if np.isnan(values).any():
        return "-"
    return f"{np.mean(values):.1f}{sign}{np.std(values):.1f}"


def _label(point: Point) -> str:
    return ", ".join(f"{name} {value:g}" for name, value in point.items())
