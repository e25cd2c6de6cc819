"""Divergences of counts."""

from __future__ import annotations

import math

import jax.numpy as jnp
from jax import Array

from jaxdist.bases.counts import summation_nodes
from jaxdist.bases.trials import failure_prob
from jaxdist.distribution import Distribution
from jaxdist.divergences.categories import trial_divergence
from jaxdist.divergences.registry import register_kl
from jaxdist.families.category.bernoulli import Bernoulli
from jaxdist.families.count.binomial import Binomial
from jaxdist.families.count.discrete_uniform import DiscreteUniform
from jaxdist.families.count.geometric import Geometric
from jaxdist.families.count.negative_binomial import NegativeBinomial
from jaxdist.families.count.poisson import Poisson
from jaxdist.special import deviance


@register_kl(Poisson, Poisson)
def poisson_poisson(p: Poisson, q: Poisson) -> Array:
    """Deviance of the rates."""
    possible = (q.rate > 0) | (p.rate == 0)
    return jnp.where(possible, deviance(p.rate, jnp.where(possible, q.rate, 1)), math.inf)


@register_kl(Geometric, Geometric)
def geometric_geometric(p: Geometric, q: Geometric) -> Array:
    """As often that of a trial as there are trials on average."""
    return _times(1 / p.probs, trial_divergence(p, q))


@register_kl(Binomial, Binomial)
def binomial_binomial(p: Binomial, q: Binomial) -> Array:
    """As often that of a trial as there are; a sum where their numbers differ."""
    together = _times(p.total_count, trial_divergence(p, q))
    return jnp.where(p.total_count == q.total_count, together, sum_over_counts(p, q))


@register_kl(NegativeBinomial, NegativeBinomial)
def negative_binomial_negative_binomial(p: NegativeBinomial, q: NegativeBinomial) -> Array:
    """As often that of a trial as there are on average; a sum where the counts differ."""
    together = _times(p.total_count / failure_prob(p), trial_divergence(p, q))
    return jnp.where(p.total_count == q.total_count, together, sum_over_counts(p, q))


def _times(number: Array, each: Array) -> Array:
    """Multiply, where 0 trials have no divergence even if one has an infinite one."""
    possible = (number > 0) & (each < math.inf)
    product = jnp.where(possible, number * jnp.where(possible, each, 0), 0)
    return jnp.where((number > 0) & ~possible, math.inf, product)


def _as_negative_binomial(d: Geometric) -> NegativeBinomial:
    """Count the failures before the first success as successes before the first failure."""
    given = {"logits": -d.logits} if "logits" in vars(d) else {"probs": failure_prob(d)}
    return NegativeBinomial(jnp.ones(d.batch_shape, d.dtype), **given, validate_args=False)


@register_kl(Geometric, NegativeBinomial)
def geometric_negative_binomial(p: Geometric, q: NegativeBinomial) -> Array:
    """A geometric distribution is a negative binomial one of count 1."""
    return negative_binomial_negative_binomial(_as_negative_binomial(p), q)


@register_kl(NegativeBinomial, Geometric)
def negative_binomial_geometric(p: NegativeBinomial, q: Geometric) -> Array:
    """A geometric distribution is a negative binomial one of count 1."""
    return negative_binomial_negative_binomial(p, _as_negative_binomial(q))


@register_kl(Geometric, Poisson)
def geometric_poisson(p: Geometric, q: Poisson) -> Array:
    """A geometric distribution is a negative binomial one of count 1."""
    return sum_over_counts(_as_negative_binomial(p), q)


@register_kl(Poisson, NegativeBinomial)
@register_kl(Poisson, Geometric)
@register_kl(Binomial, Poisson)
@register_kl(Binomial, NegativeBinomial)
@register_kl(Binomial, Geometric)
@register_kl(NegativeBinomial, Poisson)
def sum_over_counts(p: Distribution, q: Distribution) -> Array:
    r"""Sum :math:`p(k) (\log p(k) - \log q(k))` over the counts, by the grid of p's entropy."""
    shape = jnp.broadcast_shapes(p.batch_shape, q.batch_shape)
    p, q = p.expand(shape), q.expand(shape)
    counts, weights, log_p = summation_nodes(p)
    possible = log_p > -math.inf
    upper = jnp.asarray(q.support.bounds[1], counts.dtype)[..., None]
    inside = counts <= jnp.broadcast_to(upper, (*shape, 1))
    log_q = q[..., None]._log_prob(jnp.where(inside, counts, 0))
    covered = inside & (log_q > -math.inf)
    some = possible & covered
    terms = jnp.exp(jnp.where(some, log_p, 0)) * jnp.where(some, log_p - log_q, 0)
    missing = jnp.any(possible & ~covered & (weights > 0), -1)
    return jnp.where(missing, math.inf, jnp.sum(jnp.where(some, weights * terms, 0), -1))


@register_kl(Poisson, Bernoulli)
@register_kl(Poisson, Binomial)
@register_kl(Poisson, DiscreteUniform)
@register_kl(Geometric, Bernoulli)
@register_kl(Geometric, Binomial)
@register_kl(Geometric, DiscreteUniform)
@register_kl(NegativeBinomial, Bernoulli)
@register_kl(NegativeBinomial, Binomial)
@register_kl(NegativeBinomial, DiscreteUniform)
def unbounded(p: Distribution, q: Binomial | Bernoulli | DiscreteUniform) -> Array:
    """Infinite, unless p is surely 0."""
    sure = p._variance() == 0
    return jnp.where(sure, -q.log_prob(jnp.zeros(q.batch_shape, jnp.int32)), math.inf)
