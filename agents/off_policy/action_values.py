"""Evaluation of several critics, and of policies, at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array

from ..experience.environment import Environment
from ..experience.spaces import box_transform
from ..networks.layers import Params


def evaluate(
    apply: Callable[[Params, Array], Any],
    params: Sequence[Params],
    inputs: Sequence[Array],
    batched: bool,
) -> Any:
    """The outputs of a network with several parameters, each for its input, stacked."""
    if batched:
        return jax.vmap(apply)(stack(params), jnp.stack(inputs))
    return stack([apply(*pair) for pair in zip(params, inputs, strict=True)])


def stack(trees: Sequence[Any]) -> Any:
    """Stack the leaves of trees of the same structure."""
    return jax.tree.map(lambda *leaves: jnp.stack(leaves), *trees)


def smaller(q: Array) -> Array:
    """The smaller of the values of successive critics, `[2 n, ...]` to `[n, ...]`."""
    pairs = q.reshape(-1, 2, *q.shape[1:])
    return jnp.minimum(pairs[:, 0], pairs[:, 1])


def taken(q: Array, action: Array) -> Array:
    """The values of the actions that were taken: q, `[..., batch, n]`, at `action`, `[batch]`."""
    # A sum instead of an index, whose derivative is a scatter.
    is_taken = action[:, None] == jnp.arange(q.shape[-1])
    return jnp.sum(jnp.where(is_taken, q, 0.0), -1)


def critic_input(env: Environment, s: Array, a: Array) -> Array:
    """[s, a] with the action scaled from a box to [-1, 1].

    Args:
      env: the environment.
      s: observations, `[batch, observation_size]`.
      a: actions, `[batch, *shape]`.
    """
    unit = box_transform(env.action_space).inv(a)
    return jnp.concatenate([s, unit.reshape(len(s), -1)], -1)


def by_group(function: Callable[[Array, Any], Any], keys: Array, tree: Any, axis: int) -> Any:
    """Apply a random function to equal parts of a batch, each with a key of its own.

    Args:
      function: function from a key and a part to a tree, in which the axis is where it was.
      keys: PRNG keys, `[groups]`.
      tree: a tree of arrays whose axis `axis` is that of the batch.
      axis: the axis.

    Returns:
      What the function returns, its parts joined along the axis.
    """

    def split(leaf: Array) -> Array:
        return leaf.reshape(*leaf.shape[:axis], len(keys), -1, *leaf.shape[axis + 1 :])

    def join(leaf: Array) -> Array:
        return leaf.reshape(*leaf.shape[:axis], -1, *leaf.shape[axis + 2 :])

    results = jax.vmap(function, (0, axis), axis)(keys, jax.tree.map(split, tree))
    return jax.tree.map(join, results)
