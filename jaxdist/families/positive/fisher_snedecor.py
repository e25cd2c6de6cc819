"""FisherSnedecor distribution."""

from __future__ import annotations

import math

import jax.numpy as jnp
from jax import Array

from jaxdist import constraints, random
from jaxdist.arguments import Shape
from jaxdist.distribution import Distribution
from jaxdist.families.positive.gamma import log_smallest_draw
from jaxdist.parameters import Param, param
from jaxdist.special import (
    Probability,
    f_beta_arguments,
    f_entropy,
    f_log_prob,
    f_tails,
    log_beta_cdf,
    log_beta_sf,
    logit_betaincinv,
    quotient,
)
from jaxdist.special.products import half


class FisherSnedecor(Distribution):
    r"""Fisher and Snedecor's F distribution: the ratio of two chi-squared draws, each over its df.

    .. math:: p(x) = \frac{r^{a} (1 + r)^{-a - b}}{B(a, b)\, x}, \quad
              r = \frac{\mathrm{df1}}{\mathrm{df2}} x, \quad
              a = \frac{\mathrm{df1}}{2}, \quad b = \frac{\mathrm{df2}}{2}, \quad x \ge 0

    The density at 0 is infinite for df1 < 2. The mean is infinite for df2 <= 2. The variance is
    infinite for 2 < df2 <= 4, and NaN for df2 <= 2.

    Args:
      df1: positive degrees of freedom of the numerator, any shape broadcastable with `df2`.
      df2: positive degrees of freedom of the denominator.
    """

    df1: Param = param(constraints.positive)
    df2: Param = param(constraints.positive)

    support = constraints.nonnegative
    has_rsample = True

    def _beta_arguments(self, x: Array) -> tuple[Array, Array, Probability]:
        """Return the arguments of which the incomplete beta function is P(X <= x)."""
        return f_beta_arguments(self.df1, self.df2, x)

    def _rsample(self, key: Array, shape: Shape) -> Array:
        log_odds = random.logit_beta(key, self.df1 / 2, self.df2 / 2, shape)
        log_x = log_odds + jnp.log(self.df2) - jnp.log(self.df1)
        return jnp.exp(jnp.maximum(log_x, log_smallest_draw(self.dtype)))

    def _log_prob(self, x: Array) -> Array:
        return f_log_prob(self.df1, self.df2, x)

    def _cdf(self, x: Array) -> Array:
        return f_tails(*jnp.broadcast_arrays(self.df1, self.df2, x))[0]

    def _log_cdf(self, x: Array) -> Array:
        return log_beta_cdf(*self._beta_arguments(x))

    def _survival_function(self, x: Array) -> Array:
        return f_tails(*jnp.broadcast_arrays(self.df1, self.df2, x))[1]

    def _log_survival_function(self, x: Array) -> Array:
        return log_beta_sf(*self._beta_arguments(x))

    def _icdf(self, q: Array) -> Array:
        return self._from_log_odds(logit_betaincinv(self.df1 / 2, self.df2 / 2, q))

    def _isf(self, q: Array) -> Array:
        return self._from_log_odds(-logit_betaincinv(self.df2 / 2, self.df1 / 2, q))

    def _from_log_odds(self, log_r: Array) -> Array:
        """Return x, also where r overflows."""
        root = jnp.exp(log_r / 2)
        return root * (self.df2 / self.df1) * root

    def _mean(self) -> Array:
        exists = self.df2 > 2
        df2 = jnp.where(exists, self.df2, 3)
        return jnp.where(exists, _share_of_excess(df2, 2), math.inf)

    def _mode(self) -> Array:
        """0 for df1 <= 2, where the density decreases."""
        excess = jnp.where(self.df1 > 2, self.df1 - 2, 0)
        return quotient(excess, self.df1) * quotient(self.df2, self.df2 + 2)

    def _variance(self) -> Array:
        exists = self.df2 > 4
        df2 = jnp.where(exists, self.df2, 5)
        of_numerator = quotient(_share_of_excess(df2 - 2, 2), self.df1)
        relative = 2 * (quotient(jnp.ones_like(df2), df2 - 4) + of_numerator)
        beyond = jnp.where(self.df2 > 2, math.inf, math.nan)
        return jnp.where(exists, _share_of_excess(df2, 2) ** 2 * relative, beyond)

    def _skewness(self) -> Array:
        exists = self.df2 > 6
        df1, df2 = self.df1, jnp.where(exists, self.df2, 7)
        total = df1 + df2 - 2
        skewness = (df1 + total) / (df2 - 6) * jnp.sqrt(8 * (df2 - 4) / (df1 * total))
        return jnp.where(exists, skewness, math.nan)

    def _kurtosis(self) -> Array:
        exists = self.df2 > 8
        df1, df2 = self.df1, jnp.where(exists, self.df2, 9)
        total = df1 + df2 - 2
        numerator = (5 * df2 - 22) + (df2 - 4) / df1 * (df2 - 2) / total * (df2 - 2)
        return jnp.where(exists, 12 * numerator / ((df2 - 6) * (df2 - 8)), math.nan)

    def _entropy(self) -> Array:
        return f_entropy(half(self.df1), half(self.df2))


def _share_of_excess(x: Array, less: float) -> Array:
    """Return x over what it exceeds a number by."""
    return 1 + quotient(jnp.full_like(x, less), x - less)
