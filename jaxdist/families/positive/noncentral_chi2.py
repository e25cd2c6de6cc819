"""NoncentralChi2 distribution."""

from __future__ import annotations

import math

import jax
import jax.numpy as jnp
from jax import Array, lax

from jaxdist import constraints, random
from jaxdist.arguments import Shape
from jaxdist.bases.log_tails import LogTails
from jaxdist.implicit_differentiation import implicit_reparameterization
from jaxdist.numerics.root_finding import bisection_steps, find_root
from jaxdist.parameters import Param, param
from jaxdist.special import gammaincinv, ndtri
from jaxdist.special.noncentral_chi2 import (
    noncentral_chi2_log_prob,
    noncentral_chi2_log_tails,
)

_LARGEST = 1e30  # error of a quantile


class NoncentralChi2(LogTails):
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

    support = constraints.positive
    has_rsample = True

    def _arguments(self, x: Array) -> tuple[Array, ...]:
        leaves = (self.df, self.noncentrality)
        return (x, *(jnp.broadcast_to(leaf, x.shape) for leaf in leaves))

    def _sample(self, key: Array, shape: Shape) -> Array:
        """Draw the chi-squared variable whose degrees are raised by twice a Poisson count."""
        count_key, gamma_key = jax.random.split(key)
        count = random.poisson(count_key, self.noncentrality / 2, shape).astype(self.dtype)
        return 2 * jnp.exp(random.log_gamma(gamma_key, self.df / 2 + count, shape))

    def _rsample(self, key: Array, shape: Shape) -> Array:
        x = lax.stop_gradient(self._sample(key, shape))
        return implicit_reparameterization(self, jnp.maximum(x, jnp.finfo(x.dtype).tiny))

    def _log_prob(self, x: Array) -> Array:
        return noncentral_chi2_log_prob(*self._arguments(x))

    def _log_tails(self, x: Array) -> tuple[Array, Array]:
        return noncentral_chi2_log_tails(*self._arguments(x))

    def _icdf(self, q: Array) -> Array:
        return self._quantile(q, 1 - q, q)

    def _isf(self, q: Array) -> Array:
        return self._quantile(1 - q, q, 1 - q)

    def _quantile_at(self, below: Array, above: Array) -> Array:
        return self._quantile(below, above, below)

    def _quantile(self, below: Array, above: Array, q: Array) -> Array:
        inside = (below > 0) & (above > 0)
        p, complement = (jnp.where(inside, x, 0.5) for x in (below, above))
        x = lax.stop_gradient(self)._solve(*lax.stop_gradient((p, complement)))
        underflows = x == 0
        moving = implicit_reparameterization(self, jnp.where(underflows, 1, x), q)
        moving = jnp.where(underflows, 0, moving)
        return jnp.where(inside, moving, jnp.where(below > 0, math.inf, 0))

    def _solve(self, below: Array, above: Array) -> Array:
        """Find log x, from the chi-squared variable with the same mean and variance.

        0 where x underflows.
        """
        df, rest = (jnp.broadcast_to(x, below.shape) for x in (self.df, self.noncentrality))
        is_lower = below < above
        log_target = jnp.log(jnp.where(is_lower, below, above))
        factor, own_df = (df + 2 * rest) / (df + rest), (df + rest) / (df + 2 * rest) * (df + rest)
        start = factor * 2 * gammaincinv(own_df / 2, jnp.clip(below, 1e-6, 1 - 1e-6))

        def error(t: Array) -> tuple[Array, Array]:
            x = jnp.exp(t)
            log_cdf, log_sf = self._log_tails(x)
            log_tail = jnp.where(is_lower, log_cdf, log_sf)
            excess = jnp.where(is_lower, 1, -1) * (log_tail - log_target)
            slope = jnp.exp(self._log_prob(x) + t - log_tail)
            is_usable = jnp.isfinite(excess) & jnp.isfinite(slope) & (slope > 0)
            return jnp.clip(excess, -_LARGEST, _LARGEST), jnp.where(is_usable, slope, 1e-9)

        smallest = math.log(jnp.finfo(below.dtype).tiny)
        low = jnp.full_like(below, smallest + 1)
        spread = 2 * jnp.log(jnp.sqrt(df) + jnp.sqrt(rest) + jnp.abs(ndtri(jnp.exp(log_target))))
        high = spread + math.log(4)
        start = jnp.clip(jnp.log(jnp.maximum(start, jnp.exp(low))), low, high)
        underflows = is_lower & (self._log_tails(jnp.exp(low))[0] > log_target)
        t = find_root(error, low, high, steps=bisection_steps(low.dtype), start=start)
        return jnp.where(underflows, 0, jnp.exp(t))

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
