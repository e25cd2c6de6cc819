"""LocationScale: families of `loc + scale * Z`, and those whose density is symmetric."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

import jax.numpy as jnp
from jax import Array

from jaxdist import constraints
from jaxdist.arguments import Shape
from jaxdist.distribution import Distribution
from jaxdist.pytree import must_define
from jaxdist.special import log_distance, standardize
from jaxdist.special.quotient import log_of_scale


class LocationScale(Distribution):
    """Base of distributions of `loc + scale * Z`.

    A subclass declares `loc` and `scale` and describes the standard variable Z.
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

    def _standard_rsample(self, key: Array, shape: Shape) -> Array:
        """Draw Z."""
        raise must_define(self, "_standard_rsample")

    def _standard_log_prob(self, z: Array) -> Array:
        """Evaluate the log-density of Z."""
        raise must_define(self, "_standard_log_prob")

    def _standard_cdf(self, z: Array) -> Array:
        """Evaluate P(Z <= z)."""
        raise must_define(self, "_standard_cdf")

    def _standard_log_cdf(self, z: Array) -> Array:
        """Evaluate log P(Z <= z)."""
        raise must_define(self, "_standard_log_cdf")

    def _standard_survival_function(self, z: Array) -> Array:
        """Evaluate P(Z > z)."""
        raise must_define(self, "_standard_survival_function")

    def _standard_log_survival_function(self, z: Array) -> Array:
        """Evaluate log P(Z > z)."""
        raise must_define(self, "_standard_log_survival_function")

    def _standard_icdf(self, q: Array) -> Array:
        """Solve P(Z <= z) = q for z."""
        raise must_define(self, "_standard_icdf")

    def _standardize(self, x: Array) -> Array:
        return standardize(x, self.loc, self.scale)

    def _rsample(self, key: Array, shape: Shape) -> Array:
        return self.loc + self.scale * self._standard_rsample(key, shape)

    def _log_prob(self, x: Array) -> Array:
        return self._standard_log_prob(self._standardize(x)) - log_of_scale(self.scale)

    def _cdf(self, x: Array) -> Array:
        return self._standard_cdf(self._standardize(x))

    def _log_cdf(self, x: Array) -> Array:
        return self._standard_log_cdf(self._standardize(x))

    def _survival_function(self, x: Array) -> Array:
        return self._standard_survival_function(self._standardize(x))

    def _log_survival_function(self, x: Array) -> Array:
        return self._standard_log_survival_function(self._standardize(x))

    def _icdf(self, q: Array) -> Array:
        return self.loc + self.scale * self._standard_icdf(q)

    def _standard_form(self) -> Self:
        return self._with(loc=jnp.zeros_like(self.loc), scale=jnp.ones_like(self.scale))


class SymmetricLocationScale(LocationScale):
    """Base of distributions of `loc + scale * Z`, where Z and -Z have the same distribution.

    A subclass describes the upper tail of Z: `_standard_sf_of_positive`,
    `_standard_log_sf_of_positive` and `_standard_isf`, or `_distance_of_tail` if quantiles of Z may
    overflow. If the tail is a power, the base is `HeavyTails`.
    """

    def _standard_sf_of_positive(self, t: Array) -> Array:
        """Evaluate P(Z > t) for t >= 0."""
        raise must_define(self, "_standard_sf_of_positive")

    def _standard_log_sf_of_positive(self, t: Array) -> Array:
        """Evaluate log P(Z > t) for t >= 0."""
        raise must_define(self, "_standard_log_sf_of_positive")

    def _standard_isf(self, p: Array) -> Array:
        """Solve P(Z > t) = p for t, for p <= 1/2."""
        raise must_define(self, "_standard_isf")

    def _standard_cdf(self, z: Array) -> Array:
        tail = self._standard_sf_of_positive(jnp.where(z < 0, -z, z))
        return jnp.where(z < 0, tail, 1 - tail)

    def _standard_log_cdf(self, z: Array) -> Array:
        left = self._standard_log_sf_of_positive(jnp.where(z < 0, -z, 0))
        right = jnp.log1p(-self._standard_sf_of_positive(jnp.where(z < 0, 0, z)))
        return jnp.where(z < 0, left, right)

    def _standard_survival_function(self, z: Array) -> Array:
        return self._standard_cdf(-z)

    def _standard_log_survival_function(self, z: Array) -> Array:
        return self._standard_log_cdf(-z)

    def _distance_of_tail(self, p: Array) -> Array:
        """Solve P(X > loc + d) = p for d, for p <= 1/2."""
        return self.scale * self._standard_isf(p)

    def _from_loc(self, q: Array) -> Array:
        """Solve P(X <= loc + d) = q for d."""
        distance = self._distance_of_tail(jnp.where(q < 0.5, q, 1 - q))
        return jnp.where(q < 0.5, -distance, distance)

    def _icdf(self, q: Array) -> Array:
        return self.loc + self._from_loc(q)

    def _isf(self, q: Array) -> Array:
        return self.loc - self._from_loc(q)

    def _mean(self) -> Array:
        return self.loc

    def _mode(self) -> Array:
        return self.loc


class HeavyTails(SymmetricLocationScale):
    """Base of distributions of `loc + scale * Z`, where Z is symmetric and its tails are powers.

    Far out its density underflows, but not z times the density, which is the slope of a tail in
    log z. A subclass describes the tail with `_sf_of_size` and `_log_sf_of_size`, instead of
    `_standard_sf_of_positive` and its logarithm.
    """

    def _sf_of_size(self, t: Array, log_t: Array) -> Array:
        """Evaluate P(Z > t) for t >= 0, differentiated in log t where t is large."""
        raise must_define(self, "_sf_of_size")

    def _log_sf_of_size(self, t: Array, log_t: Array) -> Array:
        """Evaluate log P(Z > t) for t >= 0, differentiated in log t where t is large."""
        raise must_define(self, "_log_sf_of_size")

    def _cdf(self, x: Array) -> Array:
        return self._lower_tail(x, self._standardize(x))

    def _survival_function(self, x: Array) -> Array:
        return self._lower_tail(x, -self._standardize(x))

    def _log_cdf(self, x: Array) -> Array:
        return self._log_lower_tail(x, self._standardize(x))

    def _log_survival_function(self, x: Array) -> Array:
        return self._log_lower_tail(x, -self._standardize(x))

    def _lower_tail(self, x: Array, z: Array) -> Array:
        tail = self._sf_of_size(*self._size(x, z))
        return jnp.where(z < 0, tail, 1 - tail)

    def _log_lower_tail(self, x: Array, z: Array) -> Array:
        """Evaluate the tail and its logarithm at one point: XLA compiles what they share once."""
        size = self._size(x, z)
        left, right = self._log_sf_of_size(*size), jnp.log1p(-self._sf_of_size(*size))
        return jnp.where(z < 0, left, right)

    def _size(self, x: Array, z: Array) -> tuple[Array, Array]:
        return jnp.where(z < 0, -z, z), log_distance(x, self.loc, self.scale)
