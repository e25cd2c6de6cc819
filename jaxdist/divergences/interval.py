"""Divergences KL(p || q) with p on an interval."""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array

from jaxdist.divergences.bregman import (
    bregman_divergence,
    dirichlet_divergence,
    rare_beta_divergence,
)
from jaxdist.divergences.expected_log_prob import expected_log_ratio
from jaxdist.divergences.real import normal_normal
from jaxdist.divergences.registry import register_kl, register_table
from jaxdist.divergences.supports import infinite_divergence, infinite_outside_support
from jaxdist.families.interval.beta import Beta
from jaxdist.families.interval.continuous_bernoulli import ContinuousBernoulli
from jaxdist.families.interval.kumaraswamy import Kumaraswamy
from jaxdist.families.interval.logit_normal import LogitNormal
from jaxdist.families.interval.relaxed_bernoulli import RelaxedBernoulli
from jaxdist.families.interval.tanh_normal import TanhNormal
from jaxdist.families.interval.truncated_normal import TruncatedNormal
from jaxdist.families.interval.uniform import Uniform, width_ratio
from jaxdist.families.positive.exponential import Exponential
from jaxdist.families.positive.gamma import Gamma
from jaxdist.families.positive.pareto import Pareto
from jaxdist.families.real.gumbel import Gumbel
from jaxdist.families.real.laplace import Laplace
from jaxdist.families.real.normal import Normal
from jaxdist.numerics.differentiation import derivative
from jaxdist.special import log_expm1_ratio

register_table(
    expected_log_ratio,
    {
        Uniform: (Normal, Laplace, Gumbel, Exponential, Gamma, Pareto, Beta, ContinuousBernoulli),
        Beta: (Normal, Exponential, Gamma, ContinuousBernoulli, Uniform),
        Kumaraswamy: (Normal, Exponential, Gamma, Beta, ContinuousBernoulli, Uniform),
        ContinuousBernoulli: (Normal, Exponential, Uniform),
        RelaxedBernoulli: (Normal, Exponential, ContinuousBernoulli, Uniform),
        TanhNormal: (Normal, Exponential, ContinuousBernoulli, Uniform),
        TruncatedNormal: (Normal, Exponential, ContinuousBernoulli, Uniform, TruncatedNormal),
    },
)
# The support of p begins below that of any Pareto.
register_table(
    infinite_divergence,
    dict.fromkeys(
        (Beta, Kumaraswamy, ContinuousBernoulli, RelaxedBernoulli, TanhNormal), (Pareto,)
    ),
)


@register_kl(Uniform, Uniform)
def uniform_uniform(p: Uniform, q: Uniform) -> Array:
    """Logarithm of the ratio of the widths; infinite where q does not contain p."""
    return infinite_outside_support(p, q, jnp.log(width_ratio(q, p)))


@register_kl(Beta, Beta)
def beta_beta(p: Beta, q: Beta) -> Array:
    """Divergence of the Dirichlet distributions of x and 1 - x."""
    a, b = jnp.broadcast_arrays(
        *(jnp.stack([d.concentration1, d.concentration0], -1) for d in (p, q))
    )
    swapped = (a[..., 0] < a[..., 1])[..., None]
    (c, h), (d, k) = (jnp.moveaxis(jnp.where(swapped, x[..., ::-1], x), -1, 0) for x in (a, b))
    far = jnp.abs(d - c) > c / 8
    rare = far & (jnp.maximum(h, k) < 0.5) & (h < c) & (k < d)
    of_rare = rare_beta_divergence(*jnp.where(rare, jnp.stack([c, h, d, k]), 1))
    return jnp.where(rare, of_rare, dirichlet_divergence(a, b))


@register_kl(ContinuousBernoulli, ContinuousBernoulli)
def continuous_bernoulli_continuous_bernoulli(
    p: ContinuousBernoulli, q: ContinuousBernoulli
) -> Array:
    r"""Bregman divergence of the log-normalizer A, at logits of which those of p are negative.

    .. math:: A(l_q) - A(l_p) - A'(l_p) (l_q - l_p), \quad A(l) = \log \frac{e^l - 1}{l}

    The map of x to 1 - x changes the signs of both logits, and leaves the divergence as it is.
    """
    sign = jnp.where(p.logits > 0, -1, 1)
    x, y = sign * p.logits, sign * q.logits
    is_close = jnp.abs(y - x) < 2 + jnp.maximum(-jnp.maximum(x, y), 0) / 2
    return bregman_divergence(
        log_expm1_ratio, derivative(derivative(log_expm1_ratio)), y, x, is_close
    )


@register_kl(TanhNormal, TanhNormal)
@register_kl(LogitNormal, LogitNormal)
def squashed_normal_squashed_normal(
    p: TanhNormal | LogitNormal, q: TanhNormal | LogitNormal
) -> Array:
    """Divergence of the normal distributions before tanh, or the sigmoid."""
    return normal_normal(p.base_dist, q.base_dist)
