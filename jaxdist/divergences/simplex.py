"""Divergences KL(p || q) with p on the simplex."""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array

from jaxdist.divergences.bregman import dirichlet_divergence
from jaxdist.divergences.real import normal_normal
from jaxdist.divergences.registry import register_kl
from jaxdist.families.simplex.dirichlet import Dirichlet
from jaxdist.families.simplex.logistic_normal import LogisticNormal


@register_kl(Dirichlet, Dirichlet)
def dirichlet_dirichlet(p: Dirichlet, q: Dirichlet) -> Array:
    """Divergence of Dirichlet distributions."""
    return dirichlet_divergence(p.concentration, q.concentration)


@register_kl(LogisticNormal, LogisticNormal)
def logistic_normal_logistic_normal(p: LogisticNormal, q: LogisticNormal) -> Array:
    """Divergence of the normal vectors that are mapped to the simplex."""
    return jnp.sum(normal_normal(p.base_dist, q.base_dist), -1)
