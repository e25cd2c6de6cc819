"""Subsets of a determinantal point process, by its eigenvectors."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jax import Array, lax

from jaxdist.numerics.loop_carries import vary_with
from jaxdist.random.categorical import categorical
from jaxdist.random.uniform import uniform
from jaxdist.random.words import Shape
from jaxdist.special import masked_log


def determinantal(key: Array, eigenvalues: Array, eigenvectors: Array, shape: Shape) -> Array:
    r"""Draw subsets: each eigenvector is kept with probability λ / (1 + λ), then items one by one.

    With rows :math:`v_i` of the m eigenvectors that are kept, the first item is i with probability
    :math:`|v_i|^2 / m`. Then the rows are projected on the complement of :math:`v_i`, of one
    dimension less.

    Hough, Krishnapur, Peres and Virag, Determinantal Processes and Independence (2006), algorithm
    18; Kulesza and Taskar, Determinantal Point Processes for Machine Learning (2012), algorithm 1.

    Args:
      key: a PRNG key of any kind.
      eigenvalues: non-negative λ, shape `(..., n)`, broadcastable to `shape`.
      eigenvectors: orthonormal columns, shape `(..., n, n)`.
      shape: shape of the draws, whose last axis has length n.

    Returns:
      1 for the items of the subset and 0 for the others, of type int32.
    """
    if shape[-1] == 0:
        return jnp.zeros(shape, jnp.int32)
    values, vectors = lax.stop_gradient((eigenvalues, eigenvectors))
    kept_key, key = jax.random.split(key)
    kept = uniform(kept_key, shape, values.dtype) * (1 + values) < values
    rows = jnp.where(kept[..., None, :], vectors, 0)
    size = jnp.sum(kept, -1, dtype=jnp.int32)

    def choose(step: Array, state: tuple[Array, Array]) -> tuple[Array, Array]:
        rows, chosen = state
        is_open = (step < size)[..., None]
        squares = jnp.where(chosen > 0, 0, jnp.sum(rows * rows, -1))
        logits = jnp.where(is_open, masked_log(squares), 0)
        item = categorical(jax.random.fold_in(key, step), logits, shape[:-1])
        new = jnp.arange(shape[-1]) == item[..., None]
        row = jnp.sum(jnp.where(new[..., None], rows, 0), -2, keepdims=True)
        square = jnp.sum(row * row, -1, keepdims=True)
        along = jnp.sum(rows * row, -1, keepdims=True) / jnp.where(square > 0, square, 1)
        return rows - along * row, jnp.where(new & is_open, 1, chosen)

    start = vary_with((rows, jnp.zeros(shape, jnp.int32)), (rows, size, key))
    return lax.fori_loop(0, shape[-1], choose, start)[1]
