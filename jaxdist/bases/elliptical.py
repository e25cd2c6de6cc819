"""Elliptical distributions of vectors, and the three matrices that one may be given by."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
from jax import Array

from jaxdist import constraints
from jaxdist.arguments import Shape
from jaxdist.distribution import Distribution
from jaxdist.linalg.triangular import cholesky, cholesky_of_inverse, gram, inverse_of_gram


def check_event_sizes(owner: str, shapes: dict[str, Shape]) -> None:
    """Check that the event axes of parameters have one length.

    Args:
      owner: the name of the class.
      shapes: for each parameter, the lengths of its axes that must agree.

    Raises:
      ValueError: naming the parameters and their shapes.
    """
    if len({size for shape in shapes.values() for size in shape}) > 1:
        found = ", ".join(f"{name} {shape}" for name, shape in shapes.items())
        raise ValueError(f"{owner}: the event sizes of its parameters differ: {found}")


class Elliptical(Distribution):
    """Base of distributions of vectors whose density is constant on ellipsoids around `loc`.

    Each class declares `loc` itself, in the order of its arguments.
    """

    support = constraints.real_vector
    has_rsample = True

    def _promote(self) -> None:
        """Promote the parameters and check that their event sizes agree."""
        super()._promote()
        check_event_sizes(type(self).__name__, self._event_sizes())

    def _event_sizes(self) -> dict[str, Shape]:
        return {
            name: value.shape[-self._constraint(name).event_dim :]
            for name, value in self._stored().items()
            if self._constraint(name).event_dim
        }

    @property
    def event_shape(self) -> Shape:
        """The length of `loc`."""
        return vars(self)["loc"].shape[-1:]

    @property
    def _size(self) -> int:
        return self.event_shape[-1]

    def _mean(self) -> Array:
        return vars(self)["loc"]

    def _mode(self) -> Array:
        return vars(self)["loc"]


def covariance_of(d: Any) -> Array:
    """Return the covariance matrix of a distribution given by another of the three matrices."""
    if "scale_tril" in vars(d):
        return gram(jnp.tril(d.scale_tril))
    return inverse_of_gram(cholesky(d.precision_matrix))


def precision_of(d: Any) -> Array:
    """Return the precision matrix of a distribution given by another of the three matrices."""
    return inverse_of_gram(jnp.tril(d.scale_tril))


def scale_tril_of(d: Any) -> Array:
    """Return the Cholesky factor of the covariance of a distribution given by another matrix."""
    if "covariance_matrix" in vars(d):
        return cholesky(d.covariance_matrix)
    return cholesky_of_inverse(d.precision_matrix)
