"""GeneralizedNormal distribution."""

from __future__ import annotations

import math

import jax
import jax.numpy as jnp
from jax import Array

from jaxdist import constraints, random
from jaxdist.arguments import Shape
from jaxdist.bases.location_scale import SymmetricLocationScale
from jaxdist.parameters import Param, param
from jaxdist.special import (
    gamma_sf,
    gammainccinv,
    lgamma,
    log_gamma_ratio,
    log_gamma_sf,
)

_FAR = 80.0  # log |z|^β from which the logarithm of a tail is -|z|^β


class GeneralizedNormal(SymmetricLocationScale):
    r"""Generalized normal distribution, also called exponential power distribution.

    .. math:: p(x) = \frac{\beta\, e^{-|z|^\beta}}{2\, \mathrm{scale}\, \Gamma(1 / \beta)}, \quad
              z = (x - \mathrm{loc}) / \mathrm{scale}, \quad \beta = \mathrm{power}

    A power of 1 gives the Laplace distribution, of 2 the normal one with a standard deviation of
    scale / sqrt(2). The parameters are TFP's; SciPy's `gennorm` has the same.

    Args:
      loc: mean and mode, any shape broadcastable with the others.
      scale: positive scale, in the units of `loc`.
      power: positive exponent β.
    """

    loc: Param = param(constraints.real)
    scale: Param = param(constraints.positive)
    power: Param = param(constraints.positive)

    def _standard_rsample(self, key: Array, shape: Shape) -> Array:
        sign_key, size_key = jax.random.split(key)
        sign = jax.random.rademacher(sign_key, shape, self.dtype)
        return sign * jnp.exp(random.log_gamma(size_key, 1 / self.power, shape) / self.power)

    def _log_size_power(self, t: Array) -> Array:
        """Return the logarithm of |z|^β, `-inf` at 0."""
        positive = t > 0
        return jnp.where(positive, self.power * jnp.log(jnp.where(positive, t, 1)), -math.inf)

    def _standard_log_prob(self, z: Array) -> Array:
        power = jnp.exp(self._log_size_power(jnp.abs(z)))
        return -power - math.log(2) - lgamma(1 + 1 / self.power)

    def _standard_sf_of_positive(self, t: Array) -> Array:
        log_power = jnp.minimum(self._log_size_power(t), _FAR)
        return gamma_sf(1 / self.power, jnp.exp(log_power), log_power) / 2

    def _standard_log_sf_of_positive(self, t: Array) -> Array:
        log_power = self._log_size_power(t)
        far, near_log = log_power > _FAR, jnp.minimum(log_power, _FAR)
        near = log_gamma_sf(1 / self.power, jnp.exp(near_log), near_log) - math.log(2)
        return jnp.where(far, -jnp.exp(jnp.where(far, log_power, 0)), near)

    def _standard_isf(self, p: Array) -> Array:
        r"""By the series at 0 where :math:`|z|^\beta`, which may underflow, is small."""
        t, between = 1 / self.power, 1 - 2 * p
        near = between * jnp.exp(lgamma(1 + t))
        is_near = self._log_size_power(near) < math.log(jnp.finfo(p.dtype).eps / 4)
        power = gammainccinv(t, jnp.where(is_near, 0.5, 2 * p))
        positive = power > 0
        far = jnp.where(positive, jnp.where(positive, power, 1) ** t, 0)
        return jnp.where(is_near, near, far)

    def _stddev(self) -> Array:
        t = 1 / self.power
        return self.scale * t**t * jnp.exp(log_gamma_ratio(t, 2 * t) / 2)

    def _skewness(self) -> Array:
        return jnp.zeros_like(self.loc)

    def _kurtosis(self) -> Array:
        t = 1 / self.power
        log_ratio = log_gamma_ratio(3 * t, 2 * t) - log_gamma_ratio(t, 2 * t)
        return jnp.exp(log_ratio + t * math.log(9)) - 3

    def _entropy(self) -> Array:
        t = 1 / self.power
        return t + math.log(2) + lgamma(1 + t) + jnp.log(self.scale)
