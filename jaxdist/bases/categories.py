"""Distributions over categories, given by their `probs` or their `logits`."""

from __future__ import annotations

import functools
import math
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxdist.distribution import Distribution
from jaxdist.linalg.triangular import columns
from jaxdist.promotion import custom_jvp, numpy_promotion
from jaxdist.special import (
    masked_log,
    masked_log_softmax,
    masked_softmax,
    p_log_p,
    quotient,
    xlogy,
)


class Categories(Distribution):
    """Base of distributions with a vector of probabilities, given by `probs` or by `logits`.

    It declares no fields: each class declares both parameters, in the order of its arguments.
    """

    if TYPE_CHECKING:

        @property
        def probs(self) -> Array:
            """Probabilities, shape `(..., K)`."""

        @property
        def logits(self) -> Array:
            """Unnormalized log-probabilities, shape `(..., K)`."""

    def _promote(self) -> None:
        """Normalize `probs` as torch does; `logits` are kept as given."""
        super()._promote()
        if "probs" in vars(self):
            probs = vars(self)["probs"]
            on_host = isinstance(probs, np.ndarray)
            vars(self)["probs"] = _normalize(probs) if on_host else _normalize_on_device(probs)

    @property
    def num_categories(self) -> int:
        """The number of categories, K."""
        return vars(self)["logits" if "logits" in vars(self) else "probs"].shape[-1]


def _normalize(probs: Any) -> Any:
    return probs / _sum_to_divide_by(probs)


@functools.partial(jax.jit, inline=True)
@numpy_promotion
def _normalize_on_device(probs: Array) -> Array:
    return quotient(probs, _sum_to_divide_by(probs))


def _sum_to_divide_by(probs: Any) -> Any:
    total = probs.sum(-1, keepdims=True)
    return total + (total == 0)


def softmax_of_logits(d: Categories) -> Array:
    """Return the probabilities of categories that are given by their logits."""
    return masked_softmax(d.logits)


def log_of_probs(d: Categories) -> Array:
    """Return the log-probabilities of categories that are given by their probabilities."""
    return masked_log(d.probs)


def categorical_entropy(d: Categories) -> Array:
    """Return the entropy of a choice among categories, to which masked ones add 0.

    Args:
      d: the distribution over them, batch shape `(...)`.

    Returns:
      Shape `(...)`.
    """
    if "probs" in vars(d):
        return _entropy_of_probs(d.probs)
    return _entropy_of_logits(d.logits)


@custom_jvp
def _entropy_of_probs(probs: Array) -> Array:
    return -jnp.sum(p_log_p(probs, _log_of_normalized(probs)), -1)


@_entropy_of_probs.defjvp
def _entropy_of_probs_jvp(primals: tuple[Array], tangents: tuple[Array]) -> tuple[Array, Array]:
    r"""The slope in a probability is :math:`-\log p_k - H`, up to a constant."""
    (probs,), (probs_dot,) = primals, tangents
    entropy = _entropy_of_probs(probs)
    slope = jnp.where(probs > 0, -_log_of_normalized(probs) - entropy[..., None], 0)
    return entropy, jnp.sum(slope * probs_dot, -1)


def _log_of_normalized(probs: Array) -> Array:
    """Return the logarithms of probabilities, of a likely one from the sum of the others."""
    likely = probs > 0.5
    others = jnp.where(likely, sum_of_others(probs), 0)
    return jnp.where(likely, jnp.log1p(-others), masked_log(jnp.where(likely, 1, probs)))


@custom_jvp
def _entropy_of_logits(logits: Array) -> Array:
    log_probs = masked_log_softmax(logits)
    return -jnp.sum(p_log_p(jnp.exp(log_probs), log_probs), -1)


@_entropy_of_logits.defjvp
def _entropy_of_logits_jvp(primals: tuple[Array], tangents: tuple[Array]) -> tuple[Array, Array]:
    r"""The slope in a logit is :math:`p_k (-\log p_k - H)`: one reduction, not three."""
    (logits,), (logits_dot,) = primals, tangents
    entropy, log_probs = _entropy_of_logits(logits), masked_log_softmax(logits)
    excess = jnp.where(log_probs > -math.inf, -log_probs - entropy[..., None], 0)
    slope = masked_softmax(logits) * excess
    return entropy, jnp.sum(slope * logits_dot, -1)


def sum_of_others(x: Array) -> Array:
    """Return for each entry the sum of the others along the last axis.

    The entry itself does not cancel: only for the largest one the sum of the others differs much
    from the sum of all less the entry.
    """
    is_largest = jnp.arange(x.shape[-1]) == jnp.argmax(jnp.abs(x), -1, keepdims=True)
    rest = jnp.sum(jnp.where(is_largest, 0, x), -1, keepdims=True)
    return jnp.where(is_largest, rest, jnp.sum(x, -1, keepdims=True) - x)


def categorical_log_prob(d: Categories, index: Array) -> Array:
    """Return the log-probabilities of categories.

    Args:
      d: the distribution over them.
      index: categories, integers of shape `(..., *batch)`.

    Returns:
      The shape of `index`.
    """
    if "probs" in vars(d):
        prob, others = (take_entries(table, index) for table in (d.probs, sum_of_others(d.probs)))
        is_likely = prob > others
        likely = -jnp.log1p(jnp.where(is_likely, others / jnp.where(is_likely, prob, 1), 0))
        unlikely = masked_log(jnp.where(is_likely, 1, prob)) - jnp.log(_total_of(prob, others))
        return jnp.where(is_likely, likely, unlikely)
    logits = d.logits
    if index.shape == logits.shape[:-1]:
        return _log_prob_of_one(logits, index)
    return take_entries(masked_log_softmax(logits), index)


