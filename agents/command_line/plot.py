"""The command `plot`."""

from __future__ import annotations

import argparse
import itertools
from pathlib import Path

from ..runs.journal import metrics_damage
from ..runs.run import load_run
from .compare import compare, free_path
from .output import console, warn


def plot_command(arguments: argparse.Namespace) -> int:
    """Draw the learning curves of runs in one figure."""
    with arguments.parser.reporting_errors():
        path = _figure_path(arguments.out)
        done = "Replaced" if path.exists() else "Wrote"
        runs = [load_run(folder) for folder in arguments.folders]
        compare(runs, path)
        for damage in itertools.chain(*map(metrics_damage, runs)):
            warn(damage)
    console(soft_wrap=True).print(f"{done} {path}")
    return 0


def _figure_path(given: str | None) -> Path:
    """The file of a figure: a new one, unless the user has named a file."""
    if given is None:
        return free_path(Path("compare.png"))
    if not given:
        raise ValueError("--out must name a file; got an empty name")
    path = Path(given)
    if path.is_dir() or given.endswith("/"):
        path.mkdir(parents=True, exist_ok=True)
        return free_path(path / "compare.png")
    return path if path.suffix else path.with_suffix(".png")
