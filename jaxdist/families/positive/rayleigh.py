"""Rayleigh distribution."""

from __future__ import annotations

import math

import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxdist import constraints
from jaxdist.bases.cumulative_hazard import CumulativeHazardDistribution
from jaxdist.exponential_family import ExponentialFamily
from jaxdist.parameters import Param, param
from jaxdist.special import log1mexpexp, log_quotient, quotient


class Rayleigh(CumulativeHazardDistribution, ExponentialFamily):
    r"""Rayleigh distribution: the length of a vector of two normal draws.

    .. math:: p(x) = z e^{-z^2 / 2} / \mathrm{scale}, \quad z = x / \mathrm{scale}, \quad x \ge 0

    The parameter is that of SciPy and numpyro.

    Args:
      scale: positive standard deviation of the two draws, any shape.
    """

    scale: Param = param(constraints.positive)

    support = constraints.nonnegative

    def _cumulative_hazard(self, x: Array) -> Array:
        return quotient(x, self.scale) ** 2 / 2

    def _inverse_cumulative_hazard(self, h: Array) -> Array:
        positive = h > 0
        return self.scale * jnp.where(positive, jnp.sqrt(2 * jnp.where(positive, h, 1)), 0)

    def _log_prob_at_cumulative_hazard(self, h: Array) -> Array:
        return jnp.log(2 * h) / 2 - jnp.log(self.scale) - h

    def _log_prob(self, x: Array) -> Array:
        positive = x > 0
        safe = jnp.where(positive, x, 1)
        z, log_z = quotient(safe, self.scale), log_quotient(safe, self.scale)
        return jnp.where(positive, log_z - jnp.log(self.scale) - z * z / 2, -math.inf)

    def _log_cdf(self, x: Array) -> Array:
        """Finite also where the cumulative hazard underflows."""
        return log1mexpexp(2 * log_quotient(x, self.scale) - math.log(2))

    def _mean(self) -> Array:
        return math.sqrt(math.pi / 2) * self.scale

    def _mode(self) -> Array:
        return self.scale

    def _stddev(self) -> Array:
        return math.sqrt(2 - math.pi / 2) * self.scale

    def _skewness(self) -> Array:
        skewness = 2 * math.sqrt(math.pi) * (math.pi - 3) / (4 - math.pi) ** 1.5
        return jnp.full_like(self.scale, skewness)

    def _kurtosis(self) -> Array:
        kurtosis = -(6 * math.pi**2 - 24 * math.pi + 16) / (4 - math.pi) ** 2
        return jnp.full_like(self.scale, kurtosis)

    def _entropy(self) -> Array:
        return 1 + np.euler_gamma / 2 - math.log(2) / 2 + jnp.log(self.scale)

    def _natural_parameters(self) -> tuple[Array]:
        """That of the square of x."""
        return (-(self.scale**-2) / 2,)

    @classmethod
    def _from_natural_parameters(cls, *natural_parameters: Array) -> Rayleigh:
        return Rayleigh(1 / jnp.sqrt(-2 * natural_parameters[0]), validate_args=False)

    def _log_normalizer(self, *natural_parameters: Array) -> Array:
        return -jnp.log(-2 * natural_parameters[0])

    def _mean_log_base_measure(self) -> Array:
        return jnp.log(self.scale) + (math.log(2) - np.euler_gamma) / 2
