"""Weibull distribution."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxdist import constraints
from jaxdist.bases.hazard_rate import HazardRate
from jaxdist.parameters import Param, param
from jaxdist.special import lgamma, log1mexpexp, log_central_binomial, xlogy


class Weibull(HazardRate):
    r"""Weibull distribution: a power of an exponential draw.

    .. math:: p(x) = \frac{k}{\lambda} z^{k - 1} e^{-z^k}, \quad z = x / \lambda, \quad x \ge 0

    At 0 the density is infinite for k < 1.

    Args:
      scale: positive scale λ, any shape broadcastable with `concentration`.
      concentration: positive exponent k: 1 is the exponential distribution, 2 is Rayleigh's.
    """

    scale: Param = param(constraints.positive)
    concentration: Param = param(constraints.positive)

    support = constraints.nonnegative

    def _hazard(self, x: Array) -> Array:
        zero = x == 0
        power = (jnp.where(zero, 1, x) / self.scale) ** self.concentration
        return jnp.where(zero, 0, power)

    def _at_hazard(self, h: Array) -> Array:
        zero = h == 0
        power = jnp.where(zero, 1, h) ** (1 / self.concentration)
        return self.scale * jnp.where(zero, 0, power)

    def _log_prob_at_hazard(self, h: Array) -> Array:
        k = self.concentration
        return jnp.log(k / self.scale) + xlogy(1 - 1 / k, h) - h

    def _log_prob(self, x: Array) -> Array:
        """Right also where the hazard underflows."""
        k = self.concentration
        return jnp.log(k / self.scale) + xlogy(k - 1, x / self.scale) - self._hazard(x)

    def _log_cdf(self, x: Array) -> Array:
        """Finite also where the hazard underflows."""
        return log1mexpexp(self.concentration * jnp.log(x / self.scale))

    def _log_moment(self, order: int) -> Array:
        """Logarithm of the mean of `(x / scale)**order`."""
        return lgamma(1 + order / self.concentration)

    def _mean(self) -> Array:
        return self.scale * jnp.exp(self._log_moment(1))

    def _mode(self) -> Array:
        """0 for a concentration of at most one, where the density falls from there."""
        k = self.concentration
        inside = k > 1
        k = jnp.where(inside, k, 2)
        return jnp.where(inside, self.scale * (1 - 1 / k) ** (1 / k), 0)

    def _variance(self) -> Array:
        return self._stddev() ** 2

    def _stddev(self) -> Array:
        return self._mean() * jnp.sqrt(jnp.expm1(log_central_binomial(1 / self.concentration)))

    def _entropy(self) -> Array:
        k = self.concentration
        return 1 + np.euler_gamma * (1 - 1 / k) + jnp.log(self.scale / k)
