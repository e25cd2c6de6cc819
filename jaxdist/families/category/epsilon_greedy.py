"""EpsilonGreedy distribution."""

from __future__ import annotations

from jax import Array

from jaxdist import constraints
from jaxdist.families.category.preferences import (
    Preferences,
    is_allowed,
    is_greedy,
    uniform_probs,
)
from jaxdist.parameters import Param, param
from jaxdist.special import masked_log


class EpsilonGreedy(Preferences):
    r"""The epsilon-greedy policy: with probability `epsilon` a random action, else a greedy one.

    .. math:: p(k) = (1 - \epsilon) [k \in B] / |B| + \epsilon / K', \quad
              B = \arg\max_k \mathrm{preferences}_k

    where K' is the number of unmasked actions. Ties are broken at random. The gradient with respect
    to the preferences is 0.

    Args:
      preferences: preference of each action, shape `(..., K)`; `-inf` masks the action.
      epsilon: probability of a random action, in [0, 1], shape `(...)`.
    """

    epsilon: Param = param(constraints.unit_interval)

    def _logits(self) -> Array:
        preferences, epsilon = self.preferences, self.epsilon[..., None]
        greedy = uniform_probs(is_greedy(preferences), preferences.dtype)
        uniform = uniform_probs(is_allowed(preferences), preferences.dtype)
        return masked_log((1 - epsilon) * greedy + epsilon * uniform)
