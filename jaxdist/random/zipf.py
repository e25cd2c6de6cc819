"""Zipf counts."""

from __future__ import annotations

import math

import jax.numpy as jnp
from jax import Array, lax

from jaxdist.random.rejection import first_accepted
from jaxdist.random.sampler import sampler
from jaxdist.random.uniform import positive_uniform_from
from jaxdist.random.words import Shape

_LARGEST = 2.0**31  # larger counts are not distinguished


@sampler
def zipf(key: Array, power: Array, shape: Shape) -> Array:
    """Draw positive integers k with probabilities proportional to `k**-power`.

    Devroye, Non-Uniform Random Variate Generation (1986), section X.6.1.

    Args:
      key: a PRNG key of any kind.
      power: above 1, broadcastable to `shape`; draws are NaN where it is not.
      shape: shape of the draws.

    Returns:
      Whole numbers of the type of `power`; those above 2^31 become 2^31.
    """
    power = lax.stop_gradient(power)
    valid = power > 1

    def propose(first: Array, second: Array, excess: Array) -> Array:
        log_x = -jnp.log(positive_uniform_from(first)) / excess
        x = jnp.floor(jnp.exp(jnp.minimum(log_x, math.log(_LARGEST))))
        acceptance = _bounded_ratio(x, excess) / _bounded_ratio(jnp.ones_like(x), excess)
        return jnp.where(positive_uniform_from(second) * acceptance <= 1, x, math.nan)

    draws = first_accepted(key, propose, (jnp.where(valid, power - 1, 1),), shape, power.dtype)
    return jnp.where(valid, draws, math.nan)


def _bounded_ratio(x: Array, excess: Array) -> Array:
    """Compute x (1 - (1 + 1 / x)^-excess), which is at least its value at 1."""
    return -x * jnp.expm1(-excess * jnp.log1p(1 / x))
