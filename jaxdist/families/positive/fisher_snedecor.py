"""FisherSnedecor distribution."""

from __future__ import annotations

import math
from collections.abc import Callable

import jax.numpy as jnp
from jax import Array

from jaxdist import constraints, random
from jaxdist.arguments import Shape
from jaxdist.distribution import Distribution
from jaxdist.families.positive.gamma import log_smallest_draw
from jaxdist.parameters import Param, param
from jaxdist.special import (
    betaprime_cdf,
    betaprime_entropy,
    betaprime_icdf,
    betaprime_log_prob,
    betaprime_sf,
    log_betaprime_cdf,
    log_betaprime_sf,
)


class FisherSnedecor(Distribution):
    r"""Fisher and Snedecor's F distribution: the ratio of two chi-squared draws, each over its df.

    .. math:: p(x) = \frac{r^{a} (1 + r)^{-a - b}}{B(a, b)\, x}, \quad
              r = \frac{\mathrm{df1}}{\mathrm{df2}} x, \quad
              a = \frac{\mathrm{df1}}{2}, \quad b = \frac{\mathrm{df2}}{2}, \quad x \ge 0

    The density at 0 is infinite for df1 < 2. As in torch, the mean is NaN for df2 <= 2, and the
    variance for df2 <= 4.

    Args:
      df1: positive degrees of freedom of the numerator, any shape broadcastable with `df2`.
      df2: positive degrees of freedom of the denominator.
    """

    df1: Param = param(constraints.positive)
    df2: Param = param(constraints.positive)

    support = constraints.nonnegative
    has_rsample = True

    def _beta_prime(self, function: Callable[..., Array], x: Array) -> Array:
        """Evaluate a function of the beta prime distribution of r at x."""
        return function(self.df1 / 2, self.df2 / 2, self.df1 / self.df2 * x)

    def _rsample(self, key: Array, shape: Shape) -> Array:
        log_odds = random.logit_beta(key, self.df1 / 2, self.df2 / 2, shape)
        log_x = log_odds + jnp.log(self.df2) - jnp.log(self.df1)
        return jnp.exp(jnp.maximum(log_x, log_smallest_draw(self.dtype)))

    def _log_prob(self, x: Array) -> Array:
        return self._beta_prime(betaprime_log_prob, x) + jnp.log(self.df1 / self.df2)

    def _cdf(self, x: Array) -> Array:
        return self._beta_prime(betaprime_cdf, x)

    def _log_cdf(self, x: Array) -> Array:
        return self._beta_prime(log_betaprime_cdf, x)

    def _survival_function(self, x: Array) -> Array:
        return self._beta_prime(betaprime_sf, x)

    def _log_survival_function(self, x: Array) -> Array:
        return self._beta_prime(log_betaprime_sf, x)

    def _icdf(self, q: Array) -> Array:
        return betaprime_icdf(self.df1 / 2, self.df2 / 2, q) * (self.df2 / self.df1)

    def _isf(self, q: Array) -> Array:
        return self.df2 / self.df1 / betaprime_icdf(self.df2 / 2, self.df1 / 2, q)

    def _mean(self) -> Array:
        exists = self.df2 > 2
        df2 = jnp.where(exists, self.df2, 3)
        return jnp.where(exists, df2 / (df2 - 2), math.nan)

    def _mode(self) -> Array:
        """0 for df1 <= 2, where the density decreases."""
        excess = jnp.maximum(self.df1 - 2, 0)
        return excess / self.df1 * (self.df2 / (self.df2 + 2))

    def _variance(self) -> Array:
        exists = self.df2 > 4
        df1, df2 = self.df1, jnp.where(exists, self.df2, 5)
        relative = 2 * (df1 + df2 - 2) / (df1 * (df2 - 4))
        return jnp.where(exists, (df2 / (df2 - 2)) ** 2 * relative, math.nan)

    def _entropy(self) -> Array:
        return betaprime_entropy(self.df1 / 2, self.df2 / 2) + jnp.log(self.df2 / self.df1)
