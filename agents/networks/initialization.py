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
    """Matrices with orthonormal rows or columns, whichever are fewer, uniformly distributed.

    They come from one draw and one loop, since each more is a program more to compile.

    Args:
      key: a PRNG key.
      shapes: the shape of each.

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
    """Make the columns of matrices, `[..., rows, columns]`, orthonormal; those of zeros stay zero.

    By Gram and Schmidt. LAPACK would do as well, were it not that its calls on batches, as `vmap`
    makes them, can wait for each other for ever on a CPU of few cores (see `jaxdist.lapack`).
    """

    def add(i: Array, q: Array) -> Array:
        column = x[..., i]
        for _ in range(2):  # once leaves rounding errors where little is left of a column
            shares = jnp.sum(q * column[..., None], -2, keepdims=True)
            column = column - jnp.sum(q * shares, -1)
        length = jnp.linalg.norm(column, axis=-1, keepdims=True)
        return q.at[..., i].set(column / jnp.where(length > 0, length, 1))

    return jax.lax.fori_loop(0, x.shape[-1], add, jnp.zeros_like(x))
