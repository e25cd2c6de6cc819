"""Poisson distribution."""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array

from jaxdist import constraints, random
from jaxdist.bases.counts import Counts
from jaxdist.counting import to_count
from jaxdist.exponential_family import ExponentialFamily
from jaxdist.parameters import Param, param
from jaxdist.special import (
    gammainc,
    gammaincc,
    lgamma,
    log_gammainc,
    log_gammaincc,
    poisson_log_prob,
)
from jaxdist.validation import Shape


class Poisson(Counts, ExponentialFamily):
    r"""The number of events of a process with a given rate.

    .. math:: p(k) = \mathrm{rate}^k e^{-\mathrm{rate}} / k!

    Draws are int32: a rate beyond 2e9 is drawn as 2e9.

    Args:
      rate: non-negative mean, any shape.
    """

    rate: Param = param(constraints.nonnegative)

    def _sample(self, key: Array, shape: Shape) -> Array:
        return random.poisson(key, self.rate, shape)

    def _log_prob(self, x: Array) -> Array:
        return poisson_log_prob(x, self.rate)

    def _cdf(self, x: Array) -> Array:
        return gammaincc(x + 1, self.rate)

    def _log_cdf(self, x: Array) -> Array:
        return log_gammaincc(x + 1, self.rate)

    def _survival_function(self, x: Array) -> Array:
        return gammainc(x + 1, self.rate)

    def _log_survival_function(self, x: Array) -> Array:
        return log_gammainc(x + 1, self.rate)

    def _mean(self) -> Array:
        return self.rate

    def _mode(self) -> Array:
        return to_count(jnp.floor(self.rate))

    def _variance(self) -> Array:
        return self.rate

    def _asymmetry(self) -> Array:
        return jnp.ones_like(self.rate)

    def _entropy(self) -> Array:
        random = self.rate > 0
        d = self._with(rate=jnp.where(random, self.rate, 1))
        return jnp.where(random, d._sum_entropy(), 0)

    def _natural_parameters(self) -> tuple[Array]:
        return (jnp.log(self.rate),)

    def _log_normalizer(self, *natural_parameters: Array) -> Array:
        return jnp.exp(*natural_parameters)

    def _mean_log_base_measure(self) -> Array:
        counts, weights, log_p = self._nodes()
        return -jnp.sum(weights * jnp.exp(log_p) * lgamma(counts + 1), -1)
