"""Policies over action preferences."""

from __future__ import annotations

import math

import jax.numpy as jnp
from jax import Array

from jaxdist import constraints
from jaxdist.families.category.categorical import Categorical
from jaxdist.parameters import Param, param


class Preferences(Categorical):
    """A categorical distribution whose `logits` are computed from `preferences`."""

    preferences: Param = param(constraints.logits)  # type: ignore[misc]

    @property
    def num_categories(self) -> int:
        """The number of actions."""
        return self.preferences.shape[-1]

    @property  # type: ignore[misc]
    def probs(self) -> Array:  # type: ignore[override]
        """Probabilities of the actions, shape `(..., K)`."""
        return jnp.exp(self._log_probs())

    @property  # type: ignore[misc]
    def logits(self) -> Array:  # type: ignore[override]
        """Unnormalised log-probabilities of the actions, shape `(..., K)`."""
        raise NotImplementedError

    def _allowed(self) -> Array:
        return self.preferences > -math.inf

    def _largest(self) -> Array:
        return jnp.max(self.preferences, -1, keepdims=True)

    def _best(self) -> Array:
        """Mark the most preferred actions; none if all are masked."""
        return self._allowed() & (self.preferences == self._largest())

    def _shares(self, chosen: Array) -> Array:
        """Share a probability of one evenly among the chosen; nothing if there are none."""
        shares = chosen.astype(self.preferences.dtype)
        return shares / jnp.maximum(jnp.sum(shares, -1, keepdims=True), 1)
