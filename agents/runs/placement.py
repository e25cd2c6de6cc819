"""Where the members of a run lie: sharded over the devices of its mesh.

If the devices do not divide the members, copies of the last member are trained in addition, but
neither written nor shown.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import jax
import numpy as np
from jax.sharding import NamedSharding, PartitionSpec

from ..execution import processes
from ..execution.mesh import num_padded, partition_specs
from .run import Run


def pad(run: Run, tree: Any) -> Any:
    """A tree of the members with padding.

    Args:
      run: the run.
      tree: a tree whose leaves begin with `[num_members]`, or with any padding after that.
    """
    padded = num_padded(run.num_members, run.mesh)
    rows = np.minimum(np.arange(padded), run.num_members - 1)
    is_padded = lambda leaf: len(leaf) == padded == run.num_members
    return jax.tree.map(lambda leaf: leaf if is_padded(leaf) else leaf[rows], tree)


def place(run: Run, tree: Any) -> Any:
    """A tree of the members on the mesh of a run, with padding; what is there is not copied."""
    leaves, structure = jax.tree.flatten(tree)
    specs = jax.tree.leaves(partition_specs(tree), is_leaf=lambda x: isinstance(x, PartitionSpec))
    targets = [NamedSharding(run.mesh, spec) for spec in specs]
    is_padded = num_padded(run.num_members, run.mesh) != run.num_members
    moved = [
        i
        for i, leaf in enumerate(leaves)
        if is_padded or not isinstance(leaf, jax.Array) or leaf.sharding != targets[i]
    ]
    put = jax.jit(partial(pad, run), out_shardings=[targets[i] for i in moved])
    for i, leaf in zip(moved, put([leaves[i] for i in moved]), strict=True):
        leaves[i] = leaf
    return jax.tree.unflatten(structure, leaves)


def cut(run: Run, tree: Any) -> Any:
    """A tree of the members without padding."""
    return jax.tree.map(lambda leaf: leaf[: run.num_members], tree)


def collect(run: Run, tree: Any) -> Any:
    """A tree on the mesh of a run without padding, all of it in every process."""
    if processes.count() > 1:
        return jax.jit(partial(cut, run), out_shardings=replicated(run))(tree)
    return local(run, tree)


def local(run: Run, tree: Any) -> Any:
    """A tree on the mesh of a run without padding; on several processes, as it is on the mesh."""
    is_padded = num_padded(run.num_members, run.mesh) != run.num_members
    return cut(run, tree) if is_padded and processes.count() == 1 else tree


def shardings(tree: Any) -> Any:
    """The sharding of each array of a tree; the compiler forgets those of empty arrays."""
    return jax.tree.map(lambda leaf: leaf.sharding, tree)


def logged(run: Run) -> NamedSharding | None:
    """The sharding of results that the host reads: every process needs all of them.

    In one process they stay where they are: to gather them, devices would wait for each other, and
    XLA aborts the process if a CPU device waits for 40 seconds.
    """
    return replicated(run) if processes.count() > 1 else None


def replicated(run: Run) -> NamedSharding:
    """The sharding of what every device has in full."""
    return NamedSharding(run.mesh, PartitionSpec())
