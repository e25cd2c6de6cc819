"""UnitVectorTransform: real vectors to the unit sphere, by stereographic projection."""

from __future__ import annotations

import math

import jax.numpy as jnp
from jax import Array, lax

from jaxdist import constraints
from jaxdist.arguments import Shape
from jaxdist.transforms.transform import Transform


class UnitVectorTransform(Transform):
    r"""Stereographic projection, a bijection from n real numbers to the unit sphere in n + 1.

    .. math:: y = \frac{(2 x, |x|^2 - 1)}{|x|^2 + 1}, \quad
              \log |\det dy / dx| = n \log \frac{2}{|x|^2 + 1}

    0 is mapped to the south pole (0, ..., 0, -1); no finite x is mapped to the north pole. The
    log-determinant is that of areas on the sphere. TFP's `UnitVector`.

    Example:
      >>> import jax.numpy as jnp, jaxdist as jd
      >>> t = jd.UnitVectorTransform()
      >>> print(t(jnp.array([0.0, 0.0])), t(jnp.array([1.0, 0.0])))
      [ 0.  0. -1.] [1. 0. 0.]
    """

    domain = constraints.real_vector
    codomain = constraints.sphere
    bijective = True

    def _forward_shape(self, shape: Shape) -> Shape:
        return (*shape[:-1], shape[-1] + 1)

    def _inverse_shape(self, shape: Shape) -> Shape:
        if shape[-1] < 2:
            raise self._bad_shape(shape, "a vector of at least two numbers")
        return (*shape[:-1], shape[-1] - 1)

    def _scaled(self, x: Array) -> tuple[Array, Array, Array]:
        """Return a scale, x / scale and 1 / scale: the squares of these do not overflow."""
        scale = jnp.maximum(jnp.max(jnp.abs(x), -1, keepdims=True, initial=0), 1)
        scale = lax.stop_gradient(scale)
        return scale, x / scale, 1 / scale

    def _forward(self, x: Array) -> Array:
        _, small, one = self._scaled(x)
        square = jnp.sum(small * small, -1, keepdims=True)
        numerator = jnp.concatenate([2 * small * one, square - one * one], -1)
        return numerator / (square + one * one)

    def _inverse(self, y: Array) -> Array:
        """Divide by 1 - y_n: near the north pole that is |y_{<n}|^2 / (1 + y_n)."""
        first, last = y[..., :-1], y[..., -1:]
        is_north = last > 0
        size = lax.stop_gradient(jnp.max(jnp.abs(first), -1, keepdims=True))
        size = jnp.maximum(size, jnp.finfo(y.dtype).tiny)  # its square may underflow
        safe = jnp.where(is_north, first / size, 1)
        square = jnp.maximum(jnp.sum(safe * safe, -1, keepdims=True), 1)
        near = safe * (1 + last) / square / size
        return jnp.where(is_north, near, first / (1 - jnp.where(is_north, 0, last)))

    def _log_det(self, x: Array, y: Array) -> Array:
        scale, small, one = self._scaled(x)
        square = jnp.sum(small * small, -1, keepdims=True) + one * one
        half = math.log(2) - 2 * jnp.log(scale) - jnp.log(square)
        return x.shape[-1] * half[..., 0]
