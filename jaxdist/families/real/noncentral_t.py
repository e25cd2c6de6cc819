"""NoncentralT distribution."""

from __future__ import annotations

import math

import jax
import jax.numpy as jnp
from jax import Array, lax

from jaxdist import constraints, random
from jaxdist.arguments import Shape
from jaxdist.bases.log_tails import both_log_tails
from jaxdist.bases.numerical_quantile import NumericalQuantile
from jaxdist.parameters import Param, param
from jaxdist.special import lgamma_second_difference, log_gamma_ratio, ndtri
from jaxdist.special.hyperbolic import hypot
from jaxdist.special.noncentral_t import noncentral_t_log_prob, noncentral_t_log_tail

_FEWEST, _MOST = 1e-8, 1e30  # degrees of freedom
_LARGE, _LARGEST = 1e5, 1e15  # noncentrality, the former over the root of df
_NEAREST = 0.01  # value over noncentrality, from which a smaller unit is used


class NoncentralT(NumericalQuantile):
    r"""Noncentral t: the statistic of a t-test where the null hypothesis is false.

    .. math:: T = \frac{Z + \delta}{\sqrt{V / \nu}}, \quad
              (\nu, \delta) = (\mathrm{df}, \mathrm{noncentrality})

    for a standard normal Z and a chi-squared V with ν degrees of freedom. A test of n observations
    that are normal with mean m and standard deviation s has ν = n - 1 and δ = √n m / s. The
    parameters are Distributions.jl's; SciPy's `nct` calls δ `nc`. The moments exist where those of
    `StudentT` do.

    Args:
      df: positive degrees of freedom, any shape broadcastable with `noncentrality`.
      noncentrality: δ, any number; for 0 it is `StudentT`.

    Example:
      >>> import jaxdist as jd
      >>> n, effect = 20, 0.5  # standard deviations from the null hypothesis
      >>> power = jd.NoncentralT(n - 1, effect * n**0.5).survival_function(2.093)  # t of 2.5%
      >>> print(f"{power:.3f}")
      0.564

    References:
      Johnson, Kotz and Balakrishnan 1995, "Continuous univariate distributions", chapter 31.
    """

    df: Param = param(constraints.positive)
    noncentrality: Param = param(constraints.real)

    support = constraints.real

    def _unit(self, x: Array) -> Array:
        """Return the unit of a huge noncentrality, beside which Z is nothing.

        A smaller one is resolved better, but so far out that S must be large, Z matters more.
        """
        x, df, noncentrality = lax.stop_gradient((x, self.df, self.noncentrality))
        is_near = x / noncentrality > _NEAREST
        largest = jnp.where(is_near, _LARGE * jnp.sqrt(jnp.maximum(df, 1)), _LARGEST)
        return jnp.maximum(jnp.abs(noncentrality) / jnp.minimum(largest, _LARGEST), 1)

    def _arguments(self, x: Array) -> tuple[Array, ...]:
        """Return the value and the parameters, within limits in which no term overflows."""
        unit, limited = self._unit(x), jnp.clip(lax.stop_gradient(self.df), _FEWEST, _MOST)
        df = jnp.where(self.df == limited, self.df, limited)
        leaves = (df, self.noncentrality / unit)
        return (x / unit, *(jnp.broadcast_to(leaf, x.shape) for leaf in leaves))

    def _sample(self, key: Array, shape: Shape) -> Array:
        normal_key, gamma_key = jax.random.split(key)
        numerator = random.normal(normal_key, shape, self.dtype) + self.noncentrality
        log_square = random.log_gamma(gamma_key, self.df / 2, shape) - jnp.log(self.df / 2)
        largest = float(jnp.finfo(self.dtype).max) / 16
        return jnp.clip(numerator * jnp.exp(-log_square / 2), -largest, largest)

    def _log_prob(self, x: Array) -> Array:
        log_prob = noncentral_t_log_prob(*self._arguments(x)) - jnp.log(self._unit(x))
        tiny = self.df < _FEWEST  # where the density is proportional to df
        of_df = jnp.log(jnp.where(tiny, self.df, 1)) - math.log(_FEWEST)
        return log_prob + jnp.where(tiny, of_df, 0)

    def _log_tails(self, x: Array) -> tuple[Array, Array]:
        return both_log_tails(*noncentral_t_log_tail(*self._arguments(x)))

    def _from_coordinate(self, t: Array) -> tuple[Array, Array]:
        """Return sinh t: far out, tails are powers of x."""
        size = jnp.abs(t)
        return jnp.sinh(t), size + jnp.log1p(jnp.exp(-2 * size)) - math.log(2)

    def _bracket(self, below: Array, above: Array) -> tuple[Array, Array, Array]:
        """Begin at the quantile of a normal variable."""
        z = jnp.where(below < above, ndtri(below), -ndtri(above))
        spread = hypot(1.0, self.noncentrality / jnp.sqrt(2 * self.df))
        high = jnp.full_like(below, math.log(float(jnp.finfo(below.dtype).max)) - 1)
        return -high, high, jnp.arcsinh(self.noncentrality + spread * z)

    def _mean(self) -> Array:
        exists = self.df > 1
        log_growth = _log_growth(jnp.where(exists, self.df, 2))
        return jnp.where(exists, self.noncentrality * jnp.exp(log_growth), math.nan)

    def _variance(self) -> Array:
        r"""Return :math:`\nu / (\nu - 2) + (E[1 / S^2] - E[1 / S]^2)\, \delta^2`."""
        exists = self.df > 2
        df = jnp.where(exists, self.df, 3)
        half = jnp.full_like(df, 0.5)
        limited = jnp.minimum(df, _MOST)  # from there on the ratio falls as 1 / df
        log_ratio = lgamma_second_difference(limited / 2 - 1, half, half)
        of_mean = jnp.exp(2 * _log_growth(df)) * jnp.expm1(log_ratio)
        of_mean = (of_mean * self.noncentrality) * (limited / df) * self.noncentrality
        variance = df / (df - 2) + of_mean
        return jnp.where(exists, variance, jnp.where(self.df > 1, math.inf, math.nan))

    def _skewness(self) -> Array:
        exists = self.df > 3
        d = self._with(df=jnp.where(exists, self.df, 5))
        return jnp.where(exists, d._standardized_moment("skewness", 3), math.nan)

    def _kurtosis(self) -> Array:
        exists = self.df > 4
        d = self._with(df=jnp.where(exists, self.df, 6))
        kurtosis = d._standardized_moment("kurtosis", 4) - 3
        return jnp.where(exists, kurtosis, jnp.where(self.df > 2, math.inf, math.nan))


def _log_growth(df: Array) -> Array:
    """Return log E[1 / S], the logarithm of the mean over the noncentrality."""
    return jnp.log1p(1 / (df - 1)) / 2 - log_gamma_ratio((df - 1) / 2, jnp.full_like(df, 0.5))
