"""Functions that call the host, which `vmap` calls once for the whole batch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jax.custom_batching import custom_vmap


def call_by_rows(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function of one row, from a function of many rows.

    `jax.vmap`, also of `jax.vmap`, calls the latter once with the rows of all batches, which
    matters if it calls Python on the host.

    Args:
      function: function of trees of arrays `[rows, ...]` that returns such a tree; it may use
        `jax.experimental.io_callback`.

    Returns:
      Function of trees of arrays `[...]`.
    """
    of_rows = custom_vmap(function)

    @of_rows.def_vmap
    def rule(axis_size: int, is_batched: Any, *arguments: Any) -> tuple[Any, Any]:
        def batched(leaf: Any, has_axis: bool) -> Any:
            return leaf if has_axis else jnp.broadcast_to(leaf, (axis_size, *leaf.shape))

        arguments = jax.tree.map(batched, arguments, tuple(is_batched))
        joined = jax.tree.map(lambda x: x.reshape(-1, *x.shape[2:]), arguments)
        result = jax.tree.map(lambda x: x.reshape(axis_size, -1, *x.shape[1:]), of_rows(*joined))
        return result, jax.tree.map(lambda _: True, result)

    def of_one(*arguments: Any) -> Any:
        result = of_rows(*jax.tree.map(lambda x: jnp.asarray(x)[None], arguments))
        return jax.tree.map(lambda x: x[0], result)

    return of_one
