"""Gamma distribution."""

from __future__ import annotations

import math

import jax.numpy as jnp
import numpy as np
from jax import Array, lax

from jaxdist import constraints, random
from jaxdist.arguments import Shape
from jaxdist.exponential_family import ExponentialFamily
from jaxdist.parameters import Param, param
from jaxdist.special import (
    LOG_SMALLEST,
    gamma_cdf,
    gamma_entropy,
    gamma_log_prob,
    gamma_sf,
    gammainccinv,
    gammaincinv,
    lgamma,
    log_gamma_cdf,
    log_gamma_sf,
    log_small_quantile,
    masked_log,
    quotient,
)


def log_smallest_draw(dtype: np.dtype) -> float:
    """Logarithm of the smallest number that draws take; its exponential does not underflow."""
    return math.log(2 * jnp.finfo(dtype).tiny)


class Gamma(ExponentialFamily):
    r"""Gamma distribution.

    .. math:: p(x) = \frac{\mathrm{rate}^a}{\Gamma(a)} x^{a - 1} e^{-\mathrm{rate}\, x},
              \quad a = \mathrm{concentration}, \quad x \ge 0

    The density at 0 is infinite for a < 1.

    Args:
      concentration: positive shape a, any shape broadcastable with `rate`.
      rate: positive rate, the inverse of the scale.

    Example:
      >>> import jax, jaxdist as jd
      >>> d = jd.Gamma(concentration=2.0, rate=[1.0, 10.0])
      >>> d.mean
      Array([2. , 0.2], dtype=float32)
      >>> d.rsample(jax.random.key(0), 5).shape  # differentiable in both parameters
      (5, 2)
    """

    concentration: Param = param(constraints.positive)
    rate: Param = param(constraints.positive)

    support = constraints.nonnegative
    has_rsample = True

    def _rsample(self, key: Array, shape: Shape) -> Array:
        smallest = math.exp(log_smallest_draw(self.dtype))
        return jnp.maximum(random.gamma(key, self.concentration, shape) / self.rate, smallest)

    def _joint(self, key: Array, shape: Shape, pathwise: bool) -> tuple[Array, Array]:
        """Extend the density as a power of x below the smallest number that draws take."""
        log_x = random.log_gamma(key, self.concentration, shape) - jnp.log(self.rate)
        log_x = log_x if pathwise else lax.stop_gradient(log_x)
        smallest = log_smallest_draw(self.dtype)
        x = jnp.exp(jnp.maximum(log_x, smallest))
        below = jnp.minimum(log_x - smallest, 0)
        return x, self._log_prob(x) + (self.concentration - 1) * below

    def _log_prob(self, x: Array) -> Array:
        return gamma_log_prob(self.concentration, self.rate, x)

    def _scaled(self, x: Array) -> tuple[Array, Array]:
        """Return `rate * x`, which may underflow, and its logarithm."""
        return self.rate * x, jnp.log(self.rate) + masked_log(x)

    def _cdf(self, x: Array) -> Array:
        return gamma_cdf(self.concentration, *self._scaled(x))

    def _log_cdf(self, x: Array) -> Array:
        return log_gamma_cdf(self.concentration, *self._scaled(x))

    def _survival_function(self, x: Array) -> Array:
        return gamma_sf(self.concentration, *self._scaled(x))

    def _log_survival_function(self, x: Array) -> Array:
        return log_gamma_sf(self.concentration, *self._scaled(x))

    def _icdf(self, q: Array) -> Array:
        return self._unscaled(gammaincinv(self.concentration, q), masked_log(q))

    def _isf(self, q: Array) -> Array:
        return self._unscaled(gammainccinv(self.concentration, q), masked_log(1 - q))

    def _unscaled(self, y: Array, log_cdf: Array) -> Array:
        """Return `y / rate`; where y may underflow, by its logarithm."""
        possible = log_cdf > -math.inf
        log_y = log_small_quantile(self.concentration, jnp.where(possible, log_cdf, 0))
        is_small = possible & (log_y < LOG_SMALLEST)
        of_small = jnp.exp(jnp.where(is_small, log_y, 0) - jnp.log(self.rate))
        return jnp.where(is_small, of_small, quotient(jnp.where(is_small, 1, y), self.rate))

    def _mean(self) -> Array:
        return quotient(self.concentration, self.rate)

    def _mode(self) -> Array:
        """0 for a concentration of at most one, as in torch."""
        return quotient(jnp.maximum(self.concentration - 1, 0), self.rate)

    def _variance(self) -> Array:
        return quotient(quotient(self.concentration, self.rate), self.rate)

    def _stddev(self) -> Array:
        return quotient(jnp.sqrt(self.concentration), self.rate)

    def _skewness(self) -> Array:
        return 2 / jnp.sqrt(self.concentration)

    def _kurtosis(self) -> Array:
        return 6 / self.concentration

    def _entropy(self) -> Array:
        return gamma_entropy(self.concentration) - jnp.log(self.rate)

    def _natural_parameters(self) -> tuple[Array, Array]:
        return self.concentration - 1, -self.rate

    @classmethod
    def _from_natural_parameters(cls, *natural_parameters: Array) -> Gamma:
        power, slope = natural_parameters
        return Gamma(power + 1, -slope, validate_args=False)

    def _log_normalizer(self, *natural_parameters: Array) -> Array:
        power, slope = natural_parameters
        return lgamma(power + 1) - (power + 1) * jnp.log(-slope)
