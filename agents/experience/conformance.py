"""Checks of an environment of the user's own: its attributes, and what its methods return.

One abstract evaluation, which compiles and computes nothing, checks them.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from ..validation import summary
from .spaces import Box, Discrete, Space, bounds, leading_axes, subspaces

PARTS = ("observation", "state", "reward", "terminated", "truncated")
"""What a step returns."""


def check_dynamics(name: str, world: Any, strong: Callable[[Any], Any]) -> None:
    """Check that an object is an environment: see `dynamics.Dynamics`.

    Args:
      name: its name, for messages.
      world: the environment.
      strong: a function that gives the numbers in a state the dtype that they have after a step.

    Raises:
      ValueError: it lacks an attribute, or a method fails or returns something else than it must.
    """
    fail = lambda text: ValueError(f"environment '{name}': {text}")

    def evaluate(method: str, *arguments: Any) -> Any:
        try:
            return jax.eval_shape(getattr(world, method), *arguments)
        except Exception as error:  # whatever the user's code raises
            raise fail(f"{method} failed with {summary(error)}{_place(error)}") from error

    for space in ("action_space", "observation_space"):
        given = getattr(world, space)
        if not isinstance(given, Space):
            raise fail(
                f"{space} must be a space, such as Box(-1, 1, (3,)) or Discrete(2) of "
                f"agents.experience.spaces; got {given!r}"
            )
    limit = world.max_steps
    if not isinstance(limit, int | np.integer) or isinstance(limit, bool) or limit < 1:
        raise fail(f"max_steps must be an integer of at least 1; got {limit!r}")

    key = jax.random.key(0)
    first = evaluate("reset", key)
    if not (isinstance(first, tuple | list) and len(first) == 2):
        raise fail(f"reset must return a pair, (observation, state); got {_types(first)}")
    observation, state = first[0], jax.eval_shape(strong, first[1])
    if leading_axes(world.observation_space, observation) != ():
        raise fail(
            "the observation of reset must be an element of observation_space, "
            f"{world.observation_space}: {_types(_element(world.observation_space))}; got "
            f"{_types(observation)}"
        )
    action = jax.eval_shape(world.action_space.sample, key)
    step = evaluate("step", key, state, action)
    if not (isinstance(step, tuple | list) and len(step) == len(PARTS)):
        raise fail(f"step must return a tuple, ({', '.join(PARTS)}); got {_types(step)}")
    if _shapes(step[0]) != _shapes(observation):
        raise fail(
            "the observation of step must have the shape of that of reset; got "
            f"{_types(step[0])}, and {_types(observation)} of reset"
        )
    after = jax.eval_shape(strong, step[1])
    if _types(after) != _types(state):
        raise fail(
            "the state of step must have the structure, shapes and dtypes of that of reset; got "
            f"{_types(after)}, and {_types(state)} of reset"
        )
    for part, value in zip(PARTS[2:], step[2:], strict=True):
        if getattr(value, "shape", None) != ():
            raise fail(f"the {part} of step must be a scalar; got {_types(value)}")
    if hasattr(world, "action_mask"):
        shape = (world.action_space.n,)
        if not callable(world.action_mask):
            raise fail(
                f"action_mask must be a method, from a state to booleans of shape {shape}; got "
                f"{world.action_mask!r}"
            )
        mask = evaluate("action_mask", state)
        if getattr(mask, "shape", None) != shape:
            raise fail(f"action_mask must return booleans of shape {shape}; got {_types(mask)}")


def space_fault(space: Any) -> str | None:
    """A space and what is wrong with it, for messages; None if nothing is, or if it is no space."""
    if not isinstance(space, Space):
        return None
    children = subspaces(space)
    if children is not None:
        parts = children.values() if isinstance(children, dict) else children
        faults = filter(None, map(space_fault, parts))
        return next(faults, None) if parts else f"{space}, which must have at least one part"
    if isinstance(space, Discrete):
        fault = None if _is_size(space.n) else "n must be an integer of at least 1"
    else:
        assert isinstance(space, Box)
        fault = _box_fault(space)
    return fault and f"{space}, whose {fault}"


def integer_box(space: Any) -> Box | None:
    """The first box of integers in a space of actions, whose draws would be fractions."""
    children = subspaces(space)
    if children is None:
        is_float = not isinstance(space, Box) or jnp.issubdtype(space.dtype, jnp.floating)
        return None if is_float else space
    parts = children.values() if isinstance(children, dict) else children
    return next(filter(None, map(integer_box, parts)), None)


def _is_size(n: Any) -> bool:
    return isinstance(n, int | np.integer) and not isinstance(n, bool) and bool(n >= 1)


def _box_fault(space: Box) -> str | None:
    """What is wrong with a box."""
    shape = space.shape
    if not (isinstance(shape, tuple | list) and all(map(_is_size, shape))):
        return "shape must be a tuple of integers of at least 1, such as (3,)"
    try:
        low, high = bounds(space)
        is_of_shape = low.shape == tuple(shape)
    except (TypeError, ValueError):
        is_of_shape = False
    if not is_of_shape:
        return "low and high must be numbers, or arrays of its shape"
    return None if np.all(low <= high) else "low must not be above high"


def _element(space: Space) -> Any:
    """The shapes and dtypes of an element of a space."""
    return jax.eval_shape(space.sample, jax.random.key(0))


def _place(error: Exception) -> str:
    """The last line of the traceback that is neither JAX's nor of this package."""
    here, of_jax = Path(__file__).parents[1], Path(jax.__file__).parent
    frames = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if not {here, of_jax} & set(Path(frame.filename).parents)
    ]
    return f" (line {frames[-1].lineno} of {Path(frames[-1].filename).name})" if frames else ""


def _shapes(tree: Any) -> list[tuple[str, tuple[int, ...]]]:
    """The path and the shape of each leaf."""
    return [
        (jax.tree_util.keystr(path), leaf.shape) for path, leaf in jax.tree.leaves_with_path(tree)
    ]


def _types(tree: Any) -> str:
    """The dtypes and shapes in a tree, such as `(float32[4], int32[])`."""
    leaves, structure = jax.tree.flatten(tree)
    write = lambda leaf: f"{leaf.dtype}[{','.join(map(str, leaf.shape))}]"
    return str(jax.tree.unflatten(structure, map(_Text, map(write, leaves))))


class _Text(str):
    """A text that is shown without quotes."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)
