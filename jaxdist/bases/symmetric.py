"""Location-scale families that are symmetric."""

from __future__ import annotations

from typing import TYPE_CHECKING

import jax.numpy as jnp
from jax import Array

from jaxdist import constraints
from jaxdist.distribution import Distribution
from jaxdist.validation import Shape


class Symmetric(Distribution):
    """`loc + scale * Z` for a Z that is distributed as -Z.

    A subclass describes Z by its log-density and its upper tail P(Z > t), at t >= 0.
    """

    if TYPE_CHECKING:

        @property
        def loc(self) -> Array:
            """Location."""

        @property
        def scale(self) -> Array:
            """Scale."""

    support = constraints.real
    has_rsample = True

    def _draw(self, key: Array, shape: Shape) -> Array:
        raise NotImplementedError

    def _log_density(self, z: Array) -> Array:
        raise NotImplementedError

    def _tail(self, t: Array) -> Array:
        raise NotImplementedError

    def _log_tail(self, t: Array) -> Array:
        raise NotImplementedError

    def _tail_inverse(self, p: Array) -> Array:
        """Invert `_tail`, for p <= 1/2."""
        raise NotImplementedError

    def _below(self, z: Array) -> Array:
        tail = self._tail(jnp.where(z < 0, -z, z))
        return jnp.where(z < 0, tail, 1 - tail)

    def _log_below(self, z: Array) -> Array:
        left = self._log_tail(jnp.where(z < 0, -z, 0))
        right = jnp.log1p(-self._tail(jnp.where(z < 0, 0, z)))
        return jnp.where(z < 0, left, right)

    def _standardize(self, x: Array) -> Array:
        return (x - self.loc) / self.scale

    def _rsample(self, key: Array, shape: Shape) -> Array:
        return self.loc + self.scale * self._draw(key, shape)

    def _log_prob(self, x: Array) -> Array:
        return self._log_density(self._standardize(x)) - jnp.log(self.scale)

    def _cdf(self, x: Array) -> Array:
        return self._below(self._standardize(x))

    def _log_cdf(self, x: Array) -> Array:
        return self._log_below(self._standardize(x))

    def _survival_function(self, x: Array) -> Array:
        return self._below(-self._standardize(x))

    def _log_survival_function(self, x: Array) -> Array:
        return self._log_below(-self._standardize(x))

    def _icdf(self, q: Array) -> Array:
        t = self._tail_inverse(jnp.minimum(q, 1 - q))
        return self.loc + self.scale * jnp.where(q < 0.5, -t, t)

    def _mean(self) -> Array:
        return self.loc

    def _mode(self) -> Array:
        return self.loc
