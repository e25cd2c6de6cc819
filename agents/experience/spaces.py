"""Spaces of actions and observations: elements, bounds and nested spaces."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from gymnax.environments import spaces
from jax import Array

import jaxdist as jd


def subspaces(space: spaces.Space) -> dict[Any, spaces.Space] | tuple[spaces.Space, ...] | None:
    """The spaces in a Dict or Tuple space; None for other spaces."""
    if isinstance(space, spaces.Dict):
        return dict(space.spaces)
    return tuple(space.spaces) if isinstance(space, spaces.Tuple) else None


def map_spaces(function: Callable[[spaces.Space, Any], Any], space: spaces.Space, x: Any) -> Any:
    """Apply a function to every space that is not a Dict or Tuple, and to its element of `x`."""
    children = subspaces(space)
    if isinstance(children, dict):
        return {name: map_spaces(function, child, x[name]) for name, child in children.items()}
    if children is not None:
        return tuple(map_spaces(function, *pair) for pair in zip(children, x, strict=True))
    return function(space, x)


def clip(space: spaces.Space, action: Any) -> Any:
    """Clip the parts of an action that lie in boxes to their bounds."""

    def clip_part(space: spaces.Space, action: Array) -> Array:
        is_box = isinstance(space, spaces.Box)
        return jnp.clip(action, space.low, space.high) if is_box else action

    return map_spaces(clip_part, space, action)


def flatten(space: spaces.Space, observation: Any) -> Array:
    """An observation as one vector: boxes as they are, discrete entries one-hot."""

    def flatten_part(space: spaces.Space, x: Array) -> Array:
        if isinstance(space, spaces.Discrete):
            x = jax.nn.one_hot(x, space.n)
        return jnp.ravel(x).astype(jnp.float32)

    return jnp.concatenate(jax.tree.leaves(map_spaces(flatten_part, space, observation)))


def bounds(space: spaces.Box) -> tuple[np.ndarray, np.ndarray]:
    """The lower and the upper bound of each coordinate of a box, in the shape of the box."""
    low, high = np.broadcast_arrays(space.low, space.high, np.empty(space.shape))[:2]
    return low.astype(np.float32), high.astype(np.float32)


def is_bounded(space: spaces.Box) -> bool:
    """Whether a box is bounded in every coordinate."""
    return bool(np.all(np.isfinite(bounds(space))))


def box_transform(space: spaces.Box) -> jd.AffineTransform:
    """The affine transform from [-1, 1] in every coordinate onto a bounded box."""
    low, high = bounds(space)
    return jd.AffineTransform((low + high) / 2, (high - low) / 2)
