"""Log-probabilities and logits of which some are `-inf`: masked, with gradient 0."""

from __future__ import annotations

import math

import jax
import jax.numpy as jnp
from jax import Array

from jaxdist.promotion import custom_jvp
from jaxdist.special.of_arrays import of_arrays


@of_arrays()
def masked_log(x: Array) -> Array:
    r"""Logarithm for x >= 0, whose derivative at 0 is 0 instead of infinite.

    Args:
      x: non-negative, any shape.

    Returns:
      The shape of `x`; `-inf` at 0.
    """
    return jnp.where(x > 0, jnp.log(jnp.where(x > 0, x, 1)), -math.inf)


@of_arrays(axes=1)
@custom_jvp
def masked_log_softmax(logits: Array) -> Array:
    r"""Normalize log-probabilities along the last axis; `-inf` entries stay, with gradient 0.

    .. math:: l_i - \log \sum_j e^{l_j}

    Args:
      logits: shape `(..., categories)`, below infinity.

    Returns:
      The shape of `logits`; all `-inf` where all entries are.
    """
    largest = jnp.max(logits, -1, keepdims=True, initial=float(jnp.finfo(logits.dtype).min))
    numbers = jnp.exp(logits - largest)
    # Their sum minus 1. The largest is not compared for equality: a compiler may round the logits
    # differently in each of their uses.
    are_large = numbers > 0.5
    others = jnp.sum(jnp.where(are_large, numbers - 1, numbers), -1, keepdims=True)
    more = jnp.maximum(_count(are_large, logits.dtype) - 1, 0)
    return logits - largest - jnp.log1p(others + more)


@masked_log_softmax.defjvp
def _masked_log_softmax_jvp(primals: tuple[Array], tangents: tuple[Array]) -> tuple[Array, Array]:
    """Differentiate: the change of a logit minus the mean change, all less that of the largest."""
    (logits,), (logits_dot,) = primals, tangents
    return masked_log_softmax(logits), _less_mean(logits, logits_dot)


@of_arrays(axes=1)
@custom_jvp
def masked_softmax(logits: Array) -> Array:
    r"""Probabilities along the last axis, whose derivatives are exact where one is almost 1.

    Args:
      logits: shape `(..., categories)`, below infinity.

    Returns:
      The shape of `logits`; all 0 where all entries are `-inf`.
    """
    return jnp.exp(masked_log_softmax(logits))


@masked_softmax.defjvp
def _masked_softmax_jvp(primals: tuple[Array], tangents: tuple[Array]) -> tuple[Array, Array]:
    (logits,), (logits_dot,) = primals, tangents
    probs = masked_softmax(logits)
    return probs, probs * _less_mean(logits, logits_dot)


def _less_mean(logits: Array, x: Array) -> Array:
    r"""Return :math:`x - \sum_k p_k x_k` without cancellation for unit vectors x; 0 where masked.

    The x of the most likely category, or the mean of several, is subtracted from all x first.
    """
    possible = logits > -math.inf
    are_large = possible & (logits > jnp.max(logits, -1, keepdims=True) - math.log(2))
    number = _count(are_large, x.dtype)
    common = jnp.sum(jnp.where(are_large, x, 0), -1, keepdims=True) / jnp.maximum(number, 1)
    x = jnp.where(possible & ~(are_large & (number == 1)), x - common, 0)
    roots = jnp.exp(masked_log_softmax(logits) / 2)  # the probabilities may underflow
    return jnp.where(possible, x - jnp.sum(roots * (roots * x), -1, keepdims=True), 0)


def _count(members: Array, dtype: jnp.dtype) -> Array:
    return jnp.sum(members, -1, keepdims=True, dtype=dtype)


@of_arrays(axes=1)
@custom_jvp
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


@masked_logsumexp.defjvp
def _masked_logsumexp_jvp(primals: tuple[Array], tangents: tuple[Array]) -> tuple[Array, Array]:
    (logits,), (logits_dot,) = primals, tangents
    probs = masked_softmax(logits)
    return masked_logsumexp(logits), jnp.sum(jnp.where(probs > 0, probs * logits_dot, 0), -1)
