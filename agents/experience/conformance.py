"""Checks of an environment of the user's own: its attributes, and what its methods return.

One abstract evaluation, which compiles and computes nothing, checks them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import numpy as np

from .spaces import Space

PARTS = ("observation", "state", "reward", "terminated", "truncated")
"""What a step returns."""


def check_dynamics(name: str, world: Any, strong: Callable[[Any], Any]) -> None:
    """Check that an object is an environment: see `dynamics.Dynamics`.

    Errors in the user's own methods are raised as they are.

    Args:
      name: its name, for messages.
      world: the environment.
      strong: a function that gives the numbers in a state the dtype that they have after a step.

    Raises:
      ValueError: it lacks an attribute, or a method returns something else than it must.
    """
    fail = lambda text: ValueError(f"environment '{name}': {text}")
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
    first = jax.eval_shape(world.reset, key)
    if not (isinstance(first, tuple | list) and len(first) == 2):
        raise fail(f"reset must return a pair, (observation, state); got {_types(first)}")
    observation, state = first[0], jax.eval_shape(strong, first[1])
    action = jax.eval_shape(world.action_space.sample, key)
    step = jax.eval_shape(world.step, key, state, action)
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
        mask, shape = jax.eval_shape(world.action_mask, state), (world.action_space.n,)
        if getattr(mask, "shape", None) != shape:
            raise fail(f"action_mask must return booleans of shape {shape}; got {_types(mask)}")


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
