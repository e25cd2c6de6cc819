"""Divergences KL(p || q) with p on real vectors."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
from jax import Array

from jaxdist.arguments import Shape
from jaxdist.distribution import Distribution
from jaxdist.divergences.bregman import itakura_saito
from jaxdist.divergences.location_scale import multivariate_normal_divergence, normal_divergence
from jaxdist.divergences.registry import kl_divergence, missing_closed_form, register_kl
from jaxdist.families.real.normal import Normal
from jaxdist.families.vector.circulant_normal import CirculantNormal
from jaxdist.families.vector.low_rank_multivariate_normal import (
    LowRankMultivariateNormal,
    low_rank_half_log_det,
    orthonormal_factor,
)
from jaxdist.families.vector.multivariate_normal import MultivariateNormal, half_log_det
from jaxdist.families.vector.multivariate_normal_diag import MultivariateNormalDiag
from jaxdist.families.vector.normal_inverse_gamma import NormalInverseGamma
from jaxdist.linalg import circulant
from jaxdist.linalg.triangular import diagonal_matrix, solve_lower_matrix
from jaxdist.precision import matmul
from jaxdist.special import quotient, standardize
from jaxdist.wrappers.independent import Independent


@register_kl(MultivariateNormalDiag, MultivariateNormalDiag)
def diag_diag(p: MultivariateNormalDiag, q: MultivariateNormalDiag) -> Array:
    """Sum of the divergences of the entries."""
    entries = normal_divergence(
        quotient(p.scale_diag, q.scale_diag), standardize(p.loc, q.loc, q.scale_diag)
    )
    return jnp.sum(entries, -1)


@register_kl(MultivariateNormalDiag, MultivariateNormal)
@register_kl(MultivariateNormal, MultivariateNormalDiag)
@register_kl(MultivariateNormal, MultivariateNormal)
def full_full(p: Any, q: Any) -> Array:
    r"""Divergence of normal vectors with the Cholesky factors L of their covariances.

    .. math:: KL(\mathcal{N}(0, A A^T) \| \mathcal{N}(0, I))
              + \tfrac12 |L_q^{-1} (\mathrm{loc}_p - \mathrm{loc}_q)|^2, \quad A = L_q^{-1} L_p
    """
    whitened = _whitened_factor_and_shift(p, q)
    factor, shift = whitened[..., :-1], whitened[..., -1]
    return multivariate_normal_divergence(factor) + jnp.sum(shift * shift, -1) / 2


@register_kl(CirculantNormal, CirculantNormal)
def circulant_circulant(p: CirculantNormal, q: CirculantNormal) -> Array:
    r"""Sum of the divergences of the parts in each eigenspace, which both have in common.

    .. math:: \tfrac12 \sum_k m_k (t_k - 1 - \log t_k) + e_k / \lambda_{q, k}, \quad
              t = \lambda_p / \lambda_q

    with the multiplicities m and the squared norms e of the parts of the shift of the mean.
    """
    eigenvalues = q.covariance_rfft
    spread = itakura_saito(quotient(p.covariance_rfft, eigenvalues))
    shift = circulant.energies(p.loc - q.loc) / eigenvalues
    return jnp.sum(circulant.multiplicities(p.event_shape[0]) * spread + shift, -1) / 2


@register_kl(CirculantNormal, MultivariateNormal)
@register_kl(MultivariateNormal, CirculantNormal)
def circulant_full(p: Any, q: Any) -> Array:
    """Divergence of normal vectors, by the covariance matrix of one of them."""
    return full_full(_with_matrix(p), _with_matrix(q))


def _with_matrix(d: Any) -> MultivariateNormal:
    if not isinstance(d, CirculantNormal):
        return d
    return MultivariateNormal(d.loc, covariance_matrix=d._covariance(), validate_args=False)


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
    whitened = _whitened_factor_and_shift(p, q)
    squares = jnp.sum(whitened * whitened, (-2, -1)) - p.event_shape[0]
    return squares / 2 + _half_log_det(q) - _half_log_det(p)


def _whitened_factor_and_shift(p: Any, q: Any) -> Array:
    """Return the factor F and the shift of the means, side by side, multiplied by T."""
    factor = _factor(p)
    shape: Shape = jnp.broadcast_shapes(p.batch_shape, q.batch_shape)
    shift = jnp.broadcast_to((p.loc - q.loc)[..., None], (*shape, factor.shape[-2], 1))
    factor = jnp.broadcast_to(factor, (*shape, *factor.shape[-2:]))
    if not _has_rank_of(q, p):
        return _whiten(q, jnp.concatenate([factor, shift], -1))
    rank = q.cov_factor.shape[-1]
    whitened = _whiten(q, jnp.concatenate([factor.at[..., :rank].add(-q.cov_factor), shift], -1))
    return whitened.at[..., :rank].add(_whitened_own_factor(q))


def _has_rank_of(q: Any, p: Any) -> bool:
    """Tell whether both covariances are diagonal plus low rank, the same one."""
    if not all(isinstance(d, LowRankMultivariateNormal) for d in (p, q)):
        return False
    return bool(p.cov_factor.shape[-1] == q.cov_factor.shape[-1])


def _whitened_own_factor(d: LowRankMultivariateNormal) -> Array:
    r"""Return :math:`T W = (P R^{-T}; I - R^{-1} R^{-T})`, in which nothing large cancels."""
    factor = orthonormal_factor(d)
    inverse_transpose = jnp.matrix_transpose(factor.inverse)
    identity = jnp.eye(factor.inverse.shape[-1], dtype=factor.inverse.dtype)
    lower = identity - matmul(factor.inverse, inverse_transpose)
    return jnp.concatenate([matmul(factor.upper, inverse_transpose), lower], -2)


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
        vectors = jnp.moveaxis(columns, -1, 0) / jnp.sqrt(d.cov_diag)
        residual, rest = orthonormal_factor(d).residual(vectors)
        return jnp.moveaxis(jnp.concatenate([residual, -rest], -1), 0, -1)
    tril = jnp.broadcast_to(d.scale_tril, columns.shape[:-2] + d.scale_tril.shape[-2:])
    return solve_lower_matrix(tril, columns)


def _half_log_det(d: Any) -> Array:
    """Return half the logarithm of the covariance's determinant."""
    if isinstance(d, MultivariateNormalDiag):
        return jnp.sum(jnp.log(d.scale_diag), -1)
    if isinstance(d, LowRankMultivariateNormal):
        return low_rank_half_log_det(d)
    return half_log_det(d)


