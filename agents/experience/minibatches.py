"""Minibatches: random parts of the steps of an update, which do not depend on the devices."""

from __future__ import annotations

import math

import jax.numpy as jnp
from jax import Array

from ..execution.shards import Shard
from .permutation import permutations


def streams_per_group(rows_per_stream: int, num_minibatches: int) -> int:
    """The size of the smallest groups of streams whose rows divide into the minibatches."""
    return num_minibatches // math.gcd(rows_per_stream, num_minibatches)


def minibatch_rows(
    key: Array, rows_per_stream: int, num_streams: int, num_minibatches: int, shard: Shard
) -> Array:
    """Divide the rows of all streams into random minibatches.

    The rows of every group of streams (see `streams_per_group`) are permuted, and each minibatch
    takes an equal share of them. A shard has whole groups, and a group a permutation of its own:
    the minibatches are the same on any number of devices, no row leaves its device, and every
    minibatch has rows of every group.

    Args:
      key: a PRNG key.
      rows_per_stream: the number of rows of a stream.
      num_streams: the number of streams of all shards.
      num_minibatches: the number of minibatches, which divides the number of rows of all streams.
      shard: the shard.

    Returns:
      The indices of the shard's rows in each minibatch, `[num_minibatches, rows]`. Row
      `step * streams + stream` is that of a step of the shard's streams.
    """
    size = streams_per_group(rows_per_stream, num_minibatches)
    groups = shard.indices(num_streams // size)
    order = permutations(key, groups, size * rows_per_stream)
    first = size * jnp.arange(len(groups))[:, None]
    rows = order // size * (size * len(groups)) + first + order % size
    shares = rows.reshape(len(groups), num_minibatches, -1)
    return shares.swapaxes(0, 1).reshape(num_minibatches, -1)
