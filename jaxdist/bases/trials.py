"""Trials with two outcomes, given by `probs` or `logits`."""

from __future__ import annotations

import math
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array

from jaxdist.parameters import Param
from jaxdist.special import log_or_masked
from jaxdist.special.elementary import softplus


def probs_of_logits(d: Any) -> Array:
    """Return the probability of success, which a trial given by its logits does not store."""
    return jax.nn.sigmoid(d.logits)


def logits_of_probs(d: Any) -> Array:
    """Return the log-odds of success, which a trial given by its probability does not store."""
    return jnp.log(d.probs) - jnp.log1p(-d.probs)


class Trials:
    """What distributions about trials share: success and failure, exact from `probs` or `logits`.

    Not a distribution itself: the parameters stand in each class, in the order of its arguments.
    """

    probs: Param
    logits: Param

    def _given(self) -> dict[str, Array]:
        name = "logits" if "logits" in vars(self) else "probs"
        return {name: vars(self)[name]}

    def _log_outcome(self, success: Array) -> Array:
        if "logits" in vars(self):
            return -softplus(jnp.where(success, -self.logits, self.logits))
        return jnp.where(success, self._log_success(), self._log_failure())

    def _log_success(self) -> Array:
        if "logits" in vars(self):
            return -softplus(-self.logits)
        return log_or_masked(self.probs)

    def _log_failure(self) -> Array:
        if "logits" in vars(self):
            return -softplus(self.logits)
        certain = self.probs == 1
        return jnp.where(certain, -math.inf, jnp.log1p(-jnp.where(certain, 0, self.probs)))

    def _failure(self) -> Array:
        return jax.nn.sigmoid(-self.logits) if "logits" in vars(self) else 1 - self.probs

    def _odds(self) -> Array:
        return jnp.exp(self.logits) if "logits" in vars(self) else self.probs / (1 - self.probs)

    def _trial_entropy(self) -> Array:
        success = times_log(self.probs, self._log_success())
        return -(success + times_log(self._failure(), self._log_failure()))


def times_log(p: Array, log_p: Array) -> Array:
    """`p log p`, which is 0 with gradient 0 where `p` is."""
    positive = p > 0
    return jnp.where(positive, p * jnp.where(positive, log_p, 0), 0)
