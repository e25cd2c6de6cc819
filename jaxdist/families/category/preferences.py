"""Preferences: base of Softmax, Greedy and EpsilonGreedy, policies over action preferences."""

from __future__ import annotations

import math

import jax.numpy as jnp
from jax import Array

from jaxdist import constraints
from jaxdist.bases.categories import softmax_of_logits
from jaxdist.families.category.categorical import Categorical
from jaxdist.parameters import Param, derived, param
from jaxdist.pytree import must_define


class Preferences(Categorical):
    """A categorical distribution whose `logits` are computed from action preferences.

    A subclass computes them in `_logits`. `-inf` preferences mask their actions.
    """

    probs: Param = derived(softmax_of_logits)
    logits: Param = derived(lambda d: d._logits())
    preferences: Param = param(constraints.logits)

    @property
    def num_categories(self) -> int:
        """The number of actions."""
        return self.preferences.shape[-1]

    def _logits(self) -> Array:
        """Unnormalized log-probabilities of the actions, shape `(..., K)`."""
        raise must_define(self, "_logits")


def is_allowed(preferences: Array) -> Array:
    """Return which actions are not masked, shape `(..., K)`."""
    return preferences > -math.inf


def is_greedy(preferences: Array) -> Array:
    """Return which actions have the largest preference; none if all are masked."""
    largest = jnp.max(preferences, -1, keepdims=True)
    return is_allowed(preferences) & (preferences == largest)


def uniform_probs(actions: Array, dtype: jnp.dtype) -> Array:
    """Give the same probability to each of a set of actions, and 0 to all if the set is empty.

    Args:
      actions: booleans, shape `(..., K)`.
      dtype: of the probabilities.

    Returns:
      Probabilities, shape `(..., K)`.
    """
    members = actions.astype(dtype)
    return members / jnp.maximum(jnp.sum(members, -1, keepdims=True), 1)
