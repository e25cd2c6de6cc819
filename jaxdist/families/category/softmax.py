"""Softmax distribution."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

from jaxdist import constraints
from jaxdist.families.category.preferences import Preferences
from jaxdist.parameters import Param, param


class Softmax(Preferences):  # type: ignore[misc]
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
