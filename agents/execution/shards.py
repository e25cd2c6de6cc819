"""The shard of a training run that a device computes: some of the streams of a member."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeVar

import jax
import jax.numpy as jnp
from jax import Array
from jax.flatten_util import ravel_pytree

Tree = TypeVar("Tree", bound=Any)


@dataclass(frozen=True)
class Shard:
    """Some of the streams of a member, and what is computed together with its other shards.

    An algorithm is written for one member on one shard. Where it needs a number that depends on all
    streams, such as the mean of a gradient, it asks the shard. The only shard of a member has all
    streams; its means and sums are what it is given.

    Attributes:
      axis: the name of the axis of the mesh that the shards lie on, None for the only shard.
      count: the number of shards.
    """

    axis: str | None = None
    count: int = 1

    @property
    def index(self) -> Array | int:
        """The index of this shard."""
        return 0 if self.axis is None else jax.lax.axis_index(self.axis)

    def share(self, num: int) -> int:
        """The number of streams, or of groups of streams, on each shard.

        Raises:
          ValueError: the shards do not divide them evenly.
        """
        if num % self.count:
            raise ValueError(f"{num} streams cannot be divided evenly among {self.count} shards")
        return num // self.count

    def indices(self, num: int) -> Array:
        """The indices of this shard's streams, or of groups of them, among `num` of all shards."""
        own = self.share(num)
        return self.index * own + jnp.arange(own)

    def keys(self, key: Array, num: int) -> Array:
        """A key for each stream of this shard, or for each group of them.

        The key of a stream depends on its index among the streams of all shards, so that random
        numbers are the same on any number of devices.

        Args:
          key: a PRNG key, the same on all shards.
          num: the number of streams, or of groups, of all shards.

        Returns:
          Keys, `[num / count]`.
        """
        return jax.vmap(jax.random.fold_in, (None, 0))(key, self.indices(num))

    def mean(self, tree: Tree) -> Tree:
        """The means over the shards of a tree of floats, by one all-reduce for each dtype."""
        return self._reduce(jax.lax.pmean, tree)

    def sum(self, tree: Tree) -> Tree:
        """The sums over the shards of a tree of numbers, by one all-reduce for each dtype."""
        return self._reduce(jax.lax.psum, tree)

    def gather(self, x: Array, axis: int) -> Array:
        """An array of all shards: their parts one after another along an axis of streams."""
        return x if self.axis is None else jax.lax.all_gather(x, self.axis, axis=axis, tiled=True)

    def all(self, flags: Array) -> Array:
        """Whether booleans are true on every shard."""
        return self.sum(jnp.logical_not(flags).astype(jnp.int32)) == 0

    def _reduce(self, reduce: Any, tree: Tree) -> Tree:
        if self.axis is None:
            return tree
        leaves, structure = jax.tree.flatten(tree)
        reduced = list(leaves)
        for dtype in dict.fromkeys(leaf.dtype for leaf in leaves):
            places = [i for i, leaf in enumerate(leaves) if leaf.dtype == dtype]
            vector, unravel = ravel_pytree([leaves[i] for i in places])
            for i, leaf in zip(places, unravel(reduce(vector, self.axis)), strict=True):
                reduced[i] = leaf
        return jax.tree.unflatten(structure, reduced)


ALL_STREAMS = Shard()
"""The only shard of a member, where no mesh divides its streams."""
