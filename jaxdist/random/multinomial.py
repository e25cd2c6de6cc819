"""Multinomial counts."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jax import Array, lax

from jaxdist.numerics.integers import LARGEST_COUNT, fits, to_count
from jaxdist.numerics.loop_carries import vary_with
from jaxdist.random.binomial import binomial
from jaxdist.random.categorical import unnormalized_probs
from jaxdist.random.sampler import sampler
from jaxdist.random.words import Shape


@sampler
def multinomial(key: Array, total_count: Array, logits: Array, shape: Shape) -> Array:
    """Draw counts of categories, one category after another, each binomial given those before.

    The last has what is left of the trials, if it or another is possible.

    Args:
      key: a PRNG key of any kind.
      total_count: number of trials, broadcastable to `shape[:-1]`.
      logits: unnormalized log-probabilities, broadcastable to `shape`; `-inf` is never drawn.
      shape: shape of the draws, which ends in the number of categories.

    Returns:
      Counts of type int32 that sum to `total_count`; zeros where every category is masked. Where
      `total_count` is no int32, all become 2^31 - 2, whose sum is no `total_count` either.
    """
    weights = jnp.moveaxis(unnormalized_probs(logits), -1, 0)
    tails = jnp.flip(jnp.cumsum(jnp.flip(weights, 0), 0), 0)
    beyond = jnp.concatenate([tails[1:], jnp.zeros_like(tails[:1])])
    scale = 1 / jnp.where(tails > 0, tails, 1)
    failure = jnp.where(tails > 0, beyond * scale, 1)

    def draw(remaining: Array, category: tuple[Array, Array, Array]) -> tuple[Array, Array]:
        key, p, q = category
        count = binomial(key, remaining, p, q, remaining.shape)
        return remaining - count, count

    total = jnp.broadcast_to(lax.stop_gradient(total_count), shape[:-1])
    keys = jax.random.split(key, shape[-1])
    categories = (keys[:-1], (weights * scale)[:-1], failure[:-1])
    remaining, counts = lax.scan(draw, vary_with(to_count(total), categories), categories)
    last = jnp.where(tails[0] > 0, remaining, 0)
    counts = jnp.where(fits(total), jnp.concatenate([counts, last[None]]), LARGEST_COUNT)
    return jnp.moveaxis(counts, 0, -1)
