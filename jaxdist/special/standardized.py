"""The logarithm of the tail of a generalized Pareto variable, and the inverse of this function."""

from __future__ import annotations

import math

import jax
import jax.numpy as jnp
from jax import Array

from jaxdist.promotion import custom_jvp
from jaxdist.special.exp_log import expm1_ratio, log1p_ratio
from jaxdist.special.infinite_slopes import along, finite
from jaxdist.special.location_scale import log_distance, standardize
from jaxdist.special.of_arrays import of_arrays
from jaxdist.special.quotient import quotient

_FAR = 60.0  # exponent


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


@of_arrays()
@custom_jvp
def scaled_expm1_ratio(c: Array, y: Array, scale: Array) -> Array:
    r"""Compute :math:`\mathrm{scale}\, (e^{c y} - 1) / c`, also where the exponential overflows.

    It is the inverse of `standardized_log1p_ratio` for a location of 0.

    Args:
      c: any shape broadcastable with the others.
      y: any number, or infinity.
      scale: positive.
    """
    high, low = _is_far(c, y)
    inside = scale * expm1_ratio(c, jnp.where(high | low, 0, y))
    divisor = jnp.where(high | low, c, 1)
    above = _scaled_exp(jnp.where(high, c * y, 0), scale, divisor)
    return jnp.where(high, above, jnp.where(low, -quotient(scale, divisor), inside))


@scaled_expm1_ratio.defjvp
def _scaled_expm1_ratio_jvp(
    primals: tuple[Array, Array, Array], tangents: tuple[Array, Array, Array]
) -> tuple[Array, Array]:
    (c, y, scale), (c_dot, y_dot, scale_dot) = primals, tangents
    high, low = _is_far(c, y)
    is_end = (c == 0) & jnp.isinf(y)
    inside, divisor = jnp.where(high | low | is_end, 0, y), jnp.where(high | low, c, 1)
    _, near = jax.jvp(lambda c: expm1_ratio(c, inside), (c,), (jnp.ones_like(c),))
    of_c = jnp.where(is_end, math.inf, scale * near)
    above = _scaled_exp(jnp.where(high, c * y, 0), scale, divisor)
    of_c = jnp.where(high, along(above, jnp.where(high, y, 0) - 1 / divisor), of_c)
    of_c = jnp.where(low, quotient(quotient(scale, divisor), divisor), of_c)
    exponent = jnp.where(low | is_end, 0, c * y)
    of_y = jnp.where(low, 0, _scaled_exp(exponent, scale, jnp.ones_like(c)))
    dot = along(of_c, c_dot) + along(of_y, y_dot)
    dot += along(scaled_expm1_ratio(c, y, jnp.ones_like(scale)), scale_dot)
    return scaled_expm1_ratio(c, y, scale), dot


def _is_far(c: Array, y: Array) -> tuple[Array, Array]:
    """Return where the exponential is so large that 1 beside it is nothing, and so small."""
    exponent = c * jnp.where(c == 0, 0, y)
    return exponent > _FAR, exponent < -_FAR


def _scaled_exp(exponent: Array, scale: Array, c: Array) -> Array:
    """Return the exponential times the scale over c, where factors may overflow."""
    root, is_large = jnp.exp(exponent / 2), scale > 1
    size = jnp.where(is_large, quotient(scale, c), scale)
    return root * size * (root / jnp.where(is_large, 1, c))
