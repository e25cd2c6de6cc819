"""A scan that packs its small arrays into one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from agents.execution.columns import Columns

SMALL = 32
"""Largest size of an array that is packed; larger ones cost more to copy than they save."""

UNROLL = 2
"""Steps per iteration on an accelerator: with two, no step has to copy the carry of the other."""


Step = Callable[[Any, Any], tuple[Any, Any]]
"""Function from a carry and an element of `xs` to the next carry and an output."""


def packed_scan(step: Step, init: Any, xs: Any, num_streams: int) -> tuple[Any, Any]:
    """`jax.lax.scan` over the steps of parallel streams, with small arrays packed into one.

    Every array of the carry and of the outputs costs a kernel call per step, which dominates the
    time of a step with few numbers. On a CPU, where wide kernels take their time, arrays are packed
    if there are few streams; on an accelerator, if there are few numbers per stream.

    Args:
      step: function from a carry and an element of `xs` to the next carry and an output.
      init: the initial carry, a tree of arrays.
      xs: a tree of arrays with a leading axis to scan over.
      num_streams: the length of the leading axis of the arrays of a stream.

    Returns:
      The final carry, and the stacked outputs.
    """
    carry, outputs = jax.eval_shape(lambda c, x: jax.lax.scan(step, c, x), init, xs)
    output = jax.tree.map(lambda y: jax.ShapeDtypeStruct(y.shape[1:], y.dtype), outputs)

    def on_cpu(init: Any, xs: Any) -> tuple[Any, Any]:
        return _scan_by_dtype(step, init, xs, carry, output)

    def on_accelerator(init: Any, xs: Any) -> tuple[Any, Any]:
        return _scan_by_columns(step, init, xs, carry, output, num_streams)

    return jax.lax.platform_dependent(init, xs, cpu=on_cpu, default=on_accelerator)


def _scan_by_dtype(step: Step, init: Any, xs: Any, carry: Any, output: Any) -> tuple[Any, Any]:
    """Pack arrays of one dtype whose size is small."""
    carry_layout, output_layout = Layout.of(carry), Layout.of(output)

    def packed_step(packed: list[Array], x: Any) -> tuple[list[Array], list[Array]]:
        carry, y = step(carry_layout.unpack(packed), x)
        return carry_layout.pack(carry), output_layout.pack(y)

    last, ys = jax.lax.scan(packed_step, carry_layout.pack(init), xs)
    return carry_layout.unpack(last), output_layout.unpack(ys)


def _scan_by_columns(
    step: Step, init: Any, xs: Any, carry: Any, output: Any, num_streams: int
) -> tuple[Any, Any]:
    """Pack carry and output together into one matrix with a column per stream."""
    carry_columns, output_columns = (Columns.of(tree, num_streams) for tree in (carry, output))
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


@dataclass(frozen=True)
class Layout:
    """Which leaves of a tree are packed together.

    Attributes:
      structure: the structure of the tree.
      leaves: the shape and dtype of each leaf.
      groups: for each packed array, the positions of its leaves.
    """

    structure: Any
    leaves: list[Any]
    groups: list[list[int]]

    @classmethod
    def of(cls, example: Any) -> Layout:
        """The layout of trees with the same structure, shapes and dtypes as an example."""
        leaves, structure = jax.tree.flatten(example)
        groups: dict[Any, list[int]] = {}
        for i, leaf in enumerate(leaves):
            groups.setdefault(leaf.dtype if leaf.size <= SMALL else i, []).append(i)
        return cls(structure, leaves, list(groups.values()))

    def pack(self, tree: Any) -> list[Array]:
        """One flat array per group of leaves; a group of one leaf keeps its shape."""
        leaves = jax.tree.leaves(tree)
        groups = [[leaves[i] for i in group] for group in self.groups]
        return [
            group[0] if len(group) == 1 else jnp.concatenate([leaf.ravel() for leaf in group])
            for group in groups
        ]

    def unpack(self, packed: list[Array]) -> Any:
        """The tree of packed arrays, whose leading axes become leading axes of every leaf."""
        leaves = [*self.leaves]
        for group, array in zip(self.groups, packed, strict=True):
            if len(group) == 1:
                leaves[group[0]] = array
                continue
            ends = np.cumsum([self.leaves[i].size for i in group])
            for i, part in zip(group, jnp.split(array, ends[:-1], axis=-1), strict=True):
                leaves[i] = part.reshape(*array.shape[:-1], *self.leaves[i].shape)
        return jax.tree.unflatten(self.structure, leaves)
