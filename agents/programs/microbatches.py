"""Large computations in pieces, whose intermediate results then fit where memory is fast."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array

CACHE_ROWS = 128
"""Rows whose activations, in layers of usual width, fit the cache nearest to a CPU's core."""

FEWEST_ROWS = 64
"""Rows below which the products of matrices of a piece are no longer efficient."""


def largest_divisor(n: int, limit: int) -> int:
    """The largest divisor of `n` that is at most `limit`, and at least 1."""
    return next(d for d in range(max(1, min(n, limit)), 0, -1) if n % d == 0)


def rows_at_once(num_rows: int) -> int:
    """How many rows of a batch to work on at a time.

    All of them on an accelerator, whose memory is fast everywhere, and where they cannot be
    divided evenly; on a CPU as many as fit the cache.
    """
    if jax.default_backend() != "cpu":
        return num_rows
    piece = largest_divisor(num_rows, CACHE_ROWS)
    return piece if piece >= FEWEST_ROWS else num_rows


def mean_gradient(
    loss: Callable[[Any, Any], tuple[Array, dict[str, Array]]], params: Any, batch: Any
) -> tuple[Any, dict[str, Array]]:
    """The gradient of a loss that is a mean over the rows of a batch.

    The mean of a function over equal pieces of a batch is its mean over the batch, and so is its
    gradient: nothing changes but rounding.

    Args:
      loss: from parameters and rows to a scalar and metrics, each a mean over the rows.
      params: the parameters.
      batch: a tree, every leaf `[rows, ...]`.

    Returns:
      The gradient and the metrics.
    """
    gradient = jax.grad(loss, has_aux=True)
    num_rows = jax.tree.leaves(batch)[0].shape[0]
    size = rows_at_once(num_rows)
    if size == num_rows:
        return gradient(params, batch)
    num_pieces = num_rows // size
    pieces = jax.tree.map(lambda leaf: leaf.reshape(num_pieces, size, *leaf.shape[1:]), batch)

    def add(total: Any, piece: Any) -> tuple[Any, None]:
        return jax.tree.map(jnp.add, total, gradient(params, piece)), None

    like = jax.eval_shape(gradient, params, jax.tree.map(lambda leaf: leaf[0], pieces))
    nothing = jax.tree.map(lambda leaf: jnp.zeros(leaf.shape, leaf.dtype), like)
    total, _ = jax.lax.scan(add, nothing, pieces)
    return jax.tree.map(lambda leaf: leaf / num_pieces, total)


def map_rows(function: Callable[[Array], Array], x: Array) -> Array:
    """Apply a function of a batch of rows, `[rows, ...]` to `[rows, ...]`, piece by piece."""
    num_rows = x.shape[0]
    size = rows_at_once(num_rows)
    if size == num_rows:
        return function(x)
    y = jax.lax.map(function, x.reshape(num_rows // size, size, *x.shape[1:]))
    return y.reshape(num_rows, *y.shape[2:])
