"""LowRankMultivariateNormal distribution."""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import Array, lax

from jaxdist import constraints, random
from jaxdist.arguments import Shape
from jaxdist.bases.elliptical import Elliptical
from jaxdist.bases.normal_entries import NormalEntries
from jaxdist.linalg.triangular import cholesky, diagonal_matrix, gram
from jaxdist.parameters import Param, param
from jaxdist.precision import matmul, matvec
from jaxdist.promotion import custom_jvp
from jaxdist.special import LOG_TWO_PI

_UNROLLED = 4  # columns that are orthonormalized without a loop


class LowRankMultivariateNormal(NormalEntries, Elliptical):
    r"""Multivariate normal distribution whose covariance is diagonal plus low rank.

    .. math:: \mathrm{covariance} = W W^T + \mathrm{diag}(d), \quad
              W = \mathrm{cov\_factor}, \quad d = \mathrm{cov\_diag}

    Evaluating the density takes :math:`O(n r^2)` operations: with :math:`V = d^{-1/2} W` and
    :math:`y = d^{-1/2} (x - \mathrm{loc})`, the determinant is that of d times that of the
    capacitance matrix :math:`K = I + V^T V`, and by Woodbury's identity

    .. math:: (x - \mathrm{loc})^T \mathrm{covariance}^{-1} (x - \mathrm{loc})
              = \min_a |y - V a|^2 + |a|^2, \quad a = K^{-1} V^T y.

    K is factored without forming it. In float32 digits are lost where columns of V with entries
    above 1e6 are almost parallel.

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
        inner = orthonormal_factor(self).upper / jnp.sqrt(self.cov_diag)[..., None]
        return diagonal_matrix(1 / self.cov_diag) - gram(inner)

    @property
    def scale_tril(self) -> Array:
        """The Cholesky factor of the covariance matrix."""
        return cholesky(self.covariance_matrix)

    def _half_log_det(self, factor: OrthonormalFactor) -> Array:
        return jnp.sum(jnp.log(self.cov_diag), -1) / 2 + factor.log_det

    def _rsample(self, key: Array, shape: Shape) -> Array:
        shared, own = jax.random.split(key)
        common = random.normal(shared, shape[:-1] + self.cov_factor.shape[-1:], self.dtype)
        noise = random.normal(own, shape, self.dtype)
        return self.loc + matvec(self.cov_factor, common) + jnp.sqrt(self.cov_diag) * noise

    def _log_prob(self, x: Array) -> Array:
        factor = orthonormal_factor(self)
        squares = _squared_distance(self, factor, x)
        return -squares / 2 - self._half_log_det(factor) - self._size * LOG_TWO_PI / 2

    def _variance(self) -> Array:
        return jnp.sum(self.cov_factor**2, -1) + self.cov_diag

    def _covariance(self) -> Array:
        return self.covariance_matrix

    def _entropy(self) -> Array:
        return low_rank_half_log_det(self) + self._size * (1 + LOG_TWO_PI) / 2


class OrthonormalFactor(NamedTuple):
    r"""The factors of :math:`(V; I) = (P; R^{-1})\, R`, of which the first has orthonormal columns.

    The capacitance matrix is R^T R. It is not formed: where V is large, its rounding hides I.
    """

    upper: Array
    """P, shape `batch_shape + (n, r)`."""
    inverse: Array
    """R^-1, upper triangular, shape `batch_shape + (r, r)`."""
    log_det: Array
    """Logarithm of the determinant of R, shape `batch_shape`."""


def orthonormal_factor(d: LowRankMultivariateNormal) -> OrthonormalFactor:
    r"""Factor the capacitance matrix, for :math:`V = d^{-1/2} W`."""
    return _orthonormalize(d.cov_factor / jnp.sqrt(d.cov_diag)[..., None])


@custom_jvp
def _orthonormalize(v: Array) -> OrthonormalFactor:
    """Subtract from each column twice its projection on those before: once is not exact."""
    n, rank = v.shape[-2:]
    identity = jnp.broadcast_to(jnp.eye(rank, dtype=v.dtype), (*v.shape[:-2], rank, rank))
    columns = jnp.concatenate([v, identity], -2)

    def add_column(j: Array, state: tuple[Array, Array]) -> tuple[Array, Array]:
        q, log_det = state
        column = lax.dynamic_index_in_dim(columns, j, -1)
        for _ in range(2):
            column = column - matmul(q, matmul(jnp.matrix_transpose(q), column))
        norm = jnp.sqrt(jnp.sum(column * column, -2, keepdims=True))
        q = lax.dynamic_update_slice_in_dim(q, column / norm, j, -1)
        return q, log_det + jnp.log(norm[..., 0, 0])

    start = jnp.zeros_like(columns), jnp.zeros_like(v[..., 0, 0])
    q, log_det = lax.fori_loop(0, rank, add_column, start, unroll=rank <= _UNROLLED)
    return OrthonormalFactor(q[..., :n, :], q[..., n:, :], log_det)


@_orthonormalize.defjvp
def _orthonormalize_jvp(
    primals: tuple[Array], tangents: tuple[Array]
) -> tuple[OrthonormalFactor, OrthonormalFactor]:
    """Differentiate: what is below the diagonal of P^T dV R^-1 is a rotation of the columns."""
    (v,), (v_dot,) = primals, tangents
    factor = _orthonormalize(v)
    moved = matmul(v_dot, factor.inverse)
    change = matmul(jnp.matrix_transpose(factor.upper), moved)
    stretch = jnp.triu(change) + jnp.matrix_transpose(jnp.tril(change, -1))
    return factor, OrthonormalFactor(
        moved - matmul(factor.upper, stretch),
        -matmul(factor.inverse, stretch),
        jnp.trace(change, axis1=-2, axis2=-1),
    )


def _solve(
    d: LowRankMultivariateNormal, factor: OrthonormalFactor, x: Array
) -> tuple[Array, Array]:
    """Return the a that attains the minimum of Woodbury's identity, and y - V a."""
    y = (x - d.loc) / jnp.sqrt(d.cov_diag)
    projection = matvec(jnp.matrix_transpose(factor.upper), y)
    return matvec(factor.inverse, projection), y - matvec(factor.upper, projection)


@custom_jvp
def _squared_distance(d: LowRankMultivariateNormal, factor: OrthonormalFactor, x: Array) -> Array:
    """Return the squared distance of x from loc in units of the covariance; factor is that of d."""
    a, residual = _solve(d, factor, x)
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
    a, residual = _solve(d, factor, x)
    # The residual, projected once more: the first difference is rounded.
    inner = matvec(jnp.matrix_transpose(factor.upper), residual)
    inner = inner - matvec(jnp.matrix_transpose(factor.inverse), a)
    u = (residual - matvec(factor.upper, inner)) / jnp.sqrt(d.cov_diag)
    of_factor = jnp.sum(a * matvec(jnp.matrix_transpose(d_dot.cov_factor), u), -1)
    of_others = jnp.sum(u * (2 * (x_dot - d_dot.loc) - u * d_dot.cov_diag), -1)
    return _squared_distance(d, factor, x), of_others - 2 * of_factor


def low_rank_half_log_det(d: LowRankMultivariateNormal) -> Array:
    """Return half the logarithm of the covariance's determinant, shape `batch_shape`."""
    return d._half_log_det(orthonormal_factor(d))
