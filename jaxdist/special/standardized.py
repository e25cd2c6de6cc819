"""The logarithm of the tail of a generalized Pareto variable, at a standardized number."""

from __future__ import annotations

import math

import jax
import jax.numpy as jnp
from jax import Array

from jaxdist.promotion import custom_jvp
from jaxdist.special.exp_log import log1p_ratio
from jaxdist.special.of_arrays import of_arrays
from jaxdist.special.quotient import finite, log_distance, quotient, standardize


@of_arrays()
@custom_jvp
def standardized_log1p_ratio(c: Array, x: Array, loc: Array, scale: Array) -> Array:
    r"""Compute `log1p_ratio(c, standardize(x, loc, scale))`.

    .. math:: \log(1 + c z) / c, \quad z = (x - \mathrm{loc}) / \mathrm{scale}

    Where c z is large its slope in x is nearly 1 / (c (x - loc)). As the slope in z over the scale
    it is a product that may underflow, times a tail, and then the one in the scale is 0.

    Args:
      c: any shape broadcastable with the others.
      x: any number with c z > -1.
      loc: location.
      scale: positive.
    """
    z = standardize(x, loc, scale)
    overflows = _is_power(c, z)
    near = log1p_ratio(c, jnp.where(overflows, 0, finite(z)))
    divisor = jnp.where(overflows, c, 1)
    log_product = jnp.log(jnp.abs(divisor)) + log_distance(x, loc, scale)
    y = jnp.where(overflows, log_product / divisor, near)
    return jnp.where((c == 0) & jnp.isinf(z), z, y)


@standardized_log1p_ratio.defjvp
def _standardized_log1p_ratio_jvp(
    primals: tuple[Array, ...], tangents: tuple[Array, ...]
) -> tuple[Array, Array]:
    (c, x, loc, scale), (c_dot, x_dot, loc_dot, scale_dot) = primals, tangents
    z, z_dot = jax.jvp(standardize, (x, loc, scale), (x_dot, loc_dot, scale_dot))
    z = finite(z)
    far = c * z > 1
    y, overflows = standardized_log1p_ratio(c, x, loc, scale), _is_power(c, z)
    inside = jnp.where(overflows, 0, z)
    _, dot = jax.jvp(log1p_ratio, (c, inside), (c_dot, jnp.where(far, 0, z_dot)))
    divisor = jnp.where(overflows, c, 1)
    of_power = (1 / divisor - jnp.where(overflows, y, 0)) / divisor
    dot = jnp.where(overflows, of_power * c_dot, dot)
    away = jnp.where(far, x, loc)  # at loc all derivatives are 0
    _, log_z_dot = jax.jvp(log_distance, (away, loc, scale), (x_dot, loc_dot, scale_dot))
    inverse = quotient(jnp.ones_like(z), jnp.where(far, z, 1))
    of_log_z = 1 / (jnp.where(far, c, 1) + inverse)
    return y, dot + jnp.where(far, of_log_z * log_z_dot, 0)


def _is_power(c: Array, z: Array) -> Array:
    """Return where c z overflows, and 1 beside it is nothing."""
    return (jnp.abs(c * z) == math.inf) & (c != 0)
