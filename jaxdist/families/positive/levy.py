"""Levy distribution."""

from __future__ import annotations

import math

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array, lax

from jaxdist import constraints, random
from jaxdist.arguments import Shape
from jaxdist.distribution import Distribution
from jaxdist.parameters import Param, param
from jaxdist.promotion import custom_jvp
from jaxdist.special import (
    LOG_TWO_PI,
    log_distance,
    log_ndtr,
    log_with_complement,
    ndtr,
    ndtri,
    quotient,
    standardize,
    with_slopes,
)

_SMALLEST = 1e-36  # whose inverse square root has a finite square


class Levy(Distribution):
    r"""Lévy distribution, of loc + scale / Z^2 for a normal Z.

    .. math:: p(x) = \frac{e^{-1 / (2 z)}}{\mathrm{scale} \sqrt{2 \pi}\, z^{3/2}}, \quad
              z = (x - \mathrm{loc}) / \mathrm{scale} > 0

    Mean and variance are infinite. The parameters are those of SciPy and numpyro.

    Args:
      loc: lower end of the support, any shape broadcastable with `scale`.
      scale: positive scale, in the units of `loc`.
    """

    loc: Param = param(constraints.real)
    scale: Param = param(constraints.positive)

    has_rsample = True

    @property
    def support(self) -> constraints.Constraint:
        """The numbers above `loc`."""
        return constraints.greater_than(self.loc)

    def _size(self, x: Array) -> Array:
        """Return the size of the normal Z, at most one whose square is finite."""
        return _size(x, self.loc, self.scale)

    def _rsample(self, key: Array, shape: Shape) -> Array:
        z = random.normal(key, shape, self.dtype)
        smallest = 2.0**-60
        z = jnp.where(jnp.abs(z) < smallest, smallest, z)
        return self.loc + self.scale / z**2

    def _log_prob(self, x: Array) -> Array:
        """Differentiate by log z, of which 1 / 2 z is multiplied last."""
        loc, scale, x = jnp.broadcast_arrays(self.loc, self.scale, x)
        half_inverse = self._size(x) ** 2 / 2
        log_z = log_distance(x, loc, scale)
        value = -1.5 * log_z - half_inverse - LOG_TWO_PI / 2 - jnp.log(scale)
        inside = x - loc > 0  # which may underflow
        value = jnp.where(inside, value, -math.inf)
        of_x = quotient(half_inverse - 1.5, jnp.where(inside, x - loc, 1))
        of_x = jnp.where(inside, of_x, 0)
        of_scale = quotient(0.5 - half_inverse, scale)
        return with_slopes(lax.stop_gradient(value), (-of_x, of_scale, of_x), (loc, scale, x))

    def _cdf(self, x: Array) -> Array:
        return 2 * ndtr(-self._size(x))

    def _log_cdf(self, x: Array) -> Array:
        sf = self._survival_function(x)
        far = math.log(2) + log_ndtr(-self._size(x))
        return jnp.where(sf < 0.5, jnp.log1p(-jnp.minimum(sf, 0.75)), far)

    def _survival_function(self, x: Array) -> Array:
        return lax.erf(self._size(x) * math.sqrt(0.5))

    def _log_survival_function(self, x: Array) -> Array:
        return log_with_complement(self._survival_function(x), self._cdf(x))

    def _icdf(self, q: Array) -> Array:
        return self.loc + self.scale / ndtri(q / 2) ** 2

    def _isf(self, q: Array) -> Array:
        return self.loc + self.scale / (2 * lax.erf_inv(q) ** 2)

    def _mean(self) -> Array:
        return jnp.full_like(self.scale, math.inf)

    def _mode(self) -> Array:
        return self.loc + self.scale / 3

    def _variance(self) -> Array:
        return jnp.full_like(self.scale, math.inf)

    def _skewness(self) -> Array:
        return jnp.full_like(self.scale, math.nan)

    def _kurtosis(self) -> Array:
        return jnp.full_like(self.scale, math.nan)

    def _entropy(self) -> Array:
        return 0.5 + 1.5 * np.euler_gamma + math.log(16 * math.pi) / 2 + jnp.log(self.scale)


@custom_jvp
def _size(x: Array, loc: Array, scale: Array) -> Array:
    """Return 1 / sqrt(z), at most one whose square is finite."""
    z = standardize(x, loc, scale)
    overflows = z == math.inf
    far = jnp.sqrt(scale) / jnp.sqrt(jnp.where(overflows, x - loc, 1))
    return jnp.where(overflows, far, 1 / jnp.sqrt(jnp.maximum(z, _SMALLEST)))


@_size.defjvp
def _size_jvp(primals: tuple[Array, ...], tangents: tuple[Array, ...]) -> tuple[Array, Array]:
    """Differentiate by that of log z: the slope in z underflows where z times it does not."""
    x, loc, scale = primals
    inside = standardize(x, loc, scale) > _SMALLEST
    away = jnp.where(inside, x, loc)  # at loc all derivatives are 0
    _, log_z_dot = jax.jvp(log_distance, (away, loc, scale), tangents)
    size = _size(x, loc, scale)
    return size, jnp.where(inside, -size / 2 * log_z_dot, 0)
