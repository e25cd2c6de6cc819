"""Maxwell distribution."""

from __future__ import annotations

import math

import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxdist import constraints, random
from jaxdist.distribution import Distribution
from jaxdist.parameters import Param, param
from jaxdist.special import (
    gammainc,
    gammaincc,
    gammaincinv,
    log_gammainc,
    log_gammaincc,
    masked_log,
)
from jaxdist.validation import Shape


class Maxwell(Distribution):
    r"""Maxwell-Boltzmann distribution: the length of a vector of three normal draws.

    .. math:: p(x) = \sqrt{2 / \pi}\, z^2 e^{-z^2 / 2} / \mathrm{scale}, \quad
              z = x / \mathrm{scale}, \quad x \ge 0

    Args:
      scale: positive standard deviation of the three draws, any shape.
    """

    scale: Param = param(constraints.positive)

    support = constraints.nonnegative
    has_rsample = True

    def _half_square(self, x: Array) -> Array:
        """Return z^2 / 2, which has a standard gamma distribution of concentration 3/2."""
        return (x / self.scale) ** 2 / 2

    def _rsample(self, key: Array, shape: Shape) -> Array:
        half_square = random.gamma(key, jnp.full_like(self.scale, 1.5), shape)
        return self.scale * jnp.sqrt(2 * half_square)

    def _log_prob(self, x: Array) -> Array:
        log_power = 2 * masked_log(x / self.scale) - jnp.log(self.scale)
        return log_power - self._half_square(x) + math.log(2 / math.pi) / 2

    def _cdf(self, x: Array) -> Array:
        return gammainc(1.5, self._half_square(x))

    def _log_cdf(self, x: Array) -> Array:
        return log_gammainc(1.5, self._half_square(x))

    def _survival_function(self, x: Array) -> Array:
        return gammaincc(1.5, self._half_square(x))

    def _log_survival_function(self, x: Array) -> Array:
        return log_gammaincc(1.5, self._half_square(x))

    def _icdf(self, q: Array) -> Array:
        return self.scale * jnp.sqrt(2 * gammaincinv(1.5, q))

    def _mean(self) -> Array:
        return math.sqrt(8 / math.pi) * self.scale

    def _mode(self) -> Array:
        return math.sqrt(2) * self.scale

    def _variance(self) -> Array:
        return self._stddev() ** 2

    def _stddev(self) -> Array:
        return math.sqrt(3 - 8 / math.pi) * self.scale

    def _entropy(self) -> Array:
        return jnp.log(self.scale) + math.log(2 * math.pi) / 2 + np.euler_gamma - 0.5
