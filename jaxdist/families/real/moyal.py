"""Moyal distribution."""

from __future__ import annotations

import math

import jax.numpy as jnp
import numpy as np
from jax import Array, lax

from jaxdist import constraints, random
from jaxdist.arguments import Shape
from jaxdist.bases.location_scale import LocationScale
from jaxdist.parameters import Param, param
from jaxdist.special import LOG_TWO_PI, expm1mx, log_ndtr, log_with_complement, ndtr, ndtri

_FARTHEST = 85.0  # in units of the scale below `loc`; exp(-z / 2) is finite
_SKEWNESS = 28 * math.sqrt(2) * 1.2020569031595943 / math.pi**3  # with zeta(3)


class Moyal(LocationScale):
    r"""Moyal distribution, of loc - scale log(Z^2) for a normal Z: energy losses of particles.

    .. math:: p(x) = \frac{\exp(-(z + e^{-z}) / 2)}{\mathrm{scale} \sqrt{2 \pi}}, \quad
              z = (x - \mathrm{loc}) / \mathrm{scale}

    The parameters are TFP's and SciPy's.

    Args:
      loc: mode, any shape broadcastable with `scale`.
      scale: positive scale, in the units of `loc`.
    """

    loc: Param = param(constraints.real)
    scale: Param = param(constraints.positive)

    def _standard_rsample(self, key: Array, shape: Shape) -> Array:
        z = jnp.abs(random.normal(key, shape, self.dtype))
        return -2 * jnp.log(jnp.maximum(z, jnp.finfo(z.dtype).tiny))

    def _standard_log_prob(self, z: Array) -> Array:
        return -(1 + expm1mx(-z)) / 2 - LOG_TWO_PI / 2

    def _size(self, z: Array) -> Array:
        """Return the size of the normal Z."""
        return jnp.exp(-jnp.maximum(z, -_FARTHEST) / 2)

    def _standard_cdf(self, z: Array) -> Array:
        return 2 * ndtr(-self._size(z))

    def _standard_log_cdf(self, z: Array) -> Array:
        sf = self._standard_survival_function(z)
        beyond = z < -_FARTHEST
        near = math.log(2) + log_ndtr(-self._size(z))
        far = jnp.where(beyond, -jnp.exp(-jnp.where(beyond, z, 0)) / 2, near)
        return jnp.where(sf < 0.5, jnp.log1p(-jnp.minimum(sf, 0.75)), far)

    def _standard_survival_function(self, z: Array) -> Array:
        return lax.erf(self._size(z) * math.sqrt(0.5))

    def _standard_log_survival_function(self, z: Array) -> Array:
        """As a series for a large z: the logarithm of the size underflows later than the size."""
        far = z > 40
        log_sf = log_with_complement(
            self._standard_survival_function(jnp.where(far, 0, z)),
            self._standard_cdf(jnp.where(far, 0, z)),
        )
        return jnp.where(far, math.log(2 / math.pi) / 2 - z / 2, log_sf)

    def _standard_icdf(self, q: Array) -> Array:
        return -2 * jnp.log(-ndtri(q / 2))

    def _isf(self, q: Array) -> Array:
        return self.loc - self.scale * (2 * jnp.log(math.sqrt(2) * lax.erf_inv(q)))

    def _mean(self) -> Array:
        return self.loc + (np.euler_gamma + math.log(2)) * self.scale

    def _mode(self) -> Array:
        return self.loc

    def _stddev(self) -> Array:
        return math.pi / math.sqrt(2) * self.scale

    def _skewness(self) -> Array:
        return jnp.full_like(self.scale, _SKEWNESS)

    def _kurtosis(self) -> Array:
        return jnp.full_like(self.scale, 4)

    def _entropy(self) -> Array:
        constant = (LOG_TWO_PI + np.euler_gamma + math.log(2) + 1) / 2
        return constant + jnp.log(self.scale)
