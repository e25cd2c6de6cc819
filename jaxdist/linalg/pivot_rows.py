"""Matrices (V; I) in terms of their largest rows, and their orthonormal factors."""

from __future__ import annotations

from typing import NamedTuple

import jax.numpy as jnp
from jax import Array, lax

from jaxdist.linalg.triangular import cholesky, diagonal, gram, invert_lower
from jaxdist.precision import matmul, matvec
from jaxdist.promotion import custom_jvp


class PivotRows(NamedTuple):
    r"""A matrix A = (V; I), with an identity matrix below V, as combinations of r of its rows B.

    .. math:: A = F B, \quad F_{pivots} = I
    """

    shares: Array
    """F, of entries that are not much larger than 1, shape `batch_shape + (n + r, r)`."""
    pivots: Array
    """Zeros, and a one in each column, in a row that is one of B; shape of `shares`."""
    sizes: Array
    """Of the pivots; their product is the size of the determinant of B, `batch_shape + (r,)`."""


@custom_jvp
def pivot_rows(v: Array) -> PivotRows:
    """Eliminate columns by Gauss and Jordan, where the largest entry that is left is the pivot.

    Args:
      v: V, shape `(..., n, r)`.
    """
    *batch, n, rank = v.shape
    identity = jnp.broadcast_to(jnp.eye(rank, dtype=v.dtype), (*batch, rank, rank))
    which_row, which_column = jnp.arange(n + rank), jnp.arange(rank)

    def step(_: Array, now: tuple[Array, ...]) -> tuple[Array, ...]:
        columns, pivots, sizes, row_is_left = now
        is_left = sizes == 0
        largest = jnp.max(jnp.where(is_left[..., None], jnp.abs(columns), -1), -2)
        row = jnp.argmax(jnp.where(row_is_left, largest, -1), -1)[..., None]
        entries = _take(columns, row[..., None, :], -1)[..., 0]
        column = jnp.argmax(jnp.where(is_left, jnp.abs(entries), -1), -1)[..., None]
        pivot = _take(entries, column, -1)
        share = _take(columns, column[..., None], -2) / pivot[..., None]
        is_column = which_column == column
        rest = columns - share * entries[..., None]
        rest = jnp.where(is_column[..., None], share, rest)
        is_row = which_row == row
        return (
            # Exactly: operations may be fused, and divisions inverted, which round otherwise.
            jnp.where(is_row[..., None, :], is_column[..., None], rest),
            jnp.where(is_column, row, pivots),
            jnp.where(is_column, jnp.abs(pivot), sizes),
            row_is_left & ~is_row,
        )

    columns = jnp.concatenate([jnp.matrix_transpose(v), identity], -1)
    sizes = jnp.zeros_like(columns[..., 0])
    start = columns, jnp.zeros_like(sizes, int), sizes, jnp.ones_like(columns[..., 0, :], bool)
    columns, pivots, sizes, _ = lax.fori_loop(0, rank, step, start)
    is_pivot = (which_row == pivots[..., None]).astype(v.dtype)
    return PivotRows(jnp.matrix_transpose(columns), jnp.matrix_transpose(is_pivot), sizes)


def _take(x: Array, index: Array, axis: int) -> Array:
    return jnp.take_along_axis(x, index, axis, mode="promise_in_bounds")


@pivot_rows.defjvp
def _pivot_rows_jvp(primals: tuple[Array], tangents: tuple[Array]) -> tuple[PivotRows, PivotRows]:
    """Differentiate: the change of F B is dV, and 0 in the rows below."""
    (v,), (v_dot,) = primals, tangents
    found = pivot_rows(v)
    n = v.shape[-2]
    moved = matmul(v_dot, found.shares[..., n:, :])  # dV B^-1
    of_pivots = matmul(jnp.matrix_transpose(found.pivots[..., :n, :]), moved)
    moved = jnp.concatenate([moved, jnp.zeros_like(of_pivots)], -2)
    return found, PivotRows(
        moved - matmul(found.shares, of_pivots),
        jnp.zeros_like(found.pivots),
        found.sizes * diagonal(of_pivots),
    )


class OrthonormalFactor(NamedTuple):
    r"""The factors of :math:`(V; I) = (P; R^{-1})\, R`, of which the first has orthonormal columns.

    The capacitance matrix :math:`I + V^T V` is R^T R. It is not formed: where V is large, its
    rounding hides I. With F = (I; C) of `PivotRows`, the columns of F are factored instead, by
    :math:`F^T F = I + C^T C`, which is well-conditioned. What is small where a row of V is much
    larger than the others is then a product of what is small in C, not a difference.
    """

    upper: Array
    """P, shape `batch_shape + (n, r)`."""
    inverse: Array
    """R^-1, shape `batch_shape + (r, r)`."""
    rest: Array
    """1 - |p|^2 for the rows p of P, shape `batch_shape + (n,)`."""
    sizes: Array
    """The determinant of R as a product over the rows of (V; I), shape `batch_shape + (n + r,)`."""
    rows: PivotRows

    def residual(self, y: Array) -> tuple[Array, Array]:
        """Return the part of (y; 0) that is orthogonal to the columns of (V; I), above and below.

        Args:
          y: shape `(..., *batch_shape, n)`.
        """
        n = self.upper.shape[-2]
        shares, pivots = self.rows.shares, self.rows.pivots[..., :n, :]
        at_pivots = matvec(jnp.matrix_transpose(pivots), y)
        is_pivot = jnp.sum(pivots, -1) > 0
        above = jnp.where(is_pivot, 0, y - matvec(shares[..., :n, :], at_pivots))
        below = -matvec(shares[..., n:, :], at_pivots)
        along = matvec(jnp.matrix_transpose(self.upper), above)
        along = along + matvec(jnp.matrix_transpose(self.inverse), below)
        return above - matvec(self.upper, along), below - matvec(self.inverse, along)


def orthonormalize(v: Array) -> OrthonormalFactor:
    r"""Factor (V; I).

    Args:
      v: V, shape `(..., n, r)`.
    """
    n, rank = v.shape[-2:]
    rows = pivot_rows(v)
    of_others = gram(jnp.matrix_transpose(rows.shares - rows.pivots))
    tril = cholesky(of_others + jnp.eye(rank, dtype=v.dtype))
    inverse = invert_lower(tril)
    q = matmul(rows.shares, jnp.matrix_transpose(inverse))
    upper, is_pivot = q[..., :n, :], jnp.sum(rows.pivots, -1) > 0
    rest_of_pivots = jnp.sum(gram(jnp.matrix_transpose(inverse)) * of_others, -1)
    rest = jnp.where(
        is_pivot[..., :n],
        matvec(rows.pivots[..., :n, :], rest_of_pivots),
        1 - jnp.sum(upper * upper, -1),
    )
    sizes = jnp.where(is_pivot, matvec(rows.pivots, rows.sizes * diagonal(tril)), 1)
    return OrthonormalFactor(upper, q[..., n:, :], rest, sizes, rows)
