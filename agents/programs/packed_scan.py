"""Loops over many small arrays, which travel together as few."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

SMALL = 32
"""Arrays of up to so many numbers travel together; the copies of larger ones cost more."""


def packed_scan(step: Callable[[Any, Any], tuple[Any, Any]], init: Any, xs: Any) -> tuple[Any, Any]:
    """`jax.lax.scan`, whose small arrays of one type are parts of one array while it runs.

    On a CPU, moving on an array of the carry, or storing one of the outputs, is a call of a kernel
    each, and in a step of few numbers these calls are most of the time.

    Args:
      step: from a carry and an element of `xs` to the next carry and an output.
      init: the first carry, arrays.
      xs: arrays whose leading axis is that of the loop.

    Returns:
      The last carry, and the outputs, stacked.
    """
    carry, outputs = jax.eval_shape(lambda c, x: jax.lax.scan(step, c, x), init, xs)
    output = jax.tree.map(lambda y: jax.ShapeDtypeStruct(y.shape[1:], y.dtype), outputs)
    carried, stored = Layout.of(carry), Layout.of(output)

    def packed_step(packed: list[Array], x: Any) -> tuple[list[Array], list[Array]]:
        carry, y = step(carried.unpack(packed), x)
        return carried.pack(carry), stored.pack(y)

    last, ys = jax.lax.scan(packed_step, carried.pack(init), xs)
    return carried.unpack(last), stored.unpack(ys)


@dataclass(frozen=True)
class Layout:
    """Which leaves of a tree travel together.

    Attributes:
      structure: that of the tree.
      leaves: the shape and type of each leaf.
      groups: the positions of the leaves that are parts of one flat array, for each such array.
    """

    structure: Any
    leaves: list[Any]
    groups: list[list[int]]

    @classmethod
    def of(cls, example: Any) -> Layout:
        """The layout for trees such as this one."""
        leaves, structure = jax.tree.flatten(example)
        groups: dict[Any, list[int]] = {}
        for i, leaf in enumerate(leaves):
            groups.setdefault(leaf.dtype if leaf.size <= SMALL else i, []).append(i)
        return cls(structure, leaves, list(groups.values()))

    def pack(self, tree: Any) -> list[Array]:
        """The leaves of a tree, in one array for each group; one by itself stays as it is."""
        leaves = jax.tree.leaves(tree)
        groups = [[leaves[i] for i in group] for group in self.groups]
        return [
            group[0] if len(group) == 1 else jnp.concatenate([leaf.ravel() for leaf in group])
            for group in groups
        ]

    def unpack(self, packed: list[Array]) -> Any:
        """The tree again, from packed arrays; axes in front of them are axes of every leaf."""
        leaves = [*self.leaves]
        for group, array in zip(self.groups, packed, strict=True):
            if len(group) == 1:
                leaves[group[0]] = array
                continue
            ends = np.cumsum([self.leaves[i].size for i in group])
            for i, part in zip(group, jnp.split(array, ends[:-1], axis=-1), strict=True):
                leaves[i] = part.reshape(*array.shape[:-1], *self.leaves[i].shape)
        return jax.tree.unflatten(self.structure, leaves)
