"""Figures of learning curves."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.ticker import EngFormatter

from ..runs.atomic_write import replacing
from ..runs.metrics import Table, return_sums

TEXT_COLOR, GRID_COLOR = "#33363d", "#d9dce1"
COLORS = ("#2a6f97", "#c8553d", "#588157", "#7b5ea7", "#c99a2e", "#4b8f8c")
LINES = tuple(itertools.product(("-", "--", ":"), COLORS))
"""Line style and color of each curve."""
LINE_LENGTH = 96
"""Number of small characters that fit in a line of the legend."""
DOTS: dict[str, Any] = {
    "linestyle": "",
    "marker": "o",
    "markersize": 4,
    "markerfacecolor": "white",
    "clip_on": False,
}
"""Style of evaluations."""


class Curve(NamedTuple):
    """The learning curve of seeds with the same config.

    Attributes:
      label: the label in the legend.
      steps: the steps of the points, `[points]`.
      returns: the returns of each seed at these steps, `[points, seeds]`.
      evaluated_steps: the steps of evaluations, `[evaluations]`.
      evaluated_returns: their mean returns over all seeds, `[evaluations]`.
    """

    label: str
    steps: np.ndarray
    returns: np.ndarray
    evaluated_steps: np.ndarray
    evaluated_returns: np.ndarray


def curves(table: Table, evaluations: Table, labels: Sequence[str] = ("",)) -> list[Curve]:
    """The curves of a run, one for each group of members with the same config.

    Args:
      table: the metrics; the members of a group are adjacent.
      evaluations: the metrics of evaluations; empty if there are none.
      labels: the label of each group.
    """
    steps, returns = binned_returns(table)
    none = np.zeros((0, table["steps"].shape[1]))
    evaluated = [evaluations.get(name, none) for name in ("steps", "return_mean")]
    by_group = (np.split(values, len(labels), axis=1) for values in (returns, *evaluated))
    return [
        Curve(label, steps, *group[:1], *(values.mean(axis=1) for values in group[1:]))
        for label, *group in zip(labels, *by_group, strict=True)
    ]


def draw(curves: Sequence[Curve], path: Path, title: str) -> None:
    """Draw the mean return over seeds against the steps, with bands; evaluations are dots.

    Args:
      curves: the curves, with a legend if they have labels.
      path: the file of the figure.
      title: the title.
    """
    layout = ConstrainedLayoutEngine(w_pad=0.15, h_pad=0.08)
    columns, rows = _legend_shape([curve.label for curve in curves])
    figure = Figure(figsize=(7, 4.2 + 0.22 * rows), dpi=160, layout=layout)
    axes = figure.subplots()
    bands = [(0, 100), (25, 75)] if len(curves) == 1 else [(25, 75)]
    for curve, (style, color) in zip(curves, itertools.cycle(LINES), strict=False):
        for low, high in bands:
            edges = np.percentile(curve.returns, [low, high], axis=1)
            axes.fill_between(curve.steps, *edges, color=color, alpha=0.16, linewidth=0)
        axes.plot(
            curve.steps,
            curve.returns.mean(axis=1),
            label=curve.label,
            color=color,
            linestyle=style,
            linewidth=2,
            marker="o" if len(curve.steps) == 1 else None,  # a line of one point is invisible
            solid_capstyle="round",
        )
        if curve.evaluated_steps.size:
            axes.plot(curve.evaluated_steps, curve.evaluated_returns, color=color, **DOTS)
    if rows:
        place: dict[str, Any] = {"loc": "outside lower center", "borderpad": 0}
        figure.legend(
            ncols=columns, frameon=False, labelcolor=TEXT_COLOR, fontsize="small", **place
        )

    axes.set_title(title, loc="left", color=TEXT_COLOR, fontweight="bold", pad=22)
    above: dict[str, Any] = {
        "xycoords": "axes fraction",
        "xytext": (0, 8),
        "textcoords": "offset points",
    }
    axes.annotate(_caption(curves), (0, 1), color=TEXT_COLOR, fontsize="small", **above)
    axes.set_xlabel("environment steps per seed", color=TEXT_COLOR)
    axes.set_ylabel("episode return", color=TEXT_COLOR)
    axes.xaxis.set_major_formatter(EngFormatter(sep=""))
    axes.margins(x=0)
    axes.set_xlim(left=0)
    axes.grid(color=GRID_COLOR, linewidth=0.6)
    axes.spines[:].set_visible(False)
    axes.tick_params(colors=TEXT_COLOR, length=0)
    with replacing(path) as temporary:
        figure.savefig(temporary)


def _legend_shape(labels: Sequence[str]) -> tuple[int, int]:
    """The number of columns and rows of the legend; no rows without labels."""
    columns = min(len(labels), max(1, LINE_LENGTH // (max(map(len, labels)) + 8)))
    return columns, -(-len(labels) // columns) if any(labels) else 0


def _caption(curves: Sequence[Curve]) -> str:
    """The meaning of lines, bands and dots."""
    numbers = {curve.returns.shape[1] for curve in curves}
    if numbers == {1}:
        parts = ["1 seed"]
    else:
        seeds = "the seeds" if len(numbers) > 1 else f"{min(numbers)} seeds"
        shown = "range and middle half" if len(curves) == 1 else "middle half"
        parts = [f"mean of {seeds}", f"bands: {shown}"]
    if any(curve.evaluated_steps.size for curve in curves):
        parts.append("dots: evaluations")
    return "; ".join(parts)


def binned_returns(table: Table, num_bins: int = 100) -> tuple[np.ndarray, np.ndarray]:
    """Average the returns of the episodes that ended in each bin of steps.

    Args:
      table: the metrics.
      num_bins: the number of bins, fewer if there are fewer updates.

    Returns:
      The steps at which the bins end, `[bins]`, and mean returns, `[bins, num_members]`. A bin
      without episodes repeats the one before; bins before the first episode of any member are left
      out.
    """
    steps = table["steps"]
    num_updates, num_members = steps.shape
    edges = np.linspace(0, steps.max(), min(num_bins, num_updates) + 1)
    # An update belongs to the bin that ends with its last step; edges are rounded.
    bins = np.searchsorted(edges[1:], steps - 0.5)
    sums, counts = (np.zeros((len(edges) - 1, num_members)) for _ in range(2))
    index = (bins, np.arange(num_members))
    np.add.at(sums, index, return_sums(table))
    np.add.at(counts, index, table["episodes"])
    rows = np.arange(len(counts))[:, None]
    latest = np.maximum.accumulate(np.where(counts > 0, rows, -1), axis=0)
    known = np.all(latest >= 0, axis=1)
    returns = np.take_along_axis(sums / np.maximum(counts, 1), latest.clip(0), axis=0)
    return edges[1:][known], returns[known]
