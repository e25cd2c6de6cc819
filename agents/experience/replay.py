"""Replay buffer: a ring buffer of the latest steps of every stream, on the device.

Every function is pure. Inside a scan, or if the buffer is donated, XLA updates it in place.
"""

from __future__ import annotations

import dataclasses
import functools
import math
from typing import Any, ClassVar

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

import jaxdist as jd

WORD = 4
"""Bytes of a word."""


class Experience(jd.Pytree):
    """A step of an environment, as off-policy algorithms store it.

    Attributes:
      observation: `s_t`.
      action: `a_t`.
      reward: `r_t`.
      next_observation: `s_tp1`, before any reset.
      terminated: whether the episode terminated at `s_tp1`; false where it was truncated.
    """

    observation: Array
    action: Array
    reward: Array
    next_observation: Array
    terminated: Array


class EpisodeStep(Experience):
    """A step that is read together with those that follow it.

    Attributes:
      truncated: whether the episode was truncated at `s_tp1`.
    """

    truncated: Array

    @property
    def ended(self) -> Array:
        """Whether the episode ended with this step, for either reason."""
        return self.terminated | self.truncated


class Buffer(jd.Pytree):
    """The steps that were added last; new steps overwrite the oldest.

    A row is one step of one stream. It is packed into words of 32 bits, so that a batch is read by
    one gather, whatever a row consists of. Leaves keep their dtypes.

    Attributes:
      words: the packed rows, uint32 `[capacity, num_streams, words_per_row]`; see `unpack`.
      position: index of the next step to write, integer scalar.
      size: number of steps of each stream, at most `capacity`; integer scalar.
      structure: the structure of a row.
      leaves: the shape and the dtype of each leaf of a row.
    """

    stream_axes: ClassVar[dict[str, int]] = {"words": 1}

    words: Array
    position: Array
    size: Array
    structure: Any = jd.static()
    leaves: tuple[jax.ShapeDtypeStruct, ...] = jd.static()

    @property
    def capacity(self) -> int:
        """The largest number of steps of each stream."""
        return self.words.shape[0]

    @property
    def num_streams(self) -> int:
        """The number of streams; on a mesh, of those of the shard."""
        return self.words.shape[1]


def empty(like: Any, capacity: int, num_streams: int) -> Buffer:
    """A buffer without steps.

    Args:
      like: one row, or its shapes and dtypes (`jax.eval_shape`): a tree of arrays `[...]`.
      capacity: the largest number of steps of each stream.
      num_streams: the number of streams.
    """
    leaves = [jax.ShapeDtypeStruct(leaf.shape, leaf.dtype) for leaf in jax.tree.leaves(like)]
    return Buffer(
        words=jnp.zeros((capacity, num_streams, sum(map(_num_words, leaves))), jnp.uint32),
        position=jnp.zeros((), jnp.int32),
        size=jnp.zeros((), jnp.int32),
        structure=jax.tree.structure(like),
        leaves=tuple(leaves),
    )


def add(buffer: Buffer, batch: Any) -> Buffer:
    """Add steps, which overwrite the oldest if the buffer is full.

    Args:
      buffer: the buffer.
      batch: the steps, a tree of arrays `[num_steps, num_streams, ...]`.

    Returns:
      The buffer with the new steps.

    Raises:
      ValueError: there are more steps than the capacity.
    """
    rows = jax.tree.map(lambda leaf: leaf.reshape(-1, *leaf.shape[2:]), batch)
    words = pack(rows).reshape(-1, *buffer.words.shape[1:])
    length = len(words)
    if length > buffer.capacity:
        raise ValueError(
            f"{length} steps do not fit into a buffer with a capacity of {buffer.capacity} steps"
        )
    index = (buffer.position + jnp.arange(length)) % buffer.capacity
    return Buffer(
        words=buffer.words.at[index].set(words, unique_indices=True, mode="promise_in_bounds"),
        position=(buffer.position + length) % buffer.capacity,
        size=jnp.minimum(buffer.size + length, buffer.capacity),
        structure=buffer.structure,
        leaves=buffer.leaves,
    )


def sample(bits: Array, buffer: Buffer) -> Any:
    """Draw rows uniformly from each of equal groups of streams, with replacement.

    Every row is as probable as with one group. With groups whose streams stay on one device, a
    batch is the same on any number of devices, and no row leaves its device.

    Args:
      bits: random words, uint32 `[groups, draws]`, as of `jax.random.bits`; one for each draw.
      buffer: the buffer, with at least one step.

    Returns:
      The rows, a tree of arrays `[groups * draws, ...]`. Their probabilities differ by less than
      the number of rows of a group over `2^32` of their value.
    """
    step, stream = draw_rows(bits, buffer)
    words = buffer.words.at[step, stream].get(mode="promise_in_bounds")
    return unpack(words, buffer)


def sample_sequences(bits: Array, buffer: Buffer, length: int) -> Any:
    """Draw successive steps of a stream, otherwise as `sample`.

    Args:
      bits: random words, uint32 `[groups, draws]`; one for each sequence.
      buffer: the buffer, with at least `length` steps.
      length: the number of steps of a sequence.

    Returns:
      The steps in their order, a tree of arrays `[groups * draws, length, ...]`.
    """
    start, stream = draw_rows(bits, buffer, length)
    oldest = buffer.position.astype(jnp.uint32) + buffer.capacity - buffer.size.astype(jnp.uint32)
    step = oldest + start[:, None] + jnp.arange(length, dtype=jnp.uint32)
    words = buffer.words.at[step % buffer.capacity, stream[:, None]].get(mode="promise_in_bounds")
    rows = unpack(words.reshape(-1, words.shape[-1]), buffer)
    return jax.tree.map(lambda leaf: leaf.reshape(-1, length, *leaf.shape[1:]), rows)


