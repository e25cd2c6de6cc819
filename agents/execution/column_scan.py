"""A scan over the steps of parallel streams, for accelerators."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp

from .columns import Columns
from .packed_scan import Step, scan_shapes

UNROLL = 2
"""Steps per iteration: with two, no step has to copy the carry of the other."""


def column_scan(step: Step, init: Any, xs: Any, num_streams: int) -> tuple[Any, Any]:
    """`jax.lax.scan` over the steps of parallel streams, in few kernels per step.

    The arrays of carry and output that have few numbers per stream are the rows of one matrix,
    which one kernel writes: on an accelerator the number of kernels is the time of a small program.

    Args:
      step: function from a carry and an element of `xs` to the next carry and an output.
      init: the initial carry, a tree of arrays.
      xs: a tree of arrays with a leading axis to scan over.
      num_streams: the length of the leading axis of the arrays of a stream.

    Returns:
      The final carry, and the stacked outputs.
    """
    carry_columns, output_columns = (
        Columns.of(tree, num_streams) for tree in scan_shapes(step, init, xs)
    )
    num_rows = carry_columns.num_rows

    def packed_step(packed: Any, x: Any) -> tuple[Any, Any]:
        matrix, rest = packed
        carry, y = step(carry_columns.unpack(matrix[:num_rows], rest), x)
        (rows, rest), (more_rows, ys) = carry_columns.pack(carry), output_columns.pack(y)
        matrix = jnp.concatenate([rows, more_rows])
        return (matrix, rest), (matrix, ys)

    rows, rest = carry_columns.pack(init)
    matrix = jnp.pad(rows, ((0, output_columns.num_rows), (0, 0)))
    (matrix, rest), (matrices, ys) = jax.lax.scan(packed_step, (matrix, rest), xs, unroll=UNROLL)
    last = carry_columns.unpack(matrix[:num_rows], rest)
    return last, output_columns.unpack(matrices[:, num_rows:], ys)
