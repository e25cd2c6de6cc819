"""Divergences KL(p || q) with p on the real line."""

from __future__ import annotations

import math

import jax.numpy as jnp
from jax import Array

from jaxdist.distribution import Distribution
from jaxdist.divergences.bregman import itakura_saito
from jaxdist.divergences.expected_log_prob import expected_log_ratio
from jaxdist.divergences.location_scale import (
    cauchy_divergence,
    gumbel_divergence,
    normal_divergence,
)
from jaxdist.divergences.registry import register_kl, register_table
from jaxdist.divergences.supports import infinite_divergence
from jaxdist.divergences.wrappers import masked
from jaxdist.families.interval.uniform import Uniform
from jaxdist.families.positive.pareto import Pareto
from jaxdist.families.real.cauchy import Cauchy
from jaxdist.families.real.delta import Delta
from jaxdist.families.real.gumbel import Gumbel
from jaxdist.families.real.laplace import Laplace
from jaxdist.families.real.logistic import Logistic
from jaxdist.families.real.normal import Normal, z_score
from jaxdist.families.real.student_t import StudentT
from jaxdist.special import expm1mx, quotient, standardize
from jaxdist.wrappers.masked import Masked

register_table(
    expected_log_ratio,
    {
        Normal: (Laplace, Gumbel, Uniform),
        Laplace: (Normal, Gumbel, Uniform),
        Logistic: (Normal, Laplace, Gumbel, Uniform),
        Gumbel: (Normal, Uniform),
        Cauchy: (Normal, Uniform),
        StudentT: (Normal, Uniform),
    },
)
# The support of p begins below that of any Pareto.
register_table(
    infinite_divergence,
    dict.fromkeys((Normal, Laplace, Logistic, Gumbel, Cauchy, StudentT), (Pareto,)),
)


@register_kl(Normal, Normal)
def normal_normal(p: Normal, q: Normal) -> Array:
    """Divergence of normal distributions, by the log-scales if one of them is given by that."""
    shift = z_score(q, p.loc)
    if "log_scale" in vars(p) or "log_scale" in vars(q):
        log_ratio = p.log_scale - q.log_scale
        return expm1mx(log_ratio) + jnp.expm1(log_ratio) ** 2 / 2 + shift**2 / 2
    return normal_divergence(quotient(p.scale, q.scale), shift)


@register_kl(Laplace, Laplace)
def laplace_laplace(p: Laplace, q: Laplace) -> Array:
    r"""Divergence of Laplace distributions, with the ratio t of their scales.

    .. math:: (t - 1 - \log t) + t (e^{-d} - 1 + d), \quad
              d = |\mathrm{loc}_p - \mathrm{loc}_q| / \mathrm{scale}_p
    """
    ratio = quotient(p.scale, q.scale)
    distance = quotient(jnp.abs(p.loc - q.loc), p.scale)
    return itakura_saito(ratio) + ratio * expm1mx(-distance)


@register_kl(Cauchy, Cauchy)
def cauchy_cauchy(p: Cauchy, q: Cauchy) -> Array:
    """Divergence of Cauchy distributions."""
    return cauchy_divergence(p.scale, q.scale, p.loc - q.loc)


@register_kl(Gumbel, Gumbel)
def gumbel_gumbel(p: Gumbel, q: Gumbel) -> Array:
    """Divergence of Gumbel distributions."""
    return gumbel_divergence(quotient(p.scale, q.scale), standardize(p.loc, q.loc, q.scale))


@register_kl(Delta, Distribution)
def delta_distribution(p: Delta, q: Distribution) -> Array:
    """Return -log q(loc); infinite, with gradient 0, where loc is outside q's support."""
    shape = jnp.broadcast_shapes(p.batch_shape, q.batch_shape)
    log_q = q.expand(shape).log_prob(jnp.broadcast_to(p.loc, shape))
    return jnp.where(log_q == -math.inf, math.inf, -log_q)


register_kl(Delta, Masked, compiled=False)(masked)
