"""Constraint: a set of values."""

from __future__ import annotations

import math
from typing import ClassVar

import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

from jaxdist.pytree import Pytree


class Constraint(Pytree):
    """A set of values.

    Attributes:
      event_dim: how many axes, at the right, belong to one value.
      is_discrete: whether the set is countable.
    """

    event_dim: ClassVar[int] = 0
    is_discrete: ClassVar[bool] = False

    def check(self, value: ArrayLike) -> Array:
        """Tell for each value whether it lies in the set; NaN lies in none.

        Args:
          value: shape `(..., *event)`, where `event` has `event_dim` axes.

        Returns:
          Booleans of shape `(...)`, broadcast with the constraint's parameters.
        """
        raise NotImplementedError(f"{type(self).__name__} has no `check`")

    def feasible_like(self, value: ArrayLike) -> Array:
        """Return members of the set with the shape and dtype of `value`.

        Args:
          value: shape `(..., *event)`.
        """
        raise NotImplementedError(f"{type(self).__name__} has no `feasible_like`")


def event_all(truth: Array, ndims: int) -> Array:
    """Tell whether all entries of each event are true."""
    return jnp.all(truth, axis=tuple(range(-ndims, 0)))


def tolerance(value: Array, size: int) -> float:
    """Rounding of a sum over `size` terms near one, in the precision of `value`.

    In float64 that of float32, from which many such values come.
    """
    floating = jnp.issubdtype(value.dtype, jnp.floating)
    eps = float(jnp.finfo(value.dtype if floating else jnp.float32).eps)
    return max(eps, float(jnp.finfo(jnp.float32).eps)) * (8 + math.sqrt(size))
