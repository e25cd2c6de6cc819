"""CumulativeHazardDistribution: distributions given by a cumulative hazard function."""

from __future__ import annotations

import math

import jax.numpy as jnp
from jax import Array, lax

from jaxdist import random
from jaxdist.arguments import Shape
from jaxdist.distribution import Distribution
from jaxdist.pytree import must_define
from jaxdist.special import expm1, log1mexp

_NEGLIGIBLE = -2.3  # a density below the smallest number to this power, and its derivatives


class CumulativeHazardDistribution(Distribution):
    r"""Base of distributions with a cumulative hazard function H in closed form.

    .. math:: P(X > x) = e^{-H(x)}, \quad X = H^{-1}(E), \quad E \sim \mathrm{Exponential}(1)

    A subclass writes `_cumulative_hazard`, `_inverse_cumulative_hazard` and
    `_log_prob_at_cumulative_hazard`.
    """

    has_rsample = True

    def _cumulative_hazard(self, x: Array) -> Array:
        """Evaluate H(x): 0 at the lower end of the support, infinity at the upper end."""
        raise must_define(self, "_cumulative_hazard")

    def _inverse_cumulative_hazard(self, h: Array) -> Array:
        """Solve H(x) = h for x."""
        raise must_define(self, "_inverse_cumulative_hazard")

    def _log_prob_at_cumulative_hazard(self, h: Array) -> Array:
        """Evaluate log p(x) at the x with H(x) = h."""
        raise must_define(self, "_log_prob_at_cumulative_hazard")

    def _rsample(self, key: Array, shape: Shape) -> Array:
        return self._inverse_cumulative_hazard(random.exponential(key, shape, self.dtype))

    def _joint(self, key: Array, shape: Shape, pathwise: bool) -> tuple[Array, Array]:
        """Evaluate at the exponential draw: exact also where x rounds to the end of the support."""
        if not pathwise:
            return super()._joint(key, shape, pathwise)
        h = random.exponential(key, shape, self.dtype)
        return self._inverse_cumulative_hazard(h), self._log_prob_at_cumulative_hazard(h)

    def _log_prob(self, x: Array) -> Array:
        return self._log_prob_at_cumulative_hazard(self._cumulative_hazard(x))

    def _hazard_of_tail(self, x: Array) -> Array:
        """Evaluate H(x), with slopes of 0 where the tail underflows: there those of H overflow."""
        fixed = lax.stop_gradient(self)
        h = fixed._cumulative_hazard(lax.stop_gradient(x))
        negligible = h > _NEGLIGIBLE * math.log(jnp.finfo(x.dtype).tiny)
        typical = fixed._inverse_cumulative_hazard(jnp.ones_like(x))
        return jnp.where(negligible, h, self._cumulative_hazard(jnp.where(negligible, typical, x)))

    def _cdf(self, x: Array) -> Array:
        return -expm1(-self._hazard_of_tail(x))

    def _log_cdf(self, x: Array) -> Array:
        return log1mexp(self._hazard_of_tail(x))

    def _survival_function(self, x: Array) -> Array:
        return jnp.exp(-self._hazard_of_tail(x))

    def _log_survival_function(self, x: Array) -> Array:
        return -self._cumulative_hazard(x)

    def _icdf(self, q: Array) -> Array:
        return self._inverse_cumulative_hazard(-jnp.log1p(-q))

    def _isf(self, q: Array) -> Array:
        return self._inverse_cumulative_hazard(-jnp.log(q))
