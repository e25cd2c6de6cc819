"""Exponential distribution."""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array

from jaxdist import constraints
from jaxdist.bases.cumulative_hazard import CumulativeHazardDistribution
from jaxdist.exponential_family import ExponentialFamily
from jaxdist.parameters import Param, param
from jaxdist.special import quotient


class Exponential(CumulativeHazardDistribution, ExponentialFamily):
    r"""Exponential distribution: the waiting time for an event of constant rate.

    .. math:: p(x) = \mathrm{rate}\, e^{-\mathrm{rate}\, x}, \quad x \ge 0

    Args:
      rate: positive rate, the inverse of the mean, any shape.
    """

    rate: Param = param(constraints.positive)

    support = constraints.nonnegative
    _is_smooth_at_ends = True

    def _cumulative_hazard(self, x: Array) -> Array:
        return self.rate * x

    def _inverse_cumulative_hazard(self, h: Array) -> Array:
        return quotient(h, self.rate)

    def _log_prob_at_cumulative_hazard(self, h: Array) -> Array:
        return jnp.log(self.rate) - h

    def _mean(self) -> Array:
        return 1 / self.rate

    def _mode(self) -> Array:
        return jnp.zeros_like(self.rate)

    def _variance(self) -> Array:
        return self.rate**-2

    def _stddev(self) -> Array:
        return 1 / self.rate

    def _skewness(self) -> Array:
        return jnp.full_like(self.rate, 2)

    def _kurtosis(self) -> Array:
        return jnp.full_like(self.rate, 6)

    def _entropy(self) -> Array:
        return 1 - jnp.log(self.rate)

    def _natural_parameters(self) -> tuple[Array]:
        return (-self.rate,)

    @classmethod
    def _from_natural_parameters(cls, *natural_parameters: Array) -> Exponential:
        return Exponential(-natural_parameters[0], validate_args=False)

    def _log_normalizer(self, *natural_parameters: Array) -> Array:
        return -jnp.log(-natural_parameters[0])
