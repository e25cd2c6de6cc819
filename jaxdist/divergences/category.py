"""Divergences KL(p || q) of one trial, and of one choice among categories."""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array

from jaxdist.bases.trials import failure_prob, log_failure_prob, log_success_prob
from jaxdist.divergences.registry import register_kl
from jaxdist.divergences.relative_entropy import (
    relative_entropy,
    relative_entropy_of_log_probs,
    relative_entropy_of_logits,
)
from jaxdist.families.category.bernoulli import Bernoulli
from jaxdist.families.category.categorical import Categorical
from jaxdist.families.category.one_hot_categorical import OneHotCategorical
from jaxdist.families.count.binomial import Binomial
from jaxdist.families.count.geometric import Geometric
from jaxdist.families.count.multinomial import Multinomial
from jaxdist.families.count.negative_binomial import NegativeBinomial

Trials = Bernoulli | Binomial | Geometric | NegativeBinomial
Categories = Categorical | OneHotCategorical | Multinomial


def trial_divergence(p: Trials, q: Trials, number: Array | float = 1.0) -> Array:
    """Divergence of single trials, by what both are given by: probabilities or logits.

    Args:
      p: a distribution of trials.
      q: another one.
      number: powers of 2 that the divergence, which may underflow, is multiplied by, of a shape
        that broadcasts with those of both.
    """
    if "probs" in vars(p) and "probs" in vars(q):
        return relative_entropy(
            *(jnp.stack([number * d.probs, number * failure_prob(d)], -1) for d in (p, q))
        )
    if "probs" not in vars(p) and "probs" not in vars(q):
        return number * relative_entropy_of_logits(
            *(jnp.stack([d.logits, jnp.zeros_like(d.logits)], -1) for d in (p, q))
        )
    return number * relative_entropy_of_log_probs(
        *(jnp.stack([log_success_prob(d), log_failure_prob(d)], -1) for d in (p, q))
    )


def choice_divergence(p: Categories, q: Categories) -> Array:
    """Divergence of single choices, by what both are given by: probabilities or logits."""
    if p.num_categories != q.num_categories:
        raise ValueError(
            f"the numbers of categories of p and q differ: {p.num_categories} of "
            f"{type(p).__name__}, {q.num_categories} of {type(q).__name__}"
        )
    if "probs" in vars(p) and "probs" in vars(q):
        return relative_entropy(p.probs, q.probs)
    return relative_entropy_of_logits(p.logits, q.logits)


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
    return choice_divergence(p, q)
