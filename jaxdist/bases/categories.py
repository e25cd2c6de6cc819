"""Distributions over categories, given by their `probs` or their `logits`."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxdist.distribution import Distribution
from jaxdist.linalg.triangular import columns
from jaxdist.special import masked_log, masked_log_softmax, masked_softmax, p_log_p, xlogy


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
    total = probs.sum(-1, keepdims=True)
    return probs / (total + (total == 0))


_normalize_on_device = jax.jit(_normalize, inline=True)


def softmax_of_logits(d: Categories) -> Array:
    """Return the probabilities of categories that are given by their logits."""
    return masked_softmax(d.logits)


def log_of_probs(d: Categories) -> Array:
    """Return the log-probabilities of categories that are given by their probabilities."""
    return masked_log(d.probs)


def categorical_entropy(logits: Array) -> Array:
    """Return the entropy of a choice among categories, to which masked ones add 0.

    Args:
      logits: unnormalized log-probabilities, shape `(..., K)`.

    Returns:
      Shape `(...)`.
    """
    log_probs = masked_log_softmax(logits)
    return -jnp.sum(p_log_p(jnp.exp(log_probs), log_probs), -1)


def categorical_log_prob(d: Categories, index: Array) -> Array:
    """Return the log-probabilities of categories.

    Args:
      d: the distribution over them.
      index: categories, integers of shape `(..., *batch)`.

    Returns:
      The shape of `index`.
    """
    if "probs" in vars(d):
        return masked_log(_take(d.probs, index)) - jnp.log(_total(d.probs))
    logits = d.logits
    if index.shape == logits.shape[:-1]:
        return _log_prob_of_one(logits, index)
    return _take(masked_log_softmax(logits), index)


def log_prob_of_counts(d: Categories, counts: Array) -> Array:
    """Return the log-probability of a sequence of choices, of which each category has so many.

    Args:
      d: the distribution over the categories.
      counts: shape `(..., *batch, K)`.

    Returns:
      Shape `(..., *batch)`.
    """
    if "probs" in vars(d):
        impossible = (d.probs == 0) & (counts > 0)
        logs = xlogy(counts, jnp.where(impossible, 1, d.probs))
        total = jnp.sum(counts, -1) * jnp.log(_total(d.probs))
        return jnp.where(jnp.any(impossible, -1), -math.inf, jnp.sum(logs, -1) - total)
    return jnp.sum(jnp.where(counts > 0, counts * masked_log_softmax(d.logits), 0), -1)


def _total(probs: Array) -> Array:
    """Return the sum of probabilities, 1 up to rounding; 1 where all are 0."""
    total = jnp.sum(probs, -1)
    return total + (total == 0)


def _take(table: Array, index: Array) -> Array:
    """Take entries of rows, shape `(*batch, K)`, at indices of shape `(..., *batch)`."""
    entries = jnp.take_along_axis(
        table, columns(index, table.shape[:-1]), -1, mode="promise_in_bounds"
    )
    return jnp.reshape(jnp.moveaxis(entries, -1, 0), index.shape)


class _OneAgainstOthers(NamedTuple):
    """One category and the sum of the others, both relative to the largest."""

    is_one: Array
    """The unit vector of the category, as booleans."""
    numbers: Array
    """`exp(logits - largest)`."""
    log_number: Array
    """Logarithm of the category's number."""
    others: Array
    """Sum of the other numbers: where the category is almost certain, it is not rounded to 0."""
    excess: Array
    """Sum of all numbers, minus 1; 0 where all are masked."""


def _one_against_others(logits: Array, index: Array) -> _OneAgainstOthers:
    largest = jnp.max(logits, -1, initial=float(jnp.finfo(logits.dtype).min))
    numbers = jnp.exp(logits - largest[..., None])
    is_one = index[..., None] == np.arange(logits.shape[-1])
    others = jnp.sum(jnp.where(is_one, 0, numbers), -1)
    log_number = _take(logits, index) - largest
    excess = jnp.maximum(others + (jnp.exp(log_number) - 1), 0)
    return _OneAgainstOthers(is_one, numbers, log_number, others, excess)


@jax.custom_jvp
def _log_prob_of_one(logits: Array, index: Array) -> Array:
    """Evaluate one index per row, in half of the time of normalizing the whole row."""
    of = _one_against_others(logits, index)
    return of.log_number - jnp.log1p(of.excess)


@_log_prob_of_one.defjvp
def _log_prob_of_one_jvp(
    primals: tuple[Array, Array], tangents: tuple[Array, Any]
) -> tuple[Array, Array]:
    (logits, index), (logits_dot, _) = primals, tangents
    return _log_prob_of_one(logits, index), jnp.sum(_score(logits, index) * logits_dot, -1)


@jax.custom_jvp
def _score(logits: Array, index: Array) -> Array:
    """Return the unit vector of the index minus the probabilities; 0 where the index is masked."""
    of = _one_against_others(logits, index)
    factor = jnp.where(of.log_number == -math.inf, 0, 1 / (1 + of.excess))[..., None]
    return jnp.where(of.is_one, of.others[..., None], -of.numbers) * factor


@_score.defjvp
def _score_jvp(primals: tuple[Array, Array], tangents: tuple[Array, Any]) -> tuple[Array, Array]:
    """Its change is minus that of the probabilities."""
    (logits, index), (logits_dot, _) = primals, tangents
    possible = _take(logits, index)[..., None] > -math.inf
    _, probs_dot = jax.jvp(masked_softmax, (logits,), (logits_dot,))
    return _score(logits, index), jnp.where(possible, -probs_dot, 0)
