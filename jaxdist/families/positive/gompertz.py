"""Gompertz distribution."""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array

from jaxdist import constraints
from jaxdist.bases.cumulative_hazard import CumulativeHazardDistribution
from jaxdist.parameters import Param, param


class Gompertz(CumulativeHazardDistribution):
    r"""Gompertz distribution, of lifetimes whose hazard grows exponentially.

    .. math:: P(X > x) = \exp(-c\, (e^{r x} - 1)), \quad
              (c, r) = (\mathrm{concentration}, \mathrm{rate}), \quad x \ge 0

    The parameters are those of numpyro. Mean, variance and entropy have no elementary form.

    Args:
      concentration: positive ratio c of the hazard at 0 to `rate`, any shape broadcastable with
        `rate`.
      rate: positive growth rate r of the hazard.
    """

    concentration: Param = param(constraints.positive)
    rate: Param = param(constraints.positive)

    support = constraints.nonnegative

    def _cumulative_hazard(self, x: Array) -> Array:
        return self.concentration * jnp.expm1(self.rate * x)

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
