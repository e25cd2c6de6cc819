r"""The density of the sum of a normal and an exponential variable.

.. math:: p(x) = \lambda \exp\left(\tfrac{s^2}{2} - s z\right) \Phi(z - s), \quad
          z = \frac{x - \mathrm{loc}}{\mathrm{scale}}, \; s = \lambda\, \mathrm{scale}
"""

from __future__ import annotations

import math

import jax
import jax.numpy as jnp
from jax import Array

from jaxdist.promotion import custom_jvp
from jaxdist.special.constants import LOG_TWO_PI
from jaxdist.special.infinite_slopes import along, finite
from jaxdist.special.location_scale import offset_and_scale, standardize
from jaxdist.special.normal import inverse_mills, log_ndtr, scaled_mills_ratio
from jaxdist.special.quotient import quotient

_LARGE = 1e9  # s beside whose square s itself is nothing, in float32 and float64


def emg_scores(x: Array, loc: Array, scale: Array, rate: Array) -> tuple[Array, Array]:
    """Return z and s, which are finite."""
    z = finite(standardize(x, loc, scale))
    return z, jnp.broadcast_to(finite(rate * scale), z.shape)


@custom_jvp
def log_density_over_rate(x: Array, loc: Array, scale: Array, rate: Array) -> Array:
    r"""Evaluate :math:`\log(p(x) / \lambda)`, by Mills' ratio where z < s.

    Elsewhere the exponent is formed of the distance x - loc, where z overflows or s underflows.

    Args:
      x: any shape broadcastable with the others.
      loc: location of the normal variable.
      scale: positive scale of the normal variable.
      rate: positive rate λ.
    """
    z, s = emg_scores(x, loc, scale, rate)
    w = z - s
    is_left = w < 0
    y = jnp.where(is_left, -w, 1)
    log_divisor = jnp.where(rate * scale < math.inf, jnp.log1p(y), jnp.log(rate) + jnp.log(scale))
    left = jnp.log(scaled_mills_ratio(y)) - log_divisor - (z * (z / 2) + LOG_TWO_PI / 2)
    offset, _, unit = offset_and_scale(x, loc, scale)
    distance = offset - finite(scale * s) / (2 * unit)
    right = log_ndtr(jnp.where(is_left, 1, w)) - unit * (rate * distance)
    return jnp.where(is_left, left, right)


@log_density_over_rate.defjvp
def _log_density_over_rate_jvp(
    primals: tuple[Array, ...], tangents: tuple[Array, ...]
) -> tuple[Array, Array]:
    (x, loc, scale, rate), (x_dot, loc_dot, scale_dot, rate_dot) = primals, tangents
    z, s = emg_scores(x, loc, scale, rate)
    w = z - s
    is_left = w < 0
    of_y = log_mills_slope(jnp.where(is_left, -w, 1))
    right_w = jnp.where(is_left, 1, w)
    hazard = inverse_mills(right_w)
    of_x = quotient(jnp.where(is_left, -z - of_y, hazard), scale) - jnp.where(is_left, 0, rate)
    of_rate = jnp.where(is_left, of_y * scale, finite(scale * s) - (x - loc) - hazard * scale)
    left = quotient(z * (z + of_y), scale) + of_y * rate
    is_large = s > _LARGE
    large, small = jnp.where(is_large, s, 1), jnp.where(is_large, 1, s)
    right = jnp.where(
        is_large,
        rate * (large - hazard * (2 + right_w / large)),
        quotient(small * small - hazard * (2 * small + right_w), scale),
    )
    dot = along(of_x, x_dot - loc_dot) + along(of_rate, rate_dot)
    dot += along(jnp.where(is_left, left, right), scale_dot)
    return log_density_over_rate(x, loc, scale, rate), dot


def log_mills_slope(y: Array) -> Array:
    """Return the slope of the logarithm of Mills' ratio, which does not cancel for a large y."""
    _, of_scaled = jax.jvp(lambda y: jnp.log(scaled_mills_ratio(y)), (y,), (jnp.ones_like(y),))
    return of_scaled - 1 / (1 + y)
