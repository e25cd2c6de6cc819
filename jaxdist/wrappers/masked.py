"""Log-probabilities that count only where a mask is set."""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array

from jaxdist import constraints
from jaxdist.parameters import Param, param
from jaxdist.validation import Shape
from jaxdist.wrappers.wrapper import Wrapper, require_distribution


class Masked(Wrapper):
    r"""A distribution whose log-probability and entropy are 0 where a mask is not set.

    .. math:: \log p(x) = \mathrm{mask} \cdot \log p_\mathrm{base}(x)

    For padded sequences and heads that do not act: whatever the value is where the mask is not
    set, it adds nothing to a sum, is a factor of 1 in a mixture, and gets no gradient. Draws and
    moments are the base's.

    Args:
      base_dist: the distribution.
      mask: booleans, broadcastable with the batch shape.
    """

    mask: Param = param(constraints.boolean)

    def __post_init__(self, validate_args: bool | None) -> None:
        """Check the mask and broadcast it and the base distribution together."""
        require_distribution("Masked", "base_dist", self.base_dist)
        super().__post_init__(validate_args)

    def _inside(self, value: Array) -> Array:
        return self.base_dist._inside(value) | ~self._counts

    def _joint(self, key: Array, shape: Shape, pathwise: bool) -> tuple[Array, Array]:
        draw, log_prob = self.base_dist._joint(key, shape, pathwise)
        return draw, self._mask_out(log_prob)

    def _log_prob(self, x: Array) -> Array:
        counts = jnp.expand_dims(self._counts, tuple(range(-len(self.event_shape), 0)))
        x = jnp.where(counts, x, self.support.feasible_like(x))
        return self._mask_out(self.base_dist._log_prob(x))

    def _entropy(self) -> Array:
        return self._mask_out(self.base_dist._entropy())

    @property
    def _counts(self) -> Array:
        return self.mask == 1

    def _mask_out(self, log_prob: Array) -> Array:
        return jnp.where(self._counts, log_prob, 0)
