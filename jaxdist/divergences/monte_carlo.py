"""Monte Carlo estimates of divergences, for pairs without a closed form."""

from __future__ import annotations

import functools
import math
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import Array, lax

from jaxdist.arguments import Shape, as_integer, check_key
from jaxdist.bases.categories import Categories
from jaxdist.constraints import Range
from jaxdist.distribution import Distribution
from jaxdist.divergences.registry import common_batch_shape
from jaxdist.divergences.supports import contains_support
from jaxdist.families.category.bernoulli import Bernoulli
from jaxdist.families.count.beta_binomial import BetaBinomial
from jaxdist.families.count.binomial import Binomial
from jaxdist.families.count.discrete_uniform import DiscreteUniform
from jaxdist.families.count.geometric import Geometric
from jaxdist.families.count.negative_binomial import NegativeBinomial
from jaxdist.families.count.poisson import Poisson
from jaxdist.precision import narrow, widen
from jaxdist.promotion import numpy_promotion
from jaxdist.special import expm1mx
from jaxdist.wrappers.gated import Gated
from jaxdist.wrappers.independent import Independent
from jaxdist.wrappers.joint import Joint


class KLEstimate(NamedTuple):
    """A Monte Carlo estimate of a divergence.

    Attributes:
      estimate: the estimate, shape: the batch shape.
      standard_error: its standard error, of the same shape.
    """

    estimate: Array
    standard_error: Array


def monte_carlo_kl(p: Distribution, q: Distribution, key: Array, num_samples: int) -> KLEstimate:
    r"""Estimate a divergence from draws of p.

    .. math:: KL(p \| q) = E_p[(r - 1) - \log r], \quad r = q(x) / p(x)

    Each term is non-negative, and close to 0 where p and q agree. The estimate is unbiased because
    E_p[r] = 1, unless q has mass outside p's support: where it has, as behind different masks, or
    where that is not known, :math:`-\log r` is averaged instead. The gradient is unbiased too:
    pathwise if p has `has_rsample`, by the score function otherwise.

    Args:
      p: the distribution to draw from.
      q: another one, with the same event shape.
      key: a PRNG key.
      num_samples: number of draws, at least 2.

    Returns:
      The estimate and its standard error, of the shape of both batch shapes broadcast together.
      Both are infinite if a draw has probability 0 under q.

    Raises:
      ValueError: if event shapes or numbers of categories differ, batch shapes do not broadcast, or
        `num_samples` is below 2.

    References:
      Schulman 2020, "Approximating KL divergence" (the estimator k3);
      Foerster et al. 2018, "DiCE" (the weight that carries the score).
    """
    num_samples = as_integer("monte_carlo_kl", "num_samples", num_samples, minimum=2)
    return _estimate(p, q, check_key(key), num_samples, common_batch_shape(p, q))


@functools.partial(jax.jit, static_argnums=(3, 4))
@numpy_promotion
def _estimate(
    p: Distribution, q: Distribution, key: Array, num_samples: int, shape: Shape
) -> KLEstimate:
    dtype = jnp.result_type(p.dtype, q.dtype)
    p, q = (widen(d).expand(shape) for d in (p, q))
    draw = p.rsample_and_log_prob if p.has_rsample else p.sample_and_log_prob
    x, log_p = draw(key, num_samples)
    log_ratio = q.log_prob(x) - log_p
    # A point that only p gives a probability has none under q, whatever the density of q is there.
    possible = (log_ratio > -math.inf) & (q._atom_count(x) >= p._atom_count(x))
    is_masked_out = p._is_masked_out() | q._is_masked_out()
    log_ratio = jnp.where(possible & ~is_masked_out, log_ratio, 0)
    terms = jnp.where(_may_have_mass_outside(q, p), -log_ratio, expm1mx(log_ratio))
    if not p.has_rsample:
        terms = terms * jnp.exp(log_p - lax.stop_gradient(log_p))
    is_finite = jnp.all(possible | is_masked_out, 0)
    mean = jnp.where(is_finite, jnp.mean(terms, 0), math.inf)
    error = jnp.std(lax.stop_gradient(terms), 0, ddof=1) / math.sqrt(num_samples)
    error = jnp.where(is_finite, error, math.inf)
    return KLEstimate(narrow(mean, dtype), narrow(error, dtype))


# Discrete distributions that give a positive probability to their whole support, or to one value.
_POSITIVE = (
    Bernoulli,
    BetaBinomial,
    Binomial,
    DiscreteUniform,
    Geometric,
    NegativeBinomial,
    Poisson,
)


def _is_distribution(node: object) -> bool:
    return isinstance(node, Distribution)


def _may_have_mass_outside(q: Any, p: Any) -> Array:
    """Return where q has mass outside p's support, or where that is not known."""
    if isinstance(p, Joint) and isinstance(q, Joint):
        leaves = (jax.tree.leaves(d.tree, is_leaf=_is_distribution) for d in (q, p))
        pairs = zip(*leaves, strict=True)
        return functools.reduce(jnp.logical_or, (_may_have_mass_outside(*pair) for pair in pairs))
    if q._has_atoms and not (isinstance(p, Gated) and isinstance(q, Gated)):
        return jnp.array(True)
    if isinstance(p, Independent) and isinstance(q, Independent):
        ndims = p.reinterpreted_batch_ndims
        if ndims == q.reinterpreted_batch_ndims:
            outside = _may_have_mass_outside(q.base_dist, p.base_dist)
            outside = jnp.broadcast_to(outside, p.base_dist.batch_shape)
            return jnp.any(outside, tuple(range(-ndims, 0)))
    if isinstance(p, Categories) and isinstance(q, Categories):
        sizes = p.logits.shape[-1], q.logits.shape[-1]
        if sizes[0] != sizes[1]:
            raise ValueError(
                "monte_carlo_kl: p and q must have as many categories; "
                f"got {sizes[0]} and {sizes[1]}"
            )
        return jnp.any((p.logits == -math.inf) & (q.logits > -math.inf), -1)
    if isinstance(q.support, Range) and isinstance(p.support, Range):
        outside = ~contains_support(p, q)
        if not p.support.is_discrete:
            return outside
        return outside | ~jnp.array(isinstance(p, _POSITIVE)) | (p.variance == 0)
    structure: Any = jax.tree.structure(p.support)
    same = structure == jax.tree.structure(q.support)
    return jnp.array(not same or p.support.is_discrete or bool(jax.tree.leaves(p.support)))
