"""Maxwell distribution."""

from __future__ import annotations

import math

import jax.numpy as jnp
import numpy as np
from jax import Array, lax

from jaxdist import constraints
from jaxdist.bases.increasing_function import IncreasingFunction
from jaxdist.families.positive.chi2 import Chi2
from jaxdist.numerics.polynomials import horner
from jaxdist.parameters import Param, param
from jaxdist.special import LOG_TWO_PI, log_quotient, quotient

_SERIES = [1 / (2**k * math.factorial(k) * (2 * k + 3)) for k in range(16)]  # DLMF 7.6.1, 7.6.2
_LARGE = 1e15  # z, of which the tail has underflown, and the square is finite
_EXCESS = 3 * math.pi - 8  # pi times the variance of a unit scale


class Maxwell(IncreasingFunction):
    r"""Maxwell-Boltzmann distribution: the length of a vector of three normal draws.

    .. math:: p(x) = \sqrt{2 / \pi}\, z^2 e^{-z^2 / 2} / \mathrm{scale}, \quad
              z = x / \mathrm{scale}, \quad x > 0

    Args:
      scale: positive standard deviation of the three draws, any shape.
    """

    scale: Param = param(constraints.positive)
    support = constraints.positive

    @property
    def base_dist(self) -> Chi2:
        """The distribution of z^2."""
        return Chi2(jnp.full_like(self.scale, 3), validate_args=False)

    def _forward(self, y: Array) -> Array:
        return self.scale * jnp.sqrt(y)

    def _inverse(self, x: Array) -> Array:
        """Return the square of z; where that would overflow, the cdf is 1."""
        return jnp.minimum(quotient(x, self.scale), _LARGE) ** 2

    def _cdf(self, x: Array) -> Array:
        near, cdf = self._power_series(x)
        return jnp.where(near, cdf, super()._cdf(x))

    def _log_cdf(self, x: Array) -> Array:
        """Finite where z^3 underflows."""
        z = quotient(x, self.scale)
        near = z <= 1
        square = jnp.where(near, z, 0) ** 2
        log_z = log_quotient(jnp.where(near, x, self.scale), self.scale)
        of_series = jnp.log(math.sqrt(2 / math.pi) * horner(_SERIES, -square))
        far = super()._log_cdf(jnp.where(near, self.scale, x))
        return jnp.where(near, 3 * log_z + of_series, far)

    def _survival_function(self, x: Array) -> Array:
        near, cdf = self._power_series(x)
        return jnp.where(near, 1 - cdf, super()._survival_function(x))

    def _log_survival_function(self, x: Array) -> Array:
        """Far out without z^2, of which the half overflows later."""
        near, cdf = self._power_series(x)
        z = quotient(x, self.scale)
        far = z > _LARGE
        of_far = log_quotient(x, self.scale) - z * (z / 2) + math.log(2 / math.pi) / 2
        log_sf = jnp.where(far, of_far, super()._log_survival_function(x))
        return jnp.where(near, jnp.log1p(-cdf), log_sf)

    def _icdf(self, q: Array) -> Array:
        """Correct z, which is found by logarithms, by a step of Newton's method for z <= 1."""
        x = super()._icdf(q)
        near, cdf = lax.stop_gradient(self._power_series(x))
        near &= cdf > 0
        z = jnp.where(near, lax.stop_gradient(quotient(x, self.scale)), 1)
        # Relative to the cdf, since differences of small probabilities underflow.
        step = (1 - q / jnp.where(near, cdf, 1)) * horner(_SERIES, -z * z) * jnp.exp(z * z / 2)
        return jnp.where(near, self.scale * (z - z * step), x)

    def _power_series(self, x: Array) -> tuple[Array, Array]:
        """Return whether z <= 1; there the cdf without logarithms, which would be rounded."""
        z = quotient(x, self.scale)
        near = z <= 1
        z = jnp.where(near, z, 0)
        return near, math.sqrt(2 / math.pi) * z * z * z * horner(_SERIES, -z * z)

    def _log_prob(self, x: Array) -> Array:
        z = quotient(x, self.scale)
        return (
            2 * log_quotient(x, self.scale)
            - z**2 / 2
            - jnp.log(self.scale)
            + math.log(2 / math.pi) / 2
        )

    def _mean(self) -> Array:
        return math.sqrt(8 / math.pi) * self.scale

    def _mode(self) -> Array:
        return math.sqrt(2) * self.scale

    def _stddev(self) -> Array:
        return math.sqrt(3 - 8 / math.pi) * self.scale

    def _skewness(self) -> Array:
        return jnp.full_like(self.scale, 2 * math.sqrt(2) * (16 - 5 * math.pi) / _EXCESS**1.5)

    def _kurtosis(self) -> Array:
        return jnp.full_like(self.scale, 4 * (40 * math.pi - 96 - 3 * math.pi**2) / _EXCESS**2)

    def _entropy(self) -> Array:
        return jnp.log(self.scale) + LOG_TWO_PI / 2 + np.euler_gamma - 0.5
