"""Categories, given by `probs` or `logits`."""

from __future__ import annotations

import math
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array, lax

from jaxdist import random
from jaxdist.bases.trials import times_log
from jaxdist.linalg.triangular import columns
from jaxdist.parameters import Param
from jaxdist.special import log_or_masked, masked_log_softmax
from jaxdist.validation import Shape


def probs_of_categories(d: Any) -> Array:
    """Return the probabilities of categories given by their logits."""
    return jnp.exp(d._log_probs())


def logits_of_categories(d: Any) -> Array:
    """Return the log-probabilities of categories given by their probabilities."""
    return log_or_masked(d.probs)


class Categories:
    """What distributions over categories share: log-probabilities, masks and sums over them.

    Not a distribution itself: the parameters stand in each class, in the order of its arguments.
    """

    probs: Param
    logits: Param

    def _promote(self) -> None:
        """Normalise `probs` as torch does; `logits` are kept as given."""
        super()._promote()  # type: ignore[misc]
        if "probs" in vars(self):
            probs = vars(self)["probs"]
            total = probs.sum(-1, keepdims=True)
            vars(self)["probs"] = probs / (total + (total == 0))

    @property
    def num_categories(self) -> int:
        """The number of categories."""
        return vars(self)["logits" if "logits" in vars(self) else "probs"].shape[-1]

    def _log_probs(self) -> Array:
        return masked_log_softmax(self.logits)

    def _draw(self, key: Array, shape: Shape) -> Array:
        return random.categorical(key, self.logits, shape)

    def _likeliest(self) -> Array:
        return jnp.argmax(self.logits, -1).astype(jnp.int32)

    def _log_prob_of(self, index: Array) -> Array:
        logits = self.logits
        if index.shape == logits.shape[:-1]:
            return _log_prob_of_one(logits, index)
        return _chosen(self._log_probs(), index)

    def _entropy(self) -> Array:
        log_probs = self._log_probs()
        return -jnp.sum(times_log(jnp.exp(log_probs), log_probs), -1)


def _chosen(table: Array, index: Array) -> Array:
    """Take entries of rows, shape `(*batch, K)`, at indices of shape `(..., *batch)`."""
    draws = columns(index, table.shape[:-1])
    chosen = jnp.take_along_axis(table, draws, -1, mode="promise_in_bounds")
    return jnp.reshape(jnp.moveaxis(chosen, -1, 0), index.shape)


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
    """Evaluate one index for each row, in half of the time of normalising all of it."""
    _, total, largest = _exponentials(logits)
    return _chosen(logits, index) - largest[..., 0] - jnp.log(total[..., 0])


@_log_prob_of_one.defjvp
def _log_prob_of_one_jvp(
    primals: tuple[Array, Array], tangents: tuple[Array, Any]
) -> tuple[Array, Array]:
    """Give the unit vector of the index, less the probabilities; 0 where it is masked."""
    (logits, index), (logits_dot, _) = primals, tangents
    numbers, total, _ = _exponentials(logits)
    masked = _chosen(logits, index)[..., None] == -math.inf
    chosen = index[..., None] == np.arange(logits.shape[-1])
    along = jnp.sum((jnp.where(chosen, total, 0) - numbers) * logits_dot, -1, keepdims=True)
    along /= jnp.where(masked, math.inf, total)
    return _log_prob_of_one(logits, index), along[..., 0]
