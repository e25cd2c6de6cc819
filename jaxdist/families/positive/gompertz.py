"""Gompertz distribution."""

from __future__ import annotations

import math

import jax.numpy as jnp
from jax import Array

from jaxdist import constraints
from jaxdist.bases.cumulative_hazard import CumulativeHazardDistribution
from jaxdist.parameters import Param, param

_LARGE_GROWTH = 40.0  # exponent from which the hazard is an exponential


class Gompertz(CumulativeHazardDistribution):
    r"""Gompertz distribution, of lifetimes whose hazard grows exponentially.

    .. math:: P(X > x) = \exp(-c\, (e^{r x} - 1)), \quad
              (c, r) = (\mathrm{concentration}, \mathrm{rate}), \quad x \ge 0

    The parameters are those of numpyro. Mean, variance and entropy have no elementary form, and
    are averages over the quantiles.

    Args:
      concentration: positive ratio c of the hazard at 0 to `rate`, any shape broadcastable with
        `rate`.
      rate: positive growth rate r of the hazard.
    """

    concentration: Param = param(constraints.positive)
    rate: Param = param(constraints.positive)

    support = constraints.nonnegative

    def _cumulative_hazard(self, x: Array) -> Array:
        """By the logarithm where the growth is large, which overflows before the hazard does."""
        growth, log_concentration = self.rate * x, jnp.log(self.concentration)
        log_hazard, largest = growth + log_concentration, math.log(jnp.finfo(x.dtype).max) * 0.999
        large, infinite = growth > _LARGE_GROWTH, log_hazard > largest
        of_small = self.concentration * jnp.expm1(jnp.where(large, 0, growth))
        of_large = jnp.exp(jnp.where(large & ~infinite, log_hazard, 0)) - self.concentration
        return jnp.where(large, jnp.where(infinite, math.inf, of_large), of_small)

    def _inverse_cumulative_hazard(self, h: Array) -> Array:
        return jnp.log1p(h / self.concentration) / self.rate

    def _log_prob_at_cumulative_hazard(self, h: Array) -> Array:
        return jnp.log(self.rate) + jnp.log(self.concentration + h) - h

    def _log_prob(self, x: Array) -> Array:
        log_hazard = jnp.log(self.rate) + jnp.log(self.concentration) + self.rate * x
        return log_hazard - self._cumulative_hazard(x)

    def _mode(self) -> Array:
        """0 where the density decreases."""
        return jnp.maximum(-jnp.log(self.concentration), 0) / self.rate
