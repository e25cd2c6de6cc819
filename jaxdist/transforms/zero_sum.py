"""ZeroSumTransform: real vectors to vectors that sum to zero."""

from __future__ import annotations

import math
from collections.abc import Callable

import jax.numpy as jnp
from jax import Array

from jaxdist import constraints
from jaxdist.arguments import Shape, as_integer
from jaxdist.pytree import static
from jaxdist.transforms.transform import Transform


class ZeroSumTransform(Transform):
    r"""Isometry from n - 1 real numbers to n numbers that sum to zero.

    .. math:: y_i = x_i - \frac{s}{n + \sqrt{n}} \ (i < n), \quad y_n = -\frac{s}{\sqrt{n}}, \quad
              s = \sum_i x_i

    It reflects the last coordinate axis onto the normal of the plane of vectors that sum to zero.
    The log-determinant is 0, and independent standard normal numbers are mapped to exchangeable
    normal ones.

    Args:
      event_dim: number of rightmost axes, along each of which y sums to zero.
    """

    event_dim: int = static(default=1)

    bijective = True
    _affine = True
    _log_det_is_affine = True

    def __post_init__(self, validate_args: bool | None) -> None:
        """Check that there is an axis."""
        event_dim = as_integer("ZeroSumTransform", "event_dim", self.event_dim, minimum=1)
        vars(self)["event_dim"] = event_dim

    @property
    def domain(self) -> constraints.Constraint:
        """Real arrays with `event_dim` axes."""
        return constraints.independent(constraints.real, self.event_dim)

    @property
    def codomain(self) -> constraints.Constraint:
        """Arrays that sum to zero along the last axis."""
        if self.event_dim == 1:
            return constraints.zero_sum
        return constraints.independent(constraints.zero_sum, self.event_dim - 1)

    def _change_lengths(self, shape: Shape, change: int) -> Shape:
        cut = len(shape) - self.event_dim
        event = tuple(n + change for n in shape[cut:])
        if min(event) < 1 and change < 0:
            raise self._bad_shape(shape, "vectors of at least one")
        return shape[:cut] + event

    def _forward_shape(self, shape: Shape) -> Shape:
        return self._change_lengths(shape, 1)

    def _inverse_shape(self, shape: Shape) -> Shape:
        return self._change_lengths(shape, -1)

    def _along_event_axes(self, function: Callable[[Array], Array], x: Array) -> Array:
        """Apply a function of vectors along each event axis in turn."""
        for axis in range(-self.event_dim, 0):
            x = jnp.moveaxis(function(jnp.moveaxis(x, axis, -1)), -1, axis)
        return x

    def _forward(self, x: Array) -> Array:
        return self._along_event_axes(_extend, x)

    def _inverse(self, y: Array) -> Array:
        return self._along_event_axes(_contract, y)

    def _log_det(self, x: Array, y: Array) -> Array:
        return jnp.zeros(x.shape[: x.ndim - self.event_dim], x.dtype)


def _extend(x: Array) -> Array:
    n = x.shape[-1] + 1
    total = jnp.sum(x, -1, keepdims=True)
    return jnp.concatenate([x - total / (n + math.sqrt(n)), -total / math.sqrt(n)], -1)


def _contract(y: Array) -> Array:
    return y[..., :-1] - y[..., -1:] / (1 + math.sqrt(y.shape[-1]))
