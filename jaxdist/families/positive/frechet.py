"""Frechet distribution."""

from __future__ import annotations

import math

import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxdist import constraints, random
from jaxdist.arguments import Shape
from jaxdist.derivatives import by_slope
from jaxdist.distribution import Distribution
from jaxdist.families.real.generalized_extreme_value import GeneralizedExtremeValue
from jaxdist.parameters import Param, param
from jaxdist.promotion import custom_jvp
from jaxdist.special import (
    exp_neg_exp,
    lgamma,
    lgamma_second_difference,
    log1mexpexp,
    log_quotient,
    one_minus_exp_neg_exp,
    quotient,
)
from jaxdist.special.infinite_slopes import along
from jaxdist.special.products import scaled_exp

_FAR = 80.0  # the exponential is finite
_HUGE = 1e30  # a logarithm of y, beside which it is negligible
_LARGE = 1e17  # concentration of whose inverse one term counts


class Frechet(Distribution):
    r"""Fréchet distribution, of the inverse of a Weibull draw: the limit of heavy-tailed maxima.

    .. math:: P(X \le x) = e^{-y}, \quad y = (x / \mathrm{scale})^{-k}, \quad
              k = \mathrm{concentration}, \quad x > 0

    The mean is infinite for k <= 1, the variance for k <= 2. SciPy calls it `invweibull`; the
    parameters are those of `Weibull`.

    Args:
      scale: positive scale, any shape broadcastable with `concentration`.
      concentration: positive exponent k of the tail.
    """

    scale: Param = param(constraints.positive)
    concentration: Param = param(constraints.positive)

    support = constraints.positive
    has_rsample = True

    def _typical(self, x: Array) -> Array:
        """The scale: at 1 a large power of x over the scale may overflow."""
        return jnp.broadcast_to(self.scale, x.shape)

    def _log_y(self, x: Array) -> Array:
        return -self.concentration * log_quotient(x, self.scale)

    def _at_log_y(self, log_y: Array) -> Array:
        scale, k = (jnp.broadcast_to(v, log_y.shape) for v in (self.scale, self.concentration))
        return scaled_exp(-log_y, scale, k)

    def _rsample(self, key: Array, shape: Shape) -> Array:
        return self._at_log_y(-random.gumbel(key, shape, self.dtype))

    def _log_prob(self, x: Array) -> Array:
        return _log_density(x, *jnp.broadcast_arrays(self.scale, self.concentration))

    def _cdf(self, x: Array) -> Array:
        return exp_neg_exp(self._log_y(x))

    def _log_cdf(self, x: Array) -> Array:
        return -jnp.exp(self._log_y(x))

    def _survival_function(self, x: Array) -> Array:
        return one_minus_exp_neg_exp(self._log_y(x))

    def _log_survival_function(self, x: Array) -> Array:
        return log1mexpexp(self._log_y(x))

    def _icdf(self, q: Array) -> Array:
        return self._at_log_y(jnp.log(-jnp.log(q)))

    def _isf(self, q: Array) -> Array:
        return self._at_log_y(jnp.log(-jnp.log1p(-q)))

    def _mean(self) -> Array:
        finite = self.concentration > 1
        t = 1 / jnp.where(finite, self.concentration, 2)
        return jnp.where(finite, self.scale * jnp.exp(lgamma(1 - t)), math.inf)

    def _mode(self) -> Array:
        k = self.concentration
        inverse = quotient(jnp.ones_like(k), k)
        return self.scale * jnp.exp(-quotient(jnp.log1p(inverse), k))

    def _stddev(self) -> Array:
        r"""Evaluate :math:`E X \sqrt{E X^2 / (E X)^2 - 1}`, the ratio without cancellation."""
        finite = self.concentration > 2
        k = jnp.where(finite, self.concentration, 4)
        is_narrow = k > _LARGE
        of_narrow = math.pi / math.sqrt(6) * quotient(self.scale, jnp.where(is_narrow, k, 1))
        of_wide = self.scale * by_slope(_spread, jnp.where(is_narrow, 4, k))
        return jnp.where(finite, jnp.where(is_narrow, of_narrow, of_wide), math.inf)

    def _extreme_value(self) -> GeneralizedExtremeValue:
        """That of x, a location and a scale away, which keeps the digits of small spreads."""
        zero = jnp.zeros_like(self.concentration)
        return GeneralizedExtremeValue(zero, zero + 1, 1 / self.concentration, validate_args=False)

    def _skewness(self) -> Array:
        return self._extreme_value()._skewness()

    def _kurtosis(self) -> Array:
        return self._extreme_value()._kurtosis()

    def _entropy(self) -> Array:
        k = self.concentration
        inverse = quotient(jnp.ones_like(k), k)
        return 1 + np.euler_gamma * (1 + inverse) + log_quotient(self.scale, k)


def _spread(k: Array) -> Array:
    """Return the standard deviation for a scale of 1, given a concentration above 2."""
    t = 1 / k
    log_ratio = lgamma_second_difference(1 - 2 * t, t, t)
    return jnp.exp(lgamma(1 - t)) * jnp.sqrt(jnp.expm1(log_ratio))


@custom_jvp
def _log_density(x: Array, scale: Array, k: Array) -> Array:
    log_y = jnp.minimum(-k * log_quotient(x, scale), _HUGE)
    return log_quotient(k, x) + log_y - jnp.exp(log_y)


@_log_density.defjvp
def _log_density_jvp(
    primals: tuple[Array, Array, Array], tangents: tuple[Array, Array, Array]
) -> tuple[Array, Array]:
    """Differentiate, also where y overflows and its slopes do not."""
    (x, scale, k), (x_dot, scale_dot, k_dot) = primals, tangents
    log_ratio = log_quotient(x, scale)
    log_y = -k * log_ratio
    far = log_y > _FAR
    excess = jnp.expm1(jnp.where(far, 0, log_y))  # y - 1

    def excess_over(unit: Array) -> Array:
        of_log = jnp.exp(jnp.where(far, log_y + log_quotient(k, unit), 0))
        return jnp.where(far, of_log, quotient(k * excess, unit))

    of_x = excess_over(x) - 1 / x
    of_k = 1 / k + log_ratio * jnp.where(far, jnp.exp(log_y), excess)
    dot = along(of_x, x_dot) - along(excess_over(scale), scale_dot)
    return _log_density(x, scale, k), dot + along(of_k, k_dot)
