"""Eigenvalues and eigenvectors of symmetric matrices."""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array

from jaxdist.linalg import lapack
from jaxdist.linalg.triangular import diagonal, diagonal_matrix, symmetric_part
from jaxdist.precision import matmul
from jaxdist.promotion import custom_jvp


def symmetric_eigen(matrix: Array) -> tuple[Array, Array]:
    """Return the eigenvalues and the eigenvectors of the symmetric part of a matrix.

    Args:
      matrix: shape `(..., n, n)`.

    Returns:
      Eigenvalues in ascending order, shape `(..., n)`, and eigenvectors, the columns of an array of
      shape `(..., n, n)`. The derivative of the eigenvectors of equal eigenvalues is not finite.
    """
    working = matrix.astype(jnp.promote_types(matrix.dtype, jnp.float32))
    values, vectors = _symmetric_eigen(symmetric_part(working))
    return values.astype(matrix.dtype), vectors.astype(matrix.dtype)


@custom_jvp
def _symmetric_eigen(matrix: Array) -> tuple[Array, Array]:
    both = lapack.eigenvectors(matrix)
    return both[..., -1, :], both[..., :-1, :]


@_symmetric_eigen.defjvp
def _symmetric_eigen_jvp(
    primals: tuple[Array], tangents: tuple[Array]
) -> tuple[tuple[Array, Array], tuple[Array, Array]]:
    """In the basis of the eigenvectors, where the first-order change turns one into another."""
    (matrix,), (change,) = primals, tangents
    values, vectors = _symmetric_eigen(matrix)
    change = matmul(matmul(jnp.matrix_transpose(vectors), change), vectors)
    own = jnp.eye(matrix.shape[-1], dtype=matrix.dtype)
    gaps = values[..., None, :] - values[..., :, None] + own
    turned = (change - diagonal_matrix(diagonal(change))) / gaps
    return (values, vectors), (diagonal(change), matmul(vectors, turned))
