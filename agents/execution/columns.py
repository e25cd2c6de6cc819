"""Arrays with few numbers per stream, as the rows of one matrix."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

WIDEST = 32
"""Largest number of numbers per stream of an array in the matrix."""


@dataclass(frozen=True)
class Columns:
    """Which leaves of a tree become rows of a matrix with one column per stream.

    The matrix is float32, whatever the dtypes of the leaves are: floats keep their derivatives,
    integers of 32 bits keep their bits, and smaller types fit into it.

    Attributes:
      structure: the structure of the tree.
      leaves: the shape and dtype of each leaf.
      packed: for each leaf, whether it is in the matrix.
    """

    structure: Any
    leaves: list[Any]
    packed: list[bool]

    @classmethod
    def of(cls, example: Any, num_streams: int) -> Columns:
        """The layout of trees with the same structure, shapes and dtypes as an example."""
        leaves, structure = jax.tree.flatten(example)
        return cls(structure, leaves, [_fits(leaf, num_streams) for leaf in leaves])

    @property
    def sizes(self) -> list[int]:
        """The number of rows of each leaf in the matrix."""
        pairs = zip(self.leaves, self.packed, strict=True)
        return [math.prod(leaf.shape[1:]) for leaf, packed in pairs if packed]

    @property
    def num_rows(self) -> int:
        """The number of rows of the matrix."""
        return sum(self.sizes)

    def pack(self, tree: Any) -> tuple[Array, list[Array]]:
        """The matrix, `[rows, num_streams]`, and the leaves that are not in it."""
        leaves = jax.tree.leaves(tree)
        pairs = list(zip(leaves, self.packed, strict=True))
        rows = [_to_float(leaf).reshape(len(leaf), -1).T for leaf, packed in pairs if packed]
        return jnp.concatenate(rows), [leaf for leaf, packed in pairs if not packed]

    def unpack(self, matrix: Array, rest: list[Array]) -> Any:
        """The tree; leading axes of the matrix become leading axes of every leaf."""
        rows = iter(jnp.split(matrix, np.cumsum(self.sizes)[:-1], axis=-2))
        others = iter(rest)
        leaves = [
            _from_float(jnp.swapaxes(next(rows), -1, -2), leaf) if packed else next(others)
            for leaf, packed in zip(self.leaves, self.packed, strict=True)
        ]
        return jax.tree.unflatten(self.structure, leaves)


def _fits(leaf: Any, num_streams: int) -> bool:
    is_number = leaf.dtype == bool or jnp.issubdtype(leaf.dtype, np.number)
    return (
        leaf.ndim > 0
        and leaf.shape[0] == num_streams
        and 0 < math.prod(leaf.shape[1:]) <= WIDEST
        and is_number
        and leaf.dtype.itemsize <= 4
    )


def _is_word(dtype: Any) -> bool:
    return jnp.issubdtype(dtype, np.integer) and dtype.itemsize == 4


def _to_float(x: Array) -> Array:
    if _is_word(x.dtype):
        return jax.lax.bitcast_convert_type(x, jnp.float32)
    return x.astype(jnp.float32)


def _from_float(x: Array, like: Any) -> Array:
    """Numbers `[..., num_streams, size]` in the dtype and shape of a leaf."""
    x = x.reshape(*x.shape[:-2], *like.shape)
    if _is_word(like.dtype):
        return jax.lax.bitcast_convert_type(x, like.dtype)
    return x.astype(like.dtype)
