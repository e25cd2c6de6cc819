"""EpsilonGreedy distribution."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jax import Array
from jax.typing import ArrayLike

from jaxdist import constraints
from jaxdist.families.category.preferences import Preferences
from jaxdist.parameters import Param, param
from jaxdist.special import log_or_masked


class EpsilonGreedy(Preferences):  # type: ignore[misc]
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
