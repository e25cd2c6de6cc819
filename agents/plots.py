"""Pictures of training."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.ticker import EngFormatter

from agents.metrics import Table, return_sums

INK, PALE = "#33363d", "#d9dce1"
LINES = ("#2a6f97", "#c8553d", "#588157", "#7b5ea7", "#c99a2e", "#4b8f8c")


def learning_curves(table: Table, path: Path, title: str, labels: Sequence[str] = ("",)) -> None:
    """Draw the mean return over seeds against the steps, in bands of all and of the middle half.

    Args:
      table: the metrics; members of one group of seeds stand next to each other.
      path: the picture to write.
      title: what it shows.
      labels: what each group is; more than one are drawn over each other, with a legend.
    """
    steps, returns = binned_returns(table)
    groups = np.split(returns, len(labels), axis=1)
    layout = ConstrainedLayoutEngine(w_pad=0.2, h_pad=0.15)
    figure = Figure(figsize=(7, 4.2), dpi=160, layout=layout)
    axes = figure.subplots()
    bands = [(0, 100), (25, 75)] if len(labels) == 1 else [(25, 75)]
    marker = "o" if len(steps) == 1 else None  # a line of one point cannot be seen
    for group, label, line in zip(groups, labels, itertools.cycle(LINES), strict=False):
        for low, high in bands:
            edges = np.percentile(group, [low, high], axis=1)
            axes.fill_between(steps, *edges, color=line, alpha=0.16, linewidth=0)
        mean = group.mean(axis=1)
        axes.plot(
            steps, mean, label=label, color=line, linewidth=2, marker=marker, solid_capstyle="round"
        )
    if len(labels) > 1:
        axes.legend(frameon=False, labelcolor=INK)

    num_seeds = groups[0].shape[1]
    axes.set_title(title, loc="left", color=INK, fontweight="bold")
    shown = "all of them, their middle half" if len(labels) == 1 else "their middle half"
    many = f"mean of {num_seeds} seeds; bands: {shown}"
    axes.set_title("1 seed" if num_seeds == 1 else many, loc="right", color=INK, fontsize="small")
    axes.set_xlabel("environment steps of a seed", color=INK)
    axes.set_ylabel("return of an episode", color=INK)
    axes.xaxis.set_major_formatter(EngFormatter(sep=""))
    axes.set_xlim(0, np.max(table["steps"]))
    axes.grid(color=PALE, linewidth=0.6)
    axes.spines[:].set_visible(False)
    axes.tick_params(colors=INK, length=0)
    figure.savefig(path)


def binned_returns(table: Table, num_bins: int = 100) -> tuple[np.ndarray, np.ndarray]:
    """Average the returns of the episodes that ended in each stretch of steps.

    Args:
      table: the metrics.
      num_bins: the number of stretches, fewer if there are fewer updates.

    Returns:
      The steps at which the stretches end, `[bins]`, and mean returns, `[bins, num_members]`; a
      stretch in which no episode ended repeats the one before. Bins before the first episode of
      the slowest member are left out.
    """
    steps = table["steps"]
    num_updates, num_members = steps.shape
    edges = np.linspace(0, steps.max(), min(num_bins, num_updates) + 1)
    # An update belongs to the stretch that ends with its last step; edges are rounded.
    stretch = np.searchsorted(edges[1:], steps - 0.5)
    sums, counts = (np.zeros((len(edges) - 1, num_members)) for _ in range(2))
    at = (stretch, np.arange(num_members))
    np.add.at(sums, at, return_sums(table))
    np.add.at(counts, at, table["episodes"])
    rows = np.arange(len(counts))[:, None]
    latest = np.maximum.accumulate(np.where(counts > 0, rows, -1), axis=0)
    known = np.all(latest >= 0, axis=1)
    returns = np.take_along_axis(sums / np.maximum(counts, 1), latest.clip(0), axis=0)
    return edges[1:][known], returns[known]
