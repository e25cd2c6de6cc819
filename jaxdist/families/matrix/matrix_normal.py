"""MatrixNormal distribution."""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array

from jaxdist import constraints, random
from jaxdist.arguments import Shape
from jaxdist.bases.elliptical import check_event_sizes
from jaxdist.distribution import Distribution
from jaxdist.linalg.triangular import log_det, solve_lower_matrix
from jaxdist.parameters import Param, param
from jaxdist.precision import matmul
from jaxdist.special import LOG_TWO_PI


class MatrixNormal(Distribution):
    r"""Normal matrices with a covariance of the rows and one of the columns.

    .. math:: X = \mathrm{loc} + A Z B^T, \quad \log p(X) = -\tfrac12 |Z|^2
              - m \log |A| - n \log |B| - \tfrac{n m}{2} \log 2 \pi, \quad
              (A, B) = (\mathrm{scale\_tril\_row}, \mathrm{scale\_tril\_column})

    where the entries of Z are independent standard normal draws. The names are numpyro's.

    Args:
      loc: mean, shape `(..., n, m)`.
      scale_tril_row: Cholesky factor A of the covariance of the rows, shape `(..., n, n)`.
      scale_tril_column: Cholesky factor B of the covariance of the columns, shape `(..., m, m)`.
    """

    loc: Param = param(constraints.real_matrix)
    scale_tril_row: Param = param(constraints.lower_cholesky)
    scale_tril_column: Param = param(constraints.lower_cholesky)

    support = constraints.real_matrix
    has_rsample = True

    def _promote(self) -> None:
        """Promote the parameters and check that their event sizes agree."""
        super()._promote()
        for axis, name in ((-2, "scale_tril_row"), (-1, "scale_tril_column")):
            sizes = {"loc": self.loc.shape[axis:][:1], name: vars(self)[name].shape[-2:]}
            check_event_sizes("MatrixNormal", sizes)

    @property
    def event_shape(self) -> Shape:
        """The shape of the matrices."""
        return self.loc.shape[-2:]

    def _rsample(self, key: Array, shape: Shape) -> Array:
        noise = random.normal(key, shape, self.dtype)
        column = jnp.matrix_transpose(jnp.tril(self.scale_tril_column))
        return self.loc + matmul(matmul(jnp.tril(self.scale_tril_row), noise), column)

    def _log_prob(self, x: Array) -> Array:
        n, m = self.event_shape
        row, column = (
            jnp.broadcast_to(factor, x.shape[:-2] + factor.shape[-2:])
            for factor in (self.scale_tril_row, self.scale_tril_column)
        )
        half = solve_lower_matrix(row, x - self.loc)
        z = solve_lower_matrix(column, jnp.matrix_transpose(half))
        log_dets = m * log_det(self.scale_tril_row) + n * log_det(self.scale_tril_column)
        return -jnp.sum(z * z, (-2, -1)) / 2 - log_dets - n * m * LOG_TWO_PI / 2

    def _mean(self) -> Array:
        return self.loc

    def _mode(self) -> Array:
        return self.loc

    def _variance(self) -> Array:
        row, column = (
            jnp.sum(jnp.tril(factor) ** 2, -1)
            for factor in (self.scale_tril_row, self.scale_tril_column)
        )
        return row[..., :, None] * column[..., None, :]

    def _entropy(self) -> Array:
        n, m = self.event_shape
        log_dets = m * log_det(self.scale_tril_row) + n * log_det(self.scale_tril_column)
        return log_dets + n * m * (1 + LOG_TWO_PI) / 2
