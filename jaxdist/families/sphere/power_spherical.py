"""PowerSpherical distribution."""

from __future__ import annotations

import math

import jax.numpy as jnp
from jax import Array

from jaxdist import constraints, random
from jaxdist.arguments import Shape
from jaxdist.bases.rotationally_symmetric import RotationallySymmetric, squared_distance
from jaxdist.parameters import Param, param
from jaxdist.random.sphere import cosine_and_sine
from jaxdist.special import digamma_difference, log_gamma_ratio, xlog1py, xlogy


class PowerSpherical(RotationallySymmetric):
    r"""Power spherical distribution of a direction, which resembles von Mises and Fisher's.

    .. math:: p(x) = \frac{\Gamma(a + b)}{2^{a + b}\, \pi^b\, \Gamma(a)} (1 + \mu^T x)^\kappa, \quad
              |x| = 1, \; b = (n - 1) / 2, \; a = b + \kappa, \quad
              (\mu, \kappa) = (\mathrm{mean\_direction}, \mathrm{concentration})

    a density over the area of the unit sphere in n dimensions. :math:`(1 + \mu^T x) / 2` is
    distributed as Beta(a, b), so that draws are not by rejection. The parameters are TFP's.

    Args:
      mean_direction: unit vector μ, shape `(..., n)` with n of at least 2.
      concentration: non-negative κ, any shape broadcastable with the batch shape of
        `mean_direction`; 0 gives the uniform distribution.

    Example:
      >>> import jaxdist as jd
      >>> print(jd.PowerSpherical([0.0, 1.0], concentration=9.0).mean)
      [0.  0.9]

    References:
      De Cao and Aziz 2020, "The Power Spherical distribution".
    """

    mean_direction: Param = param(constraints.sphere)
    concentration: Param = param(constraints.nonnegative)

    @property
    def _half(self) -> float:
        """Half the dimension of the sphere."""
        return (self._size - 1) / 2

    def _rsample_cosine(self, key: Array, shape: Shape) -> tuple[Array, Array]:
        """Draw the logit of (1 + cosine) / 2."""
        b = jnp.full_like(self.concentration, self._half)
        logit = random.logit_beta(key, self.concentration + self._half, b, shape)
        return cosine_and_sine(-logit)

    def _log_density_at_mode(self) -> Array:
        a, b = self.concentration + self._half, self._half
        return b * jnp.log(a / (4 * math.pi)) + log_gamma_ratio(a, b)

    def _log_prob(self, x: Array) -> Array:
        quarter = squared_distance(x, self.mean_direction) / 4  # (1 - cosine) / 2
        is_near = quarter < 0.5
        near = xlog1py(self.concentration, -jnp.where(is_near, quarter, 0))
        opposite = squared_distance(x, -self.mean_direction) / 4
        far = xlogy(self.concentration, jnp.where(is_near, 1, opposite))
        return self._log_density_at_mode() + jnp.where(is_near, near, far)

    def _mean_cosine(self) -> Array:
        return self.concentration / (self.concentration + 2 * self._half)

    def _variance_across(self) -> Array:
        kappa, b = self.concentration, self._half
        return (kappa + b) / (kappa + 2 * b) / (kappa + 2 * b + 1) * 2

    def _cosine_variance(self) -> Array:
        return self._variance_across() * 2 * self._half / (self.concentration + 2 * self._half)

    def _entropy(self) -> Array:
        mean_log = -digamma_difference(self.concentration + self._half, self._half)
        return -self._log_density_at_mode() - self.concentration * mean_log
