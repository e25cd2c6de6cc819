"""The 2-Wasserstein distance of distributions that differ by an affine map."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array

from jaxdist.distribution import Distribution
from jaxdist.divergences.intermediates import NORMAL_VECTORS
from jaxdist.divergences.registry import common_batch_shape
from jaxdist.divergences.shared_parameters import are_shared
from jaxdist.families.interval.arcsine import Arcsine
from jaxdist.families.interval.bates import Bates
from jaxdist.families.interval.cosine import Cosine
from jaxdist.families.interval.pert import PERT
from jaxdist.families.interval.triangular import Triangular
from jaxdist.families.interval.truncated_normal import TruncatedNormal
from jaxdist.families.interval.uniform import Uniform
from jaxdist.families.positive.exponential import Exponential
from jaxdist.families.positive.frechet import Frechet
from jaxdist.families.positive.gamma import Gamma
from jaxdist.families.positive.generalized_inverse_gaussian import GeneralizedInverseGaussian
from jaxdist.families.positive.generalized_pareto import GeneralizedPareto
from jaxdist.families.positive.gompertz import Gompertz
from jaxdist.families.positive.half_cauchy import HalfCauchy
from jaxdist.families.positive.half_normal import HalfNormal
from jaxdist.families.positive.half_student_t import HalfStudentT
from jaxdist.families.positive.inverse_gamma import InverseGamma
from jaxdist.families.positive.inverse_gaussian import InverseGaussian
from jaxdist.families.positive.levy import Levy
from jaxdist.families.positive.log_logistic import LogLogistic
from jaxdist.families.positive.log_normal import LogNormal
from jaxdist.families.positive.maxwell import Maxwell
from jaxdist.families.positive.pareto import Pareto
from jaxdist.families.positive.rayleigh import Rayleigh
from jaxdist.families.positive.weibull import Weibull
from jaxdist.families.real.asymmetric_laplace import AsymmetricLaplace
from jaxdist.families.real.cauchy import Cauchy
from jaxdist.families.real.delta import Delta
from jaxdist.families.real.exponentially_modified_gaussian import ExponentiallyModifiedGaussian
from jaxdist.families.real.generalized_extreme_value import GeneralizedExtremeValue
from jaxdist.families.real.generalized_normal import GeneralizedNormal
from jaxdist.families.real.gumbel import Gumbel
from jaxdist.families.real.horseshoe import Horseshoe
from jaxdist.families.real.johnson_su import JohnsonSU
from jaxdist.families.real.lambert_w_normal import LambertWNormal
from jaxdist.families.real.laplace import Laplace
from jaxdist.families.real.logistic import Logistic
from jaxdist.families.real.moyal import Moyal
from jaxdist.families.real.normal import Normal
from jaxdist.families.real.normal_inverse_gaussian import NormalInverseGaussian
from jaxdist.families.real.sinh_arcsinh import SinhArcsinh
from jaxdist.families.real.skew_normal import SkewNormal
from jaxdist.families.real.skewed_exponential_power import SkewedExponentialPower
from jaxdist.families.real.soft_laplace import SoftLaplace
from jaxdist.families.real.student_t import StudentT
from jaxdist.families.real.two_piece_normal import TwoPieceNormal
from jaxdist.families.real.two_piece_student_t import TwoPieceStudentT
from jaxdist.families.vector.gaussian_process import GaussianProcess
from jaxdist.families.vector.multivariate_normal_diag import MultivariateNormalDiag
from jaxdist.linalg import lapack
from jaxdist.linalg.triangular import cholesky
from jaxdist.precision import matmul, narrow, widen
from jaxdist.promotion import custom_jvp, numpy_promotion
from jaxdist.special.hyperbolic import hypot


def _names(*names: str) -> Callable[[Any], tuple[Array, ...]]:
    return lambda d: tuple(jnp.asarray(getattr(d, name)) for name in names)


def _peak(d: Any) -> tuple[Array, ...]:
    return ((d.peak - d.low) / (d.high - d.low),)


# What is equal of members that differ by location and scale alone.
_SHAPES: dict[type[Distribution], Callable[[Any], tuple[Array, ...]]] = {
    Arcsine: _names(),
    AsymmetricLaplace: _names("asymmetry"),
    Bates: _names("total_count"),
    Cauchy: _names(),
    Cosine: _names(),
    Exponential: _names(),
    ExponentiallyModifiedGaussian: lambda d: (d.rate * d.scale,),
    Frechet: _names("concentration"),
    Gamma: _names("concentration"),
    GeneralizedExtremeValue: _names("concentration"),
    GeneralizedInverseGaussian: _names("order", "concentration"),
    GeneralizedNormal: _names("power"),
    GeneralizedPareto: _names("concentration"),
    Gompertz: _names("concentration"),
    Gumbel: _names(),
    HalfCauchy: _names(),
    HalfNormal: _names(),
    HalfStudentT: _names("df"),
    Horseshoe: _names(),
    InverseGamma: _names("concentration"),
    InverseGaussian: lambda d: (d.concentration / d.loc,),
    JohnsonSU: _names("skew", "tailweight"),
    LambertWNormal: _names("tailweight"),
    Laplace: _names(),
    Levy: _names(),
    LogLogistic: _names("scale"),
    LogNormal: _names("scale"),
    Logistic: _names(),
    Maxwell: _names(),
    Moyal: _names(),
    Normal: _names(),
    NormalInverseGaussian: lambda d: (d.tailweight * d.scale, d.skew * d.scale),
    PERT: lambda d: (*_peak(d), d.temperature),
    Pareto: _names("alpha"),
    Rayleigh: _names(),
    SinhArcsinh: _names("skew", "tailweight"),
    SkewNormal: _names("alpha"),
    SkewedExponentialPower: _names("power", "skew"),
    SoftLaplace: _names(),
    StudentT: _names("df"),
    Triangular: _peak,
    TruncatedNormal: lambda d: ((d.low - d.loc) / d.scale, (d.high - d.loc) / d.scale),
    TwoPieceNormal: _names("skew"),
    TwoPieceStudentT: _names("df", "skew"),
    Uniform: _names(),
    Weibull: _names("concentration"),
}
_SCALED_BY_LOC = (InverseGaussian, LogLogistic, LogNormal)  # whose `loc` is not a location
_TOLERANCE = 4.0  # in eps, of what must be equal
_VECTORS = (*NORMAL_VECTORS, GaussianProcess)


def wasserstein(p: Distribution, q: Distribution) -> Array:
    r"""2-Wasserstein distance: the root mean square distance under the optimal coupling.

    .. math:: W_2(p, q)^2 = \min_{X \sim p,\, Y \sim q} E |X - Y|^2
              = |\mu_p - \mu_q|^2 + (\sigma_p - \sigma_q)^2

    The closed form holds for two distributions of numbers of one family that differ by location and
    scale, such as two `StudentT` of one `df` or two `Weibull` of one `concentration`, and for a
    point (Delta) and any other. Under `jax.jit`, `vmap` or `grad` it may not be known whether they
    differ otherwise: where they do, the distance is NaN, which `jaxdist.validation("checkify")`
    reports through `checkify`. For normal vectors the second term is

    .. math:: \operatorname{tr}(\Sigma_p + \Sigma_q
              - 2 (\Sigma_p^{1/2} \Sigma_q \Sigma_p^{1/2})^{1/2})

    Args:
      p: a distribution.
      q: another one, with the same event shape.

    Returns:
      Distances, of the shape of both batch shapes broadcast together; with gradient 0 where
      they are 0. Of distributions without a variance they are infinite, unless these differ by
      their location alone.

    Raises:
      NotImplementedError: if no closed form is known.

    Example:
      >>> import jaxdist as jd
      >>> jd.wasserstein(jd.Normal(0.0, 1.0), jd.Normal(3.0, 5.0))
      Array(5., dtype=float32)

    References:
      Givens and Shortt 1984, "A class of Wasserstein metrics for probability distributions".
    """
    common_batch_shape(p, q)
    if isinstance(p, Delta) or isinstance(q, Delta):
        return _by_moments(p, q, jnp.array(True))
    family = next((k for k in _SHAPES if isinstance(p, k) and isinstance(q, k)), None)
    if family is not None:
        return _by_moments(p, q, _have_one_shape(p, q, _SHAPES[family]))
    if isinstance(p, MultivariateNormalDiag) and isinstance(q, MultivariateNormalDiag):
        return _by_entries(p, q)
    if isinstance(p, _VECTORS) and isinstance(q, _VECTORS):
        return _of_normal_vectors(p, q)
    raise _missing(p, q)


def _missing(p: Distribution, q: Distribution, why: str = "") -> NotImplementedError:
    return NotImplementedError(
        "no closed form is known for the Wasserstein distance of "
        f"{type(p).__name__} and {type(q).__name__}{why}"
    )


def _have_one_shape(p: Any, q: Any, shape: Callable[[Any], tuple[Array, ...]]) -> Array:
    """Return where two members of a family differ by location and scale, up to rounding."""
    pairs = list(zip(shape(p), shape(q), strict=True))
    error = _missing(p, q, " that differ by more than location and scale")
    return are_shared(pairs, error, _TOLERANCE)


@jax.jit
@numpy_promotion
def _by_moments(p: Distribution, q: Distribution, same: Array) -> Array:
    wide_p, wide_q = widen(p), widen(q)
    mean_gap, spread_gap = wide_p.mean - wide_q.mean, wide_p.stddev - wide_q.stddev
    exists = jnp.isfinite(mean_gap) & jnp.isfinite(spread_gap)
    distance = hypot(*(jnp.where(exists, gap, 0) for gap in (mean_gap, spread_gap)))
    distance = jnp.where(exists, distance, _shift(wide_p, wide_q))
    return narrow(jnp.where(same, distance, math.nan), jnp.result_type(p.dtype, q.dtype))


def _shift(p: Distribution, q: Distribution) -> Array:
    """Return the distance of the locations, infinite where more than these differs."""
    if isinstance(p, Delta) or isinstance(q, Delta):
        return jnp.array(math.inf)
    moves = "loc" in p._stored() and not isinstance(p, _SCALED_BY_LOC)
    others = [name for name in p._stored() if not (moves and name == "loc")]
    same = [getattr(p, name) == getattr(q, name) for name in others]
    shift = jnp.abs(p.loc - q.loc) if moves else jnp.zeros(())  # type: ignore[attr-defined]
    return jnp.where(functools.reduce(jnp.logical_and, same, jnp.array(True)), shift, math.inf)


@jax.jit
@numpy_promotion
def _by_entries(p: Distribution, q: Distribution) -> Array:
    wide_p, wide_q = widen(p), widen(q)
    squares = (wide_p.mean - wide_q.mean) ** 2 + (wide_p.stddev - wide_q.stddev) ** 2
    return narrow(_sqrt(jnp.sum(squares, -1)), jnp.result_type(p.dtype, q.dtype))


@jax.jit
@numpy_promotion
def _of_normal_vectors(p: Distribution, q: Distribution) -> Array:
    r"""The second term is the least :math:`|L_p U - L_q|^2` of orthogonal U: no traces cancel."""
    wide_p, wide_q = widen(p), widen(q)
    of_p, of_q = jnp.broadcast_arrays(*(cholesky(d.covariance()) for d in (wide_p, wide_q)))
    shift = jnp.sum((wide_p.mean - wide_q.mean) ** 2, -1)
    distance = _sqrt(shift + _squared_gap(of_p, of_q))
    return narrow(distance, jnp.result_type(p.dtype, q.dtype))


def _rotation(a: Array, b: Array) -> Array:
    """Return the orthogonal U for which a U is closest to b; the identity where a = b."""
    same = jnp.all(a == b, (-2, -1), keepdims=True)
    rotation = lapack.polar_factor(matmul(jnp.matrix_transpose(a), b))
    return jnp.where(same, jnp.eye(a.shape[-1], dtype=a.dtype), rotation)


@custom_jvp
def _squared_gap(a: Array, b: Array) -> Array:
    """Return the least squared distance of b from a U, for orthogonal U."""
    return jnp.sum((matmul(a, _rotation(a, b)) - b) ** 2, (-2, -1))


@_squared_gap.defjvp
def _squared_gap_jvp(
    primals: tuple[Array, Array], tangents: tuple[Array, Array]
) -> tuple[Array, Array]:
    """At U the distance is stationary."""
    (a, b), (a_dot, b_dot) = primals, tangents
    rotation = _rotation(a, b)
    gap, gap_dot = matmul(a, rotation) - b, matmul(a_dot, rotation) - b_dot
    return jnp.sum(gap * gap, (-2, -1)), 2 * jnp.sum(gap * gap_dot, (-2, -1))


def _sqrt(x: Array) -> Array:
    positive = x > 0
    return jnp.where(positive, jnp.sqrt(jnp.where(positive, x, 1)), 0)
