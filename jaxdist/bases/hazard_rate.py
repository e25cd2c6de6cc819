"""Distributions given by their cumulative hazard."""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array

from jaxdist import random
from jaxdist.distribution import Distribution
from jaxdist.special import log1mexp
from jaxdist.validation import Shape


class HazardRate(Distribution):
    r"""A distribution given by its cumulative hazard H, and by the inverse of H.

    .. math:: P(X > x) = e^{-H(x)}, \quad X = H^{-1}(E), \quad E \sim \mathrm{Exponential}(1)
    """

    has_rsample = True

    def _hazard(self, x: Array) -> Array:
        """H(x), from 0 at the lower end of the support to infinity at the upper."""
        raise NotImplementedError

    def _at_hazard(self, h: Array) -> Array:
        """The x with H(x) = h."""
        raise NotImplementedError

    def _log_prob_at_hazard(self, h: Array) -> Array:
        """The log-density at that x."""
        raise NotImplementedError

    def _rsample(self, key: Array, shape: Shape) -> Array:
        return self._at_hazard(random.exponential(key, shape, self.dtype))

    def _joint(self, key: Array, shape: Shape, pathwise: bool) -> tuple[Array, Array]:
        """From the exponential draw: exact also where x rounds to the end of the support."""
        if not pathwise:
            return super()._joint(key, shape, pathwise)
        h = random.exponential(key, shape, self.dtype)
        return self._at_hazard(h), self._log_prob_at_hazard(h)

    def _log_prob(self, x: Array) -> Array:
        return self._log_prob_at_hazard(self._hazard(x))

    def _cdf(self, x: Array) -> Array:
        return -jnp.expm1(-self._hazard(x))

    def _log_cdf(self, x: Array) -> Array:
        return log1mexp(self._hazard(x))

    def _survival_function(self, x: Array) -> Array:
        return jnp.exp(-self._hazard(x))

    def _log_survival_function(self, x: Array) -> Array:
        return -self._hazard(x)

    def _icdf(self, q: Array) -> Array:
        return self._at_hazard(-jnp.log1p(-q))
