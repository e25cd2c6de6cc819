"""NoncentralChi2 distribution."""

from __future__ import annotations

import math

import jax
import jax.numpy as jnp
from jax import Array, lax

from jaxdist import constraints, random
from jaxdist.arguments import Shape
from jaxdist.bases.numerical_quantile import PositiveNumericalQuantile
from jaxdist.parameters import Param, param
from jaxdist.random.poisson import poisson_parts
from jaxdist.special import gammaincinv, ndtri
from jaxdist.special.noncentral_chi2 import (
    noncentral_chi2_log_prob,
    noncentral_chi2_log_tails,
)

_HUGE = 1e30  # parameters
_RARE = -1e5  # logarithm of a probability of a huge parameter


class NoncentralChi2(PositiveNumericalQuantile):
    r"""Noncentral chi-squared: the squared length of a normal vector whose mean is not 0.

    .. math:: p(x) = \tfrac12 e^{-(x + \lambda) / 2} (x / \lambda)^{k/4 - 1/2}
              I_{k/2 - 1}(\sqrt{\lambda x}), \quad x > 0, \quad
              (k, \lambda) = (\mathrm{df}, \mathrm{noncentrality})

    the distribution of :math:`\sum_{i=1}^k (z_i + m_i)^2` with :math:`\lambda = |m|^2`, also for a
    real k. The square root is Rice's distribution for k = 2. The parameters are TFP's; SciPy's
    `ncx2` calls λ `nc`. It is that of the power of a test.

    Args:
      df: positive degrees of freedom, any shape broadcastable with `noncentrality`.
      noncentrality: non-negative λ; for 0 it is `Chi2`.

    Example:
      >>> import jaxdist as jd
      >>> threshold = jd.Chi2(3.0).isf(0.05)
      >>> power = jd.NoncentralChi2(3.0, [5.0, 20.0]).survival_function(threshold)
      >>> print(*(f"{p:.3f}" for p in power))
      0.441 0.975

    References:
      Johnson, Kotz and Balakrishnan 1995, "Continuous univariate distributions", chapter 29.
    """

    df: Param = param(constraints.positive)
    noncentrality: Param = param(constraints.nonnegative)

    def _unit(self) -> Array:
        """Return the unit in which logarithms of probabilities do not overflow.

        Where it is not 1 the variable is constant up to rounding, and logarithms are in proportion
        to the parameters.
        """
        largest = jnp.maximum(*lax.stop_gradient((self.df, self.noncentrality)))
        return jnp.maximum(largest / _HUGE, 1)

    def _arguments(self, x: Array) -> tuple[Array, ...]:
        unit = self._unit()
        leaves = (self.df / unit, self.noncentrality / unit)
        tiny = jnp.finfo(x.dtype).tiny
        scaled = x / unit
        x = jnp.where(scaled > tiny, scaled, tiny)  # a maximum multiplies infinite slopes by 0
        return (x, *(jnp.broadcast_to(leaf, x.shape) for leaf in leaves))

    def _in_units(self, log_prob: Array) -> Array:
        """Return the logarithm of a probability, given that in units."""
        return jnp.where(log_prob < _RARE, log_prob * self._unit(), log_prob)

    def _sample(self, key: Array, shape: Shape) -> Array:
        """Draw the chi-squared variable whose degrees are raised by twice a Poisson count."""
        count_key, gamma_key = jax.random.split(key)
        start, step = poisson_parts(count_key, self.noncentrality / 2, shape)
        count = start + step.astype(self.dtype)
        return 2 * jnp.exp(random.log_gamma(gamma_key, self.df / 2 + count, shape))

    def _log_prob(self, x: Array) -> Array:
        log_prob = self._in_units(noncentral_chi2_log_prob(*self._arguments(x)))
        return log_prob - jnp.log(self._unit()) / 2  # relative to x, it is narrower by the root

    def _log_tails(self, x: Array) -> tuple[Array, Array]:
        lower, upper = noncentral_chi2_log_tails(*self._arguments(x))
        return self._in_units(lower), self._in_units(upper)

    def _bracket(self, below: Array, above: Array) -> tuple[Array, Array, Array]:
        """Begin at the chi-squared variable with the same mean and variance."""
        df, rest = (jnp.broadcast_to(x, below.shape) for x in (self.df, self.noncentrality))
        factor, own_df = (df + 2 * rest) / (df + rest), (df + rest) / (df + 2 * rest) * (df + rest)
        start = factor * 2 * gammaincinv(own_df / 2, jnp.clip(below, 1e-6, 1 - 1e-6))
        tiny = jnp.finfo(below.dtype).tiny
        low = jnp.full_like(below, math.log(tiny))
        distance = jnp.abs(ndtri(jnp.minimum(below, above)))
        high = 2 * jnp.log(jnp.sqrt(df) + jnp.sqrt(rest) + distance) + math.log(4)
        return low, high, jnp.log(jnp.maximum(start, tiny))

    def _mean(self) -> Array:
        return self.df + self.noncentrality

    def _variance(self) -> Array:
        return 2 * self.df + 4 * self.noncentrality

    def _skewness(self) -> Array:
        k, rest = self.df, self.noncentrality
        return (k + 3 * rest) / (k + 2 * rest) * math.sqrt(8) / jnp.sqrt(k + 2 * rest)

    def _kurtosis(self) -> Array:
        k, rest = self.df, self.noncentrality
        return 12 * ((k + 4 * rest) / (k + 2 * rest)) / (k + 2 * rest)
