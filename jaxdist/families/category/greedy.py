"""Greedy distribution."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jax import Array
from jax.typing import ArrayLike

from jaxdist.families.category.preferences import Preferences
from jaxdist.special import log_or_masked


class Greedy(Preferences):  # type: ignore[misc]
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
