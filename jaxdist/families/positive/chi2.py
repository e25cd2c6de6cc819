"""Chi2 distribution."""

from __future__ import annotations

import math

import jax.numpy as jnp
from jax import Array

from jaxdist import constraints
from jaxdist.families.positive.gamma import Gamma
from jaxdist.parameters import Param, derived, param


class Chi2(Gamma):
    r"""Chi-squared distribution: the sum of the squares of `df` standard normal draws.

    .. math:: p(x) = \frac{x^{a - 1} e^{-x/2}}{2^a\, \Gamma(a)},
              \quad a = \mathrm{df} / 2, \quad x \ge 0

    Args:
      df: positive degrees of freedom, any shape.
    """

    df: Param = param(constraints.positive)
    concentration: Param = derived(lambda d: half_unless_least(d.df))
    rate: Param = derived(lambda d: jnp.full_like(d.df, 0.5))

    def _log_prob(self, x: Array) -> Array:
        return super()._log_prob(x) - jnp.where(is_least(self.df), math.log(2), 0)

    def _log_cdf(self, x: Array) -> Array:
        return super()._log_cdf(x) * jnp.where(is_least(self.df), 0.5, 1)

    def _survival_function(self, x: Array) -> Array:
        return super()._survival_function(x) * jnp.where(is_least(self.df), 0.5, 1)

    def _log_survival_function(self, x: Array) -> Array:
        return super()._log_survival_function(x) - jnp.where(is_least(self.df), math.log(2), 0)

    def _mean(self) -> Array:
        return self.df

    def _mode(self) -> Array:
        return jnp.maximum(self.df - 2, 0)

    def _variance(self) -> Array:
        return 2 * self.df

    def _stddev(self) -> Array:
        return math.sqrt(2) * jnp.sqrt(self.df)

    def _skewness(self) -> Array:
        return math.sqrt(8) / jnp.sqrt(self.df)

    def _kurtosis(self) -> Array:
        return 12 / self.df

    def _entropy(self) -> Array:
        """In proportion to one over the least concentration."""
        return super()._entropy() * jnp.where(is_least(self.df), 2, 1)


def is_least(df: Array) -> Array:
    """Return where half of the degrees of freedom would underflow."""
    return df < 2 * float(jnp.finfo(df.dtype).tiny)


def half_unless_least(df: Array) -> Array:
    """Return half of `df`, or all where that would underflow: then functions are powers of it."""
    return jnp.where(is_least(df), df, df / 2)
