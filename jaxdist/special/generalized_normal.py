r"""The generalized normal variable of scale 1.

.. math:: p(z) = \frac{e^{-|z|^\beta}}{2 \Gamma(1 + 1 / \beta)}, \quad \beta = \mathrm{power}

Functions take |z|, its logarithm where it may underflow or overflow, and β.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import jax
import jax.numpy as jnp
from jax import Array

from jaxdist.promotion import custom_jvp
from jaxdist.special.gamma import lgamma
from jaxdist.special.gamma_tails import gamma_cdf, gamma_sf, log_gamma_sf
from jaxdist.special.incomplete_gamma import gammainccinv, gammaincinv
from jaxdist.special.infinite_slopes import along
from jaxdist.special.location_scale import log_distance, offset_and_scale
from jaxdist.special.polygamma import digamma
from jaxdist.special.quotient import log_of_scale, quotient

SMALL_POWER = 0.5  # |z|^β up to which series have few terms
FAR = 80.0  # log |z|^β from which the logarithm of a tail is -|z|^β
_TERMS = 14


def standard_log_density(log_size: Array, power: Array) -> Array:
    """Evaluate log p(z)."""
    return -jnp.exp(log_power(log_size, power)) - math.log(2) - lgamma(1 + 1 / power)


@custom_jvp
def log_density(x: Array, loc: Array, scale: Array, power: Array, log_stretch: Array) -> Array:
    """Evaluate the log-density of Z at (x - loc) / scale, stretched, less that of the scale.

    Its slopes are computed without the power of z, which overflows before they do.

    Args:
      x: of one shape with the others.
      loc: location.
      scale: positive.
      power: β.
      log_stretch: logarithm of a factor of |z|.
    """
    log_size = log_distance(x, loc, scale) + log_stretch
    return standard_log_density(log_size, power) - log_of_scale(scale)


@log_density.defjvp
def _log_density_jvp(
    primals: tuple[Array, ...], tangents: tuple[Array, ...]
) -> tuple[Array, Array]:
    (x, loc, scale, power, log_stretch), (x_dot, loc_dot, scale_dot, *others) = primals, tangents
    log_size = log_distance(x, loc, scale) + log_stretch
    distance, _, unit = offset_and_scale(x, loc, scale)
    of_x = -jnp.sign(distance) * slope_over(log_size, power, jnp.abs(distance)) / unit
    of_scale = slope_over(log_size, power, scale) - 1 / scale
    of_others = _slope_in_power(log_size, power), -slope_over(log_size, power, jnp.ones_like(x))
    dot = along(of_x, x_dot - loc_dot) + along(of_scale, scale_dot)
    for slope, change in zip(of_others, others, strict=True):
        dot += along(slope, change)
    return log_density(*primals), dot


def slope_over(log_size: Array, power: Array, divisor: Array) -> Array:
    r"""Return :math:`\beta |z|^\beta` over a divisor, also where the power overflows.

    It is minus the slope of log p in log |z|, times one of log |z|.

    Args:
      log_size: log |z|.
      power: β.
      divisor: non-negative; 0 only where z is.
    """
    log_slope = jnp.log(power) + log_power(log_size, power)
    far, divisor = log_slope > FAR, jnp.where(divisor > 0, divisor, 1)
    near = quotient(jnp.exp(jnp.where(far, 0, log_slope)), divisor)
    return jnp.where(far, jnp.exp(jnp.where(far, log_slope, 0) - jnp.log(divisor)), near)


def _slope_in_power(log_size: Array, power: Array) -> Array:
    """Return the derivative of log p in β."""
    y, away = jnp.exp(log_power(log_size, power)), log_size > -math.inf
    return digamma(1 + 1 / power) / power / power - y * jnp.where(away, log_size, 0)


def log_power(log_size: Array, power: Array) -> Array:
    """Return the logarithm of |z|^β, with derivatives of 0 at 0."""
    away = log_size > -math.inf
    return jnp.where(away, power * jnp.where(away, log_size, 0), -math.inf)


def upper_tail(log_size: Array, power: Array) -> Array:
    """Evaluate P(Z > |z|), whose derivatives are those of `half_sf` except near 0."""
    log_y = jnp.minimum(log_power(log_size, power), FAR)
    return gamma_sf(1 / power, jnp.exp(log_y), log_y) / 2


def log_upper_tail(log_size: Array, power: Array) -> Array:
    """Evaluate log P(Z > |z|), likewise."""
    log_y = log_power(log_size, power)
    far, near_log = log_y > FAR, jnp.minimum(log_y, FAR)
    near = log_gamma_sf(1 / power, jnp.exp(near_log), near_log) - math.log(2)
    return jnp.where(far, -jnp.exp(jnp.where(far, log_y, 0)), near)


def moving_power(power: Array, power_dot: Array) -> tuple[Array, Array]:
    """Return the power and its change; another, unmoved, where tails do not depend on it.

    They are a half for tiny powers, and those of a uniform variable for huge ones.
    """
    at_limit = (power < 1e-4) | (power > 1e20)
    return jnp.where(at_limit, 1, power), jnp.where(at_limit, 0, power_dot)


@custom_jvp
def half_sf(t: Array, log_t: Array, power: Array) -> Array:
    """Evaluate P(Z > t) for t >= 0, differentiated in t below 1, and in log t above."""
    return upper_tail(log_t, power)


@half_sf.defjvp
def _half_sf_jvp(
    primals: tuple[Array, Array, Array], tangents: tuple[Array, Array, Array]
) -> tuple[Array, Array]:
    (t, log_t, power), (t_dot, log_t_dot, power_dot) = primals, tangents
    moving, moving_dot = moving_power(power, power_dot)
    _, of_power = jax.jvp(lambda v: upper_tail(log_t, v), (moving,), (moving_dot,))
    near = log_power(log_t, power) < math.log(SMALL_POWER)
    of_near = slope_near_zero(jnp.where(near, t, 0), moving)
    of_power = jnp.where(near, of_near * moving_dot, of_power)
    large, log_density = log_t > 0, standard_log_density(log_t, power)
    by_log = jnp.exp(jnp.where(large, log_t, 0) + log_density) * log_t_dot
    by_size = jnp.exp(log_density) * t_dot
    return half_sf(t, log_t, power), of_power - jnp.where(large, by_log, by_size)


def half_log_sf(t: Array, log_t: Array, power: Array) -> Array:
    """Evaluate log P(Z > t) for t >= 0, likewise."""
    near = log_power(log_t, power) < math.log(SMALL_POWER)
    of_near = jnp.log(half_sf(jnp.where(near, t, 0), jnp.where(near, log_t, -math.inf), power))
    return jnp.where(near, of_near, log_upper_tail(jnp.where(near, 0, log_t), power))


@custom_jvp
def half_between(t: Array, log_t: Array, power: Array) -> Array:
    """Evaluate P(|Z| <= t) for t >= 0, exact near 0, likewise."""
    near = log_power(log_t, power) < math.log(SMALL_POWER)
    small = jnp.where(near, t, 0)
    of_near = small * jnp.exp(-lgamma(1 + 1 / power)) * _series(small, power)
    return jnp.where(near, of_near, _lower(jnp.where(near, 0, log_t), power))


def _lower(log_size: Array, power: Array) -> Array:
    log_y = jnp.minimum(log_power(log_size, power), FAR)
    return gamma_cdf(1 / power, jnp.exp(log_y), log_y)


@half_between.defjvp
def _half_between_jvp(
    primals: tuple[Array, Array, Array], tangents: tuple[Array, Array, Array]
) -> tuple[Array, Array]:
    """In the power, differentiate the smaller one of the probability and its complement."""
    (t, log_t, power), (t_dot, log_t_dot, power_dot) = primals, tangents
    value, unmoved = half_between(t, log_t, power), jnp.zeros_like(power)
    _, of_size = jax.jvp(half_sf, primals, (t_dot, log_t_dot, unmoved))
    _, of_power = jax.jvp(lambda v: half_sf(t, log_t, v), (power,), (power_dot,))
    rare = (value < 0.5) & (log_power(log_t, power) > math.log(SMALL_POWER))
    log_size = jnp.where(rare, log_t, 0)
    _, of_rare = jax.jvp(lambda v: _lower(log_size, v), (power,), (power_dot,))
    return value, jnp.where(rare, of_rare, -2 * of_power) - 2 * of_size


def half_between_inverse(p: Array, power: Array) -> Array:
    """Solve P(|Z| <= t) = p for t."""
    return _size_at(p, power, lambda a, is_near: gammaincinv(a, jnp.where(is_near, 0.5, p)))


def half_isf(p: Array, power: Array) -> Array:
    """Solve P(Z > t) = p for t, for p <= 1/2."""
    return _size_at(
        1 - 2 * p, power, lambda a, is_near: gammainccinv(a, jnp.where(is_near, 0.5, 2 * p))
    )


def _size_at(between: Array, power: Array, solve: Callable[[Array, Array], Array]) -> Array:
    """Return t from the t^β that is found; where it may underflow, by the density at 0."""
    inverse, positive = 1 / power, between > 0
    log_near = jnp.log(jnp.where(positive, between, 1)) + lgamma(1 + inverse)
    is_near = ~positive | (power * log_near < math.log(jnp.finfo(between.dtype).eps / 4))
    width = jnp.exp(jnp.minimum(lgamma(1 + inverse), math.log(jnp.finfo(between.dtype).max) - 1))
    near = between * jnp.where(is_near, width, 1)
    return jnp.where(is_near, near, solve(inverse, is_near) ** inverse)


def _powers(t: Array, power: Array) -> tuple[Array, Array]:
    """Return log t, and t^β."""
    log_t = jnp.log(jnp.where(t > 0, t, 1))
    return log_t, jnp.where(t > 0, jnp.exp(power * log_t), 0)


def _series(t: Array, power: Array) -> Array:
    r"""Sum :math:`(-y)^n / (n!\, (\beta n + 1))` for y = t^β, which P(0 < Z < t) is t times."""
    _, y = _powers(t, power)
    series, term = jnp.zeros_like(t), jnp.ones_like(t)
    for n in range(_TERMS):
        series += term / (power * n + 1)
        term *= -y / (n + 1)
    return series


def slope_near_zero(t: Array, power: Array) -> Array:
    r"""Differentiate P(Z > t) in the power, by a series in y = t^β.

    .. math:: P(0 < Z < t) = \frac{t}{2 \Gamma(1 + 1 / \beta)}
              \sum_n \frac{(-y)^n}{n!\, (\beta n + 1)}
    """
    log_t, y = _powers(t, power)
    slope, term = jnp.zeros_like(t), jnp.ones_like(t)
    for n in range(_TERMS):
        inverse = 1 / (power * n + 1)
        slope += n * term * inverse * (log_t - inverse)
        term *= -y / (n + 1)
    of_normalizer = digamma(1 + 1 / power) / power / power
    series = of_normalizer * _series(t, power) + slope
    return -t * jnp.exp(-lgamma(1 + 1 / power)) * series / 2
