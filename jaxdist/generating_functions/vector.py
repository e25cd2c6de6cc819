"""Generating functions of distributions of vectors."""

from __future__ import annotations

import functools

import jax.numpy as jnp
from jax import Array

from jaxdist.distribution import Distribution
from jaxdist.families.vector.circulant_normal import CirculantNormal
from jaxdist.families.vector.gaussian_process import GaussianProcess
from jaxdist.families.vector.gaussian_random_walk import GaussianRandomWalk
from jaxdist.families.vector.low_rank_multivariate_normal import LowRankMultivariateNormal
from jaxdist.families.vector.multivariate_laplace import MultivariateLaplace
from jaxdist.families.vector.multivariate_normal import MultivariateNormal
from jaxdist.families.vector.multivariate_normal_diag import MultivariateNormalDiag
from jaxdist.families.vector.variational_gaussian_process import VariationalGaussianProcess
from jaxdist.families.vector.zero_sum_normal import ZeroSumNormal
from jaxdist.generating_functions.averages import infinite_outside, polar
from jaxdist.generating_functions.registry import CHARACTERISTIC, CUMULANT
from jaxdist.linalg import circulant
from jaxdist.precision import matvec, vecdot

NORMAL_VECTORS = (
    MultivariateNormal,
    MultivariateNormalDiag,
    LowRankMultivariateNormal,
    GaussianProcess,
    VariationalGaussianProcess,
    GaussianRandomWalk,
    ZeroSumNormal,
    CirculantNormal,
)


def _center(d: Distribution, t: Array) -> Array:
    """Return the mean of the inner product with t."""
    return vecdot(jnp.broadcast_to(d._mean(), t.shape), t)


@functools.singledispatch
def _spread(d: Distribution, t: Array) -> Array:
    """Return half the variance of the inner product with t."""
    return vecdot(matvec(d._covariance(), t), t / 2)


@_spread.register(MultivariateNormal)
@_spread.register(MultivariateLaplace)
def _of_factor(d: MultivariateNormal | MultivariateLaplace, t: Array) -> Array:
    return _half_square(matvec(jnp.matrix_transpose(d.scale_tril), t))


@_spread.register
def _of_diagonal(d: MultivariateNormalDiag, t: Array) -> Array:
    return _half_square(d.scale_diag * t)


@_spread.register
def _of_low_rank(d: LowRankMultivariateNormal, t: Array) -> Array:
    common = matvec(jnp.matrix_transpose(d.cov_factor), t)
    return _half_square(jnp.sqrt(d.cov_diag) * t) + _half_square(common)


@_spread.register
def _of_spectrum(d: CirculantNormal, t: Array) -> Array:
    return jnp.sum(d.covariance_rfft * circulant.energies(t), -1) / 2


def _half_square(x: Array) -> Array:
    return vecdot(x, x / 2)


@CUMULANT.register(*NORMAL_VECTORS)
def normal_vector(d: Distribution, t: Array) -> Array:
    """Return that of the inner product, a normal number."""
    return _center(d, t) + _spread(d, t)


@CHARACTERISTIC.register(*NORMAL_VECTORS)
def normal_vector_characteristic(d: Distribution, t: Array) -> Array:
    """Return that of the inner product, a normal number."""
    return polar(-_spread(d, t), _center(d, t))


@CUMULANT.register(MultivariateLaplace)
def multivariate_laplace(d: MultivariateLaplace, t: Array) -> Array:
    """Return that of the inner product, a number with a Laplace distribution."""
    spread = _spread(d, t)
    return _center(d, t) + infinite_outside(spread < 1, spread, lambda s: -jnp.log1p(-s))


@CHARACTERISTIC.register(MultivariateLaplace)
def multivariate_laplace_characteristic(d: MultivariateLaplace, t: Array) -> Array:
    """Return that of the inner product, a number with a Laplace distribution."""
    return polar(-jnp.log1p(_spread(d, t)), _center(d, t))
