"""InverseGamma distribution."""

from __future__ import annotations

import math

import jax.numpy as jnp
from jax import Array, lax

from jaxdist import constraints, random
from jaxdist.arguments import Shape
from jaxdist.exponential_family import ExponentialFamily
from jaxdist.parameters import Param, param
from jaxdist.special import (
    LOG_SMALLEST,
    gamma_cdf,
    gamma_log_prob,
    gamma_sf,
    gammainccinv,
    gammaincinv,
    inverse_gamma_entropy,
    lgamma,
    log_gamma_cdf,
    log_gamma_sf,
    log_quotient,
    log_small_quantile,
    quotient,
    with_slopes,
)
from jaxdist.special.gamma_density import gamma_score

_LARGE, _UNIT = 2.0**100, 4.0  # the inverse of a larger number, in this unit, is not 0


class InverseGamma(ExponentialFamily):
    r"""Inverse gamma distribution, of 1 / X for a gamma distributed X.

    .. math:: p(x) = \frac{\mathrm{rate}^a}{\Gamma(a)} x^{-a - 1} e^{-\mathrm{rate} / x},
              \quad a = \mathrm{concentration}, \quad x > 0

    The mean is infinite for a <= 1, the variance for a <= 2.

    Args:
      concentration: positive shape a, any shape broadcastable with `rate`.
      rate: positive rate of X, which is a scale of 1 / X.
    """

    concentration: Param = param(constraints.positive)
    rate: Param = param(constraints.positive)

    support = constraints.positive
    has_rsample = True

    def _rsample(self, key: Array, shape: Shape) -> Array:
        return jnp.exp(jnp.log(self.rate) - random.log_gamma(key, self.concentration, shape))

    def _log_prob(self, x: Array) -> Array:
        """Differentiate in x and the rate by `rate / x`: the square of x may overflow."""
        a, rate, x = jnp.broadcast_arrays(self.concentration, self.rate, x)
        unit = jnp.where(x > _LARGE, _UNIT, 1)
        y, scaled = x / unit, jnp.maximum(rate / unit, jnp.finfo(x.dtype).tiny)
        value = gamma_log_prob(a, scaled, 1 / y) - 2 * jnp.log(y) - jnp.log(unit)
        fall, _ = self._inverted(x)
        of_rate = quotient(a, rate) - quotient(jnp.ones_like(x), x)
        slopes = gamma_score(a, scaled, 1 / y), of_rate, quotient(fall - (a + 1), x)
        return with_slopes(lax.stop_gradient(value), slopes, (a, rate, x))

    def _inverted(self, x: Array) -> tuple[Array, Array]:
        """Return `rate / x`, which may underflow, and its logarithm."""
        return quotient(self.rate, x), log_quotient(self.rate, x)

    def _cdf(self, x: Array) -> Array:
        return gamma_sf(self.concentration, *self._inverted(x))

    def _log_cdf(self, x: Array) -> Array:
        return log_gamma_sf(self.concentration, *self._inverted(x))

    def _survival_function(self, x: Array) -> Array:
        return gamma_cdf(self.concentration, *self._inverted(x))

    def _log_survival_function(self, x: Array) -> Array:
        return log_gamma_cdf(self.concentration, *self._inverted(x))

    def _icdf(self, q: Array) -> Array:
        return self._invert(gammainccinv(self.concentration, q), jnp.log1p(-q))

    def _isf(self, q: Array) -> Array:
        return self._invert(gammaincinv(self.concentration, q), jnp.log(q))

    def _invert(self, y: Array, log_sf: Array) -> Array:
        """Return `rate / y`; where y may underflow, by its logarithm."""
        log_y = log_small_quantile(self.concentration, log_sf)
        is_small = log_y < LOG_SMALLEST
        far = jnp.exp(jnp.log(self.rate) - jnp.where(is_small, log_y, 0))
        return jnp.where(is_small, far, quotient(self.rate, jnp.where(is_small, 1, y)))

    def _mean(self) -> Array:
        finite = self.concentration > 1
        a = jnp.where(finite, self.concentration, 2)
        return jnp.where(finite, quotient(self.rate, a - 1), math.inf)

    def _mode(self) -> Array:
        return quotient(self.rate, self.concentration + 1)

    def _stddev(self) -> Array:
        finite = self.concentration > 2
        a = jnp.where(finite, self.concentration, 3)
        return jnp.where(finite, quotient(quotient(self.rate, jnp.sqrt(a - 2)), a - 1), math.inf)

    def _skewness(self) -> Array:
        exists = self.concentration > 3
        a = jnp.where(exists, self.concentration, 4)
        return jnp.where(exists, 4 * jnp.sqrt(a - 2) / (a - 3), math.nan)

    def _kurtosis(self) -> Array:
        exists = self.concentration > 4
        a = jnp.where(exists, self.concentration, 5)
        return jnp.where(exists, 6 * (5 * a - 11) / ((a - 3) * (a - 4)), math.nan)

    def _entropy(self) -> Array:
        return inverse_gamma_entropy(self.concentration, self.rate)

    def _natural_parameters(self) -> tuple[Array, Array]:
        """Those of log x and 1 / x."""
        return -1 - self.concentration, -self.rate

    @classmethod
    def _from_natural_parameters(cls, *natural_parameters: Array) -> InverseGamma:
        power, slope = natural_parameters
        return InverseGamma(-1 - power, -slope, validate_args=False)

    def _log_normalizer(self, *natural_parameters: Array) -> Array:
        power, slope = natural_parameters
        a = -1 - power
        return lgamma(a) - a * jnp.log(-slope)
