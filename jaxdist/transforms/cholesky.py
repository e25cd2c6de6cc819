"""Transforms onto Cholesky factors and positive definite matrices."""

from __future__ import annotations

import math
from typing import Any, ClassVar

import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxdist import constraints
from jaxdist.arguments import Shape
from jaxdist.linalg.triangular import cholesky, diagonal, gram
from jaxdist.special import log_sech2, tanh
from jaxdist.transforms.elementwise import (
    ElementwiseTransform,
    ExpTransform,
    SoftplusTransform,
)
from jaxdist.transforms.transform import Transform


def _with_diagonal(matrix: Array, entries: Array) -> Array:
    """Return the strict lower triangle of a matrix with another diagonal."""
    on_diagonal = jnp.eye(matrix.shape[-1], dtype=bool)
    return jnp.where(on_diagonal, entries[..., None], jnp.tril(matrix, -1))


class _SquareTransform(Transform):
    """A transform of the lower triangles of square matrices."""

    domain = constraints.lower_triangular
    bijective = True

    def _forward_shape(self, shape: Shape) -> Shape:
        if shape[-1] != shape[-2]:
            raise self._bad_shape(shape, "square matrices")
        return shape


class LowerCholeskyTransform(_SquareTransform):
    r"""Bijection from lower triangular matrices to those with a positive diagonal, by exp.

    .. math:: y_{ij} = x_{ij} \ (i > j), \quad y_{ii} = e^{x_{ii}}

    Entries of x above the diagonal are ignored; the log-determinant is that of the lower triangle.
    """

    codomain = constraints.lower_cholesky
    _log_det_is_affine = True
    _diagonal_transform: ClassVar[ElementwiseTransform] = ExpTransform()

    def _forward(self, x: Array) -> Array:
        return _with_diagonal(x, self._diagonal_transform._forward(diagonal(x)))

    def _inverse(self, y: Array) -> Array:
        return _with_diagonal(y, self._diagonal_transform._inverse(diagonal(y)))

    def _log_det(self, x: Array, y: Array) -> Array:
        return jnp.sum(self._diagonal_transform._log_slope(diagonal(x)), -1)


class SoftplusLowerCholeskyTransform(LowerCholeskyTransform):
    r"""Bijection from lower triangular matrices to those with a positive diagonal, by softplus.

    .. math:: y_{ij} = x_{ij} \ (i > j), \quad y_{ii} = \log (1 + e^{x_{ii}})

    Entries of x above the diagonal are ignored; the log-determinant is that of the lower triangle.
    """

    _log_det_is_affine = False
    _diagonal_transform = SoftplusTransform()


class PositiveDefiniteTransform(_SquareTransform):
    r"""Bijection from lower triangular matrices to positive definite matrices.

    .. math:: y = L L^T, \quad L_{ij} = x_{ij} \ (i > j), \quad L_{ii} = e^{x_{ii}}

    Entries of x above the diagonal are ignored; the log-determinant is that of the lower triangles,
    :math:`n \log 2 + \sum_{i=1}^n (n + 2 - i)\, x_{ii}`.
    """

    codomain = constraints.positive_definite
    _log_det_is_affine = True

    def _forward(self, x: Array) -> Array:
        return gram(_with_diagonal(x, jnp.exp(diagonal(x))))

    def _inverse(self, y: Array) -> Array:
        factor = cholesky(y)
        return _with_diagonal(factor, jnp.log(diagonal(factor)))

    def _log_det(self, x: Array, y: Array) -> Array:
        n = x.shape[-1]
        return n * math.log(2) + jnp.sum(np.arange(n + 1, 1, -1) * diagonal(x), -1)


class CholeskyTransform(Transform):
    r"""Bijection from positive definite matrices to their Cholesky factors.

    .. math:: x = y y^T, \quad
              \log |dy / dx| = -n \log 2 - \sum_{i=1}^n (n + 1 - i) \log y_{ii}

    The log-determinant is that of the lower triangles. With it, a `TransformedDistribution` of a
    `Wishart` is the distribution of its factors. The name is numpyro's; TFP has the inverse as
    `CholeskyOuterProduct`.
    """

    domain = constraints.positive_definite
    codomain = constraints.lower_cholesky
    bijective = True

    def _forward_shape(self, shape: Shape) -> Shape:
        if shape[-1] != shape[-2]:
            raise self._bad_shape(shape, "square matrices")
        return shape

    def _forward(self, x: Array) -> Array:
        return cholesky(x)

    def _inverse(self, y: Array) -> Array:
        return gram(jnp.tril(y))

    def _log_det(self, x: Array, y: Array) -> Array:
        n = y.shape[-1]
        return -n * math.log(2) - jnp.sum(np.arange(n, 0, -1) * jnp.log(diagonal(y)), -1)


