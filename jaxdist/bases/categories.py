"""Distributions over categories, given by their `probs` or their `logits`."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array, lax

from jaxdist.distribution import Distribution
from jaxdist.linalg.triangular import columns
from jaxdist.special import masked_log, masked_log_softmax, p_log_p


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
    return jnp.exp(masked_log_softmax(d.logits))


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


def categorical_log_prob(logits: Array, index: Array) -> Array:
    """Return the log-probabilities of categories.

    Args:
      logits: unnormalized log-probabilities, shape `(*batch, K)`.
      index: categories, integers of shape `(..., *batch)`.

    Returns:
      The shape of `index`.
    """
    if index.shape == logits.shape[:-1]:
        return _log_prob_of_one(logits, index)
    return _take(masked_log_softmax(logits), index)


def _take(table: Array, index: Array) -> Array:
    """Take entries of rows, shape `(*batch, K)`, at indices of shape `(..., *batch)`."""
    entries = jnp.take_along_axis(
        table, columns(index, table.shape[:-1]), -1, mode="promise_in_bounds"
    )
    return jnp.reshape(jnp.moveaxis(entries, -1, 0), index.shape)


def _exponentials(logits: Array) -> tuple[Array, Array, Array]:
    """Return `exp(logits - largest)`, its sum over the last axis, and the largest logit.

    Where all are masked, the largest is the smallest float and the sum the smallest positive one.
    """
    limits = jnp.finfo(logits.dtype)
    largest = jnp.max(logits, -1, keepdims=True, initial=float(limits.min))
    numbers = jnp.exp(logits - lax.stop_gradient(largest))
    return numbers, jnp.sum(numbers, -1, keepdims=True, initial=float(limits.tiny)), largest


@jax.custom_jvp
def _log_prob_of_one(logits: Array, index: Array) -> Array:
    """Evaluate one index per row, in half of the time of normalizing the whole row."""
    _, total, largest = _exponentials(logits)
    return _take(logits, index) - largest[..., 0] - jnp.log(total[..., 0])


@_log_prob_of_one.defjvp
def _log_prob_of_one_jvp(
    primals: tuple[Array, Array], tangents: tuple[Array, Any]
) -> tuple[Array, Array]:
    """The gradient is the unit vector of the index minus the probabilities; 0 where masked."""
    (logits, index), (logits_dot, _) = primals, tangents
    numbers, total, _ = _exponentials(logits)
    masked = _take(logits, index)[..., None] == -math.inf
    one_hot = index[..., None] == np.arange(logits.shape[-1])
    along = jnp.sum((jnp.where(one_hot, total, 0) - numbers) * logits_dot, -1, keepdims=True)
    along /= jnp.where(masked, math.inf, total)
    return _log_prob_of_one(logits, index), along[..., 0]
