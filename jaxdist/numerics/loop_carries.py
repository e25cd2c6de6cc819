"""What loops carry inside `jax.shard_map`."""

from __future__ import annotations

import functools
from typing import TypeVar

import jax
import jax.numpy as jnp
from jax import Array

T = TypeVar("T")


def vary_with(carry: T, *read: object) -> T:
    """Let what a loop carries vary over the devices of a mesh where what its body reads does.

    Inside `jax.shard_map` the type of an array says over which axes of the mesh it varies. A loop
    is entered with the types that its body returns, which are those of all that the body reads. The
    values stay as they are, and outside of `jax.shard_map` the compiler removes the operation.

    Args:
      carry: a tree of arrays.
      *read: trees of arrays, and PRNG keys.
    """
    never = functools.reduce(jnp.logical_or, map(_never, jax.tree.leaves((carry, read))))
    return jax.tree.map(lambda x: jnp.where(never, x, x), carry)


def _never(x: Array) -> Array:
    """Return False, varying as `x` does."""
    is_key = jnp.issubdtype(x.dtype, jax.dtypes.prng_key)
    return jnp.zeros_like(jax.random.key_data(x) if is_key else x, bool, shape=())
