"""Linear algebra with triangular factors, batched, in at least float32 and full precision."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable

import jax.numpy as jnp
from jax import Array, lax
from jax.scipy.linalg import solve_triangular


def _at_least_float32(function: Callable[..., Array]) -> Callable[..., Array]:
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


def matvec(matrix: Array, x: Array) -> Array:
    """Multiply vectors by a matrix.

    Args:
      matrix: shape `(*batch, n, k)`.
      x: shape `(..., *batch, k)`.

    Returns:
      Shape `(..., *batch, n)`.
    """
    return jnp.einsum("...ij,...j->...i", matrix, x, precision=lax.Precision.HIGHEST)


def gram(factor: Array) -> Array:
    """Return `factor @ factor.T`.

    Args:
      factor: shape `(..., n, k)`.

    Returns:
      Shape `(..., n, n)`.
    """
    return matmul(factor, jnp.matrix_transpose(factor))


def diagonal(matrix: Array) -> Array:
    """Return the main diagonal.

    Args:
      matrix: shape `(..., n, n)`.

    Returns:
      Shape `(..., n)`.
    """
    return jnp.diagonal(matrix, axis1=-2, axis2=-1)


def log_det(factor: Array) -> Array:
    """Return the logarithm of a triangular matrix's determinant.

    Args:
      factor: triangular with a positive diagonal, shape `(..., n, n)`.

    Returns:
      Shape `(...)`.
    """
    return jnp.sum(jnp.log(diagonal(factor)), -1)


def columns(x: Array, shape: tuple[int, ...]) -> Array:
    """Arrange arrays of one shape, `(..., *shape)`, side by side: `(*shape, number of them)`."""
    number = math.prod(x.shape[: x.ndim - len(shape)])
    return jnp.moveaxis(jnp.reshape(x, (number, *shape)), 0, -1)


def solve_lower(factor: Array, x: Array) -> Array:
    """Solve `factor @ z = x`; the vectors that share a factor are the columns of one system.

    Args:
      factor: lower triangular, shape `(*batch, n, n)`.
      x: vectors, shape `(..., *batch, n)`.

    Returns:
      The vectors z, of the shape of `x`.
    """
    solved = solve_triangular(factor, columns(x, factor.shape[:-1]), lower=True)
    return jnp.reshape(jnp.moveaxis(solved, -1, 0), x.shape)


@_at_least_float32
def cholesky(matrix: Array) -> Array:
    """Return the lower Cholesky factor of the symmetric part of a matrix.

    Taking the symmetric part makes gradients symmetric: the derivative along a symmetric
    perturbation is its inner product with the gradient.

    Args:
      matrix: positive definite, shape `(..., n, n)`.

    Returns:
      The shape of `matrix`.
    """
    return jnp.linalg.cholesky(matrix)


@_at_least_float32
def invert_lower(factor: Array) -> Array:
    """Invert a lower-triangular matrix.

    Args:
      factor: shape `(..., n, n)`.

    Returns:
      The shape of `factor`, lower triangular.
    """
    identity = jnp.broadcast_to(jnp.eye(factor.shape[-1], dtype=factor.dtype), factor.shape)
    return solve_triangular(factor, identity, lower=True)


def inverse_of_gram(factor: Array) -> Array:
    """Return the inverse of `factor @ factor.T`.

    Args:
      factor: lower triangular, shape `(..., n, n)`.

    Returns:
      The shape of `factor`.
    """
    return gram(jnp.matrix_transpose(invert_lower(factor)))


def cholesky_of_inverse(matrix: Array) -> Array:
    r"""Return the lower Cholesky factor of a matrix's inverse, without forming the inverse.

    With rows and columns in reverse order, :math:`J M J = C C^T`, and
    :math:`M^{-1} = (J C^{-T} J) (J C^{-T} J)^T`, of which the factor is lower triangular.

    Args:
      matrix: positive definite, shape `(..., n, n)`.

    Returns:
      The shape of `matrix`.
    """
    reverse = cholesky(jnp.flip(matrix, (-2, -1)))
    return jnp.matrix_transpose(jnp.flip(invert_lower(reverse), (-2, -1)))
