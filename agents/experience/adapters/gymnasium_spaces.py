"""Spaces of gymnasium, and their elements, as those of `spaces`, and back."""

from __future__ import annotations

from typing import Any

import jax
import numpy as np

from ..spaces import Box, Dict, Discrete, Space, Tuple


def converted(space: Any) -> Space:
    """A space of gymnasium as one of `spaces`.

    A Discrete space begins at 0; a MultiDiscrete one is a Tuple of Discrete ones, and so is a
    MultiBinary one.

    Raises:
      ValueError: it is of another kind.
    """
    from gymnasium import spaces

    match space:
        case spaces.Discrete():
            return Discrete(int(space.n))
        case spaces.Box():
            dtype = jax.dtypes.canonicalize_dtype(space.dtype)
            return Box(space.low, space.high, tuple(space.shape), dtype)
        case spaces.MultiDiscrete():
            return Tuple(tuple(Discrete(int(n)) for n in space.nvec.reshape(-1)))
        case spaces.MultiBinary():
            return Tuple((Discrete(2),) * int(np.prod(space.shape)))
        case spaces.Dict():
            return Dict({name: converted(child) for name, child in space.spaces.items()})
        case spaces.Tuple():
            return Tuple(tuple(map(converted, space.spaces)))
    raise ValueError(
        f"actions or observations in {space}; supported are Box, Discrete, MultiDiscrete and "
        "MultiBinary spaces, and a Dict or Tuple of them"
    )


def from_gymnasium(space: Any, element: Any) -> Any:
    """An element of a space of gymnasium as one of the converted space, with NumPy's arrays.

    Raises:
      ValueError: its shape is not that of the space.
    """
    from gymnasium import spaces

    match space:
        case spaces.Dict():
            return {name: from_gymnasium(s, element[name]) for name, s in space.spaces.items()}
        case spaces.Tuple():
            return tuple(from_gymnasium(*pair) for pair in zip(space.spaces, element, strict=True))
    array = np.asarray(element)
    if array.shape != space.shape:
        raise ValueError(f"expected an element of {space}; got an array of shape {array.shape}")
    match space:
        case spaces.Discrete():
            return np.int32(array - space.start)
        case spaces.MultiDiscrete():
            return tuple(np.int32(array - space.start).reshape(-1))
        case spaces.MultiBinary():
            return tuple(np.int32(array).reshape(-1))
    return array.astype(jax.dtypes.canonicalize_dtype(space.dtype))


def to_gymnasium(space: Any, element: Any) -> Any:
    """The inverse of `from_gymnasium`."""
    from gymnasium import spaces

    match space:
        case spaces.Dict():
            return {name: to_gymnasium(s, element[name]) for name, s in space.spaces.items()}
        case spaces.Tuple():
            return tuple(to_gymnasium(*pair) for pair in zip(space.spaces, element, strict=True))
        case spaces.Discrete():
            return int(element + space.start)
        case spaces.MultiDiscrete():
            return np.reshape(element, space.shape).astype(space.dtype) + space.start
        case spaces.MultiBinary():
            return np.reshape(element, space.shape).astype(space.dtype)
    return np.asarray(element, space.dtype)