def in_order(buffer: Buffer) -> Any:
    """All rows in the order of time, a tree of arrays `[capacity, num_streams, ...]`.

    The oldest step is at `capacity - size`; before it are rows without steps.
    """
    index = (buffer.position + jnp.arange(buffer.capacity)) % buffer.capacity
    rows = unpack(buffer.words[index].reshape(-1, buffer.words.shape[-1]), buffer)
    return jax.tree.map(lambda leaf: leaf.reshape(buffer.capacity, -1, *leaf.shape[1:]), rows)


def draw_rows(bits: Array, buffer: Buffer, length: int = 1) -> tuple[Array, Array]:
    """Draw the indices of rows, as `sample` does, such that `length - 1` steps follow each.

    Returns:
      The steps, counted from the oldest one, and the streams, uint32 `[groups * draws]`.
    """
    num_groups, _ = bits.shape
    streams_per_group = buffer.num_streams // num_groups
    row = bits % ((buffer.size.astype(jnp.uint32) - (length - 1)) * streams_per_group)
    step, stream = row // streams_per_group, row % streams_per_group
    stream += streams_per_group * jnp.arange(num_groups, dtype=jnp.uint32)[:, None]
    return step.ravel(), stream.ravel()


def pack(batch: Any) -> Array:
    """Rows as words.

    Args:
      batch: a tree of arrays `[batch, ...]`.

    Returns:
      uint32, `[batch, words_per_row]`.
    """
    return jnp.concatenate([_pack_leaf(leaf) for leaf in jax.tree.leaves(batch)], axis=1)


def unpack(words: Array, buffer: Buffer) -> Any:
    """The rows of a buffer that were packed as words.

    Args:
      words: uint32, `[batch, words_per_row]`.
      buffer: the buffer.

    Returns:
      The rows, a tree of arrays `[batch, ...]`.
    """
    ends = np.cumsum([_num_words(leaf) for leaf in buffer.leaves])[:-1]
    parts = zip(jnp.split(words, ends, axis=1), buffer.leaves, strict=True)
    return jax.tree.unflatten(buffer.structure, [_unpack_leaf(*part) for part in parts])


class UnpackedBuffer(jd.Pytree):
    """A buffer in the form that checkpoints of version 0.1 store.

    The rows of all streams at one step follow each other.

    Attributes:
      rows: a tree of arrays, each `[num_rows, ...]`.
      position: index of the next row to write, integer scalar.
      size: number of rows, integer scalar.
    """

    rows: Any
    position: Array
    size: Array

    @classmethod
    def like(cls, buffer: Buffer, num_rows: int) -> UnpackedBuffer:
        """A number of rows, all zero, of the structure of a buffer."""
        words = jnp.zeros((num_rows, buffer.words.shape[2]), jnp.uint32)
        return cls(unpack(words, buffer), buffer.position, buffer.size)

    def packed(self, like: Buffer) -> Buffer:
        """The latest of these rows in a buffer of the same structure as another."""
        capacity, num_streams, _ = like.words.shape
        words = pack(self.rows)
        size = jnp.minimum(self.size // num_streams, capacity)
        age = size - jnp.arange(capacity)[:, None]
        row = self.position - age * num_streams + jnp.arange(num_streams)
        return dataclasses.replace(
            like, words=words[row % len(words)], position=size % capacity, size=size
        )


def _num_words(leaf: jax.ShapeDtypeStruct) -> int:
    return -(-leaf.size * leaf.dtype.itemsize // WORD)


def _pack_leaf(leaf: Array) -> Array:
    """The words of a leaf `[batch, ...]`; numbers of less than 32 bits share a word."""
    bits = jax.lax.bitcast_convert_type(leaf.astype(_stored(leaf.dtype)), _unsigned(leaf.dtype))
    bits = bits.reshape(len(leaf), math.prod(bits.shape[1:])).astype(jnp.uint32)
    per_word = _per_word(leaf.dtype)
    bits = jnp.pad(bits, ((0, 0), (0, -bits.shape[1] % per_word)))
    shifted = [bits[:, i::per_word] << (32 // per_word * i) for i in range(per_word)]
    return functools.reduce(jnp.bitwise_or, shifted)


def _unpack_leaf(words: Array, leaf: jax.ShapeDtypeStruct) -> Array:
    """The leaf `[batch, ...]` that was packed as words."""
    stored, per_word = _stored(leaf.dtype), _per_word(leaf.dtype)
    shifts = jnp.arange(per_word, dtype=jnp.uint32) * (32 // per_word)
    bits = (words[..., None] >> shifts).reshape(len(words), words.shape[1] * per_word)
    bits = bits[:, : max(leaf.size, words.shape[1])].astype(_unsigned(leaf.dtype))
    if stored.itemsize > WORD:
        bits = bits.reshape(len(words), leaf.size, stored.itemsize // WORD)
    numbers = jax.lax.bitcast_convert_type(bits, stored)
    return numbers.reshape(len(words), *leaf.shape).astype(leaf.dtype)


def _stored(dtype: Any) -> Any:
    """The dtype as which numbers are stored: booleans as bytes."""
    return np.dtype(np.uint8) if np.issubdtype(dtype, np.bool_) else dtype


def _unsigned(dtype: Any) -> Any:
    """The unsigned integers, of at most a word, whose bits are those of a dtype."""
    return {1: jnp.uint8, 2: jnp.uint16}.get(dtype.itemsize, jnp.uint32)


def _per_word(dtype: Any) -> int:
    """The count of numbers that share a word."""
    return max(WORD // int(dtype.itemsize), 1)
