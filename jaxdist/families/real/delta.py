"""Delta distribution."""

from __future__ import annotations

import math

import jax.numpy as jnp
from jax import Array

from jaxdist import constraints
from jaxdist.arguments import Shape
from jaxdist.distribution import Distribution
from jaxdist.parameters import Param, param


class Delta(Distribution):
    """Point mass at `loc`, with respect to the counting measure: log p(loc) = 0.

    Args:
      loc: the point, any shape.
    """

    loc: Param = param(constraints.real)

    has_rsample = True

    _has_atoms = True

    @property
    def support(self) -> constraints.Constraint:
        """The point alone."""
        return constraints.interval(self.loc, self.loc)

    def _nearest_atom(self, x: Array) -> Array:
        return jnp.broadcast_to(self.loc, x.shape).astype(x.dtype)

    def _atom_prob(self) -> Array:
        return jnp.ones((), self.dtype)

    def _rsample(self, key: Array, shape: Shape) -> Array:
        return jnp.broadcast_to(self.loc, shape)

    def _log_prob(self, x: Array) -> Array:
        return jnp.zeros_like(x)

    def _cdf(self, x: Array) -> Array:
        return jnp.ones_like(x)

    def _icdf(self, q: Array) -> Array:
        return jnp.broadcast_to(self.loc, q.shape)

    def _mean(self) -> Array:
        return self.loc

    def _mode(self) -> Array:
        return self.loc

    def _variance(self) -> Array:
        return jnp.zeros_like(self.loc)

    def _skewness(self) -> Array:
        return jnp.full_like(self.loc, math.nan)

    def _kurtosis(self) -> Array:
        return jnp.full_like(self.loc, math.nan)

    def _entropy(self) -> Array:
        return jnp.zeros_like(self.loc)
