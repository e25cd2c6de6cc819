"""Films of episodes."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
from jax import Array
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from ..experience.environment import Environment
from ..experience.rollout import Policy
from . import control, film, grids
from .episode import MAX_STEPS, Episode, Moment, play

Drawing = Callable[[Axes, Environment, Moment], None]
"""Draws a moment of an environment into empty axes."""

CONTROL_FPS, GRID_FPS = 30.0, 8.0
"""Pictures per second of continuous motion, and of moves from cell to cell."""

DRAWINGS: dict[str, tuple[Drawing, float]] = {
    "Acrobot-v1": (control.acrobot, CONTROL_FPS),
    "CartPole-v0": (control.cart_pole, CONTROL_FPS),
    "CartPole-v1": (control.cart_pole, CONTROL_FPS),
    "FourRooms-misc": (grids.maze, GRID_FPS),
    "FrozenLake-misc": (grids.frozen_lake, GRID_FPS),
    "MetaMaze-misc": (grids.maze, GRID_FPS),
    "MountainCar-v0": (control.mountain_car, CONTROL_FPS),
    "MountainCarContinuous-v0": (control.mountain_car, CONTROL_FPS),
    "Pendulum-v1": (control.pendulum, CONTROL_FPS),
    "PointRobot-misc": (control.point_robot, CONTROL_FPS),
    "Reacher-misc": (control.reacher, CONTROL_FPS),
    "Swimmer-misc": (control.swimmer, CONTROL_FPS),
}
"""The drawing and the pictures per second of environments whose observations are no images."""


def render(
    path: Path | str,
    key: Array,
    env: Environment,
    policy: Policy,
    *,
    greedy: bool = False,
    max_steps: int = MAX_STEPS,
    fps: float | None = None,
) -> Episode:
    """Play one episode, and write a film of it.

    Args:
      path: the file, .gif or .mp4.
      key: a PRNG key.
      env: the environment. If its class has a method `draw(axes, state)`, this draws each picture
        into matplotlib's axes.
      policy: the policy to follow.
      greedy: whether to take greedy actions instead of draws from the policy.
      max_steps: the number of steps after which the episode is cut off.
      fps: pictures per second; those of the environment if not given.

    Returns:
      The moments of the episode.

    Raises:
      ValueError: there are no pictures of this environment, the format is not supported, or fps is
        not greater than 0.
      OSError: the file cannot be written.
    """
    path = Path(path)
    film.check(path)
    if fps is not None and not 0 < fps < math.inf:
        raise ValueError(f"fps must be a finite number greater than 0; got {fps}")
    frames = getattr(env.world, "frames", None)  # of an environment that draws itself on the host
    usual = CONTROL_FPS if frames else drawing_of(env)[1]
    with env.opened():
        moments = play(key, env, policy, greedy=greedy, max_steps=max_steps)
    if frames:
        drawn = frames(int(moments[0].state.seed), [moment.action for moment in moments[1:]])
    else:
        drawn = pictures(env, drawing_of(env)[0], moments)
    film.write(path, drawn, fps or usual)
    return Episode(moments)


def drawing_of(env: Environment) -> tuple[Drawing, float]:
    """The drawing of an environment, and its pictures per second.

    Raises:
      ValueError: it has none.
    """
    if hasattr(env.world, "draw"):
        return lambda axes, env, at: env.world.draw(axes, at.state), CONTROL_FPS
    if env.name in DRAWINGS:
        return DRAWINGS[env.name]
    if grids.image_shape(env) is not None:
        return grids.image, GRID_FPS
    raise ValueError(
        f"there are no pictures of {env.name}: its observations are no images, and its class has "
        f"no method draw(axes, state); others with pictures are {', '.join(DRAWINGS)}"
    )


def pictures(env: Environment, drawing: Drawing, moments: Sequence[Moment]) -> Iterator[np.ndarray]:
    """Draw moments, each as a picture, uint8 `[rows, columns, 3]`."""
    figure = Figure(figsize=(4, 4), dpi=90, layout="constrained")
    canvas = FigureCanvasAgg(figure)
    for moment in moments:
        figure.clear()
        axes = figure.subplots()
        drawing(axes, env, moment)
        title = f"{env.name}   step {moment.step}   return {moment.total:.4g}"
        axes.set_title(title, fontsize="small", color=control.DARK)
        canvas.draw()
        yield np.asarray(canvas.buffer_rgba())[..., :3].copy()
