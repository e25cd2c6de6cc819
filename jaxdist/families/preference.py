"""Policies over action preferences: categorical distributions made from scores of the actions."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

from jaxdist import constraints
from jaxdist.families.category import Categorical
from jaxdist.parameters import Param, param
from jaxdist.special import log_or_masked


class _Preferences(Categorical):
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


class Softmax(_Preferences):  # type: ignore[misc]
    r"""The Boltzmann policy: actions in proportion to the exponential of their preference.

    .. math:: p(k) \propto \exp(\mathrm{preferences}_k / \mathrm{temperature})

    Args:
      preferences: score of each action, shape `(..., K)`; `-inf` masks the action.
      temperature: positive, in the units of the preferences, shape `(...)`.
    """

    temperature: Param = param(constraints.positive, default=1.0)

    if TYPE_CHECKING:

        def __init__(
            self,
            preferences: ArrayLike,
            temperature: ArrayLike = 1.0,
            *,
            validate_args: bool | None = None,
        ) -> None: ...

    @property  # type: ignore[misc]
    def logits(self) -> Array:  # type: ignore[override]
        """Preferences less the largest, over temperature, shape `(..., K)`."""
        allowed = self._allowed()
        scores = jnp.where(allowed, self.preferences - self._largest(), 0)
        scores = scores / self.temperature[..., None]
        return jnp.where(allowed, scores, -math.inf)


class Greedy(_Preferences):  # type: ignore[misc]
    r"""The most preferred action; actions that tie share the probability evenly.

    .. math:: p(k) = [k \in B] / |B|, \quad B = \arg\max_k \mathrm{preferences}_k

    It is constant between ties, so its gradient is 0.

    Args:
      preferences: score of each action, shape `(..., K)`; `-inf` masks the action.
    """

    if TYPE_CHECKING:

        def __init__(
            self, preferences: ArrayLike, *, validate_args: bool | None = None
        ) -> None: ...

    @property  # type: ignore[misc]
    def logits(self) -> Array:  # type: ignore[override]
        """Log-probabilities of the actions, shape `(..., K)`."""
        return log_or_masked(self._shares(self._best()))


class EpsilonGreedy(_Preferences):  # type: ignore[misc]
    r"""With probability `epsilon` any action that is not masked, else the most preferred one.

    .. math:: p(k) = (1 - \epsilon) [k \in B] / |B| + \epsilon / K', \quad
              B = \arg\max_k \mathrm{preferences}_k

    for the K' actions that are not masked. Actions that tie share the probability evenly. The
    gradient with respect to the preferences is 0.

    Args:
      preferences: score of each action, shape `(..., K)`; `-inf` masks the action.
      epsilon: probability of exploring, in [0, 1], shape `(...)`.
    """

    epsilon: Param = param(constraints.unit_interval)  # type: ignore[misc]

    if TYPE_CHECKING:

        def __init__(
            self,
            preferences: ArrayLike,
            epsilon: ArrayLike,
            *,
            validate_args: bool | None = None,
        ) -> None: ...

    @property  # type: ignore[misc]
    def logits(self) -> Array:  # type: ignore[override]
        """Log-probabilities of the actions, shape `(..., K)`."""
        epsilon = self.epsilon[..., None]
        greedy, any_action = self._shares(self._best()), self._shares(self._allowed())
        return log_or_masked((1 - epsilon) * greedy + epsilon * any_action)
