"""MultivariateNormal distribution."""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array

from jaxdist import constraints, random
from jaxdist.arguments import Shape
from jaxdist.bases.elliptical import (
    Elliptical,
    covariance_of,
    precision_of,
    scale_tril_of,
)
from jaxdist.bases.normal_entries import NormalEntries
from jaxdist.exponential_family import ExponentialFamily
from jaxdist.linalg.gaussian_kernel import log_gaussian_kernel
from jaxdist.linalg.triangular import (
    cholesky,
    diagonal,
    invert_lower,
    log_det,
    solve_lower,
    symmetric_part,
)
from jaxdist.parameters import Param, param
from jaxdist.precision import matvec
from jaxdist.special import LOG_TWO_PI


class MultivariateNormal(NormalEntries, Elliptical, ExponentialFamily):
    r"""Multivariate normal distribution with a full covariance matrix.

    .. math:: p(x) = \exp(-|z|^2 / 2) / \prod_i \sqrt{2 \pi} L_{ii}, \quad
              z = L^{-1} (x - \mathrm{loc}), \quad L L^T = \mathrm{covariance\_matrix}

    Give exactly one of `covariance_matrix`, `precision_matrix` and `scale_tril`. A gradient with
    respect to `covariance_matrix` or `precision_matrix` is a symmetric matrix; one with respect to
    `scale_tril` is lower triangular.

    Args:
      loc: mean, shape `(..., n)`.
      covariance_matrix: positive definite, shape `(..., n, n)`.
      precision_matrix: inverse of the covariance, positive definite, shape `(..., n, n)`.
      scale_tril: Cholesky factor L of the covariance, shape `(..., n, n)`.

    Example:
      >>> import jax.numpy as jnp, jaxdist as jd
      >>> d = jd.MultivariateNormal(jnp.zeros(2), covariance_matrix=[[4.0, 2.0], [2.0, 2.0]])
      >>> d.scale_tril
      Array([[2., 0.],
             [1., 1.]], dtype=float32)
      >>> print(f"{d.log_prob(jnp.zeros(2)):.4f}")
      -2.5310
    """

    loc: Param = param(constraints.real_vector)
    covariance_matrix: Param = param(
        constraints.positive_definite, default=None, otherwise=covariance_of
    )
    precision_matrix: Param = param(
        constraints.positive_definite, default=None, otherwise=precision_of
    )
    scale_tril: Param = param(constraints.lower_cholesky, default=None, otherwise=scale_tril_of)

    def _rsample(self, key: Array, shape: Shape) -> Array:
        noise = random.normal(key, shape, self.dtype)
        return self.loc + matvec(jnp.tril(self.scale_tril), noise)

    def _factor(self) -> Array:
        """Return the Cholesky factor of the precision if that is given, else of the covariance."""
        if "precision_matrix" in vars(self):
            return cholesky(self.precision_matrix)
        return self.scale_tril

    def _half_log_det(self, factor: Array) -> Array:
        return -log_det(factor) if "precision_matrix" in vars(self) else log_det(factor)

    def _log_prob(self, x: Array) -> Array:
        return self._log_kernel(x - self.loc) - self._size * LOG_TWO_PI / 2

    def _log_kernel(self, x: Array) -> Array:
        if "precision_matrix" in vars(self):
            return log_gaussian_kernel(symmetric_part(self.precision_matrix), x)
        z = solve_lower(self.scale_tril, x)
        return -jnp.sum(z * z, -1) / 2 - log_det(self.scale_tril)

    def _variance(self) -> Array:
        return diagonal(self.covariance_matrix)

    def _covariance(self) -> Array:
        return self.covariance_matrix

    def _entropy(self) -> Array:
        return half_log_det(self) + self._size * (1 + LOG_TWO_PI) / 2

    def _natural_parameters(self) -> tuple[Array, Array]:
        """Those of x and of its outer product with itself."""
        return matvec(self.precision_matrix, self.loc), -self.precision_matrix / 2

    @classmethod
    def _from_natural_parameters(cls, *natural_parameters: Array) -> MultivariateNormal:
        slope, curvature = natural_parameters
        factor = cholesky(-2 * curvature)
        loc = solve_lower(factor, slope)
        loc = matvec(jnp.matrix_transpose(invert_lower(factor)), loc)
        return MultivariateNormal(loc, precision_matrix=-2 * curvature, validate_args=False)

    def _log_normalizer(self, *natural_parameters: Array) -> Array:
        slope, curvature = natural_parameters
        factor = cholesky(-2 * curvature)
        whitened = solve_lower(factor, slope)
        return jnp.sum(whitened**2, -1) / 2 - log_det(factor)

    def _mean_log_base_measure(self) -> Array:
        return jnp.full(self.batch_shape, -self.event_shape[-1] * LOG_TWO_PI / 2, self.dtype)


def half_log_det(d: MultivariateNormal) -> Array:
    """Return half the logarithm of the covariance's determinant, shape `batch_shape`."""
    return d._half_log_det(d._factor())
