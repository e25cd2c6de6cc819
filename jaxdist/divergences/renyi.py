"""Rényi divergences and the Hellinger distance of members of one exponential family."""

from __future__ import annotations

import math

import jax
import jax.numpy as jnp
from jax import Array, lax
from jax.typing import ArrayLike

from jaxdist import constraints
from jaxdist.argument_checks import check_arguments
from jaxdist.arguments import Shape, as_floats, as_real_numbers
from jaxdist.distribution import Distribution
from jaxdist.divergences.intermediates import intermediate, require_family
from jaxdist.divergences.registry import common_batch_shape, kl_divergence
from jaxdist.precision import narrow, widen
from jaxdist.promotion import numpy_promotion


def renyi_divergence(p: Distribution, q: Distribution, order: ArrayLike) -> Array:
    r"""Rényi divergence of p from q, in nats.

    .. math:: D_\alpha(p \| q) = \frac{1}{\alpha - 1} \log \int p(x)^\alpha q(x)^{1 - \alpha} dx
              = \frac{\alpha\, KL(m \| p) + (1 - \alpha) KL(m \| q)}{1 - \alpha}

    where the natural parameters of m are α times those of p plus 1 - α times those of q. Order 1
    gives KL(p || q).

    Exponential families are the subclasses of `ExponentialFamily`; `Binomial`, `Multinomial` and
    `NegativeBinomial` of one `total_count` (NaN where one that is traced differs);
    `DiscreteLaplace`, `LogSeries`, `Zipf`, `OneHotCategorical`, `Chi`, `HalfNormal`, `Maxwell`,
    `InverseGaussian`, `VonMises`, `LogitNormal`, `TanhNormal`, `LogisticNormal`; normal vectors of
    any kinds; and `Independent` ones of one of these.

    Args:
      p: a member of an exponential family.
      q: another member of the same family.
      order: α > 0 and finite, a scalar or broadcastable with the batch shapes.

    Returns:
      Divergences, of the shape of both batch shapes broadcast together; infinite where the integral
      is.

    Raises:
      NotImplementedError: if p and q are not of the same exponential family.
      TypeError: if the order is not a number or an array.
      ValueError: if the order is not positive and finite, or does not broadcast with the batch
        shapes.

    Example:
      >>> import jaxdist as jd
      >>> jd.renyi_divergence(jd.Normal(0.0, 1.0), jd.Normal(2.0, 1.0), 0.5)
      Array(1., dtype=float32)

    References:
      van Erven and Harremoës 2014, "Rényi divergence and Kullback-Leibler divergence".
    """
    batch_shape = common_batch_shape(p, q)
    same = require_family("Rényi divergence", p, q)
    order = as_floats(as_real_numbers("renyi_divergence", "order", order))
    for constraint in (constraints.positive, constraints.less_than(math.inf)):
        check_arguments("renyi_divergence", {"order": (order, constraint)})
    _check_order(order.shape, batch_shape)
    return _renyi(p, q, order, same)


@jax.jit
@numpy_promotion
def _renyi(p: Distribution, q: Distribution, order: ArrayLike, same: Array) -> Array:
    wide_p, wide_q = widen(p), widen(q)
    order = jnp.asarray(order, wide_p.dtype)
    is_kl = order == 1
    # At order 1 the slope of the first term is minus half of that of the second.
    of_kl = 1 + (order - lax.stop_gradient(order)) / 2
    to_p, to_q, exists = _from_intermediate(wide_p, wide_q, jnp.where(is_kl, of_kl, order))
    # Each term has the factor of the other side, so that neither is large for an order near 1.
    ratio = order / jnp.where(is_kl, 1, 1 - order)
    value = jnp.where(is_kl, 0, ratio * to_p) + to_q
    value = jnp.where(exists, value, math.inf)
    kl = lax.stop_gradient(kl_divergence(wide_p, wide_q))
    with_slope = kl + jnp.where(jnp.isfinite(kl), value - lax.stop_gradient(value), 0)
    value = jnp.where(same, jnp.where(is_kl, with_slope, value), math.nan)
    return narrow(value, jnp.result_type(p.dtype, q.dtype))


def hellinger(p: Distribution, q: Distribution) -> Array:
    r"""Hellinger distance, between 0 and 1.

    .. math:: H(p, q)^2 = 1 - \int \sqrt{p(x)\, q(x)}\, dx
              = 1 - \exp\left(-\tfrac12 KL(m \| p) - \tfrac12 KL(m \| q)\right)

    where the natural parameters of m are the means of those of p and q.

    Args:
      p: a member of an exponential family, as for `renyi_divergence`.
      q: another member of the same family.

    Returns:
      Distances, of the shape of both batch shapes broadcast together; with gradient 0 where p = q.

    Raises:
      NotImplementedError: if p and q are not of the same exponential family.

    Example:
      >>> import jaxdist as jd
      >>> jd.hellinger(jd.Bernoulli(0.0), jd.Bernoulli([0.0, 1.0]))
      Array([0., 1.], dtype=float32)
    """
    common_batch_shape(p, q)
    return _hellinger(p, q, require_family("Hellinger distance", p, q))


@jax.jit
@numpy_promotion
def _hellinger(p: Distribution, q: Distribution, same: Array) -> Array:
    to_p, to_q, exists = _from_intermediate(widen(p), widen(q), jnp.asarray(0.5))
    square = jnp.where(exists, -jnp.expm1(-(to_p + to_q) / 2), 1)
    positive = square > 0
    distance = jnp.where(positive, jnp.sqrt(jnp.where(positive, square, 1)), 0)
    distance = jnp.where(same, distance, math.nan)
    return narrow(distance, jnp.result_type(p.dtype, q.dtype))


def _check_order(shape: Shape, batch_shape: Shape) -> None:
    try:
        jnp.broadcast_shapes(shape, batch_shape)
    except ValueError as error:
        raise ValueError(
            f"renyi_divergence: order must broadcast with the batch shape {batch_shape} of p and "
            f"q; got shape {shape}"
        ) from error


def _from_intermediate(
    p: Distribution, q: Distribution, weight: Array
) -> tuple[Array, Array, Array]:
    """Return KL(m || p), KL(m || q), and whether m exists, of which `weight` is the share of p."""
    p, q, m, exists = intermediate(p, q, weight)
    return kl_divergence(m, p), kl_divergence(m, q), exists
