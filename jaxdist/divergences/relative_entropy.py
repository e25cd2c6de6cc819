r"""Relative entropy of probability vectors, given as probabilities, log-probabilities or logits.

.. math:: \sum_i p_i \log \frac{p_i}{q_i}
"""

from __future__ import annotations

import math

import jax.numpy as jnp
from jax import Array, lax

from jaxdist.special import deviance, expm1mx, masked_log_softmax


def relative_entropy(p: Array, q: Array) -> Array:
    r"""Relative entropy of probabilities, as the sum of their deviances.

    .. math:: \sum_i \left(p_i \log \frac{p_i}{q_i} + q_i - p_i\right)

    Args:
      p: non-negative, shape `(..., n)`.
      q: the same.

    Returns:
      Shape `(...)`; infinite, with gradient 0, where some `p > 0` meets `q == 0`.
    """
    in_both = (p > 0) & (q > 0)
    terms = deviance(jnp.where(in_both, p, 1), jnp.where(in_both, q, 1))
    terms = jnp.where(in_both, terms, jnp.where(q > 0, q, 0))
    return jnp.where(jnp.any((p > 0) & (q == 0), -1), math.inf, jnp.sum(terms, -1))


def relative_entropy_of_log_probs(log_p: Array, log_q: Array) -> Array:
    r"""Relative entropy of log-probabilities.

    Args:
      log_p: shape `(..., n)`.
      log_q: the same.

    Returns:
      Shape `(...)`; infinite, with gradient 0, where some `log_p > -inf` meets `log_q == -inf`.
    """
    in_both, log_p, log_q = _in_both(log_p, log_q)
    return _by_log_ratio(log_p, log_q, jnp.where(in_both, log_q - log_p, 0))


def relative_entropy_of_logits(p: Array, q: Array) -> Array:
    r"""Relative entropy of logits.

    Where both mask the same outcomes and the logits differ little, the differences of the
    log-probabilities are

    .. math:: \log q_i - \log p_i = d_i - \log\Big(1 + \sum_j p_j (e^{d_j} - 1)\Big)

    with :math:`d` the difference of the logits, less its maximum.

    Args:
      p: logits, shape `(..., n)`; `-inf` masks an outcome.
      q: the same.

    Returns:
      Shape `(...)`; infinite, with gradient 0, where q masks an outcome that p does not.
    """
    log_p, log_q = masked_log_softmax(p), masked_log_softmax(q)
    in_both, log_p, log_q = _in_both(log_p, log_q)
    log_ratio = jnp.where(in_both, log_q - log_p, 0)
    step = jnp.where(in_both, q, 0) - jnp.where(in_both, p, 0)
    step = step - lax.stop_gradient(
        jnp.max(step, -1, keepdims=True, where=in_both, initial=-jnp.inf)
    )
    same_mask = in_both == ((log_p > -math.inf) | (log_q > -math.inf))
    near = jnp.all(same_mask & ((jnp.abs(step) < 0.5) | ~in_both), -1, keepdims=True)
    small = jnp.where(near & in_both, step, 0)
    change = jnp.sum(jnp.where(in_both, jnp.exp(log_p), 0) * jnp.expm1(small), -1, keepdims=True)
    return _by_log_ratio(log_p, log_q, jnp.where(near, small - jnp.log1p(change), log_ratio))


def _in_both(log_p: Array, log_q: Array) -> tuple[Array, Array, Array]:
    """Return which outcomes are possible under both, and broadcast the log-probabilities."""
    log_p, log_q = jnp.broadcast_arrays(log_p, log_q)
    return (log_p > -math.inf) & (log_q > -math.inf), log_p, log_q


def _by_log_ratio(log_p: Array, log_q: Array, log_ratio: Array) -> Array:
    r"""Relative entropy, given the log-ratios d without cancellation.

    .. math:: \sum_i p_i \log \frac{p_i}{q_i} = \sum_i p_i (e^{d_i} - 1 - d_i), \quad
              d_i = \log q_i - \log p_i

    Where p is 0 the term is q.
    """
    in_p, in_q = log_p > -math.inf, log_q > -math.inf
    in_both = in_p & in_q
    p, q = (jnp.exp(jnp.where(log > -math.inf, log, 0)) for log in (log_p, log_q))
    log_ratio = jnp.where(in_both, log_ratio, 0)
    small = log_ratio < 1  # beyond, its exponential may overflow
    by_ratio = p * expm1mx(jnp.where(small, log_ratio, 0))
    terms = jnp.where(small, by_ratio, q - p * (1 + log_ratio))
    terms = jnp.where(in_both, terms, jnp.where(in_q, q, 0))
    return jnp.where(jnp.any(in_p & ~in_q, -1), math.inf, jnp.sum(terms, -1))
