"""Transforms to and of triangular and positive definite matrices."""

from __future__ import annotations

import math
from typing import ClassVar

import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxdist import constraints
from jaxdist.linalg.triangular import cholesky, diagonal, gram, log_det, solve_lower
from jaxdist.parameters import Param, param
from jaxdist.precision import matvec
from jaxdist.transforms.elementwise import (
    Elementwise,
    ExpTransform,
    SoftplusTransform,
    log_sech2,
)
from jaxdist.transforms.transform import Transform
from jaxdist.validation import Shape


def _with_diagonal(matrix: Array, entries: Array) -> Array:
    """Return the part of a matrix below the diagonal, with another diagonal."""
    on_diagonal = jnp.eye(matrix.shape[-1], dtype=bool)
    return jnp.where(on_diagonal, entries[..., None], jnp.tril(matrix, -1))


class _Square(Transform):
    """A transform of square matrices."""

    def _forward_shape(self, shape: Shape) -> Shape:
        if shape[-1] != shape[-2]:
            raise self._bad_shape(shape, "square matrices")
        return shape


class LowerCholeskyTransform(_Square):
    """To lower triangular matrices with a positive diagonal, by its exponential.

    What x holds above the diagonal is ignored; the log-determinant is that of the lower triangle.
    """

    domain = constraints.lower_triangular
    codomain = constraints.lower_cholesky
    bijective = True
    _log_det_is_affine = True
    _onto_diagonal: ClassVar[Elementwise] = ExpTransform()

    def _forward(self, x: Array) -> Array:
        return _with_diagonal(x, self._onto_diagonal._forward(diagonal(x)))

    def _inverse(self, y: Array) -> Array:
        return _with_diagonal(y, self._onto_diagonal._inverse(diagonal(y)))

    def _log_det(self, x: Array, y: Array) -> Array:
        return jnp.sum(self._onto_diagonal._log_slope(diagonal(x)), -1)


class SoftplusLowerCholeskyTransform(LowerCholeskyTransform):
    """To lower triangular matrices with a positive diagonal, by its softplus.

    What x holds above the diagonal is ignored; the log-determinant is that of the lower triangle.
    """

    _log_det_is_affine = False
    _onto_diagonal = SoftplusTransform()


class PositiveDefiniteTransform(_Square):
    r"""Lower triangular matrices to positive definite ones.

    .. math:: y = L L^T, \quad L_{ij} = x_{ij} \ (i > j), \quad L_{ii} = e^{x_{ii}}

    What x holds above the diagonal is ignored; the log-determinant is that of the lower triangles,
    :math:`n \log 2 + \sum_{i=1}^n (n + 2 - i)\, x_{ii}`.
    """

    domain = constraints.lower_triangular
    codomain = constraints.positive_definite
    bijective = True
    _log_det_is_affine = True

    def _forward(self, x: Array) -> Array:
        return gram(_with_diagonal(x, jnp.exp(diagonal(x))))

    def _inverse(self, y: Array) -> Array:
        factor = cholesky(y)
        return _with_diagonal(factor, jnp.log(diagonal(factor)))

    def _log_det(self, x: Array, y: Array) -> Array:
        n = x.shape[-1]
        return n * math.log(2) + jnp.sum(np.arange(n + 1, 1, -1) * diagonal(x), -1)


class CorrCholeskyTransform(Transform):
    r"""From n (n - 1) / 2 numbers to the Cholesky factor of an n by n correlation matrix.

    .. math:: y_{ij} = \tanh(x_{ij}) \prod_{k < j} \mathrm{sech}(x_{ik}) \ (i > j), \quad
              y_{ii} = \prod_{k < i} \mathrm{sech}(x_{ik})

    where x fills the matrix below the diagonal row by row: the rows of y have length one
    (Lewandowski et al., 2009; the parameterisation is Stan's). The log-determinant is that of the
    numbers below the diagonal. In float32 a diagonal below 1e-19 is rounded up to that.
    """

    domain = constraints.real_vector
    codomain = constraints.corr_cholesky
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
        log_left = _below_diagonal(log_sech2(x) / 2, n)
        log_left = jnp.cumsum(log_left, -1) - log_left
        sines = _below_diagonal(jnp.tanh(x), n) + jnp.eye(n, dtype=x.dtype)
        y = sines * jnp.exp(log_left)
        least = math.sqrt(jnp.finfo(x.dtype).tiny)
        return _with_diagonal(y, jnp.maximum(diagonal(y), least))

    def _inverse(self, y: Array) -> Array:
        """Of tanh: sinh(x) is the entry over the length of what is to its right."""
        right = jnp.flip(jnp.cumsum(jnp.flip(y[..., 1:] ** 2, -1), -1), -1)
        rows, columns = np.tril_indices(y.shape[-1], -1)
        right = jnp.maximum(right[..., rows, columns], jnp.finfo(y.dtype).tiny)
        return jnp.arcsinh(y[..., rows, columns] / jnp.sqrt(right))

    def _log_det(self, x: Array, y: Array) -> Array:
        rows, columns = np.tril_indices(self._forward_shape(x.shape)[-1], -1)
        return jnp.sum((1 + (rows - 1 - columns) / 2) * log_sech2(x), -1)


def _below_diagonal(x: Array, n: int) -> Array:
    """Fill an n by n matrix below its diagonal, row by row."""
    index = np.full((n, n), x.shape[-1])
    index[np.tril_indices(n, -1)] = np.arange(x.shape[-1])
    return jnp.concatenate([x, jnp.zeros_like(x, shape=(*x.shape[:-1], 1))], -1)[..., index]


class LowerCholeskyAffine(Transform):
    """y = loc + scale_tril @ x.

    Args:
      loc: shift, shape `(..., n)`.
      scale_tril: lower triangular with a positive diagonal, shape `(..., n, n)`.
    """

    loc: Param = param(constraints.real_vector)
    scale_tril: Param = param(constraints.lower_cholesky)

    domain = constraints.real_vector
    codomain = constraints.real_vector
    bijective = True
    _affine = True
    _log_det_is_affine = True
    _value_ndim = 1

    def _forward_shape(self, shape: Shape) -> Shape:
        if shape[-1] != self.loc.shape[-1]:
            raise self._bad_shape(shape, f"vectors of {self.loc.shape[-1]}")
        return super()._forward_shape(shape)

    def _forward(self, x: Array) -> Array:
        return self.loc + matvec(self.scale_tril, x)

    def _inverse(self, y: Array) -> Array:
        shape = self._forward_shape(y.shape)
        batch_shape = shape[len(shape) - 1 - len(self.batch_shape) : -1]
        factor = jnp.broadcast_to(self.scale_tril, batch_shape + self.scale_tril.shape[-2:])
        return solve_lower(factor, jnp.broadcast_to(y, shape) - self.loc)

    def _log_det(self, x: Array, y: Array) -> Array:
        return jnp.broadcast_to(log_det(self.scale_tril), self._forward_shape(x.shape)[:-1])
