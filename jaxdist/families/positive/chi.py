"""Chi distribution."""

from __future__ import annotations

import math

import jax.numpy as jnp
from jax import Array

from jaxdist import constraints
from jaxdist.bases.increasing_function import IncreasingFunction
from jaxdist.families.positive.chi2 import Chi2
from jaxdist.parameters import Param, param
from jaxdist.special import digamma, lgamma_second_difference, log_gamma_ratio


class Chi(IncreasingFunction):
    r"""Chi distribution: the length of a vector of independent standard normal draws.

    .. math:: p(x) = \frac{x^{\nu - 1} e^{-x^2 / 2}}{2^{\nu / 2 - 1} \Gamma(\nu / 2)}, \quad
              \nu = \mathrm{df}, \quad x > 0

    The parameter is that of SciPy and TFP.

    Args:
      df: positive degrees of freedom ν, the number of draws, any shape.
    """

    df: Param = param(constraints.positive)

    support = constraints.positive

    @property
    def base_dist(self) -> Chi2:
        """The distribution of the square."""
        return Chi2(self.df, validate_args=False)

    def _forward(self, y: Array) -> Array:
        return jnp.sqrt(y)

    def _inverse(self, x: Array) -> Array:
        return x * x

    def _log_slope(self, y: Array) -> Array:
        return -math.log(2) - jnp.log(y) / 2

    def _mean(self) -> Array:
        return jnp.sqrt(self.df) * jnp.exp(log_gamma_ratio(self.df / 2, 0.5))

    def _mode(self) -> Array:
        """0 for df <= 1, where the density decreases."""
        excess = self.df - 1
        return jnp.where(excess > 0, jnp.sqrt(jnp.where(excess > 0, excess, 1)), 0)

    def _variance(self) -> Array:
        """The degrees of freedom less the square of the mean, without cancellation."""
        return -self.df * jnp.expm1(-lgamma_second_difference(self.df / 2, 0.5, 0.5))

    def _entropy(self) -> Array:
        """That of the square, less the mean of log(2 x)."""
        mean_log = (digamma(self.df / 2) + math.log(2)) / 2
        return self.base_dist._entropy() - math.log(2) - mean_log
