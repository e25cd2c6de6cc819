"""The absolute value of a symmetric variable."""

from __future__ import annotations

import math

import jax.numpy as jnp
from jax import Array

from jaxdist import constraints
from jaxdist.distribution import Distribution
from jaxdist.parameters import Param, param
from jaxdist.validation import Shape


class Half(Distribution):
    """The absolute value of a draw from a distribution that is symmetric about 0."""

    scale: Param = param(constraints.positive)

    support = constraints.nonnegative
    has_rsample = True

    def _whole(self) -> Distribution:
        """The symmetric distribution."""
        raise NotImplementedError

    def _rsample(self, key: Array, shape: Shape) -> Array:
        return jnp.abs(self._whole()._rsample(key, shape))

    def _log_prob(self, x: Array) -> Array:
        return self._whole()._log_prob(x) + math.log(2)

    def _log_cdf(self, x: Array) -> Array:
        """By whichever tail is the smaller."""
        cdf, survival = self._cdf(x), self._survival_function(x)
        low = cdf < 0.5
        return jnp.where(low, jnp.log(cdf), jnp.log1p(-jnp.where(low, 0, survival)))

    def _survival_function(self, x: Array) -> Array:
        return 2 * self._whole()._survival_function(x)

    def _log_survival_function(self, x: Array) -> Array:
        return self._whole()._log_survival_function(x) + math.log(2)

    def _mode(self) -> Array:
        return jnp.zeros_like(self.scale)

    def _entropy(self) -> Array:
        return self._whole()._entropy() - math.log(2)
