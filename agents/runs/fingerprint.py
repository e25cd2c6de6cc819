"""The fingerprint of the states of a run: the same on any number of devices and processes.

It is a sum over the elements of all arrays, of their bits times an odd number that depends on their
place: one changed bit always changes it. Each process sums over the elements that it holds.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import Any

import jax
import numpy as np
from jax import Array

from ..execution import processes

GOLDEN = np.uint64(0x9E3779B97F4A7C15)
"""2^64 over the golden ratio: multiples of it spread evenly."""

LARGEST = 2**15
"""Number of elements that are summed at once, so that intermediate results fit into the cache."""


def fingerprint(arrays: dict[str, Array], num_members: int | None = None) -> int:
    """A fingerprint of arrays by path: of their paths, dtypes, shapes and values.

    Args:
      arrays: arrays of any sharding. All processes call this with the same ones.
      num_members: the number of rows that count; rows after them are padding. All if not given.

    Returns:
      An integer of 64 bits.
    """
    header, total = 0, np.uint64(0)
    with np.errstate(over="ignore"):  # sums are modulo 2^64
        for path, array in sorted(arrays.items()):
            shape = (min(num_members or array.shape[0], array.shape[0]), *array.shape[1:])
            header = zlib.crc32(f"{path} {array.dtype} {shape}".encode(), header)
            salt = np.uint64(zlib.crc32(path.encode()) << 32)
            for start, block in _blocks(array):
                kept = block[: max(0, shape[0] - start[0])]
                for part in _parts(start, kept):
                    total = total + _sum(*part, shape, salt)
        sums = processes.gather(int(total.view(np.int64))).view(np.uint64)
        return int(sums.sum(dtype=np.uint64)) ^ header


def _blocks(array: Any) -> list[tuple[list[int], np.ndarray]]:
    """The blocks of an array that this process holds, each in one process, and where they start."""
    if not isinstance(array, jax.Array):
        return [([0] * array.ndim, array)]
    shards = [shard for shard in array.addressable_shards if shard.replica_id == 0]
    return [([part.start or 0 for part in s.index], np.asarray(s.data)) for s in shards]


def _parts(start: list[int], block: np.ndarray) -> Iterator[tuple[list[int], np.ndarray]]:
    """A block in parts of at most `LARGEST` elements, and where they start."""
    if block.size <= LARGEST:
        yield start, block
        return
    axis = int(np.argmax(block.shape))
    half = block.shape[axis] // 2
    first, second = np.split(block, [half], axis)
    yield from _parts(start, first)
    yield from _parts([s + half * (i == axis) for i, s in enumerate(start)], second)


def _sum(start: list[int], block: np.ndarray, shape: tuple[int, ...], salt: np.uint64) -> np.uint64:
    """The sum over the elements of a block of an array, which starts at an index of it."""
    places, stride = np.asarray(salt), 1
    for axis in reversed(range(block.ndim)):
        along = np.arange(start[axis], start[axis] + block.shape[axis], dtype=np.uint64)
        along = along * np.uint64(stride)
        places = places + along.reshape(-1, *[1] * (block.ndim - axis - 1))
        stride *= shape[axis]
    weights = np.broadcast_to(places, block.shape) * GOLDEN | np.uint64(1)
    return np.sum(_bits(block) * weights, dtype=np.uint64)


def _bits(block: np.ndarray) -> np.ndarray:
    """The bits of the elements of an array, as integers of 64 bits."""
    kind = np.dtype(f"u{block.dtype.itemsize}")
    return np.ascontiguousarray(block).view(kind).astype(np.uint64)
