"""VectorTransform: base of transforms of vectors of as many numbers as a parameter has."""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array

from jaxdist import constraints
from jaxdist.arguments import Shape
from jaxdist.pytree import must_define
from jaxdist.transforms.transform import Transform


class VectorTransform(Transform):
    """A bijection of vectors whose length is that of a parameter.

    A subclass returns the length from `_size`, read off a leaf.
    """

    domain = constraints.real_vector
    codomain = constraints.real_vector
    bijective = True
    _value_ndim = 1

    @property
    def _size(self) -> int:
        raise must_define(self, "_size")

    def _forward_shape(self, shape: Shape) -> Shape:
        if shape[-1] != self._size:
            raise self._bad_shape(shape, f"vectors of {self._size}")
        return super()._forward_shape(shape)

    def _broadcast_with(self, x: Array, *matrices: Array) -> tuple[Array, ...]:
        """Give vectors all batch axes, and matrices those that are left of the vectors' own axis.

        Args:
          x: vectors, shape `(..., n)`.
          *matrices: shape `(*batch_shape, i, j)`.
        """
        shape = self._forward_shape(x.shape)
        batch_shape = shape[len(shape) - 1 - len(self.batch_shape) : -1]
        wide = (jnp.broadcast_to(m, batch_shape + m.shape[-2:]) for m in matrices)
        return jnp.broadcast_to(x, shape), *wide

    def _constant_log_det(self, log_det: Array, x: Array) -> Array:
        """Broadcast a log-determinant that does not depend on x to the batch of x."""
        return jnp.broadcast_to(log_det, self._forward_shape(x.shape)[:-1])
