"""The results of a run: the table of returns, and the figure of the learning curve."""

from __future__ import annotations

from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Column, Table

from ..runs import metrics
from ..runs.evaluation import EPISODES, evaluate_run, nan_messages
from ..runs.journal import Warn
from ..runs.run import Point, Run
from . import plots
from .formatting import decimals, number
from .options import flag

SPREAD = "standard deviation over seeds (ddof 0)"
"""What follows the sign between two numbers."""

GREEDY = {"evaluation": False, "greedy evaluation": True}
"""Whether actions are greedy, by the title of the column."""

Columns = dict[str, np.ndarray]
"""Numbers of every member, each `[num_members, ...]`, by the title of their column."""


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


def evaluate(
    run: Run,
    states: Any,
    warn: Warn,
    num_episodes: int = EPISODES,
    seed: int = 0,
    *,
    greedy_alone: bool = False,
) -> Columns:
    """The returns of full episodes of every member.

    Args:
      run: the run.
      states: the states to evaluate, with a leading axis `[num_members]`.
      warn: called with why returns are NaN.
      num_episodes: the number of episodes of each member.
      seed: the seed of the episodes.
      greedy_alone: whether to leave out actions that are drawn from the policy.

    Returns:
      Returns of actions from the policy and of greedy ones, `[num_members, num_episodes]` each.
    """
    kinds = {"greedy evaluation": True} if greedy_alone else GREEDY
    returns = evaluate_run(run, states, num_episodes, seed, greedy=tuple(kinds.values()))
    for line in nan_messages(run, states, returns):
        warn(line)
    return dict(zip(kinds, returns, strict=True))


def print_returns(console: Console, run: Run, columns: Columns, episodes: Columns) -> None:
    """Print the mean returns of every member.

    Args:
      console: the console.
      run: the run.
      columns: other columns of the table, before the returns.
      episodes: the returns of episodes, as `evaluate` gives them.
    """
    columns = columns | {name: returns.mean(axis=1) for name, returns in episodes.items()}
    num_episodes = next(iter(episodes.values())).shape[1]
    sign = "+-" if console.options.ascii_only else "±"
    table = Table(
        *("seed", *(name.replace("_", " ") for name in run.sweep)),
        *(Column(name, justify="right") for name in columns),
        title=f"mean return; evaluation over {num_episodes} episodes",
        caption=f"all: mean {sign} {SPREAD}" if len(run.seeds) > 1 else None,
        title_justify="left",
        caption_justify="left",
    )
    places = {name: decimals(column) for name, column in columns.items()}
    for i, point in enumerate(run.points):
        members = slice(i * len(run.seeds), (i + 1) * len(run.seeds))
        numbers = [f"{value:g}" for value in point.values()]
        values = {name: column[members] for name, column in columns.items()}
        for j, seed in enumerate(run.seeds):
            cells = (_cell(column[j], places[name]) for name, column in values.items())
            table.add_row(str(seed), *numbers, *cells)
        table.add_section()
        if len(run.seeds) > 1:
            cells = (_summary(each, sign, places[name]) for name, each in values.items())
            table.add_row("all", *numbers, *cells)
            table.add_section()
    console.print(table)


def best_point(run: Run, episodes: Columns) -> str:
    """One line on the point of the sweep with the highest mean return of its seeds."""
    means = returns_of_points(run, episodes)
    best = int(np.argmax(means))
    options = " ".join(f"{flag(name)} {value:g}" for name, value in run.points[best].items())
    return f"Best of {len(means)}: {options} with a mean return of {number(means[best])}"


def returns_of_points(run: Run, episodes: Columns) -> np.ndarray:
    """The mean return at each point over its seeds and episodes, `[points]`; -inf for NaN.

    Args:
      run: the run.
      episodes: the returns of episodes, as `evaluate` gives them; the first ones are used.
    """
    returns = next(iter(episodes.values())).reshape(len(run.points), -1)
    return np.nan_to_num(returns.mean(axis=1), nan=-np.inf)


def _cell(value: Any, places: int) -> str:
    return f"{value:,}" if isinstance(value, np.integer) else number(value, places)


def _summary(values: np.ndarray, sign: str, places: int) -> str:
    """Mean and standard deviation over seeds of returns; empty for numbers of updates."""
    if np.issubdtype(values.dtype, np.integer):
        return ""
    if np.isnan(values).any():
        return "-"
    return f"{number(np.mean(values), places)} {sign} {number(np.std(values), places)}"


def _label(point: Point) -> str:
    return ", ".join(f"{name} {value:g}" for name, value in point.items())
