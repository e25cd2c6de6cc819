"""Kernel: a covariance function; sums and products of kernels."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Self

import jax
import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

from jaxdist.arguments import Shape, as_floats
from jaxdist.parameters import Parametric
from jaxdist.precision import narrow, widen
from jaxdist.promotion import numpy_promotion
from jaxdist.pytree import must_define


def as_points(points: ArrayLike) -> Array:
    """Return points as an array `(..., n, features)`; `(n,)` are points of one feature."""
    x = as_floats(points)
    if x.ndim == 0:
        raise ValueError(
            f"Kernel: points must have the shape (n,) or (..., n, features); got {x.shape}"
        )
    return x[:, None] if x.ndim == 1 else x


class Kernel(Parametric):
    r"""A covariance function :math:`k(x, y)` of points, which are vectors of features.

    `k(x, y)` is the matrix of covariances between the points x and y. Kernels add and multiply:
    `k + l`, `k * l`. A subclass writes `_covariance(x, y)`. To give features length scales of their
    own, divide the points by them.

    Example:
      >>> import jax.numpy as jnp, jaxdist as jd
      >>> k = jd.kernels.RBF(1.0, 2.0) + jd.kernels.Linear(0.5)
      >>> k(jnp.array([0.0, 2.0]), jnp.array([0.0, 2.0, 4.0])).shape
      (2, 3)
    """

    @numpy_promotion
    def __call__(self, x: ArrayLike, y: ArrayLike) -> Array:
        """Return the covariances between points.

        Args:
          x: points, shape `(..., n, features)`, or `(n,)` for one feature.
          y: points, shape `(..., m, features)`, or `(m,)`.

        Returns:
          Shape `(..., n, m)`, broadcast with the batch shape of the parameters.

        Raises:
          ValueError: if the numbers of features differ.
        """
        a, b = as_points(x), as_points(y)
        if a.shape[-1] != b.shape[-1]:
            raise ValueError(
                f"{type(self).__name__}: points must have the same number of features; got "
                f"{a.shape} and {b.shape}"
            )
        dtype = jnp.result_type(a, b)
        return narrow(widen(self)._covariance(*widen((a, b))), dtype)

    def _covariance(self, x: Array, y: Array) -> Array:
        """Evaluate the kernel at all pairs of points, shape `(..., n, m)`."""
        raise must_define(self, "_covariance")

    def _variance(self, x: Array) -> Array:
        """Evaluate the kernel at every point and itself, shape `(..., n)`."""

        def at(point: Array) -> Array:
            point = point[..., None, :]
            return self._covariance(point, point)[..., 0, 0]

        return jnp.moveaxis(jax.vmap(at)(jnp.moveaxis(x, -2, 0)), 0, -1)

    def __add__(self, other: Kernel) -> SumKernel:
        return SumKernel(self, other)

    def __mul__(self, other: Kernel) -> ProductKernel:
        return ProductKernel(self, other)


def require_kernel(owner: str, value: Any) -> None:
    """Raise a TypeError unless a value is a kernel."""
    if not isinstance(value, Kernel):
        raise TypeError(
            f"{owner}: a kernel must be one of jaxdist.kernels, such as RBF(1.0, 0.5); "
            f"got {value!r}"
        )


class _Pair(Kernel):
    """Two kernels, of one batch shape."""

    first: Kernel
    second: Kernel

    def __post_init__(self, validate_args: bool | None) -> None:
        """Check the kernels, and broadcast their batch shapes."""
        for kernel in (self.first, self.second):
            require_kernel(type(self).__name__, kernel)
        shape = jnp.broadcast_shapes(self.first.batch_shape, self.second.batch_shape)
        vars(self).update(first=self.first.expand(shape), second=self.second.expand(shape))

    @property
    def batch_shape(self) -> Shape:
        """Batch shape of the kernels."""
        return self.first.batch_shape

    @property
    def dtype(self) -> Any:
        """The dtype that the parameters promote to."""
        return jnp.promote_types(self.first.dtype, self.second.dtype)

    def _map_batch(self, function: Callable[[Array, int], Array]) -> Self:
        return self._with(
            first=self.first._map_batch(function), second=self.second._map_batch(function)
        )


class SumKernel(_Pair):
    """The sum of two kernels: the covariance of the sum of independent functions."""

    def _covariance(self, x: Array, y: Array) -> Array:
        return self.first._covariance(x, y) + self.second._covariance(x, y)


class ProductKernel(_Pair):
    """The product of two kernels."""

    def _covariance(self, x: Array, y: Array) -> Array:
        return self.first._covariance(x, y) * self.second._covariance(x, y)
