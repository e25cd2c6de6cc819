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

    The matrix is float32, whatever the dtypes of the leaves are, so that floats keep their
    derivatives. Integers of 32 bits are two numbers, their upper and their lower half: as the bits
    of floats many would be subnormal numbers, which an accelerator may take for zero.

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
        return [_num_rows(leaf) for leaf, packed in pairs if packed]

    @property
    def num_rows(self) -> int:
        """The number of rows of the matrix."""
        return sum(self.sizes)

    def pack(self, tree: Any) -> tuple[Array, list[Array]]:
        """The matrix, `[rows, num_streams]`, and the leaves that are not in it."""
        leaves = jax.tree.leaves(tree)
        pairs = list(zip(leaves, self.packed, strict=True))
        rows = [_to_rows(leaf) for leaf, packed in pairs if packed]
        return jnp.concatenate(rows), [leaf for leaf, packed in pairs if not packed]

    def unpack(self, matrix: Array, rest: list[Array]) -> Any:
        """The tree; leading axes of the matrix become leading axes of every leaf."""
        rows = iter(jnp.split(matrix, np.cumsum(self.sizes)[:-1], axis=-2))
        others = iter(rest)
        leaves = [
            _from_rows(next(rows), leaf) if packed else next(others)
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


def _num_rows(leaf: Any) -> int:
    return math.prod(leaf.shape[1:]) * (2 if _is_word(leaf.dtype) else 1)


def _to_rows(x: Array) -> Array:
    """The rows of a leaf `[num_streams, ...]`."""
    x = x.reshape(len(x), -1).T
    if _is_word(x.dtype):
        word = jax.lax.bitcast_convert_type(x, jnp.uint32)
        x = jnp.concatenate([word >> 16, word & 0xFFFF])
    return x.astype(jnp.float32)


def _from_rows(rows: Array, like: Any) -> Array:
    """A leaf, with the leading axes of the rows, `[..., rows, num_streams]`."""
    if _is_word(like.dtype):
        upper, lower = jnp.split(rows.astype(jnp.uint32), 2, axis=-2)
        rows = jax.lax.bitcast_convert_type(upper << 16 | lower, like.dtype)
    columns = jnp.swapaxes(rows, -1, -2)
    return columns.reshape(*rows.shape[:-2], *like.shape).astype(like.dtype)
