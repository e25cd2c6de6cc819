"""Hypergeometric counts."""

from __future__ import annotations

import math

import jax.numpy as jnp
from jax import Array, lax

from jaxdist.numerics.integers import to_count
from jaxdist.random.rejection import first_accepted
from jaxdist.random.sampler import sampler
from jaxdist.random.uniform import centered_uniform_from, positive_uniform_from
from jaxdist.random.words import Shape
from jaxdist.special import hypergeometric_log_prob

_WIDTH, _LEAST_WIDTH = 2 * math.sqrt(2 / math.e), 3 - 2 * math.sqrt(3 / math.e)


@sampler
def hypergeometric(
    key: Array, successes: Array, failures: Array, total_count: Array, shape: Shape
) -> Array:
    """Draw the number of successes in draws without replacement.

    Stadlober, The Ratio of Uniforms Approach for Generating Discrete Random Variates (1990),
    algorithm HRUA.

    Args:
      key: a PRNG key of any kind.
      successes: number of successes in the population, broadcastable to `shape`; draws are -1 where
        a number is negative or not finite, or there are more draws than the population has.
      failures: number of failures in the population.
      total_count: number of draws, at most the size of the population.
      shape: shape of the draws.

    Returns:
      Counts of type int32; a larger one becomes 2^31 - 2.
    """
    given = lax.stop_gradient((successes, failures, total_count))
    dtype = jnp.result_type(jnp.float32, *(v for v in given if v.dtype == jnp.float64))
    s, f, n = (jnp.floor(v.astype(dtype)) for v in given)
    valid = (jnp.minimum(s, f) >= 0) & (n >= 0) & (n <= s + f) & (s + f < math.inf)
    s, f, n = (jnp.where(valid, v, 0) for v in (s, f, n))  # others would be refused for ever
    size = s + f
    # The rarer kind among the fewer of those drawn and those left.
    rare, common, few = jnp.minimum(s, f), jnp.maximum(s, f), jnp.minimum(n, size - n)

    def propose(first: Array, second: Array, rare: Array, common: Array, few: Array) -> Array:
        size = rare + common
        share = rare / jnp.maximum(size, 1)
        spread = (size - few) * few * share * (1 - share) / jnp.maximum(size - 1, 1)
        width = _WIDTH * jnp.sqrt(spread + 0.5) + _LEAST_WIDTH
        u = positive_uniform_from(first)
        count = jnp.floor(few * share + 0.5 + width * centered_uniform_from(second) / u)
        inside = (count >= 0) & (count <= jnp.minimum(rare, few))
        mode = jnp.floor((few + 1) * ((rare + 1) / (size + 2)))
        weight = _log_prob(jnp.where(inside, count, mode), rare, common, few)
        accepted = inside & (2 * jnp.log(u) <= weight - _log_prob(mode, rare, common, few))
        return jnp.where(accepted, count, math.nan)

    drawn = first_accepted(key, propose, (rare, common, few), shape, dtype)
    drawn = jnp.where(s > f, few - drawn, drawn)
    return to_count(jnp.where(valid, jnp.where(few < n, s - drawn, drawn), -1))


def _log_prob(k: Array, rare: Array, common: Array, few: Array) -> Array:
    return hypergeometric_log_prob(k, rare, common, few)
