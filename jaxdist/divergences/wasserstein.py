"""The 2-Wasserstein distance of distributions that differ by an affine map."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jax import Array

from jaxdist.distribution import Distribution
from jaxdist.divergences.registry import common_batch_shape
from jaxdist.families.interval.arcsine import Arcsine
from jaxdist.families.interval.uniform import Uniform
from jaxdist.families.positive.exponential import Exponential
from jaxdist.families.positive.half_normal import HalfNormal
from jaxdist.families.positive.maxwell import Maxwell
from jaxdist.families.positive.rayleigh import Rayleigh
from jaxdist.families.real.delta import Delta
from jaxdist.families.real.gumbel import Gumbel
from jaxdist.families.real.laplace import Laplace
from jaxdist.families.real.logistic import Logistic
from jaxdist.families.real.moyal import Moyal
from jaxdist.families.real.normal import Normal
from jaxdist.families.vector.low_rank_multivariate_normal import LowRankMultivariateNormal
from jaxdist.families.vector.multivariate_normal import MultivariateNormal
from jaxdist.families.vector.multivariate_normal_diag import MultivariateNormalDiag
from jaxdist.linalg import lapack
from jaxdist.linalg.triangular import cholesky
from jaxdist.precision import matmul, narrow, widen
from jaxdist.promotion import custom_jvp, numpy_promotion
from jaxdist.special.hyperbolic import hypot

_AFFINE = (
    Arcsine,
    Exponential,
    Gumbel,
    HalfNormal,
    Laplace,
    Logistic,
    Maxwell,
    Moyal,
    Normal,
    Rayleigh,
    Uniform,
)
_NORMAL_VECTORS = (LowRankMultivariateNormal, MultivariateNormal, MultivariateNormalDiag)


def wasserstein(p: Distribution, q: Distribution) -> Array:
    r"""2-Wasserstein distance: the root mean square distance under the optimal coupling.

    .. math:: W_2(p, q)^2 = \min_{X \sim p,\, Y \sim q} E |X - Y|^2
              = |\mu_p - \mu_q|^2 + (\sigma_p - \sigma_q)^2

    The closed form holds for two distributions of numbers of one family whose members differ by
    location and scale, and for a point (Delta) and any other. For normal vectors the second term
    is

    .. math:: \operatorname{tr}(\Sigma_p + \Sigma_q
              - 2 (\Sigma_p^{1/2} \Sigma_q \Sigma_p^{1/2})^{1/2})

    Args:
      p: a distribution.
      q: another one, with the same event shape.

    Returns:
      Distances, of the shape of both batch shapes broadcast together; with gradient 0 where
      they are 0.

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
    if isinstance(p, Delta) or isinstance(q, Delta) or _same_family(p, q):
        return _by_moments(p, q)
    if isinstance(p, MultivariateNormalDiag) and isinstance(q, MultivariateNormalDiag):
        return _by_entries(p, q)
    if isinstance(p, _NORMAL_VECTORS) and isinstance(q, _NORMAL_VECTORS):
        return _of_normal_vectors(p, q)
    raise NotImplementedError(
        "no closed form is known for the Wasserstein distance of "
        f"{type(p).__name__} and {type(q).__name__}"
    )


def _same_family(p: Distribution, q: Distribution) -> bool:
    return any(isinstance(p, kind) and isinstance(q, kind) for kind in _AFFINE)


@jax.jit
@numpy_promotion
def _by_moments(p: Distribution, q: Distribution) -> Array:
    wide_p, wide_q = widen(p), widen(q)
    distance = hypot(wide_p.mean - wide_q.mean, wide_p.stddev - wide_q.stddev)
    return narrow(distance, jnp.result_type(p.dtype, q.dtype))


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
