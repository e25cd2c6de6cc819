"""Beta variates, by a ratio of gamma variates."""

from __future__ import annotations

import jax
from jax import Array, lax

from jaxdist.random.gamma import log_gamma
from jaxdist.random.implicit import attach_derivatives
from jaxdist.random.words import Shape
from jaxdist.special import logit_beta_implicit_derivative


def logit_beta(key: Array, a: Array, b: Array, shape: Shape) -> Array:
    """Draw logits of beta variates, with the derivatives in a and b.

    Args:
      key: a PRNG key.
      a: positive, broadcastable to `shape`; draws are NaN where it is not.
      b: likewise.
      shape: shape of the draws.
    """
    key_a, key_b = jax.random.split(key)
    logit = log_gamma(key_a, a, shape) - log_gamma(key_b, b, shape)
    return attach_derivatives(_derivatives, lax.stop_gradient(logit), a, b)


def _derivatives(logit: Array, a: Array, b: Array) -> tuple[Array, Array]:
    return logit_beta_implicit_derivative(a, b, logit)