class CorrCholeskyTransform(Transform):
    r"""Bijection from n (n - 1) / 2 numbers to Cholesky factors of n by n correlation matrices.

    .. math:: y_{ij} = \tanh(x_{ij}) \prod_{k < j} \mathrm{sech}(x_{ik}) \ (i > j), \quad
              y_{ii} = \prod_{k < i} \mathrm{sech}(x_{ik})

    where x fills the strict lower triangle row by row. The rows of y have Euclidean norm one
    (Lewandowski, Kurowicka and Joe, 2009, "Generating random correlation matrices"; Stan's
    parameterization). The log-determinant is that of the strict lower triangle. In float32 the
    diagonal is at least 1e-19.
    """

    domain = constraints.real_vector
    codomain: ClassVar[Any] = constraints.corr_cholesky
    bijective = True

    def _forward_shape(self, shape: Shape) -> Shape:
        n = (1 + math.isqrt(1 + 8 * shape[-1])) // 2
        if n * (n - 1) // 2 != shape[-1]:
            raise self._bad_shape(shape, "vectors of n (n - 1) / 2 numbers")
        return (*shape[:-1], n, n)

    def _inverse_shape(self, shape: Shape) -> Shape:
        if shape[-1] != shape[-2]:
            raise self._bad_shape(shape, "square matrices")
        return (*shape[:-2], shape[-1] * (shape[-1] - 1) // 2)

    def _forward(self, x: Array) -> Array:
        n = self._forward_shape(x.shape)[-1]
        log_sech = _strict_lower_triangle(log_sech2(x) / 2, n)
        log_norm = jnp.cumsum(log_sech, -1) - log_sech  # of the rest of the row
        y = (_strict_lower_triangle(tanh(x), n) + jnp.eye(n, dtype=x.dtype)) * jnp.exp(log_norm)
        smallest = math.sqrt(jnp.finfo(x.dtype).tiny)
        return _with_diagonal(y, jnp.maximum(diagonal(y), smallest))

    def _inverse(self, y: Array) -> Array:
        """Use that sinh(x) is the entry divided by the norm of the entries to its right."""
        squared = jnp.flip(jnp.cumsum(jnp.flip(y[..., 1:] ** 2, -1), -1), -1)
        rows, columns = np.tril_indices(y.shape[-1], -1)
        squared = jnp.maximum(squared[..., rows, columns], jnp.finfo(y.dtype).tiny)
        return jnp.arcsinh(y[..., rows, columns] / jnp.sqrt(squared))

    def _log_det(self, x: Array, y: Array) -> Array:
        rows, columns = np.tril_indices(self._forward_shape(x.shape)[-1], -1)
        return jnp.sum((1 + (rows - 1 - columns) / 2) * log_sech2(x), -1)


class CorrMatrixTransform(CorrCholeskyTransform):
    r"""Bijection from n (n - 1) / 2 numbers to n by n correlation matrices.

    .. math:: y = L L^T, \quad L = \mathrm{CorrCholeskyTransform}(x)

    The log-determinant is that of the strict lower triangle.
    """

    codomain = constraints.corr_matrix

    def _forward(self, x: Array) -> Array:
        return correlation_of(super()._forward(x))

    def _inverse(self, y: Array) -> Array:
        return super()._inverse(cholesky(y))

    def _log_det(self, x: Array, y: Array) -> Array:
        n = self._forward_shape(x.shape)[-1]
        _, columns = np.tril_indices(n, -1)
        return jnp.sum((1 + (n - 2 - columns) / 2) * log_sech2(x), -1)


def correlation_of(factor: Array) -> Array:
    """Return a correlation matrix of a factor, by so much nearer the identity as rounding needs."""
    identity = jnp.eye(factor.shape[-1], dtype=factor.dtype)
    slack = 2 * factor.shape[-1] * float(jnp.finfo(factor.dtype).eps)
    return jnp.where(identity == 1, 1, gram(factor) * (1 - slack))


def _strict_lower_triangle(x: Array, n: int) -> Array:
    """Fill an n by n matrix below its diagonal, row by row."""
    index = np.full((n, n), x.shape[-1])
    index[np.tril_indices(n, -1)] = np.arange(x.shape[-1])
    return jnp.concatenate([x, jnp.zeros_like(x, shape=(*x.shape[:-1], 1))], -1)[..., index]
