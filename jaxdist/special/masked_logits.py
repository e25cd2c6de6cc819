"""Log-probabilities and logits of which some are `-inf`: masked, with gradient 0."""

from __future__ import annotations

import math

import jax
import jax.numpy as jnp
from jax import Array


def masked_log(x: Array) -> Array:
    r"""Logarithm for x >= 0, whose derivative at 0 is 0 instead of infinite.

    Args:
      x: non-negative, any shape.

    Returns:
      The shape of `x`; `-inf` at 0.
    """
    return jnp.where(x > 0, jnp.log(jnp.where(x > 0, x, 1)), -math.inf)


def masked_log_softmax(logits: Array) -> Array:
    r"""Normalize log-probabilities along the last axis; `-inf` entries stay, with gradient 0.

    .. math:: l_i - \log \sum_j e^{l_j}

    Args:
      logits: shape `(..., categories)`, below infinity.

    Returns:
      The shape of `logits`; all `-inf` where all entries are.
    """
    masked = logits == -math.inf
    all_masked = jnp.all(masked, -1, keepdims=True)
    return jnp.where(masked, -math.inf, jax.nn.log_softmax(jnp.where(all_masked, 0, logits), -1))


def masked_logsumexp(logits: Array) -> Array:
    r"""Sum probabilities, given by their logarithms, along the last axis.

    .. math:: \log \sum_i e^{l_i}

    Args:
      logits: shape `(..., n)`, below infinity.

    Returns:
      Shape `(...)`; `-inf` with gradient 0 where all entries are.
    """
    all_masked = jnp.all(logits == -math.inf, -1)
    total = jax.nn.logsumexp(jnp.where(all_masked[..., None], 0, logits), -1)
    return jnp.where(all_masked, -math.inf, total)
