"""Figures of learning curves."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.ticker import EngFormatter, MaxNLocator

from ..runs.atomic_write import replacing
from ..runs.metrics import Table, return_sums
from .aggregates import LEVEL, bootstrap_interval, interquartile_mean

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
NUM_BINS = 100
"""Number of points of a curve, at most."""
MOST_BINS = 400
"""Number of points of the longest of several curves on a common grid, at most."""


class Curve(NamedTuple):
    """The learning curve of seeds with the same config.

    Attributes:
      label: the label in the legend.
      steps: the steps of the points, `[points]`.
      returns: the returns of each seed at these steps, `[points, seeds]`.
      evaluated_steps: the steps of evaluations, `[evaluations]`.
      evaluated_returns: their interquartile mean returns over the seeds, `[evaluations]`.
    """

    label: str
    steps: np.ndarray
    returns: np.ndarray
    evaluated_steps: np.ndarray
    evaluated_returns: np.ndarray


def curves(
    table: Table,
    evaluations: Table,
    labels: Sequence[str] = ("",),
    edges: np.ndarray | None = None,
) -> list[Curve]:
    """The curves of a run, one for each group of members with the same config.

    Args:
      table: the metrics; the members of a group are adjacent.
      evaluations: the metrics of evaluations; empty if there are none.
      labels: the label of each group.
      edges: the edges of the bins of steps, such as those of `common_edges`; those of this run if
        not given.
    """
    steps, returns = binned_returns(table, edges=edges)
    none = np.zeros((0, table["steps"].shape[1]))
    evaluated = [evaluations.get(name, none) for name in ("steps", "return_mean")]
    by_group = (np.split(values, len(labels), axis=1) for values in (returns, *evaluated))
    return [
        Curve(label, steps, seeds, at.mean(axis=1), interquartile_mean(means))
        for label, seeds, at, means in zip(labels, *by_group, strict=True)
    ]


def draw(curves: Sequence[Curve], path: Path, title: str) -> None:
    """Write the figure of `learning_curves` to a file, whose suffix selects the format."""
    save(learning_curves(curves, title), path)


def learning_curves(curves: Sequence[Curve], title: str) -> Figure:
    """Draw the interquartile mean return of seeds against the steps, with bootstrap intervals.

    Args:
      curves: the curves, with a legend if they have labels.
      title: the title.
    """
    figure, axes = new_figure([curve.label for curve in curves], title, _caption(curves))
    for curve, (style, color) in zip(curves, itertools.cycle(LINES), strict=False):
        if curve.returns.shape[1] > 1 and len(curve.steps):
            intervals = np.array([bootstrap_interval([returns]) for returns in curve.returns])
            axes.fill_between(curve.steps, *intervals.T, color=color, alpha=0.18, linewidth=0)
        axes.plot(
            curve.steps,
            interquartile_mean(curve.returns),
            label=curve.label,
            color=color,
            linestyle=style,
            linewidth=2,
            marker="o" if len(curve.steps) == 1 else None,  # a line of one point is invisible
            solid_capstyle="round",
        )
        if curve.evaluated_steps.size:
            axes.plot(curve.evaluated_steps, curve.evaluated_returns, color=color, **DOTS)
    axes.set_xlabel("environment steps per seed", color=TEXT_COLOR)
    axes.set_ylabel("episode return", color=TEXT_COLOR)
    axes.xaxis.set_major_formatter(EngFormatter(sep=""))
    axes.xaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 2.5, 5, 10]))
    axes.margins(x=0)
    steps = [steps for curve in curves for steps in (curve.steps, curve.evaluated_steps)]
    axes.set_xlim(0, _right_end(axes, max((each.max(initial=0) for each in steps), default=0)))
    add_legend(figure)
    return figure


def new_figure(labels: Sequence[str], title: str, caption: str) -> tuple[Figure, Axes]:
    """A figure in the style of all, with room for a legend of these labels below the axes."""
    layout = ConstrainedLayoutEngine(w_pad=0.15, h_pad=0.08)
    _, rows = _legend_shape(labels)
    figure = Figure(figsize=(7, 4.2 + 0.22 * rows), dpi=160, layout=layout)
    axes = figure.subplots()
    axes.set_title(title, loc="left", color=TEXT_COLOR, fontweight="bold", pad=22)
    above: dict[str, Any] = {
        "xycoords": "axes fraction",
        "xytext": (0, 8),
        "textcoords": "offset points",
    }
    axes.annotate(caption, (0, 1), color=TEXT_COLOR, fontsize="small", **above)
    axes.grid(color=GRID_COLOR, linewidth=0.6)
    axes.spines[:].set_visible(False)
    axes.tick_params(colors=TEXT_COLOR, length=0)
    return figure, axes


def save(figure: Figure, path: Path) -> None:
    """Write a figure to a file, atomically."""
    with replacing(path) as temporary:
        figure.savefig(temporary)


def add_legend(figure: Figure) -> None:
    """Add a legend below the axes, if the lines have labels."""
    labels = [str(line.get_label()) for line in figure.axes[0].get_lines()]
    columns, rows = _legend_shape([label for label in labels if not label.startswith("_")])
    if rows:
        place: dict[str, Any] = {"loc": "outside lower center", "borderpad": 0}
        figure.legend(
            ncols=columns, frameon=False, labelcolor=TEXT_COLOR, fontsize="small", **place
        )


def _right_end(axes: Axes, last: float) -> float:
    """The end of the axis of steps: the next tick if it is close, so that it is shown."""
    ticks = np.asarray(axes.xaxis.get_major_locator().tick_values(0, last))
    later = ticks[ticks >= last]
    is_close = later.size and later[0] <= 1.03 * last
    return float(later[0] if is_close else last) or 1.0


def _legend_shape(labels: Sequence[str]) -> tuple[int, int]:
    """The number of columns and rows of the legend; no rows without labels."""
    longest = max(map(len, labels), default=0)
    columns = min(len(labels), max(1, LINE_LENGTH // (longest + 8))) or 1
    return columns, -(-len(labels) // columns) if any(labels) else 0


def _caption(curves: Sequence[Curve]) -> str:
    """The meaning of lines, bands and dots."""
    numbers = {curve.returns.shape[1] for curve in curves}
    if numbers == {1}:
        parts = ["1 seed"]
    else:
        seeds = "the seeds" if len(numbers) > 1 else f"{min(numbers)} seeds"
        parts = [f"interquartile mean of {seeds}", f"bands: {LEVEL:.0%} bootstrap intervals"]
    if any(curve.evaluated_steps.size for curve in curves):
        parts.append("dots: evaluations")
    return "; ".join(parts)


def common_edges(tables: Sequence[Table]) -> np.ndarray:
    """Edges of bins of steps for several runs, as fine as the shortest run allows.

    Args:
      tables: the metrics of the runs.

    Returns:
      Edges, `[bins + 1]`, with up to `MOST_BINS` bins.
    """
    ends = [float(table["steps"].max()) for table in tables]
    numbers = [min(NUM_BINS, len(table["steps"])) for table in tables]
    finest = min(end / number for end, number in zip(ends, numbers, strict=True))
    return np.linspace(0, max(ends), min(MOST_BINS, math.ceil(max(ends) / finest)) + 1)


def binned_returns(
    table: Table, num_bins: int = NUM_BINS, edges: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Average the returns of the episodes that ended in each bin of steps.

    Args:
      table: the metrics.
      num_bins: the number of bins, fewer if there are fewer updates.
      edges: the edges of the bins instead, from 0 to the last step of this run or beyond.

    Returns:
      The steps at which the bins end, `[bins]`, and mean returns, `[bins, num_members]`. A bin
      without episodes repeats the one before; bins before the first episode of any member are left
      out, and so are those after the end of training.
    """
    steps = table["steps"]
    num_updates, num_members = steps.shape
    if edges is None:
        edges = np.linspace(0, steps.max(), min(num_bins, num_updates) + 1)
    # An update belongs to the bin that ends with its last step; edges are rounded.
    bins = np.searchsorted(edges[1:], steps - 0.5)
    ends = np.minimum(edges[1 : bins.max() + 2], steps.max())
    sums, counts = (np.zeros((len(ends), num_members)) for _ in range(2))
    index = (bins, np.arange(num_members))
    np.add.at(sums, index, return_sums(table))
    np.add.at(counts, index, table["episodes"])
    rows = np.arange(len(counts))[:, None]
    latest = np.maximum.accumulate(np.where(counts > 0, rows, -1), axis=0)
    known = np.all(latest >= 0, axis=1)
    returns = np.take_along_axis(sums / np.maximum(counts, 1), latest.clip(0), axis=0)
    return ends[known], returns[known]
