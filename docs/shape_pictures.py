"""The picture of the guide to shapes: `python docs/shape_pictures.py` draws it."""

from __future__ import annotations

import math
from pathlib import Path

import jax
import jax.numpy as jnp
import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.patches import Circle, FancyBboxPatch, Rectangle

import jaxdist as jd

PICTURE = Path(__file__).parent / "static/shapes.svg"
GREY = "#808080"
"""A color that reads well on a light and on a dark page."""
COLORS = ("#4c72b0", "#dd8452", "#55a868", "#c44e52", "#8172b3", "#937860")
"""A color for each distribution of a batch."""
NORMALS = {shape: jd.Normal(jnp.zeros(shape), 1.0) for shape in [(), (3,), (2, 3)]}

EXAMPLES = [
    ("Normal(0.0, 1.0)", NORMALS[()], ()),
    ("Normal(zeros(3), 1.0)", NORMALS[3,], ()),
    ("Independent(Normal(zeros(3), 1.0), 1)", jd.Independent(NORMALS[3,], 1), ()),
    ("Normal(zeros((2, 3)), 1.0)", NORMALS[2, 3], ()),
    ("Independent(Normal(zeros((2, 3)), 1.0), 1)", jd.Independent(NORMALS[2, 3], 1), ()),
    ("the same, sample_shape (4,)", jd.Independent(NORMALS[2, 3], 1), (4,)),
]
"""Title, distribution and sample shape of every row."""


def draw_all() -> None:
    """Draw a row for each example."""
    plt.rcParams.update({"svg.hashsalt": "jaxdist", "text.color": GREY, "font.size": 8})
    figure, rows = plt.subplots(len(EXAMPLES), figsize=(7.6, 8.2))
    for ax, example in zip(rows, EXAMPLES, strict=True):
        draw_row(ax, *example)
    figure.subplots_adjust(0, 0, 1, 1, hspace=0.02)
    figure.savefig(PICTURE, transparent=True, metadata={"Date": None})
    plt.close(figure)


def draw_row(ax: Axes, title: str, d: jd.Distribution, sample_shape: tuple[int, ...]) -> None:
    """Draw the shapes of a distribution, a value as squares, and its log-density as discs."""
    value = d.sample(jax.random.key(0), sample_shape)
    ax.set(xlim=(0, 31), ylim=(-1.2, 3.6), aspect="equal")
    ax.axis("off")
    ax.text(0, 3, title, family="monospace", fontsize=9)
    ax.text(0, 1, f"batch_shape {d.batch_shape}\nevent_shape {d.event_shape}", va="center")
    for i in range(math.prod(sample_shape)):
        draw_value(ax, d, 7 + 3.9 * i)
        draw_log_prob(ax, d, 24.5 + 0.9 * i)
    ax.text(6.9, -1.0, f"value {value.shape}")
    ax.text(24.2, -1.0, f"log_prob {d.log_prob(value).shape}")


def draw_value(ax: Axes, d: jd.Distribution, left: float) -> None:
    """A square for every number, and a frame around every event."""
    rows, columns = (1, 1, *d.batch_shape, *d.event_shape)[-2:]
    for i in range(rows):
        for j in range(columns):
            color = COLORS[i if d.event_shape else 3 * i + j]
            square = Rectangle((left + 1.15 * j, 1.1 - 1.15 * i), 0.75, 0.75, facecolor=color)
            ax.add_patch(square)
    height, width = (1, columns) if d.event_shape else (1, 1)
    for i in range(0, rows, height):
        for j in range(0, columns, width):
            corner = left + 1.15 * j - 0.02, 1.08 - 1.15 * i
            frame = FancyBboxPatch(
                corner, 1.15 * width - 0.36, 0.79, boxstyle="round,pad=0.12", fill=False, ec=GREY
            )
            ax.add_patch(frame)


def draw_log_prob(ax: Axes, d: jd.Distribution, left: float) -> None:
    """A disc for every distribution of the batch."""
    rows, columns = (1, 1, *d.batch_shape)[-2:] if not d.event_shape else (*d.batch_shape, 1, 1)[:2]
    for i in range(rows):
        for j in range(columns):
            color = COLORS[i if d.event_shape else 3 * i + j]
            center = left + 0.9 * j, 1.47 - 1.15 * i
            ax.add_patch(Circle(center, 0.3, facecolor=color))


if __name__ == "__main__":
    draw_all()
