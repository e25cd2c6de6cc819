"""Negative binomial counts."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jax import Array

from jaxdist.random.gamma import gamma
from jaxdist.random.poisson import poisson
from jaxdist.random.sampler import sampler
from jaxdist.random.words import Shape


@sampler
def negative_binomial(key: Array, total_count: Array, odds: Array, shape: Shape) -> Array:
    """Draw the number of successes before so many failures: Poisson counts of gamma rates.

    Args:
      key: a PRNG key of any kind.
      total_count: number of failures, non-negative, broadcastable to `shape`.
      odds: of success, broadcastable to `shape`.
      shape: shape of the draws.

    Returns:
      Counts of type int32; a larger one becomes 2^31 - 2.
    """
    gamma_key, poisson_key = jax.random.split(key)
    positive = total_count > 0
    standard = gamma(gamma_key, jnp.where(positive, total_count, 1), shape)
    return poisson(poisson_key, jnp.where(positive, standard * odds, 0), shape)
