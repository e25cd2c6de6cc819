"""GeneralizedPareto distribution."""

from __future__ import annotations

import math

import jax.numpy as jnp
from jax import Array

from jaxdist import constraints
from jaxdist.bases.cumulative_hazard import CumulativeHazardDistribution
from jaxdist.parameters import Param, param
from jaxdist.special import expm1_ratio, log1p_ratio, standardize


class GeneralizedPareto(CumulativeHazardDistribution):
    r"""Generalized Pareto distribution, of the excess over a high threshold.

    .. math:: p(x) = (1 + \xi z)^{-1 - 1/\xi} / \mathrm{scale}, \quad
              z = (x - \mathrm{loc}) / \mathrm{scale} \ge 0

    with ξ = concentration. The tail is a power law for ξ > 0 and exponential for ξ = 0; for ξ < 0
    the support ends at `loc - scale / ξ` (ξ = -1: uniform). The mean is infinite for ξ >= 1. The
    variance is infinite for 1/2 <= ξ < 1, and NaN for ξ >= 1.

    Args:
      loc: lower end of the support, any shape broadcastable with the others.
      scale: positive scale, in the units of `loc`.
      concentration: shape ξ of the tail, any real number.
    """

    loc: Param = param(constraints.real)
    scale: Param = param(constraints.positive)
    concentration: Param = param(constraints.real)

    @property
    def support(self) -> constraints.Constraint:
        """The interval from `loc` to `loc - scale / ξ` for ξ < 0, to infinity otherwise."""
        bounded = self.concentration < 0
        width = self.scale / jnp.where(bounded, -self.concentration, 1)
        return constraints.interval(self.loc, jnp.where(bounded, self.loc + width, math.inf))

    def _cumulative_hazard(self, x: Array) -> Array:
        z = standardize(x, self.loc, self.scale)
        at_upper_end = self.concentration * z <= -1
        h = log1p_ratio(self.concentration, jnp.where(at_upper_end, 0, z))
        return jnp.where(at_upper_end, math.inf, h)

    def _inverse_cumulative_hazard(self, h: Array) -> Array:
        return self.loc + self.scale * expm1_ratio(self.concentration, h)

    def _log_prob_at_cumulative_hazard(self, h: Array) -> Array:
        slope = 1 + self.concentration
        h = jnp.where((slope == 0) & (h == math.inf), 0, h)
        return -jnp.log(self.scale) - slope * h

    def _mean(self) -> Array:
        exists = self.concentration < 1
        excess = self.scale / (1 - jnp.where(exists, self.concentration, 0))
        return jnp.where(exists, self.loc + excess, math.inf)

    def _mode(self) -> Array:
        """The upper end, where the density is infinite, for ξ < -1."""
        increasing = self.concentration < -1
        width = self.scale / jnp.where(increasing, -self.concentration, 1)
        return self.loc + jnp.where(increasing, width, 0)

    def _stddev(self) -> Array:
        exists = self.concentration < 0.5
        xi = jnp.where(exists, self.concentration, 0)
        beyond = jnp.where(self.concentration < 1, math.inf, math.nan)
        return jnp.where(exists, self.scale / ((1 - xi) * jnp.sqrt(1 - 2 * xi)), beyond)

    def _entropy(self) -> Array:
        return 1 + self.concentration + jnp.log(self.scale)
