"""Beta variates, by a ratio of gamma variates."""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array, lax

from jaxdist.random.gamma import log_gamma
from jaxdist.random.implicit import attach_derivatives
from jaxdist.random.sampler import sampler
from jaxdist.random.words import Shape
from jaxdist.special import logit_beta_implicit_derivative


@sampler
def logit_beta(key: Array, a: Array, b: Array, shape: Shape) -> Array:
    """Draw logits of beta variates, with the derivatives in a and b.

    Args:
      key: a PRNG key.
      a: positive, broadcastable to `shape`; draws are NaN where it is not.
      b: likewise.
      shape: shape of the draws.
    """
    both = jnp.stack(jnp.broadcast_arrays(*lax.stop_gradient((a, b))))
    both = both.reshape(2, *(1,) * (len(shape) - both.ndim + 1), *both.shape[1:])
    log_a, log_b = log_gamma(key, both, (2, *shape))
    return attach_derivatives(_derivatives, log_a - log_b, a, b)


def _derivatives(logit: Array, a: Array, b: Array) -> tuple[Array, Array]:
    return logit_beta_implicit_derivative(a, b, logit)
