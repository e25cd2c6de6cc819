r"""Relative entropy of probability vectors, given as probabilities, log-probabilities or logits.

.. math:: \sum_i p_i \log \frac{p_i}{q_i}
"""

from __future__ import annotations

import math

import jax
import jax.numpy as jnp
from jax import Array

from jaxdist.promotion import custom_jvp
from jaxdist.special import deviance, expm1mx, masked_log_softmax, masked_softmax


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


@custom_jvp
def relative_entropy_of_logits(p: Array, q: Array) -> Array:
    r"""Relative entropy of logits.

    Args:
      p: logits, shape `(..., n)`; `-inf` masks an outcome.
      q: the same.

    Returns:
      Shape `(...)`; infinite, with gradient 0, where q masks an outcome that p does not.
    """
    return _by_log_ratio(*_in_both(*map(masked_log_softmax, (p, q)))[1:], log_ratio_of_logits(p, q))


@relative_entropy_of_logits.defjvp
def _relative_entropy_of_logits_jvp(
    primals: tuple[Array, Array], tangents: tuple[Array, Array]
) -> tuple[Array, Array]:
    r"""Differentiate: :math:`q_k - p_k` in q, :math:`-\sum_i p_i d_i (\delta_{ik} - p_k)` in p.

    These have derivatives in turn that are exact where a probability is almost 1.
    """
    (p, q), (p_dot, q_dot) = primals, tangents
    divergence, log_ratio = relative_entropy_of_logits(p, q), log_ratio_of_logits(p, q)
    probs_p, probs_q = masked_softmax(p), masked_softmax(q)
    _, log_p_dot = jax.jvp(masked_log_softmax, (p,), (p_dot,))
    is_close = jnp.abs(log_ratio) < 1
    change = probs_p * jnp.expm1(jnp.where(is_close, log_ratio, 0))
    change = jnp.where(is_close & (probs_q > 0), change, probs_q - probs_p)
    dot = jnp.sum(change * q_dot - probs_p * log_ratio * log_p_dot, -1)
    return divergence, jnp.where(divergence < math.inf, dot, 0)


@custom_jvp
def log_ratio_of_logits(p: Array, q: Array) -> Array:
    r"""Return the differences of the log-probabilities of q and p; 0 where one masks the outcome.

    Where both mask the same outcomes and the logits differ little, they are

    .. math:: \log q_i - \log p_i = d_i - \log\Big(1 + \sum_j p_j (e^{d_j} - 1)\Big)

    with :math:`d` the difference of the logits, less that of the likeliest outcome.
    """
    in_both, log_p, log_q = _in_both(masked_log_softmax(p), masked_log_softmax(q))
    log_ratio = jnp.where(in_both, log_q - log_p, 0)
    step = jnp.where(in_both, q, 0) - jnp.where(in_both, p, 0)
    is_largest = jnp.arange(step.shape[-1]) == jnp.argmax(log_p, -1, keepdims=True)
    step -= jnp.sum(jnp.where(is_largest, step, 0), -1, keepdims=True)
    same_mask = in_both == ((log_p > -math.inf) | (log_q > -math.inf))
    near = jnp.all(same_mask & ((jnp.abs(step) < 0.5) | ~in_both), -1, keepdims=True)
    small = jnp.where(near & in_both, step, 0)
    change = jnp.sum(jnp.where(in_both, jnp.exp(log_p), 0) * jnp.expm1(small), -1, keepdims=True)
    return jnp.where(in_both, jnp.where(near, small - jnp.log1p(change), log_ratio), 0)


@log_ratio_of_logits.defjvp
def _log_ratio_jvp(
    primals: tuple[Array, Array], tangents: tuple[Array, Array]
) -> tuple[Array, Array]:
    (_, log_p_dot), (_, log_q_dot) = (
        jax.jvp(masked_log_softmax, (logits,), (dot,))
        for logits, dot in zip(primals, tangents, strict=True)
    )
    in_both = jnp.logical_and(*(logits > -math.inf for logits in primals))
    return log_ratio_of_logits(*primals), jnp.where(in_both, log_q_dot - log_p_dot, 0)


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
