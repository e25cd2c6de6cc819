"""Microbatches: large batches in parts whose intermediate results fit into the cache."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array

LARGEST = 128
"""Largest number of rows of a microbatch: activations of typical layers fit a core's L1 cache."""

SMALLEST = 64
"""Smallest number of rows of a microbatch: smaller matrix products are inefficient."""


Loss = Callable[[Any, Any], tuple[Array, dict[str, Array]]]
"""Function from parameters and a batch to a scalar and metrics."""


def largest_divisor(n: int, limit: int) -> int:
    """The largest divisor of `n` that is at most `limit`, and at least 1."""
    return next(d for d in range(max(1, min(n, limit)), 0, -1) if n % d == 0)


def microbatch_size(num_rows: int) -> int:
    """The number of rows of a microbatch on a CPU.

    All rows where no divisor of `num_rows` lies between `SMALLEST` and `LARGEST`.
    """
    size = largest_divisor(num_rows, LARGEST)
    return size if size >= SMALLEST else num_rows


def mean_gradient(
    loss: Loss, params: Any, batch: Any, lean_loss: Loss | None = None
) -> tuple[Any, dict[str, Array]]:
    """The gradient of a loss that is a mean over the rows of a batch, by microbatches on a CPU.

    The mean of the gradients of equal microbatches is the gradient of the batch, up to rounding. An
    accelerator, whose memory is fast everywhere, takes the batch as one.

    Args:
      loss: function from parameters and rows to a scalar and metrics, each a mean over the rows.
      params: the parameters.
      batch: a tree, every leaf `[rows, ...]`.
      lean_loss: the same loss for accelerators, which keeps fewer arrays for its derivative.

    Returns:
      The gradient and the metrics.
    """
    num_rows = jax.tree.leaves(batch)[0].shape[0]
    gradient, lean_gradient = (jax.grad(f, has_aux=True) for f in (loss, lean_loss or loss))
    num = num_rows // microbatch_size(num_rows)

    def by_microbatches(params: Any, batch: Any) -> tuple[Any, dict[str, Array]]:
        if num == 1:
            return gradient(params, batch)
        microbatches = jax.tree.map(lambda leaf: leaf.reshape(num, -1, *leaf.shape[1:]), batch)
        first = jax.tree.map(lambda leaf: leaf[0], microbatches)
        shapes = jax.eval_shape(gradient, params, first)
        zeros = jax.tree.map(lambda leaf: jnp.zeros(leaf.shape, leaf.dtype), shapes)

        def add(total: Any, microbatch: Any) -> tuple[Any, None]:
            return jax.tree.map(jnp.add, total, gradient(params, microbatch)), None

        total, _ = jax.lax.scan(add, zeros, microbatches)
        return jax.tree.map(lambda leaf: leaf / num, total)

    return jax.lax.platform_dependent(params, batch, cpu=by_microbatches, default=lean_gradient)


def map_microbatches(function: Callable[[Array], Array], x: Array) -> Array:
    """Apply a function of rows, `[rows, ...]` to `[rows, ...]`, to one microbatch at a time."""
    return map_parts(function, x, len(x) // microbatch_size(len(x)))


def map_parts(function: Callable[[Any], Any], rows: Any, num_parts: int) -> Any:
    """Apply a function of rows to equal parts of them, one after another.

    Args:
      function: function from a tree of arrays `[rows, ...]` to another.
      rows: the tree.
      num_parts: the largest number of parts.
    """
    num_rows = len(jax.tree.leaves(rows)[0])
    num = largest_divisor(num_rows, num_parts)
    if num == 1:
        return function(rows)
    parts = jax.tree.map(lambda leaf: leaf.reshape(num, -1, *leaf.shape[1:]), rows)
    merge = lambda leaf: leaf.reshape(num_rows, *leaf.shape[2:])
    return jax.tree.map(merge, jax.lax.map(function, parts))
