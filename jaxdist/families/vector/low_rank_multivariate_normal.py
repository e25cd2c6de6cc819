"""LowRankMultivariateNormal distribution."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jax import Array

from jaxdist import constraints, random
from jaxdist.bases.elliptical import Elliptical
from jaxdist.linalg.triangular import (
    cholesky,
    diagonal_matrix,
    gram,
    inverse_of_gram,
    invert_lower,
    log_det,
)
from jaxdist.parameters import Param, param
from jaxdist.precision import matmul, matvec
from jaxdist.special import LOG_TWO_PI
from jaxdist.validation import Shape


class LowRankMultivariateNormal(Elliptical):
    r"""Multivariate normal distribution whose covariance is diagonal plus low rank.

    .. math:: \mathrm{covariance} = W W^T + \mathrm{diag}(d), \quad
              W = \mathrm{cov\_factor}, \quad d = \mathrm{cov\_diag}

    Evaluating the density takes :math:`O(n r^2)` operations: with :math:`V = d^{-1/2} W` and
    :math:`y = d^{-1/2} (x - \mathrm{loc})`, the determinant is that of d times that of the
    capacitance matrix :math:`K = I + V^T V`, and by Woodbury's identity

    .. math:: (x - \mathrm{loc})^T \mathrm{covariance}^{-1} (x - \mathrm{loc})
              = \min_a |y - V a|^2 + |a|^2, \quad a = K^{-1} V^T y.

    Args:
      loc: mean, shape `(..., n)`.
      cov_factor: factor W of the low-rank part, shape `(..., n, r)`.
      cov_diag: positive diagonal part d, shape `(..., n)`.
    """

    loc: Param = param(constraints.real_vector)
    cov_factor: Param = param(constraints.independent(constraints.real, 2))
    cov_diag: Param = param(constraints.independent(constraints.positive, 1))

    def _event_sizes(self) -> dict[str, Shape]:
        sizes = super()._event_sizes()
        return sizes | {"cov_factor": sizes["cov_factor"][:1]}

    @property
    def covariance_matrix(self) -> Array:
        """The full covariance matrix, shape `batch_shape + (n, n)`."""
        return gram(self.cov_factor) + diagonal_matrix(self.cov_diag)

    @property
    def precision_matrix(self) -> Array:
        """The inverse of the covariance matrix, by Woodbury's identity."""
        weighted = self.cov_factor / self.cov_diag[..., None]
        inner = matmul(weighted, jnp.matrix_transpose(invert_lower(capacitance_tril(self))))
        return diagonal_matrix(1 / self.cov_diag) - gram(inner)

    @property
    def scale_tril(self) -> Array:
        """The Cholesky factor of the covariance matrix."""
        return cholesky(self.covariance_matrix)

    def _half_log_det(self, capacitance_tril: Array) -> Array:
        return jnp.sum(jnp.log(self.cov_diag), -1) / 2 + log_det(capacitance_tril)

    def _rsample(self, key: Array, shape: Shape) -> Array:
        shared, own = jax.random.split(key)
        common = random.normal(shared, shape[:-1] + self.cov_factor.shape[-1:], self.dtype)
        noise = random.normal(own, shape, self.dtype)
        return self.loc + matvec(self.cov_factor, common) + jnp.sqrt(self.cov_diag) * noise

    def _log_prob(self, x: Array) -> Array:
        scaled, factor = standardized_factor(self), capacitance_tril(self)
        y = (x - self.loc) / jnp.sqrt(self.cov_diag)
        a = matvec(inverse_of_gram(factor), matvec(jnp.matrix_transpose(scaled), y))
        residual = y - matvec(scaled, a)
        squares = jnp.sum(residual * residual, -1) + jnp.sum(a * a, -1)
        return -squares / 2 - self._half_log_det(factor) - self._size * LOG_TWO_PI / 2

    def _variance(self) -> Array:
        return jnp.sum(self.cov_factor**2, -1) + self.cov_diag

    def _entropy(self) -> Array:
        return low_rank_half_log_det(self) + self._size * (1 + LOG_TWO_PI) / 2


def standardized_factor(d: LowRankMultivariateNormal) -> Array:
    r"""Return :math:`V = d^{-1/2} W`, shape `batch_shape + (n, r)`."""
    return d.cov_factor / jnp.sqrt(d.cov_diag)[..., None]


def capacitance_tril(d: LowRankMultivariateNormal) -> Array:
    r"""Return the Cholesky factor of :math:`K = I + V^T V`, shape `batch_shape + (r, r)`."""
    rank = d.cov_factor.shape[-1]
    products = gram(jnp.matrix_transpose(standardized_factor(d)))
    return cholesky(products + jnp.eye(rank, dtype=products.dtype))


def low_rank_half_log_det(d: LowRankMultivariateNormal) -> Array:
    """Return half the logarithm of the covariance's determinant, shape `batch_shape`."""
    return d._half_log_det(capacitance_tril(d))
