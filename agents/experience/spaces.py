"""Spaces of actions and observations: elements, bounds and nested spaces."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.typing import DTypeLike

import jaxdist as jd


@dataclass(frozen=True)
class Discrete:
    """The integers 0, 1 ... n - 1.

    Attributes:
      n: their number.
    """

    n: int

    def __repr__(self) -> str:
        return f"Discrete({self.n})"

    def sample(self, key: Array) -> Array:
        """A uniform draw, int32 scalar."""
        return jax.random.randint(key, (), 0, self.n)


@dataclass(frozen=True, eq=False)
class Box:
    """Arrays between two bounds.

    Attributes:
      low: the lower bound, or the one of each entry; may be infinite.
      high: the upper bound, or the one of each entry; may be infinite.
      shape: the shape of an element.
      dtype: the dtype of an element.
    """

    low: Any
    high: Any
    shape: tuple[int, ...] = ()
    dtype: DTypeLike = np.float32

    def __repr__(self) -> str:
        low, high = (np.array2string(np.asarray(x), threshold=6) for x in (self.low, self.high))
        return f"Box({low}, {high}, {self.shape}, {np.dtype(self.dtype).name})"

    def sample(self, key: Array) -> Array:
        """A uniform draw; of an unbounded entry, one from [-1, 1]."""
        low, high = bounds(self)
        low, high = np.where(np.isfinite(low), low, -1), np.where(np.isfinite(high), high, 1)
        return jax.random.uniform(key, self.shape, minval=low, maxval=high).astype(self.dtype)


@dataclass(frozen=True)
class Dict:
    """Dicts of elements of other spaces.

    Attributes:
      spaces: the spaces by name.
    """

    spaces: Mapping[str, Space]

    def __repr__(self) -> str:
        return f"Dict({dict(self.spaces)!r})"

    def sample(self, key: Array) -> dict[str, Any]:
        """A uniform draw of each entry."""
        keys = jax.random.split(key, len(self.spaces))
        return {n: s.sample(k) for (n, s), k in zip(self.spaces.items(), keys, strict=True)}


@dataclass(frozen=True)
class Tuple:
    """Tuples of elements of other spaces.

    Attributes:
      spaces: the spaces in order.
    """

    spaces: tuple[Space, ...]

    def __repr__(self) -> str:
        return f"Tuple({tuple(self.spaces)!r})"

    def sample(self, key: Array) -> tuple[Any, ...]:
        """A uniform draw of each entry."""
        keys = jax.random.split(key, len(self.spaces))
        return tuple(space.sample(k) for space, k in zip(self.spaces, keys, strict=True))


Space = Discrete | Box | Dict | Tuple
"""A space of actions or observations."""


def unbounded(shapes: Any) -> Space:
    """The space of all arrays of some shapes.

    Args:
      shapes: an array, or what has its shape and dtype; or a dict of them, which may be nested.
    """
    if isinstance(shapes, Mapping):
        return Dict({name: unbounded(each) for name, each in shapes.items()})
    return Box(-np.inf, np.inf, tuple(shapes.shape), shapes.dtype)


def subspaces(space: Space) -> dict[Any, Space] | tuple[Space, ...] | None:
    """The spaces in a Dict or Tuple space; None for other spaces."""
    if isinstance(space, Dict):
        return dict(space.spaces)
    return tuple(space.spaces) if isinstance(space, Tuple) else None


def map_spaces(function: Callable[[Space, Any], Any], space: Space, x: Any) -> Any:
    """Apply a function to every space that is not a Dict or Tuple, and to its element of `x`."""
    children = subspaces(space)
    if isinstance(children, dict):
        return {name: map_spaces(function, child, x[name]) for name, child in children.items()}
    if children is not None:
        return tuple(map_spaces(function, *pair) for pair in zip(children, x, strict=True))
    return function(space, x)


def clip(space: Space, action: Any) -> Any:
    """Clip the parts of an action that lie in boxes to their bounds."""

    def clip_part(space: Space, action: Array) -> Array:
        return jnp.clip(action, space.low, space.high) if isinstance(space, Box) else action

    return map_spaces(clip_part, space, action)


def listed_bounds(space: Space) -> Any:
    """The bounds of a space for JSON: numbers or lists of them, and None where there is no bound.

    Returns:
      `{"low": ..., "high": ...}`; of a Dict or Tuple space, a dict or a list of those of its parts.
    """
    children = subspaces(space)
    if isinstance(children, dict):
        return {name: listed_bounds(child) for name, child in children.items()}
    if children is not None:
        return [listed_bounds(child) for child in children]
    if isinstance(space, Discrete):
        return {"low": 0, "high": int(space.n) - 1}
    assert isinstance(space, Box)
    no_bound = np.full(space.shape, None, object)
    listed = lambda x: np.where(np.isfinite(x), x.astype(object), no_bound).tolist()
    low, high = bounds(space)
    return {"low": listed(low), "high": listed(high)}


def leading_axes(space: Space, x: Any) -> tuple[int, ...] | None:
    """The axes of elements of a space before those of one element; None if `x` has no such shape.

    Args:
      space: the space.
      x: a tree of arrays or numbers, whose structure is checked too.
    """
    found: list[tuple[int, ...] | None] = []

    def find(part: Space, leaf: Any) -> None:
        own = tuple(part.shape) if isinstance(part, Box) else ()
        shape = () if isinstance(leaf, bool | int | float) else getattr(leaf, "shape", None)
        if shape is None or len(shape) < len(own) or shape[len(shape) - len(own) :] != own:
            found.append(None)
        else:
            found.append(shape[: len(shape) - len(own)])

    try:
        map_spaces(find, space, x)
    except (KeyError, IndexError, TypeError, ValueError):  # other parts
        return None
    return found[0] if len(set(found)) == 1 else None


def flatten(space: Space, observation: Any) -> Array:
    """An observation as one vector: boxes as they are, discrete entries one-hot."""

    def flatten_part(space: Space, x: Array) -> Array:
        if isinstance(space, Discrete):
            x = jax.nn.one_hot(x, space.n)
        return jnp.ravel(x).astype(jnp.float32)

    return jnp.concatenate(jax.tree.leaves(map_spaces(flatten_part, space, observation)))


def unflatten(space: Space, like: Any, flat: Array) -> Any:
    """The observations of flat ones: the inverse of `flatten`.

    Args:
      space: the space of observations.
      like: an observation, or its shapes.
      flat: flat observations, `[..., size]`.

    Returns:
      A tree like that of an observation, in the dtype of `flat`. Boxes have their own shape;
      discrete entries stay one-hot, `[..., n]`.
    """
    one_hot = lambda x, n: jax.ShapeDtypeStruct((*x.shape, n), flat.dtype)
    shape_of = lambda part, x: one_hot(x, part.n) if isinstance(part, Discrete) else x
    leaves, structure = jax.tree.flatten(map_spaces(shape_of, space, like))
    ends = np.cumsum([math.prod(leaf.shape) for leaf in leaves])[:-1]
    parts = zip(jnp.split(flat, ends, -1), leaves, strict=True)
    shaped = [x.reshape(*flat.shape[:-1], *leaf.shape) for x, leaf in parts]
    return jax.tree.unflatten(structure, shaped)


def bounds(space: Box) -> tuple[np.ndarray, np.ndarray]:
    """The lower and the upper bound of each coordinate of a box, in the shape of the box."""
    low, high = np.broadcast_arrays(space.low, space.high, np.empty(space.shape))[:2]
    return low.astype(np.float32), high.astype(np.float32)


def is_bounded(space: Box) -> bool:
    """Whether a box is bounded in every coordinate."""
    return bool(np.all(np.isfinite(bounds(space))))


def box_transform(space: Box) -> jd.AffineTransform:
    """The affine transform from [-1, 1] in every coordinate onto a bounded box."""
    low, high = bounds(space)
    return jd.AffineTransform((low + high) / 2, (high - low) / 2)
