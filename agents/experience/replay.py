"""Replay: the last steps of experience on the device, a ring buffer of fixed memory.

Every function is pure. Inside a scan, or where the buffer is donated, XLA writes in place.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
from jax import Array

import jaxdist as jd


class Buffer(jd.Pytree):
    """The rows that were added last; the oldest make room for new ones.

    Attributes:
      rows: a tree of arrays, each `[capacity, ...]`.
      position: where the next row goes, integer scalar.
      size: how many rows there are, at most `capacity`; integer scalar.
    """

    rows: Any
    position: Array
    size: Array

    @property
    def capacity(self) -> int:
        """How many rows there is room for."""
        return jax.tree.leaves(self.rows)[0].shape[0]


def empty(like: Any, capacity: int) -> Buffer:
    """A buffer without rows.

    Args:
      like: one row, or what `jax.eval_shape` says of it: a tree of arrays `[...]`.
      capacity: how many rows to make room for.

    Returns:
      The buffer, which holds its memory from now on.
    """
    rows = jax.tree.map(lambda leaf: jnp.zeros((capacity, *leaf.shape), leaf.dtype), like)
    return Buffer(rows, jnp.zeros((), jnp.int32), jnp.zeros((), jnp.int32))


def add(buffer: Buffer, batch: Any) -> Buffer:
    """Add rows, over the oldest where there is no room.

    Args:
      buffer: the buffer.
      batch: the rows, a tree of arrays `[batch, ...]`.

    Returns:
      The buffer with them.

    Raises:
      ValueError: there are more rows than the buffer has room for.
    """
    length = jax.tree.leaves(batch)[0].shape[0]
    if length > buffer.capacity:
        raise ValueError(f"a buffer for {buffer.capacity} rows has no room for {length} at once")
    index = (buffer.position + jnp.arange(length)) % buffer.capacity
    return Buffer(
        rows=jax.tree.map(lambda rows, new: rows.at[index].set(new), buffer.rows, batch),
        position=(buffer.position + length) % buffer.capacity,
        size=jnp.minimum(buffer.size + length, buffer.capacity),
    )


def sample(key: Array, buffer: Buffer, batch_size: int) -> Any:
    """Draw rows uniformly, with replacement.

    Args:
      key: a PRNG key.
      buffer: the buffer, which must hold at least one row.
      batch_size: how many rows to draw.

    Returns:
      The rows, a tree of arrays `[batch_size, ...]`.
    """
    index = jax.random.randint(key, (batch_size,), 0, buffer.size)
    return jax.tree.map(lambda rows: rows[index], buffer.rows)
