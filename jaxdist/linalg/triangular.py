"""Linear algebra with triangular factors, batched, in at least float32 and full precision."""

from __future__ import annotations

import math
from collections.abc import Callable

import jax.numpy as jnp
from jax import Array, lax

from jaxdist.linalg import lapack
from jaxdist.numerics.loop_carries import vary_with
from jaxdist.precision import at_least_float32, matmul, matvec
from jaxdist.promotion import custom_jvp

# Small systems are written out entry by entry, each for the whole batch, in from a tenth to a half
# of LAPACK's time. The time to compile them grows with the square of the rows.
_SMALL = 4  # rows of matrices that are factored or inverted so
_SHORT = 8  # rows of vectors that are solved for so


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


def diagonal_matrix(x: Array) -> Array:
    """Return the matrix with a given main diagonal and zeros elsewhere.

    Args:
      x: shape `(..., n)`.

    Returns:
      Shape `(..., n, n)`.
    """
    return x[..., None] * jnp.eye(x.shape[-1], dtype=x.dtype)


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


@at_least_float32
def solve_lower(factor: Array, x: Array) -> Array:
    """Solve `factor @ z = x`.

    Args:
      factor: lower triangular, shape `(*batch, n, n)`.
      x: vectors, shape `(..., *batch, n)`; those that share a factor are solved for together.

    Returns:
      The vectors z, of the shape of `x`.
    """
    if 0 < x.shape[-1] <= _SHORT:
        return _solve(factor, x, matvec, _by_entries)
    solved = solve_lower_matrix(factor, columns(x, factor.shape[:-1]))
    return jnp.reshape(jnp.moveaxis(solved, -1, 0), x.shape)


@at_least_float32
def solve_lower_matrix(factor: Array, matrix: Array) -> Array:
    """Solve `factor @ z = matrix`.

    Args:
      factor: lower triangular, shape `(..., n, n)`.
      matrix: shape `(..., n, k)`.

    Returns:
      The matrices z, of the shape of `matrix`.
    """
    if 0 < matrix.shape[-2] <= _SMALL:
        z = _solve(factor, jnp.moveaxis(matrix, -1, 0), matvec, _by_entries)
        return jnp.moveaxis(z, 0, -1)
    return _solve(factor, matrix, matmul, _by_lapack)


def _solve(
    factor: Array,
    right: Array,
    multiply: Callable[[Array, Array], Array],
    substitute: Callable[[Array, Array, bool], Array],
) -> Array:
    """Give a solution its derivatives: solutions of the same system, and of its transpose."""
    factor, right = vary_with(factor, right), vary_with(right, factor)
    return lax.custom_linear_solve(
        lambda z: multiply(jnp.tril(factor), z),
        right,
        lambda _, right: substitute(factor, right, False),
        lambda _, right: substitute(factor, right, True),
    )


def _by_entries(factor: Array, x: Array, transposed: bool) -> Array:
    """Substitute entry by entry, each for all vectors."""
    order = range(x.shape[-1])
    if transposed:
        factor, order = jnp.matrix_transpose(factor), order[::-1]
    z: dict[int, Array] = {}
    for i in order:
        rest = x[..., i]
        for j, known in z.items():
            rest = rest - factor[..., i, j] * known
        z[i] = rest / factor[..., i, i]
    return jnp.moveaxis(jnp.stack([z[i] for i in sorted(z)]), 0, -1)


def _by_lapack(factor: Array, right: Array, transposed: bool) -> Array:
    solve = lapack.solve_lower_transposed if transposed else lapack.solve_lower
    return solve(factor, right)


@at_least_float32
def cholesky(matrix: Array) -> Array:
    """Return the lower Cholesky factor of the symmetric part of a matrix, NaN if it has none.

    Taking the symmetric part makes gradients symmetric: the derivative along a symmetric
    perturbation is its inner product with the gradient.

    Args:
      matrix: positive definite, shape `(..., n, n)`.

    Returns:
      The shape of `matrix`.
    """
    return _factor(symmetric_part(matrix))


def symmetric_part(matrix: Array) -> Array:
    """Return the mean of a matrix and its transpose.

    Args:
      matrix: shape `(..., n, n)`.

    Returns:
      The shape of `matrix`.
    """
    return (matrix + jnp.matrix_transpose(matrix)) / 2


@custom_jvp
def _factor(matrix: Array) -> Array:
    """Return the lower Cholesky factor of a symmetric matrix."""
    n = matrix.shape[-1]
    if not 0 < n <= _SMALL:
        return lapack.cholesky(matrix)
    rows = [[jnp.zeros_like(matrix[..., 0, 0])] * n for _ in range(n)]
    for i in range(n):
        for j in range(i + 1):
            rest = matrix[..., i, j]
            for k in range(j):
                rest = rest - rows[i][k] * rows[j][k]
            rows[i][j] = jnp.sqrt(rest) if i == j else rest / rows[j][j]
    factor = jnp.stack([entry for row in rows for entry in row])
    factor = jnp.where(factor[-1] > 0, factor, jnp.nan)  # a bad pivot spoils all that follow
    return jnp.reshape(jnp.moveaxis(factor, 0, -1), matrix.shape)


@_factor.defjvp
def _factor_jvp(primals: tuple[Array], tangents: tuple[Array]) -> tuple[Array, Array]:
    r"""The lower half of :math:`L^{-1} dA L^{-T}` is :math:`L^{-1} dL`.

    Murray 2016, "Differentiation of the Cholesky decomposition", equation 8.
    """
    (matrix,), (change,) = primals, tangents
    factor = _factor(matrix)
    left = solve_lower_matrix(factor, change)
    relative = solve_lower_matrix(factor, jnp.matrix_transpose(left))
    half = jnp.eye(matrix.shape[-1], dtype=matrix.dtype) / 2
    return factor, matmul(factor, jnp.tril(relative, -1) + relative * half)


@at_least_float32
def invert_lower(factor: Array) -> Array:
    """Invert a lower-triangular matrix.

    Args:
      factor: shape `(..., n, n)`.

    Returns:
      The shape of `factor`, lower triangular.
    """
    identity = jnp.broadcast_to(jnp.eye(factor.shape[-1], dtype=factor.dtype), factor.shape)
    return solve_lower_matrix(factor, identity)


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
