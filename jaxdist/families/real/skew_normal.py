"""SkewNormal distribution."""

from __future__ import annotations

import math

import jax
import jax.numpy as jnp
from jax import Array, lax

from jaxdist import constraints, random
from jaxdist.arguments import Shape
from jaxdist.bases.location_scale import LocationScale
from jaxdist.implicit_differentiation import implicit_reparameterization
from jaxdist.parameters import Param, param
from jaxdist.special import log_skew_ndtr, skew_ndtr, skew_ndtri, skew_normal_entropy
from jaxdist.special.hyperbolic import hypot
from jaxdist.special.skew_normal import skew_normal_log_density


class SkewNormal(LocationScale):
    r"""Skew normal distribution (Azzalini, 1985).

    .. math:: p(x) = \frac{2}{\mathrm{scale}} \phi(z) \Phi(\alpha z), \quad
              z = (x - \mathrm{loc}) / \mathrm{scale}

    where φ and Φ are density and distribution function of the standard normal distribution.

    Args:
      loc: location, any shape broadcastable with the others; the mean for α = 0.
      scale: positive scale, in the units of `loc`; the standard deviation for α = 0.
      alpha: skewness parameter α: the density is skewed to the right for α > 0, normal for α = 0.
    """

    loc: Param = param(constraints.real)
    scale: Param = param(constraints.positive)
    alpha: Param = param(constraints.real)

    def _rsample(self, key: Array, shape: Shape) -> Array:
        r"""Draw :math:`z = (\alpha |u_1| + u_2) / \sqrt{1 + \alpha^2}`, for normal u."""
        beta = hypot(1.0, self.alpha)
        u1, u2 = (random.normal(k, shape, self.dtype) for k in jax.random.split(key))
        z = self.alpha / beta * jnp.abs(u1) + u2 / beta
        return implicit_reparameterization(self, lax.stop_gradient(self.loc + self.scale * z))

    def _log_prob(self, x: Array) -> Array:
        return skew_normal_log_density(x, self.loc, self.scale, self.alpha)

    def _standard_cdf(self, z: Array) -> Array:
        return skew_ndtr(z, self.alpha)

    def _standard_log_cdf(self, z: Array) -> Array:
        return log_skew_ndtr(z, self.alpha)

    def _standard_survival_function(self, z: Array) -> Array:
        return skew_ndtr(-z, -self.alpha)

    def _standard_log_survival_function(self, z: Array) -> Array:
        return log_skew_ndtr(-z, -self.alpha)

    def _icdf(self, q: Array) -> Array:
        x = self.loc + self.scale * skew_ndtri(q, self.alpha)
        return implicit_reparameterization(self, lax.stop_gradient(x), q)

    def _isf(self, q: Array) -> Array:
        return -self._with(loc=-self.loc, alpha=-self.alpha)._icdf(q)

    def _mean(self) -> Array:
        delta = self.alpha / hypot(1.0, self.alpha)
        return self.loc + math.sqrt(2 / math.pi) * self.scale * delta

    def _stddev(self) -> Array:
        delta = self.alpha / hypot(1.0, self.alpha)
        return self.scale * jnp.sqrt(1 - 2 / math.pi * delta**2)

    def _skewness(self) -> Array:
        mean, variance = self._standard_moments()
        return (4 - math.pi) / 2 * mean**3 / variance**1.5

    def _kurtosis(self) -> Array:
        mean, variance = self._standard_moments()
        return 2 * (math.pi - 3) * (mean**2 / variance) ** 2

    def _standard_moments(self) -> tuple[Array, Array]:
        """Return mean and variance for location 0 and scale 1."""
        mean = math.sqrt(2 / math.pi) * self.alpha / hypot(1.0, self.alpha)
        return mean, 1 - mean**2

    def _entropy(self) -> Array:
        return skew_normal_entropy(self.alpha) + jnp.log(self.scale)
