"""Gauss-Jordan elimination with complete pivoting."""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import Array, lax

from jaxdist.linalg.triangular import diagonal
from jaxdist.numerics.loop_carries import vary_with
from jaxdist.precision import matmul
from jaxdist.promotion import custom_jvp


class Reduced(NamedTuple):
    """Rows of a matrix that are reduced to unit vectors in the pivots' columns.

    Attributes:
      rows: the reduced rows R, shape `(..., n, k)`.
      columns: where the pivots are, an array of zeros and ones like `rows`.
      log_det: logarithm of the size of the determinant of the matrix in the pivots' rows and
        columns, shape `(...)`.
    """

    rows: Array
    columns: Array
    log_det: Array


def reduce_rows(matrix: Array, column_scale: Array, number: Array) -> Reduced:
    """Reduce some rows of a matrix, whose columns may be of very different importance.

    A pivot is the largest entry left, times the scale of its column. The scales have no other part
    in the result: it has the digits of the matrix, not those of the matrix times them. It is
    differentiable in the matrix.

    Args:
      matrix: shape `(..., n, k)`; the rows that are not to be reduced are 0.
      column_scale: non-negative, shape `(..., k)`.
      number: of rows to reduce, shape `(...)`; fewer are if no other entries are left but 0.
    """
    fixed, column_scale, number = lax.stop_gradient((matrix, column_scale, number))
    rows, transform, columns, log_size = _eliminate(fixed, column_scale, number)
    change = matmul(transform, matrix - fixed)  # 0, with its derivatives
    block = matmul(change, jnp.matrix_transpose(columns))
    is_pivot = jnp.sum(columns, -2, keepdims=True) > 0
    rows = matmul(_inverse_near_identity(block), rows + jnp.where(is_pivot, 0, change))
    return Reduced(rows, columns, log_size + _log_det_near_identity(block))


State = tuple[Array, Array, Array, Array]


def _eliminate(matrix: Array, column_scale: Array, number: Array) -> State:
    """Return the reduced rows, the product by which they are so, the pivots and their size."""
    eye = jnp.eye(matrix.shape[-2], dtype=matrix.dtype)
    transform = jnp.broadcast_to(eye, (*matrix.shape[:-1], matrix.shape[-2]))
    start = matrix, transform, jnp.zeros_like(matrix), jnp.zeros_like(number)
    if not matrix.size:
        return start

    def step(i: int, now: State) -> State:
        rows, transform, columns, log_size = now
        is_left = jnp.sum(columns, -1, keepdims=True) == 0
        size = jnp.where(is_left, jnp.abs(rows) * column_scale[..., None, :], 0)
        flat = size.reshape(*size.shape[:-2], -1)
        best = jax.nn.one_hot(jnp.argmax(flat, -1), flat.shape[-1], dtype=size.dtype)
        best = best.reshape(size.shape)
        goes_on = (i < number) & (jnp.sum(size * best, (-2, -1)) > 0)
        best = jnp.where(goes_on[..., None, None], best, 0)
        own, column = jnp.sum(best, -1, keepdims=True), jnp.sum(best, -2, keepdims=True)
        pivot = jnp.where(goes_on, jnp.sum(rows * best, (-2, -1)), 1)
        factors = jnp.sum(rows * column, -1, keepdims=True)

        def reduce(x: Array) -> Array:
            row = jnp.sum(own * x, -2, keepdims=True) / pivot[..., None, None]
            return jnp.where(own > 0, row, x - factors * row)

        return (
            jnp.where(column > 0, own, reduce(rows)),
            reduce(transform),
            columns + best,
            log_size + jnp.log(jnp.abs(pivot)),
        )

    steps = min(matrix.shape[-2:])
    carry = vary_with(start, (matrix, column_scale, number))
    reduced: State = lax.fori_loop(0, steps, step, carry)
    return reduced


@custom_jvp
def _inverse_near_identity(change: Array) -> Array:
    """Return the inverse of I + E, at E = 0."""
    eye = jnp.eye(change.shape[-1], dtype=change.dtype)
    return eye - change + matmul(change, change)


@_inverse_near_identity.defjvp
def _inverse_near_identity_jvp(
    primals: tuple[Array], tangents: tuple[Array]
) -> tuple[Array, Array]:
    (change,), (dot,) = primals, tangents
    inverse = _inverse_near_identity(change)
    return inverse, -matmul(matmul(inverse, dot), inverse)


@custom_jvp
def _log_det_near_identity(change: Array) -> Array:
    """Return the logarithm of the determinant of I + E, at E = 0."""
    return jnp.sum(diagonal(change - matmul(change, change) / 2), -1)


@_log_det_near_identity.defjvp
def _log_det_near_identity_jvp(
    primals: tuple[Array], tangents: tuple[Array]
) -> tuple[Array, Array]:
    (change,), (dot,) = primals, tangents
    slope = jnp.sum(diagonal(matmul(_inverse_near_identity(change), dot)), -1)
    return _log_det_near_identity(change), slope
