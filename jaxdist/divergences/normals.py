"""Divergences of normal distributions, of their images, and of normal vectors."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
from jax import Array

from jaxdist.divergences.registry import register_kl
from jaxdist.divergences.terms import scale_divergence
from jaxdist.families.interval.tanh_normal import TanhNormal
from jaxdist.families.positive.half_normal import HalfNormal
from jaxdist.families.positive.log_normal import LogNormal
from jaxdist.families.real.normal import Normal, standardize
from jaxdist.families.simplex.logistic_normal import LogisticNormal
from jaxdist.families.vector.low_rank_multivariate_normal import (
    LowRankMultivariateNormal,
    capacitance_tril,
    low_rank_half_log_det,
    standardized_factor,
)
from jaxdist.families.vector.multivariate_normal import MultivariateNormal, half_log_det
from jaxdist.families.vector.multivariate_normal_diag import MultivariateNormalDiag
from jaxdist.linalg.triangular import (
    diagonal,
    diagonal_matrix,
    inverse_of_gram,
    solve_lower_matrix,
)
from jaxdist.precision import matmul
from jaxdist.special import expm1mx


@register_kl(Normal, Normal)
def normal_normal(p: Normal, q: Normal) -> Array:
    r"""Divergence of normal distributions, with the ratio t of their scales.

    .. math:: (t - 1 - \log t) + \tfrac12 (t - 1)^2
              + \tfrac12 \left(\frac{\mathrm{loc}_p - \mathrm{loc}_q}{\mathrm{scale}_q}\right)^2
    """
    shift = standardize(q, p.loc)
    if "log_scale" in vars(p) or "log_scale" in vars(q):
        log_ratio = p.log_scale - q.log_scale
        return expm1mx(log_ratio) + jnp.expm1(log_ratio) ** 2 / 2 + shift**2 / 2
    return scale_divergence(p.scale / q.scale) + shift**2 / 2


@register_kl(LogNormal, LogNormal)
def log_normal_log_normal(p: LogNormal, q: LogNormal) -> Array:
    """Divergence of the logarithms."""
    return normal_normal(p.base_dist, q.base_dist)


@register_kl(HalfNormal, HalfNormal)
def half_normal_half_normal(p: HalfNormal, q: HalfNormal) -> Array:
    """Divergence of the normal distributions, on either side of 0."""
    return scale_divergence(p.scale / q.scale)


@register_kl(TanhNormal, TanhNormal)
def tanh_normal_tanh_normal(p: TanhNormal, q: TanhNormal) -> Array:
    """Divergence before squashing."""
    return normal_normal(p.base_dist, q.base_dist)


@register_kl(LogisticNormal, LogisticNormal)
def logistic_normal_logistic_normal(p: LogisticNormal, q: LogisticNormal) -> Array:
    """Divergence of the normal vectors."""
    return jnp.sum(normal_normal(p.base_dist, q.base_dist), -1)


# --- vectors -------------------------------------------------------------------------------------


@register_kl(MultivariateNormalDiag, MultivariateNormalDiag)
def diag_diag(p: MultivariateNormalDiag, q: MultivariateNormalDiag) -> Array:
    """Sum of the divergences of the entries."""
    shift = (p.loc - q.loc) / q.scale_diag
    return jnp.sum(scale_divergence(p.scale_diag / q.scale_diag) + shift**2 / 2, -1)


def triangular_divergence(factor: Array) -> Array:
    r"""Divergence of the normal distribution with a triangular factor A from the standard one.

    .. math:: \tfrac12 \left(\mathrm{tr} A A^T - n - \log |A A^T|\right)
              = \sum_i \left(A_{ii} - 1 - \log A_{ii} + \tfrac12 (A_{ii} - 1)^2\right)
                + \tfrac12 \sum_{j < i} A_{ij}^2

    Args:
      factor: lower triangular with a positive diagonal, shape `(..., n, n)`.

    Returns:
      Shape `(...)`.
    """
    below = jnp.tril(factor, -1)
    on_diagonal = jnp.sum(scale_divergence(diagonal(factor)), -1)
    return on_diagonal + jnp.sum(below * below, (-2, -1)) / 2


@register_kl(MultivariateNormalDiag, MultivariateNormal)
@register_kl(MultivariateNormal, MultivariateNormalDiag)
@register_kl(MultivariateNormal, MultivariateNormal)
def full_full(p: Any, q: Any) -> Array:
    r"""Divergence of normal vectors with the Cholesky factors L of their covariances.

    .. math:: KL(\mathcal{N}(0, A A^T) \| \mathcal{N}(0, I))
              + \tfrac12 |L_q^{-1} (\mathrm{loc}_p - \mathrm{loc}_q)|^2, \quad A = L_q^{-1} L_p
    """
    factor = _factor(p)
    shift = jnp.broadcast_to((p.loc - q.loc)[..., None], (*_shape(p, q), factor.shape[-2], 1))
    factor = jnp.broadcast_to(factor, (*_shape(p, q), *factor.shape[-2:]))
    together = _whiten(q, jnp.concatenate([factor, shift], -1))
    relative, shift = together[..., :-1], together[..., -1]
    return triangular_divergence(relative) + jnp.sum(shift * shift, -1) / 2


@register_kl(LowRankMultivariateNormal, MultivariateNormalDiag)
@register_kl(LowRankMultivariateNormal, MultivariateNormal)
@register_kl(LowRankMultivariateNormal, LowRankMultivariateNormal)
@register_kl(MultivariateNormalDiag, LowRankMultivariateNormal)
@register_kl(MultivariateNormal, LowRankMultivariateNormal)
def low_rank(p: Any, q: Any) -> Array:
    r"""Divergence of normal vectors, of which one has a covariance that is diagonal plus low rank.

    .. math:: \tfrac12 \left(|T F|^2 - n + |T (\mathrm{loc}_p - \mathrm{loc}_q)|^2\right)
              + \tfrac12 \log \frac{|\mathrm{covariance}_q|}{|\mathrm{covariance}_p|}

    for a factor :math:`F F^T = \mathrm{covariance}_p` and a matrix
    :math:`T^T T = \mathrm{covariance}_q^{-1}`.
    """
    factor = _factor(p)
    shift = jnp.broadcast_to((p.loc - q.loc)[..., None], (*_shape(p, q), factor.shape[-2], 1))
    factor = jnp.broadcast_to(factor, (*_shape(p, q), *factor.shape[-2:]))
    whitened = _whiten(q, jnp.concatenate([factor, shift], -1))
    squares = jnp.sum(whitened * whitened, (-2, -1)) - p.event_shape[0]
    return squares / 2 + _log_det(q) - _log_det(p)


def _shape(p: Any, q: Any) -> tuple[int, ...]:
    return jnp.broadcast_shapes(p.batch_shape, q.batch_shape)


def _factor(d: Any) -> Array:
    """Return a matrix F with F F^T the covariance: lower triangular, unless it is of low rank."""
    if isinstance(d, MultivariateNormalDiag):
        return diagonal_matrix(d.scale_diag)
    if isinstance(d, LowRankMultivariateNormal):
        return jnp.concatenate([d.cov_factor, diagonal_matrix(jnp.sqrt(d.cov_diag))], -1)
    return jnp.tril(d.scale_tril)


def _whiten(d: Any, columns: Array) -> Array:
    """Multiply by a matrix T with T^T T the precision: by Woodbury's identity for low rank."""
    if isinstance(d, MultivariateNormalDiag):
        return columns / d.scale_diag[..., None]
    if isinstance(d, LowRankMultivariateNormal):
        factor = standardized_factor(d)
        scaled = columns / jnp.sqrt(d.cov_diag)[..., None]
        inner = matmul(jnp.matrix_transpose(factor), scaled)
        shares = matmul(inverse_of_gram(capacitance_tril(d)), inner)
        return jnp.concatenate([scaled - matmul(factor, shares), shares], -2)
    return _solve(d.scale_tril, columns)


def _solve(factor: Array, columns: Array) -> Array:
    factor = jnp.broadcast_to(factor, columns.shape[:-2] + factor.shape[-2:])
    return solve_lower_matrix(factor, columns)


def _log_det(d: Any) -> Array:
    """Half the logarithm of the covariance's determinant."""
    if isinstance(d, MultivariateNormalDiag):
        return jnp.sum(jnp.log(d.scale_diag), -1)
    if isinstance(d, LowRankMultivariateNormal):
        return low_rank_half_log_det(d)
    return half_log_det(d)
