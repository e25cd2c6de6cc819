"""Distributions on the sphere whose density depends on the angle with one direction."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jax import Array

from jaxdist import constraints
from jaxdist.arguments import Shape
from jaxdist.distribution import Distribution
from jaxdist.parameters import Param, param
from jaxdist.precision import vecdot
from jaxdist.promotion import custom_jvp
from jaxdist.random.sphere import unit_vector


class RotationallySymmetric(Distribution):
    """Base of distributions on the sphere that are symmetric around `mean_direction`.

    A subclass writes `_log_prob`, and moments and draws of the cosine of the angle. The length of
    `mean_direction` has no effect: gradients are tangent to the sphere.
    """

    mean_direction: Param = param(constraints.sphere)

    support = constraints.sphere
    has_rsample = True

    def _promote(self) -> None:
        """Promote the parameters and check that there are two dimensions."""
        super()._promote()
        check_dimensions(type(self).__name__, "mean_direction", self.mean_direction.shape)

    @property
    def event_shape(self) -> Shape:
        """The length of `mean_direction`."""
        return self.mean_direction.shape[-1:]

    @property
    def _size(self) -> int:
        return self.event_shape[-1]

    def _rsample_cosine(self, key: Array, shape: Shape) -> tuple[Array, Array]:
        """Draw cosine and sine of the angle, each of a shape."""
        raise self._missing("draws of the cosine")

    def _mean_cosine(self) -> Array:
        """Return the mean of the cosine."""
        raise self._missing("the mean of the cosine")

    def _cosine_variance(self) -> Array:
        """Return the variance of the cosine."""
        raise self._missing("the variance of the cosine")

    def _variance_across(self) -> Array:
        """Return the variance along the axes that are orthogonal to the mean direction."""
        raise self._missing("the variance across the mean direction")

    def _rsample(self, key: Array, shape: Shape) -> Array:
        """Draw around an axis, and reflect that to the mean direction (Householder)."""
        cosine_key, tangent_key = jax.random.split(key)
        cosine, sine = self._rsample_cosine(cosine_key, shape[:-1])
        around = unit_vector(tangent_key, (*shape[:-1], self._size - 1), self.dtype)
        direction = unit(self.mean_direction)
        first = direction[..., :1]
        sign = jnp.where(first < 0, -1, 1)
        y = jnp.concatenate([-sign * cosine[..., None], sine[..., None] * around], -1)
        normal = jnp.concatenate([first + sign, direction[..., 1:]], -1)
        return y - normal * (vecdot(normal, y)[..., None] / (1 + jnp.abs(first)))

    def _mean(self) -> Array:
        return self._mean_cosine()[..., None] * unit(self.mean_direction)

    def _mode(self) -> Array:
        return unit(self.mean_direction)

    def _variance(self) -> Array:
        squares = unit(self.mean_direction) ** 2
        others = jnp.sum(squares[..., None, :] * (1 - jnp.eye(self._size, dtype=self.dtype)), -1)
        along, across = self._cosine_variance()[..., None], self._variance_across()[..., None]
        return along * squares + across * others

    def _covariance(self) -> Array:
        direction = unit(self.mean_direction)
        outer = direction[..., :, None] * direction[..., None, :]
        along, across = (
            v[..., None, None] for v in (self._cosine_variance(), self._variance_across())
        )
        return along * outer + across * (jnp.eye(self._size, dtype=self.dtype) - outer)


def check_dimensions(owner: str, name: str, shape: Shape) -> None:
    """Raise a ValueError for directions in fewer than two dimensions."""
    if shape[-1] < 2:
        raise ValueError(f"{owner}: {name} must have at least 2 entries; got shape {shape}")


def unit(x: Array) -> Array:
    """Divide vectors by their Euclidean norms."""
    return x / jnp.sqrt(jnp.sum(x * x, -1, keepdims=True))


@custom_jvp
def squared_distance(x: Array, y: Array) -> Array:
    """Return the squared distance of two directions, 2 - 2 cos θ, exactly where it is small."""
    return jnp.sum((unit(x) - unit(y)) ** 2, -1)


@squared_distance.defjvp
def _squared_distance_jvp(
    primals: tuple[Array, Array], tangents: tuple[Array, Array]
) -> tuple[Array, Array]:
    (x, y), (x_dot, y_dot) = primals, tangents
    of_cosine = jnp.sum(_cosine_slope(x, y) * x_dot + _cosine_slope(y, x) * y_dot, -1)
    return squared_distance(x, y), -2 * of_cosine


def _cosine_slope(x: Array, y: Array) -> Array:
    r"""Differentiate cos θ in x: it is the part of y that is orthogonal to x, over the length of x.

    .. math:: s - x (x^T s), \quad s = y \pm x

    for unit vectors, by the shorter s. In the largest entry of x both terms are nearly the same;
    there they are sums over the other entries.
    """
    length = jnp.sqrt(jnp.sum(x * x, -1, keepdims=True))
    x, y = x / length, unit(y)
    s = jnp.where(vecdot(x, y)[..., None] < 0, y + x, y - x)
    size = jnp.abs(x)
    is_largest = jnp.arange(x.shape[-1]) == jnp.argmax(size, -1, keepdims=True)
    others = jnp.where(is_largest, 0, x)
    across, along = (jnp.sum(others * v, -1, keepdims=True) for v in (x, s))
    at_largest = s * across - x * along
    return jnp.where(is_largest, at_largest, s - x * vecdot(x, s)[..., None]) / length
