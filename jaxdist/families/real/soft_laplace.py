"""SoftLaplace distribution."""

from __future__ import annotations

import math

import jax
import jax.numpy as jnp
from jax import Array

from jaxdist import constraints, random
from jaxdist.arguments import Shape
from jaxdist.bases.location_scale import SymmetricLocationScale
from jaxdist.parameters import Param, param
from jaxdist.special import LOG_TWO_PI, log_cosh


class SoftLaplace(SymmetricLocationScale):
    r"""Hyperbolic secant distribution: tails of the Laplace distribution, and a smooth mode.

    .. math:: p(x) = \frac{1}{\pi\, \mathrm{scale}}\, \mathrm{sech}(z), \quad
              z = (x - \mathrm{loc}) / \mathrm{scale}

    The name and the parameters are numpyro's; SciPy calls it `hypsecant`.

    Args:
      loc: mean and median, any shape broadcastable with `scale`.
      scale: positive scale, in the units of `loc`; the standard deviation is π / 2 times it.

    Example:
      >>> import jaxdist as jd
      >>> d = jd.SoftLaplace(1.0, 2.0)
      >>> print(f"{d.log_prob(1.0):.4f} {d.stddev:.4f} {d.cdf(3.0):.4f}")
      -1.8379 3.1416 0.7756

    References:
      Ding 2014, "Three occurrences of the hyperbolic-secant distribution".
    """

    loc: Param = param(constraints.real)
    scale: Param = param(constraints.positive)

    def _standard_rsample(self, key: Array, shape: Shape) -> Array:
        word_key, sign_key = jax.random.split(key)
        size = self._standard_isf(random.uniform_open(word_key, shape, self.dtype) / 2)
        is_below = random.uniform(sign_key, shape, self.dtype) < 0.5
        return jnp.where(is_below, -size, size)

    def _standard_log_prob(self, z: Array) -> Array:
        return -math.log(math.pi) - log_cosh(z)

    def _standard_sf_of_positive(self, t: Array) -> Array:
        return (2 / math.pi) * jnp.arctan(jnp.exp(-t))

    def _standard_log_sf_of_positive(self, t: Array) -> Array:
        """Take the logarithm of the ratio of arctan(y) and y, which is 1 at 0."""
        y = jnp.exp(-t)
        far = y < 1e-3
        ratio = jnp.arctan(jnp.where(far, 1, y)) / jnp.where(far, 1, y)
        return math.log(2 / math.pi) - t + jnp.where(far, -y * y / 3, jnp.log(ratio))

    def _standard_isf(self, p: Array) -> Array:
        """Invert by sin and cos, whose ratio is exact near 1 too."""
        angle = (math.pi / 2) * p
        half = jnp.where(p > 0.25, angle - math.pi / 4, 0)
        near = -jnp.log1p(2 * jnp.tan(half) / (1 - jnp.tan(half)))
        return jnp.where(p > 0.25, near, -jnp.log(jnp.tan(jnp.where(p > 0.25, 0.5, angle))))

    def _variance(self) -> Array:
        return (math.pi / 2 * self.scale) ** 2

    def _stddev(self) -> Array:
        return math.pi / 2 * self.scale

    def _skewness(self) -> Array:
        return jnp.full_like(self.scale, 0)

    def _kurtosis(self) -> Array:
        return jnp.full_like(self.scale, 2)

    def _entropy(self) -> Array:
        return LOG_TWO_PI + jnp.log(self.scale)
