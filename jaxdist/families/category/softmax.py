"""Softmax distribution."""

from __future__ import annotations

import math

import jax.numpy as jnp
from jax import Array

from jaxdist import constraints
from jaxdist.families.category.preferences import Preferences, is_allowed
from jaxdist.parameters import Param, param


class Softmax(Preferences):
    r"""The Boltzmann policy: the softmax of preferences divided by a temperature.

    .. math:: p(k) \propto \exp(\mathrm{preferences}_k / \mathrm{temperature})

    Args:
      preferences: preference of each action, shape `(..., K)`; `-inf` masks the action.
      temperature: positive, in the units of the preferences, shape `(...)`.
    """

    temperature: Param = param(constraints.positive, default=1.0)

    def _logits(self) -> Array:
        allowed = is_allowed(self.preferences)
        largest = jnp.max(self.preferences, -1, keepdims=True)
        scores = jnp.where(allowed, self.preferences - largest, 0) / self.temperature[..., None]
        return jnp.where(allowed, scores, -math.inf)
