"""The command `evaluate`."""

from __future__ import annotations

import argparse
import json
from typing import Any

import numpy as np

from ..runs import metrics
from ..runs.journal import metrics_damage
from ..runs.metrics import DamagedMetrics
from ..runs.run import Run, load_run
from ..runs.training import restore, restore_best
from . import tables
from .output import console, warn


def evaluate_command(arguments: argparse.Namespace) -> int:
    """Play full episodes with the trained policies of a run."""
    screen = console(soft_wrap=True)
    with arguments.parser.reporting_errors():
        run = load_run(arguments.folder)
        if arguments.best:
            best = restore_best(run, warn)
            states, columns = best.state, {"after updates": np.asarray(best.update)}
            what = "best evaluation during training"
        else:
            states, num_updates = restore(run, warn)
            columns = _training_returns(run)
            what = f"after {num_updates:,} of {run.num_updates:,} updates"
        if not arguments.json:
            screen.print(f"{tables.title(run)}, {what}")
        episodes = tables.evaluate(
            *(run, states, warn if arguments.json else screen.print),
            *(arguments.episodes, arguments.seed),
            greedy_alone=arguments.greedy,
        )
    if arguments.json:
        screen.print(json.dumps(_as_json(run, columns, episodes), indent=2, allow_nan=False))
    else:
        tables.print_returns(console(), run, columns, episodes)
    return 0


def _training_returns(run: Run) -> tables.Columns:
    """The column of training returns; none, but a warning, if the metrics are damaged."""
    damage = metrics_damage(run)
    try:
        table = metrics.read(run.metrics_path, run.num_members)
    except DamagedMetrics as error:
        damage, table = damage or [str(error)], {}
    for line in damage:
        warn(f"{line}; the returns in training are left out")
    return {} if damage else tables.training_returns(table)


def _as_json(run: Run, columns: tables.Columns, episodes: tables.Columns) -> dict[str, Any]:
    """The results of every member, with its seed and its values of the sweep."""
    results = columns | {
        f"{name} {kind}": values
        for name, returns in episodes.items()
        for kind, values in (
            ("mean", returns.mean(axis=1)),
            ("std", returns.std(axis=1)),
            ("returns", returns),
        )
    }
    members = [
        member | {name.replace(" ", "_"): _plain(values[i]) for name, values in results.items()}
        for i, member in enumerate(run.members)
    ]
    about = {"run": str(run.folder), "algorithm": run.name, "env": run.config.env}
    return about | {"members": members}


def _plain(value: Any) -> Any:
    """A number or an array as JSON has it; None for NaN, which it lacks."""
    if np.ndim(value):
        return [_plain(each) for each in value]
    return None if np.isnan(value) else value.item()
