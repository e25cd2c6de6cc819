"""HouseholderTransform: reflection of vectors in a plane."""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array

from jaxdist.constraints.constraint import Constraint, all_rightmost
from jaxdist.parameters import Param, param
from jaxdist.precision import vecdot
from jaxdist.transforms.vector import VectorTransform


class _NonzeroVector(Constraint):
    """Vectors that are not zero."""

    event_dim = 1
    _name = "a vector that is not zero"

    def _check(self, x: Array) -> Array:
        return jnp.any(x != 0, -1) & all_rightmost(x == x, 1)

    def _feasible_like(self, x: Array) -> Array:
        return jnp.ones_like(x)


NONZERO_VECTOR = _NonzeroVector()


def reflect(axis: Array, x: Array) -> Array:
    """Reflect vectors in the plane through 0 that is orthogonal to an axis, of any length but 0.

    Args:
      axis: shape `(..., n)`.
      x: shape `(..., n)`.
    """
    largest = jnp.max(jnp.abs(axis), -1, keepdims=True)
    axis = axis / largest  # its square neither overflows nor underflows
    along = (vecdot(axis, x) / vecdot(axis, axis))[..., None]
    return x - 2 * along * axis


class HouseholderTransform(VectorTransform):
    r"""Reflection of vectors in the plane that is orthogonal to an axis.

    .. math:: y = x - 2 \frac{v^T x}{v^T v} v, \quad \log |\det dy / dx| = 0

    It is its own inverse. Compositions of up to n reflections are all orthogonal maps (Tomczak and
    Welling, 2016, "Improving variational auto-encoders using Householder flow"). Names are those of
    TFP's `Householder`.

    Args:
      reflection_axis: v, not zero, shape `(..., n)`.

    Raises:
      ValueError: if an axis is zero.

    Example:
      >>> import jaxdist as jd
      >>> jd.HouseholderTransform([1.0, 1.0])([3.0, 0.0]).tolist()
      [0.0, -3.0]
    """

    reflection_axis: Param = param(NONZERO_VECTOR)

    _affine = True
    _log_det_is_affine = True

    @property
    def _size(self) -> int:
        return self.reflection_axis.shape[-1]

    def _forward(self, x: Array) -> Array:
        return reflect(self.reflection_axis, x)

    def _inverse(self, y: Array) -> Array:
        return reflect(self.reflection_axis, y)

    def _log_det(self, x: Array, y: Array) -> Array:
        return self._constant_log_det(jnp.zeros((), x.dtype), x)
