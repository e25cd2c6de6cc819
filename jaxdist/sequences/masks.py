"""Masks of observations."""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

from jaxdist.arguments import Shape, as_real_numbers, broadcasts_to


def as_mask(mask: ArrayLike, shape: Shape) -> Array:
    """Return a mask as booleans of a shape.

    Raises:
      ValueError: if it does not broadcast to the shape.
    """
    given = jnp.asarray(as_real_numbers("mask", "the value", mask))
    if not broadcasts_to(given.shape, shape):
        raise ValueError(
            f"the mask, of which an entry says whether a step is observed, must broadcast to "
            f"{shape}; got {given.shape}"
        )
    return jnp.broadcast_to(given == 1, shape)


def without_masked(x: Array, mask: Array) -> Array:
    """Replace observations that are masked, which may be NaN, by 0.

    Args:
      x: observations, shape `(T, *event)`.
      mask: whether each is observed, shape `(T,)`.
    """
    observed = jnp.expand_dims(mask, tuple(range(1, x.ndim)))
    return jnp.where(observed, x, jnp.zeros_like(x))
