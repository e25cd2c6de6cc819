"""LowRankMultivariateNormal distribution."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jax import Array

from jaxdist import constraints, random
from jaxdist.arguments import Shape
from jaxdist.bases.elliptical import Elliptical
from jaxdist.bases.normal_entries import NormalEntries
from jaxdist.linalg.pivot_rows import OrthonormalFactor, orthonormalize
from jaxdist.linalg.triangular import cholesky, diagonal_matrix, gram
from jaxdist.parameters import Param, param
from jaxdist.precision import matmul, matvec
from jaxdist.promotion import custom_jvp
from jaxdist.special import LOG_TWO_PI


class LowRankMultivariateNormal(NormalEntries, Elliptical):
    r"""Multivariate normal distribution whose covariance is diagonal plus low rank.

    .. math:: \mathrm{covariance} = W W^T + \mathrm{diag}(d), \quad
              W = \mathrm{cov\_factor}, \quad d = \mathrm{cov\_diag}

    Evaluating the density takes :math:`O(n r^2)` operations: with :math:`V = d^{-1/2} W` and
    :math:`y = d^{-1/2} (x - \mathrm{loc})`, the determinant is that of d times that of the
    capacitance matrix :math:`K = I + V^T V`, and by Woodbury's identity

    .. math:: (x - \mathrm{loc})^T \mathrm{covariance}^{-1} (x - \mathrm{loc})
              = \min_a |y - V a|^2 + |a|^2, \quad a = K^{-1} V^T y.

    K is factored without forming it, from the rows of V that are largest: entries may be almost
    determined by the others.

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
        factor = orthonormal_factor(self)
        inner = gram(factor.upper / jnp.sqrt(self.cov_diag)[..., None])
        is_diagonal = jnp.eye(self._size, dtype=bool)
        return jnp.where(is_diagonal, diagonal_matrix(factor.rest / self.cov_diag), -inner)

    @property
    def scale_tril(self) -> Array:
        """The Cholesky factor of the covariance matrix."""
        return cholesky(self.covariance_matrix)

    def _rsample(self, key: Array, shape: Shape) -> Array:
        shared, own = jax.random.split(key)
        common = random.normal(shared, shape[:-1] + self.cov_factor.shape[-1:], self.dtype)
        noise = random.normal(own, shape, self.dtype)
        return self.loc + matvec(self.cov_factor, common) + jnp.sqrt(self.cov_diag) * noise

    def _log_prob(self, x: Array) -> Array:
        factor = orthonormal_factor(self)
        squares = _squared_distance(self, factor, x)
        return -squares / 2 - _half_log_det(self, factor) - self._size * LOG_TWO_PI / 2

    def _variance(self) -> Array:
        return jnp.sum(self.cov_factor**2, -1) + self.cov_diag

    def _covariance(self) -> Array:
        return self.covariance_matrix

    def _entropy(self) -> Array:
        return low_rank_half_log_det(self) + self._size * (1 + LOG_TWO_PI) / 2


def orthonormal_factor(d: LowRankMultivariateNormal) -> OrthonormalFactor:
    r"""Factor the capacitance matrix, for :math:`V = d^{-1/2} W`."""
    return orthonormalize(d.cov_factor / jnp.sqrt(d.cov_diag)[..., None])


@custom_jvp
def _half_log_det(d: LowRankMultivariateNormal, factor: OrthonormalFactor) -> Array:
    """Return half the logarithm of the covariance's determinant; factor is that of d."""
    n = d.cov_diag.shape[-1]
    above, below = factor.sizes[..., :n], factor.sizes[..., n:]
    return jnp.sum(jnp.log(jnp.sqrt(d.cov_diag) * above), -1) + jnp.sum(jnp.log(below), -1)


@_half_log_det.defjvp
def _half_log_det_jvp(
    primals: tuple[LowRankMultivariateNormal, OrthonormalFactor],
    tangents: tuple[LowRankMultivariateNormal, OrthonormalFactor],
) -> tuple[Array, Array]:
    r"""Differentiate.

    .. math:: \mathrm{tr}(dW^T \Sigma^{-1} W) + \tfrac12 \sum_i (\Sigma^{-1})_{ii}\, dd_i
    """
    (d, factor), (d_dot, _) = primals, tangents
    slopes = matmul(factor.upper, jnp.matrix_transpose(factor.inverse))
    slopes = slopes / jnp.sqrt(d.cov_diag)[..., None]
    of_factor = jnp.sum(slopes * d_dot.cov_factor, (-2, -1))
    of_diagonal = jnp.sum(factor.rest / d.cov_diag * d_dot.cov_diag, -1) / 2
    return _half_log_det(d, factor), of_factor + of_diagonal


def _solve(
    d: LowRankMultivariateNormal, factor: OrthonormalFactor, x: Array
) -> tuple[Array, Array]:
    """Return y - V a and the a that attains the minimum of Woodbury's identity."""
    residual, rest = factor.residual((x - d.loc) / jnp.sqrt(d.cov_diag))
    return residual, -rest


@custom_jvp
def _squared_distance(d: LowRankMultivariateNormal, factor: OrthonormalFactor, x: Array) -> Array:
    """Return the squared distance of x from loc in units of the covariance; factor is that of d."""
    residual, a = _solve(d, factor, x)
    return jnp.sum(residual * residual, -1) + jnp.sum(a * a, -1)


@_squared_distance.defjvp
def _squared_distance_jvp(
    primals: tuple[LowRankMultivariateNormal, OrthonormalFactor, Array],
    tangents: tuple[LowRankMultivariateNormal, OrthonormalFactor, Array],
) -> tuple[Array, Array]:
    r"""Differentiate, with :math:`u = \Sigma^{-1} (x - \mathrm{loc})` and :math:`W^T u = a`.

    .. math:: 2 u^T (dx - d\mathrm{loc}) - 2 a^T dW^T u - \sum_i u_i^2\, dd_i
    """
    (d, factor, x), (d_dot, _, x_dot) = primals, tangents
    residual, a = _solve(d, factor, x)
    u = residual / jnp.sqrt(d.cov_diag)
    of_factor = jnp.sum(a * matvec(jnp.matrix_transpose(d_dot.cov_factor), u), -1)
    of_others = jnp.sum(u * (2 * (x_dot - d_dot.loc) - u * d_dot.cov_diag), -1)
    return _squared_distance(d, factor, x), of_others - 2 * of_factor


def low_rank_half_log_det(d: LowRankMultivariateNormal) -> Array:
    """Return half the logarithm of the covariance's determinant, shape `batch_shape`."""
    return _half_log_det(d, orthonormal_factor(d))
