"""Log-probabilities that count only where a mask is set."""

from __future__ import annotations

from collections.abc import Sequence

import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

from jaxdist import constraints
from jaxdist.parameters import Param, param
from jaxdist.wrappers.wrapper import Wrapper, require_distribution


class Masked(Wrapper):
    r"""A distribution whose log-probability and entropy are 0 where a mask is not set.

    .. math:: \log p(x) = \mathrm{mask} \cdot \log p_\mathrm{base}(x)

    For padded sequences and heads that do not act: whatever the value is where the mask is not
    set, it adds nothing to a sum and gets no gradient. Draws and moments are the base's.

    Args:
      base_dist: the distribution.
      mask: booleans, broadcastable with the batch shape.
    """

    mask: Param = param(constraints.boolean)

    def __post_init__(self, validate_args: bool | None) -> None:
        """Check the mask and broadcast it and the base distribution together."""
        require_distribution("Masked", "base_dist", self.base_dist)
        super().__post_init__(validate_args)

    def log_prob(self, value: ArrayLike) -> Array:
        return self._mask_out(self.base_dist.log_prob(value))

    def entropy(self) -> Array:
        return self._mask_out(self.base_dist.entropy())

    def sample_and_log_prob(
        self, key: Array, sample_shape: int | Sequence[int] = ()
    ) -> tuple[Array, Array]:
        draw, log_prob = self.base_dist.sample_and_log_prob(key, sample_shape)
        return draw, self._mask_out(log_prob)

    def rsample_and_log_prob(
        self, key: Array, sample_shape: int | Sequence[int] = ()
    ) -> tuple[Array, Array]:
        draw, log_prob = self.base_dist.rsample_and_log_prob(key, sample_shape)
        return draw, self._mask_out(log_prob)

    def _mask_out(self, log_prob: Array) -> Array:
        return jnp.where(self.mask == 1, log_prob, 0)
