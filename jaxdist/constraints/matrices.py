"""Sets of matrices."""

from __future__ import annotations

from typing import ClassVar

import jax.numpy as jnp
from jax import Array, lax
from jax.typing import ArrayLike

from jaxdist.constraints.constraint import Constraint, event_all, tolerance
from jaxdist.linalg import lapack, triangular


class _Matrix(Constraint):
    """Sets of matrices to which the identity belongs."""

    event_dim = 2
    name: ClassVar[str]

    def feasible_like(self, value: ArrayLike) -> Array:
        x = jnp.asarray(value)
        return jnp.broadcast_to(jnp.eye(x.shape[-2], x.shape[-1], dtype=x.dtype), x.shape)

    def __repr__(self) -> str:
        return self.name


class LowerTriangular(_Matrix):
    """Lower-triangular square matrices."""

    name = "lower_triangular"

    def check(self, value: ArrayLike) -> Array:
        x = jnp.asarray(value)
        return event_all(jnp.tril(x) == x, 2)


class LowerCholesky(LowerTriangular):
    """Lower-triangular square matrices with a positive diagonal."""

    name = "lower_cholesky"

    def check(self, value: ArrayLike) -> Array:
        x = jnp.asarray(value)
        return super().check(x) & event_all(jnp.diagonal(x, axis1=-2, axis2=-1) > 0, 1)


class CorrCholesky(LowerCholesky):
    """Lower-triangular square matrices with a positive diagonal and rows of length one."""

    name = "corr_cholesky"

    def check(self, value: ArrayLike) -> Array:
        x = jnp.asarray(value)
        squared = jnp.sum(x * x, -1, dtype=jnp.promote_types(x.dtype, jnp.float32))
        return super().check(x) & event_all(
            jnp.abs(squared - 1) <= 2 * tolerance(x, x.shape[-1]), 1
        )


class Square(_Matrix):
    """Square matrices."""

    name = "square"

    def check(self, value: ArrayLike) -> Array:
        x = jnp.asarray(value)
        return jnp.full(x.shape[:-2], x.shape[-2] == x.shape[-1])


class Symmetric(Square):
    """Symmetric matrices, up to rounding."""

    name = "symmetric"

    def check(self, value: ArrayLike) -> Array:
        x = jnp.asarray(value)
        square = super().check(x)
        if x.shape[-2] != x.shape[-1]:
            return square
        size = jnp.max(jnp.abs(x), (-2, -1), keepdims=True)
        return square & event_all(
            jnp.abs(x - jnp.matrix_transpose(x)) <= tolerance(x, x.shape[-1]) * size, 2
        )


class PositiveSemidefinite(Symmetric):
    """Symmetric matrices without negative eigenvalues, up to rounding."""

    name = "positive_semidefinite"

    def check(self, value: ArrayLike) -> Array:
        x = jnp.asarray(value)
        symmetric = super().check(x)
        if x.shape[-2] != x.shape[-1]:
            return symmetric
        working = jnp.promote_types(x.dtype, jnp.float32)
        eigenvalues = lapack.eigenvalues(lax.stop_gradient(x.astype(working)))
        size = jnp.max(jnp.abs(eigenvalues), -1)
        return symmetric & (eigenvalues[..., 0] >= -tolerance(x, x.shape[-1]) * size)


class PositiveDefinite(Symmetric):
    """Symmetric matrices with positive eigenvalues: those with a Cholesky factor.

    In half precision up to rounding, which moves small eigenvalues across 0.
    """

    name = "positive_definite"

    def check(self, value: ArrayLike) -> Array:
        x = jnp.asarray(value)
        symmetric = super().check(x)
        if x.shape[-2] != x.shape[-1]:
            return symmetric
        working = jnp.promote_types(x.dtype, jnp.float32)
        size = x.shape[-1]
        slack = 0 if x.dtype == working else size * float(jnp.finfo(x.dtype).eps)
        factor = triangular.cholesky(x.astype(working) * (1 + slack * jnp.eye(size, dtype=working)))
        return symmetric & event_all(jnp.isfinite(factor), 2)
