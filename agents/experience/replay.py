"""Replay buffer: a ring buffer of the latest rows, on the device.

Every function is pure. Inside a scan, or if the buffer is donated, XLA updates it in place.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
from jax import Array

import jaxdist as jd


class Buffer(jd.Pytree):
    """The rows that were added last; new rows overwrite the oldest.

    Attributes:
      rows: a tree of arrays, each `[capacity, ...]`.
      position: index of the next row to write, integer scalar.
      size: number of rows, at most `capacity`; integer scalar.
    """

    rows: Any
    position: Array
    size: Array

    @property
    def capacity(self) -> int:
        """The largest number of rows."""
        return jax.tree.leaves(self.rows)[0].shape[0]


def empty(like: Any, capacity: int) -> Buffer:
    """A buffer without rows.

    Args:
      like: one row, or its shapes and dtypes (`jax.eval_shape`): a tree of arrays `[...]`.
      capacity: the largest number of rows.
    """
    rows = jax.tree.map(lambda leaf: jnp.zeros((capacity, *leaf.shape), leaf.dtype), like)
    return Buffer(rows, jnp.zeros((), jnp.int32), jnp.zeros((), jnp.int32))


def add(buffer: Buffer, batch: Any) -> Buffer:
    """Add rows, which overwrite the oldest if the buffer is full.

    Args:
      buffer: the buffer.
      batch: the rows, a tree of arrays `[batch, ...]`.

    Returns:
      The buffer with the new rows.

    Raises:
      ValueError: the batch has more rows than the capacity.
    """
    length = jax.tree.leaves(batch)[0].shape[0]
    if length > buffer.capacity:
        raise ValueError(
            f"a batch of {length} rows does not fit into a buffer of capacity {buffer.capacity}"
        )
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
      buffer: the buffer, with at least one row.
      batch_size: the number of draws.

    Returns:
      The rows, a tree of arrays `[batch_size, ...]`.
    """
    index = jax.random.randint(key, (batch_size,), 0, buffer.size)
    return jax.tree.map(lambda rows: rows[index], buffer.rows)
