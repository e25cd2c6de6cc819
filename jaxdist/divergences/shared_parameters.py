"""Parameters that two distributions must have in common."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from contextlib import nullcontext

import jax
import jax.numpy as jnp
from jax import Array
from jax.experimental import checkify

from jaxdist.argument_checks import get_validation
from jaxdist.pytree import is_concrete


def are_shared(
    pairs: Sequence[tuple[Array, Array]], error: Exception, tolerance: float = 0.0
) -> Array:
    """Return whether parameters of two distributions are equal, of their shapes broadcast together.

    Under `jax.jit`, `vmap` or `grad` they may not be known yet. With
    `jaxdist.validation("checkify")` a difference is then also reported through `checkify`.

    Args:
      pairs: each parameter of both.
      error: what to raise if they are known to differ.
      tolerance: in eps, of numbers that are computed.
    """

    def is_same(x: Array, y: Array) -> Array:
        rounding = tolerance * jnp.finfo(jnp.result_type(float, x, y)).eps
        return (x == y) | (jnp.abs(x - y) <= rounding * jnp.maximum(jnp.abs(x), jnp.abs(y)))

    known = all(map(is_concrete, jax.tree.leaves(pairs)))
    with jax.ensure_compile_time_eval() if known else nullcontext():
        same = functools.reduce(jnp.logical_and, (is_same(x, y) for x, y in pairs), jnp.array(True))
        if known and not jnp.all(same):
            raise error
    if get_validation() == "checkify" and not known:
        checkify.check(jnp.all(same), str(error))
    return same
