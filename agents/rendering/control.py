"""Pictures of classic control, and of robots in the plane."""

from __future__ import annotations

import itertools

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Circle, Rectangle

from ..experience.environment import Environment
from .episode import Moment

DARK, LIGHT, BODY, JOINT, GOAL = "#33363d", "#d9dce1", "#2a6f97", "#c8553d", "#588157"


def cart_pole(axes: Axes, env: Environment, moment: Moment) -> None:
    """A cart on its track, and the pole."""
    state, params = moment.state, env.params
    x, top, length = float(state.x), 0.3, 2 * float(params.length)
    _window(axes, (-1.3 * params.x_threshold, 1.3 * params.x_threshold), (-0.8, 2.4))
    axes.axhline(0, color=LIGHT, linewidth=2, zorder=0)
    for end in (-params.x_threshold, params.x_threshold):
        axes.plot([end, end], [-0.15, 0.15], color=LIGHT, linewidth=2)
    axes.add_patch(Rectangle((x - 0.3, -top / 2), 0.6, top, color=DARK))
    tip = (x + length * np.sin(state.theta), top / 2 + length * np.cos(state.theta))
    _rod(axes, (x, top / 2), tip)


def acrobot(axes: Axes, env: Environment, moment: Moment) -> None:
    """Two links that hang from a point, and the height to reach."""
    state, params = moment.state, env.params
    _window(axes, (-2.2, 2.2), (-2.2, 2.2))
    axes.axhline(1, color=GOAL, linewidth=1.5, linestyle="--")
    elbow = _polar(params.link_length_1, state.joint_angle1)
    tip = elbow + _polar(params.link_length_2, state.joint_angle1 + state.joint_angle2)
    _rod(axes, (0, 0), elbow)
    _rod(axes, elbow, tip)


def pendulum(axes: Axes, env: Environment, moment: Moment) -> None:
    """The rod, which should stand, and the torque as a bar."""
    angle, torque = (np.ravel(x)[0] for x in (moment.state.theta, moment.state.last_u))
    _window(axes, (-1.3, 1.3), (-1.5, 1.3))
    _rod(axes, (0, 0), -_polar(1.0, angle))
    share = torque / env.params.max_torque
    axes.plot([-1, 1], [-1.35, -1.35], color=LIGHT, linewidth=2)
    axes.plot([0, share], [-1.35, -1.35], color=JOINT, linewidth=6)
    axes.text(-1.02, -1.27, "torque", color=DARK, fontsize="small")


def mountain_car(axes: Axes, env: Environment, moment: Moment) -> None:
    """The car in the valley, and the flag."""
    params = env.params
    height = lambda x: np.sin(3 * x) * 0.45 + 0.55
    xs = np.linspace(params.min_position, params.max_position, 100)
    _window(axes, (params.min_position, params.max_position), (-0.1, 1.3))
    axes.fill_between(xs, -0.1, height(xs), color=LIGHT)
    flag = params.goal_position
    axes.plot([flag, flag], [height(flag), height(flag) + 0.2], color=GOAL, linewidth=2)
    axes.plot([flag, flag - 0.08], [height(flag) + 0.18] * 2, color=GOAL, linewidth=6)
    x = float(moment.state.position)
    axes.add_patch(Circle((x, height(x) + 0.04), 0.04, color=BODY))


def reacher(axes: Axes, env: Environment, moment: Moment) -> None:
    """The arm, whose tip should reach the goal."""
    angles, goal = moment.state.angles, moment.state.goal_xy
    reach = len(angles) + 0.3
    _window(axes, (-reach, reach), (-reach, reach))
    axes.add_patch(Circle((goal[0], goal[1]), 0.12, color=GOAL))
    joints = np.cumsum([[0.0, 0.0], *np.stack([np.cos(angles), np.sin(angles)], axis=-1)], axis=0)
    for start, end in itertools.pairwise(joints):
        _rod(axes, start, end)


def swimmer(axes: Axes, env: Environment, moment: Moment) -> None:
    """The swimmer, its goal, and the urchins that it should avoid."""
    state = moment.state
    _window(axes, (-1.6, 1.6), (-1.6, 1.6))
    for urchin in np.reshape(state.urchin_xys, (-1, 2)):
        axes.plot(*urchin, marker="*", color=DARK, markersize=14)
    axes.add_patch(Circle((state.goal_xy[0], state.goal_xy[1]), 0.1, color=GOAL))
    axes.add_patch(Circle((state.xy[0], state.xy[1]), 0.06, color=BODY))


def point_robot(axes: Axes, env: Environment, moment: Moment) -> None:
    """The robot and its goal on the half circle."""
    state, angles = moment.state, np.linspace(0, np.pi, 100)
    _window(axes, (-1.6, 1.6), (-0.9, 1.6))
    axes.plot(np.cos(angles), np.sin(angles), color=LIGHT, linewidth=2)
    axes.add_patch(Circle((state.goal[0], state.goal[1]), env.params.goal_radius, color=GOAL))
    axes.add_patch(Circle((state.pos[0], state.pos[1]), 0.06, color=BODY))


def _window(axes: Axes, xs: tuple[float, float], ys: tuple[float, float]) -> None:
    axes.set_xlim(*xs)
    axes.set_ylim(*ys)
    axes.set_aspect("equal")
    axes.set_axis_off()


def _rod(axes: Axes, start: object, end: object) -> None:
    """A link between two points, with a joint at its start."""
    (x, y), (u, v) = np.asarray(start), np.asarray(end)
    axes.plot([x, u], [y, v], color=BODY, linewidth=6, solid_capstyle="round")
    axes.plot(x, y, marker="o", color=JOINT, markersize=6)


def _polar(length: float, angle: float) -> np.ndarray:
    """A point at a distance from the origin, at an angle from straight down."""
    return length * np.array([np.sin(angle), -np.cos(angle)])
