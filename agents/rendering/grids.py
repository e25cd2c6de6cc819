"""Pictures of grids: observations that are images, and mazes."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb

from ..experience.environment import Environment
from .episode import Moment

EMPTY, WALL, AGENT, GOAL, HOLE = "#f2f3f5", "#33363d", "#2a6f97", "#588157", "#9aa0aa"
CHANNELS = (
    *("#2a6f97", "#c8553d", "#c99a2e", "#588157", "#7b5ea7", "#4b8f8c"),
    *("#b56576", "#6b705c", "#e0a458", "#355070"),
)
"""Colors of the channels of an image, of which the last ones lie below the others."""


def image_shape(env: Environment) -> tuple[int, ...] | None:
    """The shape of an observation that is an image, `[rows, columns]` or with channels, or None."""
    shape = getattr(env.observation_space, "shape", ())
    is_image = len(shape) in (2, 3) and min(shape[:2]) > 1
    return tuple(shape) if is_image and not env.mask_size else None


def image(axes: Axes, env: Environment, moment: Moment) -> None:
    """An observation `[rows, columns, channels]`, or without channels; what is 0 is empty."""
    shape = image_shape(env)
    assert shape is not None
    channels = moment.observation.reshape(*shape[:2], -1)
    picture = _filled(shape[:2], EMPTY)
    for i in reversed(range(channels.shape[-1])):
        picture[channels[..., i] > 0] = to_rgb(CHANNELS[i % len(CHANNELS)])
    _show(axes, picture)


def maze(axes: Axes, env: Environment, moment: Moment) -> None:
    """A maze with the agent and the goal."""
    walls = np.asarray(env.dynamics.occupied_map) > 0
    picture = _filled(walls.shape, EMPTY)
    picture[walls] = to_rgb(WALL)
    for position, color in [(moment.state.goal, GOAL), (moment.state.pos, AGENT)]:
        picture[tuple(position)] = to_rgb(color)
    _show(axes, picture)


def frozen_lake(axes: Axes, env: Environment, moment: Moment) -> None:
    """The lake with its holes, the goal and the agent."""
    tiles = np.asarray(env.dynamics.desc)
    picture = _filled(tiles.shape, EMPTY)
    picture[tiles == 2] = to_rgb(HOLE)
    picture[tiles == 3] = to_rgb(GOAL)
    picture[np.unravel_index(int(moment.state.position), tiles.shape)] = to_rgb(AGENT)
    _show(axes, picture)


def _filled(shape: tuple[int, ...], color: str) -> np.ndarray:
    return np.full((*shape, 3), to_rgb(color))


def _show(axes: Axes, picture: np.ndarray) -> None:
    rows, columns = picture.shape[:2]
    axes.imshow(picture, interpolation="nearest")
    axes.set_xticks(np.arange(columns + 1) - 0.5, [])
    axes.set_yticks(np.arange(rows + 1) - 0.5, [])
    axes.grid(color="white", linewidth=1)
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
