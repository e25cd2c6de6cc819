"""Chi distribution."""

from __future__ import annotations

import math

import jax.numpy as jnp
from jax import Array

from jaxdist import constraints, random
from jaxdist.arguments import Shape
from jaxdist.bases.increasing_function import IncreasingFunction
from jaxdist.families.positive.chi2 import Chi2, half_unless_least, is_least
from jaxdist.parameters import Param, param
from jaxdist.special import (
    LOG_SMALLEST,
    digamma,
    gamma_cdf,
    gamma_sf,
    lgamma_second_difference,
    log_gamma_cdf,
    log_gamma_ratio,
    log_gamma_sf,
    log_quotient,
    log_small_quantile,
    quotient,
)
from jaxdist.special.products import half

_HUGE = 1e30  # a logarithm that is negligible beside the square where it may be larger
_TINY = 1e-20  # degrees of freedom beside whose inverse logarithms are nothing, and the reverse


class Chi(IncreasingFunction):
    r"""Chi distribution: the length of a vector of independent standard normal draws.

    .. math:: p(x) = \frac{x^{\nu - 1} e^{-x^2 / 2}}{2^{\nu / 2 - 1} \Gamma(\nu / 2)}, \quad
              \nu = \mathrm{df}, \quad x > 0

    The parameter is that of SciPy and TFP.

    Args:
      df: positive degrees of freedom ν, the number of draws, any shape.
    """

    df: Param = param(constraints.positive)

    support = constraints.positive

    @property
    def base_dist(self) -> Chi2:
        """The distribution of the square."""
        return Chi2(self.df, validate_args=False)

    def _forward(self, y: Array) -> Array:
        return jnp.sqrt(y)

    def _inverse(self, x: Array) -> Array:
        return x * x

    def _log_slope(self, y: Array) -> Array:
        return -math.log(2) - jnp.log(y) / 2

    def _rsample(self, key: Array, shape: Shape) -> Array:
        """From the logarithm of the square, which may underflow."""
        log_half_square = random.log_gamma(key, self.df / 2, shape)
        return jnp.exp((log_half_square + math.log(2)) / 2)

    def _log_prob(self, x: Array) -> Array:
        """A power of x where the square underflows, and nothing but the square where it overflows.

        Its half may not overflow.
        """
        smallest = jnp.full_like(x, float(jnp.finfo(x.dtype).tiny) ** 0.25)
        largest = 0.99 * math.sqrt(jnp.finfo(x.dtype).max)
        is_small, is_large = x < smallest, x > largest
        end = jnp.where(is_large, largest, smallest)
        is_inside = ~(is_small | is_large)
        power = (self.df - 1) * log_quotient(jnp.where(is_inside, end, x), end)
        beyond = jnp.where(is_large, (x - largest) * (x / 2 + largest / 2), 0)
        inside = super()._log_prob(jnp.where(is_inside, x, end))
        return inside + jnp.minimum(power, _HUGE) - beyond

    def _half_square(self, x: Array) -> tuple[Array, Array, Array]:
        """Return df / 2, and the half of the square, which may underflow, with its logarithm."""
        a = jnp.broadcast_to(half_unless_least(self.df), x.shape)
        return a, x * x / 2, 2 * jnp.log(x) - math.log(2)

    def _cdf(self, x: Array) -> Array:
        return gamma_cdf(*self._half_square(x))

    def _log_cdf(self, x: Array) -> Array:
        return log_gamma_cdf(*self._half_square(x)) * jnp.where(is_least(self.df), 0.5, 1)

    def _survival_function(self, x: Array) -> Array:
        return gamma_sf(*self._half_square(x)) * jnp.where(is_least(self.df), 0.5, 1)

    def _log_survival_function(self, x: Array) -> Array:
        return log_gamma_sf(*self._half_square(x)) - jnp.where(is_least(self.df), math.log(2), 0)

    def _icdf(self, q: Array) -> Array:
        return self._root(self.base_dist._icdf(q), jnp.log(q))

    def _isf(self, q: Array) -> Array:
        return self._root(self.base_dist._isf(q), jnp.log1p(-q))

    def _root(self, square: Array, log_q: Array) -> Array:
        """Return the root of a quantile; where that underflows, by the power of which it is."""
        possible = log_q > -math.inf
        log_half = log_small_quantile(half(self.df), jnp.where(possible, log_q, 0))
        tiny = possible & (log_half < LOG_SMALLEST)
        of_tiny = jnp.exp((math.log(2) + jnp.where(tiny, log_half, 0)) / 2)
        positive = ~tiny & (square > 0)
        root = jnp.where(positive, jnp.sqrt(jnp.where(positive, square, 1)), 0)
        return jnp.where(tiny, of_tiny, root)

    def _mean(self) -> Array:
        """By the gamma functions above the pole at 0."""
        ratio = quotient(self.df, jnp.sqrt(self.df + 1))
        return ratio * jnp.exp(-log_gamma_ratio((self.df + 1) / 2, 0.5))

    def _mode(self) -> Array:
        """0 for df <= 1, where the density decreases."""
        excess = self.df - 1
        return jnp.where(excess > 0, jnp.sqrt(jnp.where(excess > 0, excess, 1)), 0)

    def _variance(self) -> Array:
        """The degrees of freedom less the square of the mean, without cancellation."""
        is_huge = self.df > 1 / _TINY
        df = jnp.where(is_huge, 1, self.df)
        variance = -df * jnp.expm1(-lgamma_second_difference(half(df), 0.5, 0.5))
        return jnp.where(is_huge, 0.5, variance)

    def _entropy(self) -> Array:
        """That of the square, less the mean of log(2 x)."""
        is_tiny = self.df < _TINY
        d = self._with(df=jnp.where(is_tiny, 1, self.df))
        mean_log = (digamma(d.df / 2) + math.log(2)) / 2
        of_tiny = quotient(jnp.full_like(self.df, -1), jnp.where(is_tiny, self.df, 1))
        return jnp.where(is_tiny, of_tiny, d.base_dist._entropy() - math.log(2) - mean_log)
