"""Weibull distribution."""

from __future__ import annotations

import math

import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxdist import constraints
from jaxdist.bases.cumulative_hazard import CumulativeHazardDistribution
from jaxdist.constraints.clipping import clip_to_positive
from jaxdist.derivatives import by_slope
from jaxdist.families.real.generalized_extreme_value import GeneralizedExtremeValue
from jaxdist.parameters import Param, param
from jaxdist.promotion import custom_jvp
from jaxdist.special import lgamma, log1mexpexp, log_central_binomial, log_quotient, quotient, xlogy
from jaxdist.special.infinite_slopes import along, finite

_HUGE = 1e30  # a logarithm of a power, beside which it is negligible
_SMALL, _LARGE = 1e-17, 40.0  # inverse concentration, and logarithm, of which one term counts


class Weibull(CumulativeHazardDistribution):
    r"""Weibull distribution: scale times an exponential draw to the power 1 / concentration.

    .. math:: p(x) = \frac{k}{\lambda} z^{k - 1} e^{-z^k}, \quad z = x / \lambda, \quad x \ge 0

    The density at 0 is infinite for k < 1.

    Args:
      scale: positive scale λ, any shape broadcastable with `concentration`.
      concentration: positive exponent k: 1 gives the exponential distribution, 2 the Rayleigh
        distribution.
    """

    scale: Param = param(constraints.positive)
    concentration: Param = param(constraints.positive)

    support = constraints.nonnegative

    def _typical(self, x: Array) -> Array:
        """The scale: at 1 a large power of x over the scale may overflow."""
        return jnp.broadcast_to(self.scale, x.shape)

    def _cumulative_hazard(self, x: Array) -> Array:
        zero = x < jnp.finfo(x.dtype).tiny
        power = _power(jnp.where(zero, self.scale, x), self.scale, self.concentration)
        return jnp.where(zero, 0, power)

    def _inverse_cumulative_hazard(self, h: Array) -> Array:
        zero = h == 0
        scale, k = (jnp.broadcast_to(v, h.shape) for v in (self.scale, self.concentration))
        return jnp.where(zero, 0, _scaled_root(jnp.where(zero, 1, h), scale, k))

    def _log_prob_at_cumulative_hazard(self, h: Array) -> Array:
        k = self.concentration
        return log_quotient(k, self.scale) + xlogy(1 - 1 / k, h) - h

    def _log_prob(self, x: Array) -> Array:
        """Accurate also where the cumulative hazard underflows."""
        k = self.concentration
        positive = clip_to_positive(x)
        inside = _log_density(positive, self.scale, k)
        at_zero = jnp.where(k < 1, math.inf, jnp.where(k > 1, -math.inf, inside))
        return jnp.where(x < positive, at_zero, inside)

    def _log_cdf(self, x: Array) -> Array:
        """Finite also where the cumulative hazard underflows."""
        return log1mexpexp(self.concentration * log_quotient(x, self.scale))

    def _inverse_power(self) -> Array:
        """One over the concentration, where its gamma function may be finite."""
        inverse = quotient(jnp.ones_like(self.concentration), self.concentration)
        return jnp.where(inverse < _HUGE, inverse, _HUGE)

    def _mean(self) -> Array:
        """In two factors: the power may overflow where its product with the scale does not."""
        log_ratio = lgamma(1 + self._inverse_power())
        is_large = log_ratio > _LARGE
        ratio = jnp.exp(jnp.where(is_large, _LARGE, log_ratio))
        return self.scale * ratio * jnp.exp(jnp.where(is_large, log_ratio - _LARGE, 0))

    def _mode(self) -> Array:
        """0 for a concentration of at most one, where the density decreases."""
        k = self.concentration
        unimodal = k > 1
        k = jnp.where(unimodal, k, 2)
        return jnp.where(unimodal, self.scale * (1 - 1 / k) ** (1 / k), 0)

    def _stddev(self) -> Array:
        mean, t, k = self._mean(), self._inverse_power(), self.concentration
        is_narrow = t < _SMALL
        of_narrow = math.pi / math.sqrt(6) * quotient(mean, jnp.where(is_narrow, k, 1))
        of_wide = mean * by_slope(_variation, jnp.where(is_narrow, 1, t))
        return jnp.where(is_narrow, of_narrow, of_wide)

    def _extreme_value(self) -> GeneralizedExtremeValue:
        """That of `-x`, a location and a scale away, which keeps the digits of small spreads."""
        zero, k = jnp.zeros_like(self.concentration), jnp.maximum(self.concentration, 1)
        return GeneralizedExtremeValue(zero, zero + 1, -1 / k, validate_args=False)

    def _skewness(self) -> Array:
        narrow = -self._extreme_value()._skewness()
        return jnp.where(self.concentration > 1, narrow, super()._skewness())

    def _kurtosis(self) -> Array:
        narrow = self._extreme_value()._kurtosis()
        return jnp.where(self.concentration > 1, narrow, super()._kurtosis())

    def _entropy(self) -> Array:
        k = self.concentration
        inverse = quotient(jnp.ones_like(k), k)
        return 1 + np.euler_gamma * (1 - inverse) + log_quotient(self.scale, k)


