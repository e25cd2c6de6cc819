"""Divergences KL(p || q) with p on the simplex."""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array

from jaxdist.divergences.bregman import dirichlet_divergence
from jaxdist.divergences.interval import beta_beta
from jaxdist.divergences.real import normal_normal
from jaxdist.divergences.registry import register_kl
from jaxdist.families.simplex.dirichlet import Dirichlet
from jaxdist.families.simplex.generalized_dirichlet import GeneralizedDirichlet
from jaxdist.families.simplex.logistic_normal import LogisticNormal
from jaxdist.special.generalized_dirichlet_density import trailing_sums


@register_kl(Dirichlet, Dirichlet)
def dirichlet_dirichlet(p: Dirichlet, q: Dirichlet) -> Array:
    """Divergence of Dirichlet distributions."""
    return dirichlet_divergence(p.concentration, q.concentration)


@register_kl(GeneralizedDirichlet, GeneralizedDirichlet)
def generalized_dirichlet_generalized_dirichlet(
    p: GeneralizedDirichlet, q: GeneralizedDirichlet
) -> Array:
    """Divergence of the fractions of stick-breaking, which are independent."""
    return jnp.sum(beta_beta(p.base_dist, q.base_dist), -1)


@register_kl(Dirichlet, GeneralizedDirichlet)
def dirichlet_generalized_dirichlet(p: Dirichlet, q: GeneralizedDirichlet) -> Array:
    """Divergence of the fractions of stick-breaking."""
    return generalized_dirichlet_generalized_dirichlet(_generalized(p), q)


@register_kl(GeneralizedDirichlet, Dirichlet)
def generalized_dirichlet_dirichlet(p: GeneralizedDirichlet, q: Dirichlet) -> Array:
    """Divergence of the fractions of stick-breaking."""
    return generalized_dirichlet_generalized_dirichlet(p, _generalized(q))


def _generalized(d: Dirichlet) -> GeneralizedDirichlet:
    """Return a Dirichlet distribution as the generalized one that it is."""
    a = d.concentration
    return GeneralizedDirichlet(a[..., :-1], trailing_sums(a)[..., 1:], validate_args=False)


@register_kl(LogisticNormal, LogisticNormal)
def logistic_normal_logistic_normal(p: LogisticNormal, q: LogisticNormal) -> Array:
    """Divergence of the normal vectors that are mapped to the simplex."""
    return jnp.sum(normal_normal(p.base_dist, q.base_dist), -1)