@register_kl(MultivariateNormalDiag, Independent, compiled=False)
def diag_independent(p: Distribution, q: Distribution) -> Array:
    """Sum of the divergences of the entries."""
    return kl_divergence(_as_independent(p), _as_independent(q))


def _as_independent(d: Distribution) -> Distribution:
    if not isinstance(d, MultivariateNormalDiag):
        return d
    return Independent(Normal(d.loc, d.scale_diag, validate_args=False), 1)


@register_kl(MultivariateNormal, Independent, compiled=False)
@register_kl(LowRankMultivariateNormal, Independent, compiled=False)
def normal_independent(p: Distribution, q: Distribution) -> Array:
    """Divergence of normal vectors, one of which has independent entries."""
    return kl_divergence(_as_normal_vector(p), _as_normal_vector(q))


def _as_normal_vector(d: Distribution) -> Distribution:
    if not isinstance(d, Independent):
        return d
    if isinstance(d.base_dist, Normal):
        return MultivariateNormalDiag(d.base_dist.loc, d.base_dist.scale, validate_args=False)
    raise missing_closed_form(
        "the divergence of a multivariate normal distribution and "
        f"Independent({type(d.base_dist).__name__})"
    )


@register_kl(NormalInverseGamma, NormalInverseGamma)
def normal_inverse_gamma_normal_inverse_gamma(
    p: NormalInverseGamma, q: NormalInverseGamma
) -> Array:
    r"""Divergence of the variances, then of the means given the variance.

    .. math:: KL(v_p \| v_q) + \tfrac12 (t - 1 - \log t)
              + \frac{\kappa_q a_p}{2 b_p} (\mu_p - \mu_q)^2, \quad t = \kappa_q / \kappa_p
    """
    of_variances = kl_divergence(p.of_variance, q.of_variance)
    shift = (p.loc - q.loc) * jnp.sqrt(q.count) * jnp.sqrt(p.concentration / p.rate)
    return of_variances + itakura_saito(quotient(q.count, p.count)) / 2 + shift**2 / 2
