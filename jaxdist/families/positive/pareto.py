"""Pareto distribution."""

from __future__ import annotations

import math

import jax.numpy as jnp
from jax import Array

from jaxdist import constraints
from jaxdist.bases.cumulative_hazard import CumulativeHazardDistribution
from jaxdist.parameters import Param, param
from jaxdist.special import log_quotient, quotient, standardize
from jaxdist.special.products import scaled_exp


class Pareto(CumulativeHazardDistribution):
    r"""Pareto distribution: a power law for x >= `scale`.

    .. math:: p(x) = \alpha\, \mathrm{scale}^\alpha / x^{\alpha + 1}, \quad x \ge \mathrm{scale}

    The mean is infinite for α <= 1, the variance for α <= 2.

    Args:
      scale: positive lower end of the support, any shape broadcastable with `alpha`.
      alpha: positive exponent α of the tail.
    """

    scale: Param = param(constraints.positive)
    alpha: Param = param(constraints.positive)

    _is_smooth_at_ends = True

    @property
    def support(self) -> constraints.Constraint:
        """The numbers from `scale` up."""
        return constraints.greater_than_eq(self.scale)

    def _cumulative_hazard(self, x: Array) -> Array:
        far = x / 2 > self.scale  # there the quotient may overflow
        near = jnp.log1p(standardize(jnp.where(far, self.scale, x), self.scale, self.scale))
        return self.alpha * jnp.where(far, log_quotient(x, self.scale), near)

    def _inverse_cumulative_hazard(self, h: Array) -> Array:
        return scaled_exp(h, *jnp.broadcast_arrays(self.scale, self.alpha))

    def _log_prob_at_cumulative_hazard(self, h: Array) -> Array:
        return log_quotient(self.alpha, self.scale) - (1 + 1 / self.alpha) * h

    def _log_prob(self, x: Array) -> Array:
        """The slopes in both parameters do not cancel, as they do at the cumulative hazard."""
        return log_quotient(self.alpha, x) - self._cumulative_hazard(x)

    def _mean(self) -> Array:
        finite = self.alpha > 1
        alpha = jnp.where(finite, self.alpha, 2)
        share = 1 + quotient(jnp.ones_like(alpha), alpha - 1)
        return jnp.where(finite, self.scale * share, math.inf)

    def _mode(self) -> Array:
        return self.scale

    def _stddev(self) -> Array:
        finite = self.alpha > 2
        alpha = jnp.where(finite, self.alpha, 3)
        root = jnp.sqrt(1 + quotient(jnp.full_like(alpha, 2), alpha - 2))
        return jnp.where(finite, quotient(self.scale, alpha - 1) * root, math.inf)

    def _skewness(self) -> Array:
        exists = self.alpha > 3
        alpha = jnp.where(exists, self.alpha, 4)
        skewness = 2 * (1 + alpha) / (alpha - 3) * jnp.sqrt((alpha - 2) / alpha)
        return jnp.where(exists, skewness, math.nan)

    def _kurtosis(self) -> Array:
        exists = self.alpha > 4
        t = 1 / jnp.where(exists, self.alpha, 5)
        kurtosis = 6 * (1 + t - 6 * t**2 - 2 * t**3) / ((1 - 3 * t) * (1 - 4 * t))
        return jnp.where(exists, kurtosis, math.nan)

    def _entropy(self) -> Array:
        inverse = quotient(jnp.ones_like(self.alpha), self.alpha)
        return 1 + inverse + log_quotient(self.scale, self.alpha)
