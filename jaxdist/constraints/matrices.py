"""Constraints on matrices."""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array, lax

from jaxdist.constraints.constraint import Constraint, all_rightmost, tolerance
from jaxdist.linalg import lapack, triangular
from jaxdist.precision import matmul
from jaxdist.pytree import must_define


class _Matrix(Constraint):
    """A set of matrices that contains the identity."""

    event_dim = 2

    def _feasible_like(self, x: Array) -> Array:
        return jnp.broadcast_to(jnp.eye(x.shape[-2], x.shape[-1], dtype=x.dtype), x.shape)


class LowerTriangular(_Matrix):
    """Lower-triangular matrices."""

    _name = "lower_triangular"

    def _check(self, x: Array) -> Array:
        return all_rightmost(jnp.tril(x) == x, 2)


class LowerCholesky(LowerTriangular):
    """Lower-triangular matrices with positive diagonals."""

    _name = "lower_cholesky"

    def _check(self, x: Array) -> Array:
        return super()._check(x) & all_rightmost(jnp.diagonal(x, axis1=-2, axis2=-1) > 0, 1)


class CorrCholesky(LowerCholesky):
    """Lower-triangular matrices with positive diagonals and rows of Euclidean norm one."""

    _name = "corr_cholesky"

    def _check(self, x: Array) -> Array:
        squared = jnp.sum(x * x, -1, dtype=jnp.promote_types(x.dtype, jnp.float32))
        error = jnp.abs(squared - 1)
        return super()._check(x) & all_rightmost(error <= 2 * tolerance(x, x.shape[-1]), 1)


class Square(_Matrix):
    """Square matrices."""

    _name = "square"

    def _check(self, x: Array) -> Array:
        return jnp.full(x.shape[:-2], x.shape[-2] == x.shape[-1])


class Orthogonal(Square):
    """Square matrices whose columns are orthonormal, up to rounding."""

    _name = "orthogonal"

    def _check(self, x: Array) -> Array:
        square = super()._check(x)
        if x.shape[-2] != x.shape[-1]:
            return square
        slack = tolerance(x, x.shape[-1])
        x = x.astype(jnp.promote_types(x.dtype, jnp.float32))
        error = jnp.abs(matmul(jnp.matrix_transpose(x), x) - jnp.eye(x.shape[-1], dtype=x.dtype))
        return square & all_rightmost(error <= slack, 2)


class Symmetric(Square):
    """Symmetric matrices, up to rounding."""

    _name = "symmetric"

    def _check(self, x: Array) -> Array:
        square = super()._check(x)
        if x.shape[-2] != x.shape[-1]:
            return square
        size = jnp.max(jnp.abs(x), (-2, -1), keepdims=True)
        error = jnp.abs(x - jnp.matrix_transpose(x))
        return square & all_rightmost(error <= tolerance(x, x.shape[-1]) * size, 2)


class _Definite(Symmetric):
    """Symmetric matrices with a condition on their eigenvalues."""

    def _check(self, x: Array) -> Array:
        symmetric = super()._check(x)
        return symmetric & self._check_definite(x) if x.shape[-2] == x.shape[-1] else symmetric

    def _check_definite(self, x: Array) -> Array:
        raise must_define(self, "_check_definite")


class PositiveSemidefinite(_Definite):
    """Symmetric matrices without negative eigenvalues, up to rounding."""

    _name = "positive_semidefinite"

    def _check_definite(self, x: Array) -> Array:
        working = jnp.promote_types(x.dtype, jnp.float32)
        eigenvalues = lapack.eigenvalues(lax.stop_gradient(x.astype(working)))
        size = jnp.max(jnp.abs(eigenvalues), -1)
        return eigenvalues[..., 0] >= -tolerance(x, x.shape[-1]) * size


class PositiveDefinite(_Definite):
    """Symmetric matrices with positive eigenvalues, tested by their Cholesky factor.

    In half precision up to rounding, which can make small eigenvalues negative.
    """

    _name = "positive_definite"

    def _check_definite(self, x: Array) -> Array:
        working = jnp.promote_types(x.dtype, jnp.float32)
        size = x.shape[-1]
        slack = 0 if x.dtype == working else size * float(jnp.finfo(x.dtype).eps)
        factor = triangular.cholesky(x.astype(working) * (1 + slack * jnp.eye(size, dtype=working)))
        return all_rightmost(jnp.isfinite(factor), 2)


class CorrMatrix(PositiveDefinite):
    """Correlation matrices: positive definite, with ones on the diagonal up to rounding."""

    _name = "corr_matrix"

    def _check(self, x: Array) -> Array:
        error = jnp.abs(jnp.diagonal(x, axis1=-2, axis2=-1) - 1)
        return super()._check(x) & all_rightmost(error <= tolerance(x, x.shape[-1]), 1)
