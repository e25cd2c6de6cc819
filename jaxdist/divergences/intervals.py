"""Divergences of families on an interval; that of beta distributions is among the gammas."""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array

from jaxdist.divergences.registry import register_kl
from jaxdist.divergences.terms import bregman, inside_support
from jaxdist.families.count.discrete_uniform import DiscreteUniform
from jaxdist.families.interval.continuous_bernoulli import ContinuousBernoulli
from jaxdist.families.interval.truncated_normal import (
    TruncatedNormal,
    truncated_normal_cross_entropy,
)
from jaxdist.families.interval.uniform import Uniform, width_ratio
from jaxdist.special import log_expm1_ratio


@register_kl(Uniform, Uniform)
def uniform_uniform(p: Uniform, q: Uniform) -> Array:
    """Logarithm of the ratio of the widths; infinite where q does not contain p."""
    return inside_support(p, q, jnp.log(width_ratio(q, p)))


@register_kl(DiscreteUniform, DiscreteUniform)
def discrete_uniform_discrete_uniform(p: DiscreteUniform, q: DiscreteUniform) -> Array:
    """Logarithm of the ratio of the numbers of values; infinite where q does not contain p."""
    return inside_support(p, q, jnp.log(q.num_values / p.num_values))


@register_kl(ContinuousBernoulli, ContinuousBernoulli)
def continuous_bernoulli_continuous_bernoulli(
    p: ContinuousBernoulli, q: ContinuousBernoulli
) -> Array:
    r"""Bregman divergence of the log-normaliser A, at logits mirrored such that those of p fall.

    .. math:: A(l_q) - A(l_p) - A'(l_p) (l_q - l_p)
    """
    mirror = jnp.where(p.logits > 0, -1, 1)
    x, y = mirror * p.logits, mirror * q.logits
    near = jnp.abs(y - x) < 2 + jnp.maximum(-jnp.maximum(x, y), 0) / 2

    def curvature(logits: Array) -> Array:
        return ContinuousBernoulli(logits=logits, validate_args=False)._variance()

    return bregman(log_expm1_ratio, curvature, y, x, near)


@register_kl(TruncatedNormal, TruncatedNormal)
def truncated_normal_truncated_normal(p: TruncatedNormal, q: TruncatedNormal) -> Array:
    """By the mean and variance of p, since the log-density of q is quadratic."""
    return inside_support(p, q, truncated_normal_cross_entropy(p, q) - p._entropy())
