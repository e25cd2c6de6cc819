"""Horseshoe distribution."""

from __future__ import annotations

import math

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array, lax

from jaxdist import constraints, random
from jaxdist.arguments import Shape
from jaxdist.bases.location_scale import HeavyTails
from jaxdist.implicit_differentiation import implicit_reparameterization
from jaxdist.parameters import Param, param
from jaxdist.special import log_distance
from jaxdist.special.horseshoe import horseshoe_isf, horseshoe_sf, log_horseshoe_density
from jaxdist.special.quotient import log_of_scale

_LOG_FAR = math.log(1e8)  # of z: from there on the tail is a power, in float64 too
_LOG_TAIL = math.log(2 / math.pi**3) / 2  # of the tail, and of the density, at z = 1
_LOG_UNIT = -math.log(2 * math.pi**3) / 2  # of the density, in units of the integral
_AT_POLE = math.log(2) - np.euler_gamma  # of the integral, plus 2 log z
_ENTROPY = 2.1098718360616477  # of scale 1, by quadrature in 30 digits


class Horseshoe(HeavyTails):
    r"""Horseshoe distribution, a prior of coefficients of which most are nearly 0.

    .. math:: x \mid \lambda \sim \mathrm{Normal}(0, \mathrm{scale}\, \lambda), \quad
              \lambda \sim \mathrm{HalfCauchy}(1), \quad
              p(x) = \frac{e^y E_1(y)}{\sqrt{2 \pi^3}\, \mathrm{scale}}, \quad
              y = \frac{x^2}{2\, \mathrm{scale}^2}

    with the exponential integral :math:`E_1`. The density is infinite at 0, and its tails are
    those of a Cauchy distribution: it has no mean (NaN), and its variance is infinite. The
    parameter is TFP's, which approximates the density.

    Args:
      scale: positive scale, in the units of x, any shape.

    Example:
      >>> import jaxdist as jd
      >>> d = jd.Horseshoe(scale=2.0)
      >>> print(d.cdf([-2.0, 0.0, 2.0]).round(3))
      [0.186 0.5   0.814]

    References:
      Carvalho, Polson and Scott 2010, "The horseshoe estimator for sparse signals".
    """

    scale: Param = param(constraints.positive)

    @property
    def loc(self) -> Array:
        """The center, 0."""
        return jnp.zeros_like(self.scale)

    def _standard_rsample(self, key: Array, shape: Shape) -> Array:
        normal_key, cauchy_key = jax.random.split(key)
        width = jnp.abs(random.cauchy(cauchy_key, shape, self.dtype))
        return width * random.normal(normal_key, shape, self.dtype)

    def _log_prob(self, x: Array) -> Array:
        """A power far out, and a logarithm near 0: z may overflow or underflow there."""
        log_z = log_distance(x, self.loc, self.scale)
        far, close = log_z > _LOG_FAR, log_z < -_LOG_FAR
        z = self._standardize(jnp.where(far | close, self.scale, x))
        near = log_horseshoe_density(jnp.where(z < 0, -z, z))
        of_close = jnp.log(_AT_POLE - 2 * jnp.where(close, log_z, 0)) + _LOG_UNIT
        log_density = jnp.where(close, of_close, near)
        return jnp.where(far, _LOG_TAIL - 2 * log_z, log_density) - log_of_scale(self.scale)

    def _sf_of_size(self, t: Array, log_t: Array) -> Array:
        return horseshoe_sf(t, log_t)

    def _log_lower_tail(self, x: Array, z: Array) -> Array:
        """A power far out; from one tail, whose slope at 0 is infinite, on both sides of 0."""
        t, log_t = self._size(x, z)
        tail, far = horseshoe_sf(t, log_t), log_t > _LOG_FAR
        of_tail = jnp.where(far, _LOG_TAIL - log_t, jnp.log(jnp.where(far, 1, tail)))
        return jnp.where(z < 0, of_tail, jnp.log1p(-tail))

    def _standard_isf(self, p: Array) -> Array:
        return horseshoe_isf(p)

    def _icdf(self, q: Array) -> Array:
        x = lax.stop_gradient(super()._icdf(q))
        return implicit_reparameterization(self, x, q)

    def _mean(self) -> Array:
        return jnp.full_like(self.scale, math.nan)

    def _mode(self) -> Array:
        return jnp.zeros_like(self.scale)

    def _variance(self) -> Array:
        return jnp.full_like(self.scale, math.inf)

    def _skewness(self) -> Array:
        return jnp.full_like(self.scale, math.nan)

    def _kurtosis(self) -> Array:
        return jnp.full_like(self.scale, math.nan)

    def _entropy(self) -> Array:
        return _ENTROPY + jnp.log(self.scale)
