"""Initial weights of networks."""

from __future__ import annotations

import math
from collections.abc import Sequence

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

import jaxdist as jd


def orthogonal(key: Array, shapes: Sequence[tuple[int, int]]) -> list[Array]:
    """Random matrices with orthonormal rows or columns, whichever are fewer.

    All come from one draw and one loop, to compile one program instead of many.

    Args:
      key: a PRNG key.
      shapes: the shapes of the matrices.

    Returns:
      The matrices, uniformly distributed.

    References:
      Mezzadri 2007, "How to Generate Random Matrices from the Classical Compact Groups".
    """
    sizes = [math.prod(shape) for shape in shapes]
    parts = jnp.split(jd.Normal(0.0, 1.0).sample(key, sum(sizes)), np.cumsum(sizes)[:-1])
    tall = [(max(shape), min(shape)) for shape in shapes]
    rows, columns = np.max(tall, axis=0)
    padded = [
        jnp.pad(x.reshape(n, k), ((0, rows - n), (0, columns - k)))
        for x, (n, k) in zip(parts, tall, strict=True)
    ]
    cut = [q[:n, :k] for q, (n, k) in zip(_orthonormal(jnp.stack(padded)), tall, strict=True)]
    return [q if q.shape == shape else q.T for q, shape in zip(cut, shapes, strict=True)]


def _orthonormal(x: Array) -> Array:
    """Orthonormalize the columns of matrices, `[..., rows, columns]`; zero columns stay zero.

    By Gram-Schmidt and not by LAPACK, whose calls on batches can deadlock on a CPU with few cores
    (see `jaxdist.lapack`).
    """

    def add_column(i: Array, q: Array) -> Array:
        column = x[..., i]
        for _ in range(2):  # a second time, for the rounding errors of the first
            projections = jnp.sum(q * column[..., None], -2, keepdims=True)
            column = column - jnp.sum(q * projections, -1)
        length = jnp.linalg.norm(column, axis=-1, keepdims=True)
        return q.at[..., i].set(column / jnp.where(length > 0, length, 1))

    return jax.lax.fori_loop(0, x.shape[-1], add_column, jnp.zeros_like(x))
