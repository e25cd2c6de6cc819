"""A scan that packs its small arrays into one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

SMALL = 32
"""Largest size of an array that is packed; larger ones cost more to copy than they save."""

Step = Callable[[Any, Any], tuple[Any, Any]]
"""Function from a carry and an element of `xs` to the next carry and an output."""


def packed_scan(step: Step, init: Any, xs: Any) -> tuple[Any, Any]:
    """`jax.lax.scan` that packs small arrays of one dtype into one array.

    Every array of the carry and of the outputs costs a kernel call per step, which dominates the
    time of a step with few numbers. For parallel streams on an accelerator, see `column_scan`.

    Args:
      step: function from a carry and an element of `xs` to the next carry and an output.
      init: the initial carry, a tree of arrays.
      xs: a tree of arrays with a leading axis to scan over.

    Returns:
      The final carry, and the stacked outputs.
    """
    carry, output = scan_shapes(step, init, xs)
    carry_layout, output_layout = Layout.of(carry), Layout.of(output)

    def packed_step(packed: list[Array], x: Any) -> tuple[list[Array], list[Array]]:
        carry, y = step(carry_layout.unpack(packed), x)
        return carry_layout.pack(carry), output_layout.pack(y)

    last, ys = jax.lax.scan(packed_step, carry_layout.pack(init), xs)
    return carry_layout.unpack(last), output_layout.unpack(ys)


def scan_shapes(step: Step, init: Any, xs: Any) -> tuple[Any, Any]:
    """The shapes and dtypes of the carry and of one output of a scan."""
    carry, outputs = jax.eval_shape(lambda c, x: jax.lax.scan(step, c, x), init, xs)
    return carry, jax.tree.map(lambda y: jax.ShapeDtypeStruct(y.shape[1:], y.dtype), outputs)


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