def log_prob_of_counts(d: Categories, counts: Array) -> Array:
    """Return the log-probability of a sequence of choices, of which each category has so many.

    Args:
      d: the distribution over the categories.
      counts: shape `(..., *batch, K)`.

    Returns:
      Shape `(..., *batch)`.
    """
    if "probs" in vars(d):
        return _log_prob_of_sequence(d.probs, counts)
    return jnp.sum(jnp.where(counts > 0, counts * masked_log_softmax(d.logits), 0), -1)


@custom_jvp
def _log_prob_of_sequence(probs: Array, counts: Array) -> Array:
    return _evaluate_sequence(probs, counts)


@_log_prob_of_sequence.defjvp
def _log_prob_of_sequence_jvp(
    primals: tuple[Array, Array], tangents: tuple[Array, Array]
) -> tuple[Array, Array]:
    r"""The slope in a probability is that of its share: by what is left of the draws and of one.

    .. math:: \frac{x_k}{p_k} - n = x_k \frac{1 - p_k}{p_k} - (n - x_k)
    """
    (probs, counts), (probs_dot, counts_dot) = primals, tangents
    total = _total(probs)[..., None]
    shares = jnp.where(counts > 0, counts * (sum_of_others(probs) / total), 0)
    impossible = (probs == 0) & (counts > 0)
    in_prob = quotient(shares, jnp.where((shares > 0) & ~impossible, probs, 1))
    slope = jnp.where(impossible, 0, in_prob) - sum_of_others(counts) / total
    _, of_counts = jax.jvp(lambda x: _evaluate_sequence(probs, x), (counts,), (counts_dot,))
    return _log_prob_of_sequence(probs, counts), jnp.sum(slope * probs_dot, -1) + of_counts


def _evaluate_sequence(probs: Array, counts: Array) -> Array:
    impossible = (probs == 0) & (counts > 0)
    logs = xlogy(counts, jnp.where(impossible, 1, probs))
    total = jnp.sum(counts, -1) * jnp.log(_total(probs))
    return jnp.where(jnp.any(impossible, -1), -math.inf, jnp.sum(logs, -1) - total)


def _total(probs: Array) -> Array:
    """Return the sum of probabilities, 1 up to rounding; 1 where all are 0."""
    total = jnp.sum(probs, -1)
    return total + (total == 0)


def _total_of(prob: Array, others: Array) -> Array:
    """Return the sum of two numbers; 1 where both are 0."""
    total = prob + others
    return total + (total == 0)


def take_entries(table: Array, index: Array) -> Array:
    """Take entries of rows, shape `(*batch, K)`, at indices of shape `(..., *batch)`."""
    entries = jnp.take_along_axis(
        table, columns(index, table.shape[:-1]), -1, mode="promise_in_bounds"
    )
    return jnp.reshape(jnp.moveaxis(entries, -1, 0), index.shape)


def _largest(logits: Array) -> Array:
    """Return the largest logit, or the smallest float where all are masked."""
    return jnp.max(logits, -1, initial=float(jnp.finfo(logits.dtype).min))


@custom_jvp
def _log_prob_of_one(logits: Array, index: Array) -> Array:
    """Evaluate one index per row, in half of the time of normalizing the whole row.

    The log-probability of what is nearly sure is exact, by the sum of the other probabilities. What
    is not likely has a larger one beside it, which is 1 relative to the largest.
    """
    largest, logit = _largest(logits), take_entries(logits, index)
    is_index = index[..., None] == np.arange(logits.shape[-1])
    numbers = jnp.exp(jnp.where(is_index, -math.inf, logits) - largest[..., None])
    others, below = jnp.sum(numbers, -1), logit - largest
    is_likely = below > -1
    ratio = jnp.exp(jnp.where(is_likely, -below, below))
    excess = jnp.where(is_likely, others * ratio, jnp.maximum(others - 1, 0) + ratio)
    return jnp.where(is_likely, 0, below) - jnp.log1p(excess)


@_log_prob_of_one.defjvp
def _log_prob_of_one_jvp(
    primals: tuple[Array, Array], tangents: tuple[Array, Any]
) -> tuple[Array, Array]:
    (logits, index), (logits_dot, _) = primals, tangents
    return _log_prob_of_one(logits, index), jnp.sum(_score(logits, index) * logits_dot, -1)


@custom_jvp
def _score(logits: Array, index: Array) -> Array:
    """Return the unit vector of the index minus the probabilities; 0 where the index is masked.

    Its entry at the index is the sum of the other probabilities, not 1 minus a rounded one.
    """
    largest, logit = _largest(logits), take_entries(logits, index)
    is_index = index[..., None] == np.arange(logits.shape[-1])
    others = jnp.exp(jnp.where(is_index, -math.inf, logits) - largest[..., None])
    sum_of_others = jnp.sum(others, -1)
    total = sum_of_others + jnp.exp(logit - largest)
    factor = 1 / jnp.where(logit == -math.inf, math.inf, total)
    return jnp.where(is_index, sum_of_others[..., None], -others) * factor[..., None]


@_score.defjvp
def _score_jvp(primals: tuple[Array, Array], tangents: tuple[Array, Any]) -> tuple[Array, Array]:
    """Its change is minus that of the probabilities."""
    (logits, index), (logits_dot, _) = primals, tangents
    possible = take_entries(logits, index)[..., None] > -math.inf
    _, probs_dot = jax.jvp(masked_softmax, (logits,), (logits_dot,))
    return _score(logits, index), jnp.where(possible, -probs_dot, 0)
