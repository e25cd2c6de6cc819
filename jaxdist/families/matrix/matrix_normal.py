"""MatrixNormal distribution."""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array

from jaxdist import constraints, random
from jaxdist.arguments import Shape
from jaxdist.bases.matrix_location_scale import MatrixLocationScale
from jaxdist.bases.normal_entries import NormalEntries
from jaxdist.parameters import Param, param
from jaxdist.special import LOG_TWO_PI


class MatrixNormal(NormalEntries, MatrixLocationScale):
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

    def _rsample(self, key: Array, shape: Shape) -> Array:
        noise = random.normal(key, shape, self.dtype)
        return self._from_standard(noise)

    def _log_prob(self, x: Array) -> Array:
        n, m = self.event_shape
        z = self._standardize(x)
        return -jnp.sum(z * z, (-2, -1)) / 2 - self._log_det() - n * m * LOG_TWO_PI / 2

    def _mean(self) -> Array:
        return self.loc

    def _variance(self) -> Array:
        return self._squared_scale()

    def _entropy(self) -> Array:
        n, m = self.event_shape
        return self._log_det() + n * m * (1 + LOG_TWO_PI) / 2
