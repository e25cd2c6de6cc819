"""Divergences of one trial, and of one choice among categories."""

from __future__ import annotations

import math

import jax.numpy as jnp
from jax import Array

from jaxdist.bases.categories import Categories
from jaxdist.bases.trials import Trial, failure_prob, log_failure_prob, log_success_prob
from jaxdist.divergences.registry import register_kl
from jaxdist.divergences.terms import divergence_of_logits, divergence_of_logs, divergence_of_probs
from jaxdist.families.category.bernoulli import Bernoulli
from jaxdist.families.category.categorical import Categorical
from jaxdist.families.category.one_hot_categorical import OneHotCategorical
from jaxdist.families.count.multinomial import Multinomial


def trial_divergence(p: Trial, q: Trial) -> Array:
    """Divergence of single trials, by what both are given by: probabilities or logits."""
    if "probs" in vars(p) and "probs" in vars(q):
        return divergence_of_probs(*(jnp.stack([d.probs, failure_prob(d)], -1) for d in (p, q)))
    if "logits" in vars(p) and "logits" in vars(q):
        return divergence_of_logits(
            *(jnp.stack([d.logits, jnp.zeros_like(d.logits)], -1) for d in (p, q))
        )
    logs = (jnp.stack([log_success_prob(d), log_failure_prob(d)], -1) for d in (p, q))
    return divergence_of_logs(*logs)


def category_divergence(p: Categories, q: Categories) -> Array:
    """Divergence of single choices, by what both are given by."""
    if p.num_categories != q.num_categories:
        raise ValueError(
            f"the numbers of categories of p and q differ: {p.num_categories} of "
            f"{type(p).__name__}, {q.num_categories} of {type(q).__name__}"
        )
    if "probs" in vars(p) and "probs" in vars(q):
        return divergence_of_probs(p.probs, q.probs)
    return divergence_of_logits(p.logits, q.logits)


@register_kl(Bernoulli, Bernoulli)
def bernoulli_bernoulli(p: Bernoulli, q: Bernoulli) -> Array:
    """Divergence of single trials."""
    return trial_divergence(p, q)


@register_kl(Categorical, Categorical)
@register_kl(OneHotCategorical, OneHotCategorical)
def categorical_categorical(
    p: Categorical | OneHotCategorical, q: Categorical | OneHotCategorical
) -> Array:
    """Divergence of single choices."""
    return category_divergence(p, q)


@register_kl(Multinomial, Multinomial)
def multinomial_multinomial(p: Multinomial, q: Multinomial) -> Array:
    """As often that of a choice as there are; infinite where their numbers differ."""
    each = category_divergence(p, q)
    some = p.total_count > 0
    total = jnp.where(some, p.total_count * jnp.where(some, each, 0), 0)
    possible = (p.total_count == q.total_count) & (total < math.inf)
    return jnp.where(possible, total, math.inf)
