"""MultivariateNormalDiag distribution."""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array

from jaxdist import constraints, random
from jaxdist.arguments import Shape
from jaxdist.bases.elliptical import Elliptical
from jaxdist.bases.normal_entries import NormalEntries
from jaxdist.linalg.triangular import diagonal_matrix
from jaxdist.parameters import Param, param
from jaxdist.special import LOG_TWO_PI, standardize, sum_of_logs


class MultivariateNormalDiag(NormalEntries, Elliptical):
    r"""Multivariate normal distribution with a diagonal covariance matrix.

    .. math:: p(x) = \prod_i \exp(-z_i^2 / 2) / (\mathrm{scale\_diag}_i \sqrt{2 \pi}), \quad
              z = (x - \mathrm{loc}) / \mathrm{scale\_diag}

    Args:
      loc: mean, shape `(..., n)`.
      scale_diag: positive standard deviations, shape `(..., n)`.
    """

    loc: Param = param(constraints.real_vector)
    scale_diag: Param = param(constraints.independent(constraints.positive, 1))

    def _rsample(self, key: Array, shape: Shape) -> Array:
        return self.loc + self.scale_diag * random.normal(key, shape, self.dtype)

    def _log_prob(self, x: Array) -> Array:
        z = standardize(x, self.loc, self.scale_diag)
        return -jnp.sum(z * z + LOG_TWO_PI, -1) / 2 - sum_of_logs(self.scale_diag)

    def _variance(self) -> Array:
        return self.scale_diag**2

    def _stddev(self) -> Array:
        return self.scale_diag

    def _covariance(self) -> Array:
        return diagonal_matrix(self._variance())

    def _entropy(self) -> Array:
        return self.event_shape[0] * (1 + LOG_TWO_PI) / 2 + sum_of_logs(self.scale_diag)