def _variation(t: Array) -> Array:
    """Return the standard deviation over the mean, for a concentration of 1 / t."""
    log_ratio = log_central_binomial(t)
    is_large = log_ratio > _LARGE
    narrow = jnp.sqrt(jnp.expm1(jnp.where(is_large, 1, log_ratio)))
    return jnp.where(is_large, jnp.exp(jnp.where(is_large, log_ratio, 0) / 2), narrow)


@custom_jvp
def _scaled_root(h: Array, scale: Array, k: Array) -> Array:
    """Return the scale times `h**(1 / k)`, in an order in which only the result overflows."""
    root = h ** (0.5 / k)
    return scale * root * root


@_scaled_root.defjvp
def _scaled_root_jvp(
    primals: tuple[Array, Array, Array], tangents: tuple[Array, Array, Array]
) -> tuple[Array, Array]:
    (h, scale, k), (h_dot, scale_dot, k_dot) = primals, tangents
    x = _scaled_root(h, scale, k)
    of_h = quotient(finite(quotient(x, k)), h)  # XLA makes one of two quotients in a row
    dot = along(of_h, h_dot) + along(quotient(x, scale), scale_dot)
    of_k = quotient(finite(x) * finite(quotient(jnp.log(h), k)), k)
    return x, dot - along(of_k, k_dot)


@custom_jvp
def _power(x: Array, scale: Array, k: Array) -> Array:
    """Return the power of `x / scale`, which may be regular where the quotient is not."""
    overflows, underflows = x * 2.0**-126 > scale, x < scale * 2.0**-126
    unit = jnp.where(overflows, 2.0**126, jnp.where(underflows, 2.0**-126, 1)).astype(x.dtype)
    z = x / unit / scale
    return z**k * unit**k


@_power.defjvp
def _power_jvp(
    primals: tuple[Array, Array, Array], tangents: tuple[Array, Array, Array]
) -> tuple[Array, Array]:
    """Differentiate by logarithms: the slope of the quotient may overflow."""
    (x, scale, k), (x_dot, scale_dot, k_dot) = primals, tangents
    power = _power(x, scale, k)
    dot = along(k * quotient(power, x), x_dot) - along(k * quotient(power, scale), scale_dot)
    return power, dot + along(power * log_quotient(x, scale), k_dot)


@custom_jvp
def _log_density(x: Array, scale: Array, k: Array) -> Array:
    log_z = log_quotient(x, scale)
    log_power = jnp.minimum((k - 1) * log_z, _HUGE)
    return log_quotient(k, scale) + log_power - _power(x, scale, k)


@_log_density.defjvp
def _log_density_jvp(
    primals: tuple[Array, Array, Array], tangents: tuple[Array, Array, Array]
) -> tuple[Array, Array]:
    """The slopes in the parameters have the factor z^k - 1, so that they do not cancel."""
    (x, scale, k), (x_dot, scale_dot, k_dot) = primals, tangents
    log_z = log_quotient(x, scale)
    excess = jnp.expm1(k * log_z)
    of_x = quotient((k - 1) - k * _power(x, scale, k), x)
    dot = along(of_x, x_dot) + along(k * quotient(excess, scale), scale_dot)
    return _log_density(x, scale, k), dot + along(1 / k - log_z * excess, k_dot)
