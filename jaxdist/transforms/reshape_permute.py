"""ReshapeTransform and PermuteTransform: the same numbers in another shape or order."""

from __future__ import annotations

import math
from collections.abc import Sequence

import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxdist import constraints
from jaxdist.arguments import Shape, as_integers, as_shape
from jaxdist.pytree import static
from jaxdist.transforms.transform import Transform


class _RearrangeTransform(Transform):
    """A transform that moves the entries of an event; its log-determinant is 0."""

    bijective = True
    _affine = True
    _coordinatewise = True
    _log_det_is_affine = True

    def _log_det(self, x: Array, y: Array) -> Array:
        return jnp.zeros(x.shape[: x.ndim - self.domain.event_dim], x.dtype)


class ReshapeTransform(_RearrangeTransform):
    """Change of an event's shape.

    Args:
      in_shape: event shape of x.
      out_shape: event shape of y, with as many entries.
    """

    in_shape: Shape = static()
    out_shape: Shape = static()

    def __post_init__(self, validate_args: bool | None) -> None:
        """Convert the shapes to tuples and check that they have as many entries."""
        vars(self).update(
            in_shape=as_shape(self.in_shape, "ReshapeTransform: in_shape"),
            out_shape=as_shape(self.out_shape, "ReshapeTransform: out_shape"),
        )
        if math.prod(self.in_shape) != math.prod(self.out_shape):
            raise ValueError(
                f"ReshapeTransform: in_shape {self.in_shape} and out_shape {self.out_shape} have "
                "different numbers of elements"
            )

    @property
    def domain(self) -> constraints.Constraint:
        """Real arrays with as many axes as `in_shape`."""
        return constraints.independent(constraints.real, len(self.in_shape))

    @property
    def codomain(self) -> constraints.Constraint:
        """Real arrays with as many axes as `out_shape`."""
        return constraints.independent(constraints.real, len(self.out_shape))

    def _replace_event(self, shape: Shape, before: Shape, after: Shape) -> Shape:
        cut = len(shape) - len(before)
        if shape[cut:] != before:
            raise self._bad_shape(shape, f"events of shape {before}")
        return shape[:cut] + after

    def _forward_shape(self, shape: Shape) -> Shape:
        return self._replace_event(shape, self.in_shape, self.out_shape)

    def _inverse_shape(self, shape: Shape) -> Shape:
        return self._replace_event(shape, self.out_shape, self.in_shape)

    def _forward(self, x: Array) -> Array:
        return jnp.reshape(x, self._forward_shape(x.shape))

    def _inverse(self, y: Array) -> Array:
        return jnp.reshape(y, self._inverse_shape(y.shape))


class PermuteTransform(_RearrangeTransform):
    """Permutation of a vector's entries: y[i] = x[permutation[i]].

    Args:
      permutation: the numbers 0 ... n - 1 in any order.
    """

    permutation: Sequence[int] = static()

    domain = constraints.real_vector
    codomain = constraints.real_vector

    def __post_init__(self, validate_args: bool | None) -> None:
        """Convert the permutation to a tuple and check it."""
        order = as_integers("PermuteTransform", "permutation", self.permutation)
        if sorted(order) != list(range(len(order))):
            raise ValueError(
                f"PermuteTransform: permutation must hold 0 ... {len(order) - 1} once; got {order}"
            )
        vars(self)["permutation"] = order

    def _forward_shape(self, shape: Shape) -> Shape:
        if shape[-1] != len(self.permutation):
            raise self._bad_shape(shape, f"vectors of {len(self.permutation)}")
        return shape

    def _forward(self, x: Array) -> Array:
        return x[..., np.array(self.permutation)]

    def _inverse(self, y: Array) -> Array:
        return y[..., np.argsort(self.permutation)]
