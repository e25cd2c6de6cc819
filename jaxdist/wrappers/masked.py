"""Masked distribution."""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array, lax

from jaxdist import constraints
from jaxdist.arguments import Shape
from jaxdist.distribution import Distribution
from jaxdist.parameters import Param, param
from jaxdist.wrappers.wrapper import DelegatingWrapper, require_base


class Masked(DelegatingWrapper):
    r"""A distribution whose log-probability and entropy are 0 where its mask is False.

    .. math:: \log p(x) = \mathrm{mask} \cdot \log p_\mathrm{base}(x)

    For padded sequences, and for policies with inactive heads. Where the mask is False, the
    log-probability of any value is 0, with gradient 0: it adds 0 to a sum, and is a factor of 1 in
    a mixture. Draws and moments are those of the base distribution.

    Args:
      base_dist: the distribution.
      mask: booleans, broadcastable with the batch shape.

    Example:
      >>> import jaxdist as jd
      >>> jd.Masked(jd.Exponential(1.0), [True, False]).log_prob(2.0)
      Array([-2.,  0.], dtype=float32)
    """

    mask: Param = param(constraints.boolean)

    def __post_init__(self, validate_args: bool | None) -> None:
        """Check the mask, and broadcast it and the base distribution against each other."""
        require_base("Masked", "base_dist", self.base_dist)
        super().__post_init__(validate_args)

    @property
    def _is_smooth_at_ends(self) -> bool:  # type: ignore[override]
        return self.base_dist._is_smooth_at_ends

    def _inside(self, value: Array) -> Array:
        return self.base_dist._inside(value) | ~self._is_active

    def _is_masked_out(self) -> Array:
        return ~self._is_active | self.base_dist._is_masked_out()

    def _atom_count(self, x: Array) -> Array:
        return jnp.where(self._is_active, self.base_dist._atom_count(x), 0)

    def _joint(self, key: Array, shape: Shape, pathwise: bool) -> tuple[Array, Array]:
        draw, log_prob = self.base_of_active._joint(key, shape, pathwise)
        return draw, self._apply_mask(log_prob)

    def _log_prob(self, x: Array) -> Array:
        active = jnp.expand_dims(self._is_active, tuple(range(-len(self.event_shape), 0)))
        x = jnp.where(active, x, self.support.feasible_like(x))
        return self._apply_mask(self.base_of_active._log_prob(x))

    def _skewness(self) -> Array:
        return self.base_dist._skewness()

    def _kurtosis(self) -> Array:
        return self.base_dist._kurtosis()

    def _covariance(self) -> Array:
        return self.base_dist._covariance()

    def _entropy(self) -> Array:
        return self._apply_mask(self.base_of_active._entropy())

    @property
    def base_of_active(self) -> Distribution:
        """The base distribution without gradients where the mask is False.

        There a gradient is 0 times a derivative, which is NaN where a parameter is.
        """
        is_active = self._is_active

        def select(leaf: Array, event_ndim: int) -> Array:
            chosen = jnp.expand_dims(is_active, tuple(range(-event_ndim, 0)))
            return jnp.where(chosen, leaf, lax.stop_gradient(leaf))

        return self.base_dist._map_batch(select)

    @property
    def _is_active(self) -> Array:
        """The mask as booleans; it is stored as a float."""
        return self.mask == 1

    def _apply_mask(self, log_prob: Array) -> Array:
        return jnp.where(self._is_active, log_prob, 0)
