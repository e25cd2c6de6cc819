"""Greedy distribution."""

from __future__ import annotations

from jax import Array

from jaxdist.families.category.preferences import Preferences, is_greedy, uniform_probs
from jaxdist.special import masked_log


class Greedy(Preferences):
    r"""The greedy policy: the action with the largest preference; ties are broken at random.

    .. math:: p(k) = [k \in B] / |B|, \quad B = \arg\max_k \mathrm{preferences}_k

    It is piecewise constant in the preferences, so its gradient is 0.

    Args:
      preferences: preference of each action, shape `(..., K)`; `-inf` masks the action.
    """

    def _logits(self) -> Array:
        return masked_log(uniform_probs(is_greedy(self.preferences), self.preferences.dtype))
