"""The precision of computations: half precision widened to float32, matrix products in full."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array, lax


def widen(tree: Any) -> Any:
    """Cast half-precision leaves to float32, in which everything is computed."""

    def widened(leaf: Array) -> Array:
        small = jnp.issubdtype(leaf.dtype, jnp.floating) and jnp.finfo(leaf.dtype).bits < 32
        return leaf.astype(jnp.float32) if small else leaf

    return jax.tree.map(widened, tree)


def narrow(x: Array, dtype: np.dtype) -> Array:
    """Cast floats to a dtype; counts stay as they are."""
    return x.astype(dtype) if jnp.issubdtype(x.dtype, jnp.floating) else x


def at_least_float32(function: Callable[..., Array]) -> Callable[..., Array]:
    """Widen half-precision arguments, which LAPACK does not know, and narrow the result."""

    @functools.wraps(function)
    def widened(*arrays: Array) -> Array:
        dtype = jnp.result_type(*arrays)
        working = jnp.promote_types(dtype, jnp.float32)
        return function(*(array.astype(working) for array in arrays)).astype(dtype)

    return widened


def matmul(a: Array, b: Array) -> Array:
    """Multiply matrices without the shortened products that accelerators default to.

    Args:
      a: shape `(..., n, k)`.
      b: shape `(..., k, m)`.

    Returns:
      Shape `(..., n, m)`.
    """
    return jnp.matmul(a, b, precision=lax.Precision.HIGHEST)


def tensordot(a: Array, b: Array, axes: int) -> Array:
    """Sum products over the last axes of one array and the first of another, as exactly.

    Args:
      a: shape `(*of_a, *summed)`.
      b: shape `(*summed, *of_b)`.
      axes: how many axes to sum over.

    Returns:
      Shape `(*of_a, *of_b)`.
    """
    return jnp.tensordot(a, b, axes, precision=lax.Precision.HIGHEST)


def matvec(matrix: Array, x: Array) -> Array:
    """Multiply vectors by a matrix.

    Args:
      matrix: shape `(*batch, n, k)`.
      x: shape `(..., *batch, k)`.

    Returns:
      Shape `(..., *batch, n)`.
    """
    return jnp.einsum("...ij,...j->...i", matrix, x, precision=lax.Precision.HIGHEST)


def vecdot(a: Array, b: Array) -> Array:
    """Return inner products along the last axis.

    With jaxlib 0.10 on a CPU, `y - a * jnp.sum(a * y, -1, keepdims=True)` is wrong for some numbers
    of rows where `a` is broadcast against `y`: XLA loses the sum when it fuses it with its use.

    Args:
      a: shape `(..., n)`.
      b: shape `(..., n)`, broadcastable with `a`.

    Returns:
      Shape `(...)`.
    """
    return jnp.einsum("...i,...i->...", a, b, precision=lax.Precision.HIGHEST)
