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
    slope_over,
    standard_log_density,
    upper_tail,
)
from jaxdist.special.infinite_slopes import along, finite
from jaxdist.special.products import product

_LEAST_POWER = 1e-3  # down to which quantiles other than the median may be finite


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
        overflows, median = self.power < _LEAST_POWER, p == 0.5
        beyond = product(self.scale, jnp.where(median, 0, math.inf))
        d = self._with(
            power=jnp.where(overflows, 1, self.power), scale=jnp.where(overflows, 1, self.scale)
        )
        return jnp.where(overflows, beyond, d._regular_distance(jnp.where(overflows, 0.5, p)))

    def _regular_distance(self, p: Array) -> Array:
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
    (distance, scale, power), (distance_dot, scale_dot, power_dot) = primals, tangents
    by_distance, by_scale, of_power = _slopes(distance, scale, power)
    tail = _upper_tail(distance, scale, power)
    return tail, by_scale * scale_dot - by_distance * distance_dot + of_power * power_dot


def _slopes(distance: Array, scale: Array, power: Array) -> tuple[Array, Array, Array]:
    """Return minus the slope of the tail in the distance, and those in the others.

    The slope in the distance is the density, also at 0; in the scale it may be large.
    """
    log_size = _log_size(distance, scale)
    moving, moving_dot = moving_power(power, jnp.ones_like(power))
    _, of_power = jax.jvp(lambda v: upper_tail(log_size, v), (moving,), (moving_dot,))
    near = log_power(log_size, power) < math.log(SMALL_POWER)
    of_near = slope_near_zero(jnp.where(near, quotient(distance, scale), 0), moving)
    of_power = jnp.where(near, of_near * moving_dot, of_power)
    log_density = standard_log_density(log_size, power)
    far = log_density < -FAR
    tiny = jnp.exp(jnp.where(far, log_density - jnp.log(scale), 0))
    by_distance = jnp.where(far, tiny, quotient(jnp.exp(log_density), scale))
    return by_distance, quotient(jnp.exp(log_size + log_density), scale), of_power


@custom_jvp
def _log_upper_tail(distance: Array, scale: Array, power: Array) -> Array:
    """Evaluate log P(X > loc + distance)."""
    log_size = _log_size(distance, scale)
    near = log_power(log_size, power) < math.log(SMALL_POWER)
    of_near = jnp.log(_upper_tail(jnp.where(near, distance, 0), scale, power))
    return jnp.where(near, of_near, log_upper_tail(jnp.where(near, 0, log_size), power))


@_log_upper_tail.defjvp
def _log_upper_tail_jvp(
    primals: tuple[Array, Array, Array], tangents: tuple[Array, Array, Array]
) -> tuple[Array, Array]:
    r"""Far out the tail is nearly :math:`e^{-|z|^\beta}`, whose power may overflow."""
    distance, scale, power = primals
    log_size = _log_size(distance, scale)
    log_y = log_power(log_size, power)
    near, far = log_y < math.log(SMALL_POWER), log_y > FAR
    inside = jnp.where(near | far, 0, log_size)
    _, fall = jax.jvp(lambda v: log_upper_tail(v, power), (inside,), (jnp.ones_like(inside),))
    moving, moving_dot = moving_power(power, jnp.ones_like(power))
    inside = jnp.where(moving_dot > 0, inside, 0)
    _, of_power = jax.jvp(lambda v: log_upper_tail(inside, v), (moving,), (moving_dot,))
    away = jnp.where(near, 1, distance)
    slopes = quotient(fall, away), -quotient(fall, scale), of_power
    divisors = jnp.where(far, distance, 1), scale
    beyond = jnp.where(far, log_size, 0)
    by_size = [slope_over(beyond, power, divisor) for divisor in divisors]
    far_slopes = -by_size[0], by_size[1], -jnp.exp(jnp.where(far, log_y, 0)) * beyond
    small = jnp.where(near, distance, 0)
    tail = _upper_tail(small, scale, power)
    inverse, (by_distance, by_scale, near_of_power) = 1 / tail, _slopes(small, scale, power)
    by_scale = jnp.where(small > 0, by_scale, 0)
    near_slopes = -by_distance * inverse, by_scale * inverse, near_of_power * inverse
    dot = jnp.zeros_like(distance)
    for options, change in zip(
        zip(slopes, far_slopes, near_slopes, strict=True), tangents, strict=True
    ):
        slope, far_slope, near_slope = options
        slope = jnp.where(near, near_slope, jnp.where(far, far_slope, slope))
        dot += along(slope, change)
    return _log_upper_tail(*primals), dot
