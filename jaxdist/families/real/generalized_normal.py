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
from jaxdist.promotion import custom_jvp
from jaxdist.special import gammainccinv, lgamma, log_distance, log_gamma_ratio, quotient
from jaxdist.special.generalized_normal import (
    FAR,
    SMALL_POWER,
    log_density,
    log_power,
    log_upper_tail,
    moving_power,
    slope_near_zero,
    standard_log_density,
    upper_tail,
)
from jaxdist.special.quotient import finite


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
        return sign * jnp.exp(random.log_gamma(size_key, self._inverse_power(), shape) / self.power)

    def _log_prob(self, x: Array) -> Array:
        arguments = x, self.loc, self.scale, self.power, jnp.zeros_like(self.loc)
        return log_density(*(jnp.broadcast_to(v, x.shape) for v in arguments))

    def _sf_at(self, offset: Array) -> Array:
        """Evaluate P(X > loc + offset)."""
        below = offset < 0
        tail = _upper_tail(jnp.where(below, -offset, offset), self.scale, self.power)
        return jnp.where(below, 1 - tail, tail)

    def _log_sf_at(self, offset: Array) -> Array:
        """Evaluate log P(X > loc + offset)."""
        below = offset < 0
        other = _upper_tail(jnp.where(below, -offset, 0), self.scale, self.power)
        log_tail = _log_upper_tail(jnp.where(below, 0, offset), self.scale, self.power)
        return jnp.where(below, jnp.log1p(-other), log_tail)

    def _cdf(self, x: Array) -> Array:
        return self._sf_at(finite(self.loc - x))

    def _survival_function(self, x: Array) -> Array:
        return self._sf_at(finite(x - self.loc))

    def _log_cdf(self, x: Array) -> Array:
        return self._log_sf_at(finite(self.loc - x))

    def _log_survival_function(self, x: Array) -> Array:
        return self._log_sf_at(finite(x - self.loc))

    def _distance_of_tail(self, p: Array) -> Array:
        r"""By the series at 0 where :math:`|z|^\beta`, which may underflow, is small.

        Far out, z may overflow where the product with the scale does not.
        """
        t, between = self._inverse_power(), 1 - 2 * p
        away = between > 0
        log_near = jnp.log(jnp.where(away, between, 1)) + lgamma(1 + t)
        is_near = self.power * log_near < math.log(jnp.finfo(p.dtype).eps / 4)
        power = gammainccinv(t, jnp.where(is_near | ~away, 0.5, 2 * p))
        positive = power > 0
        root = jnp.where(positive, power, 1) ** (t / 2)
        far = jnp.where(positive, self.scale * root * root, 0)
        near = self.scale * between * jnp.exp(jnp.where(is_near, lgamma(1 + t), 0))
        return jnp.where(away, jnp.where(is_near, near, far), 0)

    def _inverse_power(self) -> Array:
        """Return 1 / power, which is not 0 for the largest powers."""
        inverse, tiny = 1 / self.power, jnp.finfo(self.dtype).tiny
        return jnp.where(inverse > tiny, inverse, tiny)

    def _stddev(self) -> Array:
        t = self._inverse_power()
        return self.scale * t**t * jnp.exp(log_gamma_ratio(t, 2 * t) / 2)

    def _skewness(self) -> Array:
        return jnp.zeros_like(self.loc)

    def _kurtosis(self) -> Array:
        t = self._inverse_power()
        log_ratio = log_gamma_ratio(3 * t, 2 * t) - log_gamma_ratio(t, 2 * t)
        return jnp.exp(log_ratio + t * math.log(9)) - 3

    def _entropy(self) -> Array:
        t = self._inverse_power()
        return t + math.log(2) + lgamma(1 + t) + jnp.log(self.scale)


def _log_size(distance: Array, scale: Array) -> Array:
    return log_distance(distance, jnp.zeros_like(distance), scale)


@custom_jvp
def _upper_tail(distance: Array, scale: Array, power: Array) -> Array:
    """Evaluate P(X > loc + distance)."""
    return upper_tail(_log_size(distance, scale), power)


@_upper_tail.defjvp
def _upper_tail_jvp(
    primals: tuple[Array, Array, Array], tangents: tuple[Array, Array, Array]
) -> tuple[Array, Array]:
    """The slope in the distance is the density, also at 0; in the scale it may be large."""
    (distance, scale, power), (distance_dot, scale_dot, power_dot) = primals, tangents
    log_size = _log_size(distance, scale)
    moving, moving_dot = moving_power(power, power_dot)
    _, of_power = jax.jvp(lambda v: upper_tail(log_size, v), (moving,), (moving_dot,))
    near = log_power(log_size, power) < math.log(SMALL_POWER)
    of_near = slope_near_zero(jnp.where(near, quotient(distance, scale), 0), moving)
    of_power = jnp.where(near, of_near * moving_dot, of_power)
    log_density = standard_log_density(log_size, power)
    far = log_density < -FAR
    tiny = jnp.exp(jnp.where(far, log_density - jnp.log(scale), 0))
    by_distance = jnp.where(far, tiny, quotient(jnp.exp(log_density), scale))
    by_scale = quotient(jnp.exp(log_size + log_density), scale)
    tail = _upper_tail(distance, scale, power)
    return tail, by_scale * scale_dot - by_distance * distance_dot + of_power


def _log_upper_tail(distance: Array, scale: Array, power: Array) -> Array:
    """Evaluate log P(X > loc + distance)."""
    log_size = _log_size(distance, scale)
    near = log_power(log_size, power) < math.log(SMALL_POWER)
    of_near = jnp.log(_upper_tail(jnp.where(near, distance, 0), scale, power))
    return jnp.where(near, of_near, log_upper_tail(jnp.where(near, 0, log_size), power))
