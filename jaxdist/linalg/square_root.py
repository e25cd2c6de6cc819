"""Triangular square roots of sums of products, without forming the sums."""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array

from jaxdist.linalg import lapack
from jaxdist.linalg.triangular import diagonal, solve_lower_matrix
from jaxdist.precision import at_least_float32, matmul
from jaxdist.promotion import custom_jvp


@at_least_float32
def lower_factor(matrix: Array) -> Array:
    r"""Return the lower triangular L with :math:`L L^T = A A^T`, by an orthogonal factorization.

    It has all the digits that A has; the Cholesky factor of the product would lose half of them.

    Args:
      matrix: A of full row rank, shape `(..., n, k)` with k >= n.

    Returns:
      L with a positive diagonal, shape `(..., n, n)`.
    """
    return _lower_factor(matrix)


@custom_jvp
def _lower_factor(matrix: Array) -> Array:
    factor = jnp.matrix_transpose(lapack.triangular_factor(jnp.matrix_transpose(matrix)))
    signs = jnp.where(diagonal(factor) < 0, -1, 1).astype(factor.dtype)
    return factor * signs[..., None, :]


@_lower_factor.defjvp
def _lower_factor_jvp(primals: tuple[Array], tangents: tuple[Array]) -> tuple[Array, Array]:
    """As for the Cholesky factor, of a product of which A and its change are known."""
    (matrix,), (change,) = primals, tangents
    factor = _lower_factor(matrix)
    rows = solve_lower_matrix(factor, matrix)  # orthonormal
    relative = matmul(solve_lower_matrix(factor, change), jnp.matrix_transpose(rows))
    relative = relative + jnp.matrix_transpose(relative)
    half = jnp.eye(matrix.shape[-2], dtype=matrix.dtype) / 2
    return factor, matmul(factor, jnp.tril(relative, -1) + relative * half)
