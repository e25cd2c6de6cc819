"""Tails of the standard Cauchy distribution, whose slopes do not underflow before they do."""

from __future__ import annotations

import math

import jax.numpy as jnp
from jax import Array

from jaxdist.numerics.loop_carries import vary_with
from jaxdist.promotion import custom_jvp
from jaxdist.special.of_arrays import of_arrays

_POWER = 1e8  # beyond it the tail is 1 / (pi t) in float64


@of_arrays()
@custom_jvp
def cauchy_sf(t: Array, log_t: Array) -> Array:
    r"""Upper tail of the standard Cauchy distribution, for t >= 0.

    .. math:: \tfrac12 - \tfrac1\pi \arctan t

    Args:
      t: non-negative, any shape broadcastable with `log_t`.
      log_t: its logarithm, which carries the derivative where t is large: there the density
        underflows before t times the density does.
    """
    t, _ = vary_with((t, log_t))
    return jnp.arctan2(1, t) / math.pi


@cauchy_sf.defjvp
def _cauchy_sf_jvp(
    primals: tuple[Array, Array], tangents: tuple[Array, Array]
) -> tuple[Array, Array]:
    return cauchy_sf(*primals), -_density_along(primals[0], *tangents)


@of_arrays()
@custom_jvp
def half_cauchy_cdf(t: Array, log_t: Array) -> Array:
    """Distribution function of the absolute value of a standard Cauchy variable, at t >= 0.

    Args:
      t: non-negative, any shape broadcastable with `log_t`.
      log_t: its logarithm: see `cauchy_sf`.
    """
    t, _ = vary_with((t, log_t))
    return 2 / math.pi * jnp.arctan(t)


@half_cauchy_cdf.defjvp
def _half_cauchy_cdf_jvp(
    primals: tuple[Array, Array], tangents: tuple[Array, Array]
) -> tuple[Array, Array]:
    return half_cauchy_cdf(*primals), 2 * _density_along(primals[0], *tangents)


@of_arrays()
@custom_jvp
def log_cauchy_sf(t: Array, log_t: Array) -> Array:
    """Logarithm of `cauchy_sf`.

    Args:
      t: non-negative, any shape broadcastable with `log_t`.
      log_t: its logarithm: see `cauchy_sf`.
    """
    t, _ = vary_with((t, log_t))
    return jnp.log(jnp.arctan2(1, t) / math.pi)


@log_cauchy_sf.defjvp
def _log_cauchy_sf_jvp(
    primals: tuple[Array, Array], tangents: tuple[Array, Array]
) -> tuple[Array, Array]:
    (t, _), (t_dot, log_t_dot) = primals, tangents
    is_power = t > _POWER
    inside = jnp.where(is_power, 1, t)
    density = _density_along(inside, t_dot, log_t_dot)
    hazard = density / (jnp.arctan2(1, inside) / math.pi)
    return log_cauchy_sf(*primals), -jnp.where(is_power, log_t_dot, hazard)


def _density_along(t: Array, t_dot: Array, log_t_dot: Array) -> Array:
    """Return the density times a change of t, or that of log t times a change of it."""
    far = t > 1
    near, inverse = jnp.where(far, 1, t), 1 / jnp.where(far, t, 1)
    of_log = inverse / (1 + inverse * inverse)
    return jnp.where(far, of_log * log_t_dot, t_dot / (1 + near * near)) / math.pi
