"""Values less a location, over a scale, also where the difference overflows."""

from __future__ import annotations

import math

import jax.numpy as jnp
from jax import Array

from jaxdist.promotion import custom_jvp
from jaxdist.special.infinite_slopes import finite
from jaxdist.special.of_arrays import of_arrays
from jaxdist.special.products import half
from jaxdist.special.quotient import log_quotient, over, quotient


def offset_and_scale(x: Array, loc: Array, scale: Array) -> tuple[Array, Array, Array]:
    """Return `x - loc` and the scale in units of 1, or of 2 where the difference overflows; both.

    Args:
      x: any shape broadcastable with the others.
      loc: location.
      scale: positive.
    """
    is_huge = jnp.abs(x - loc) == math.inf
    offset = jnp.where(is_huge, x / 2 - loc / 2, x - loc)
    return offset, jnp.where(is_huge, half(scale), scale), jnp.where(is_huge, 2, 1)


@of_arrays()
@custom_jvp
def standardize(x: Array, loc: Array, scale: Array) -> Array:
    """Return `(x - loc) / scale`, also where the difference overflows and the quotient does not.

    Args:
      x: any shape broadcastable with the others.
      loc: location.
      scale: positive.
    """
    z, by_quotients = (x - loc) / scale, x / scale - loc / scale
    use_quotients = (jnp.abs(z) == math.inf) & ~jnp.isnan(by_quotients)
    return jnp.where(use_quotients, by_quotients, z)


@standardize.defjvp
def _standardize_jvp(
    primals: tuple[Array, Array, Array], tangents: tuple[Array, Array, Array]
) -> tuple[Array, Array]:
    (x, loc, scale), (x_dot, loc_dot, scale_dot) = primals, tangents
    z = standardize(x, loc, scale)
    # At the location z does not depend on the scale, even where the density is infinite.
    scale_dot = jnp.where(z == 0, 0, scale_dot)
    # By a large scale z is divided, and not a slope that would underflow.
    is_wide = scale > 1
    size = finite(z)
    change = jnp.where(is_wide, quotient(size, jnp.where(is_wide, scale, 1)), size) * scale_dot
    return z, over(x_dot - loc_dot, scale) - over(change, jnp.where(is_wide, 1, scale))


@of_arrays()
@custom_jvp
def log_distance(x: Array, loc: Array, scale: Array) -> Array:
    r"""Return :math:`\log |x - \mathrm{loc}| / \mathrm{scale}`, also where that overflows.

    `-inf` at `loc`, with derivatives of 0.

    Args:
      x: any shape broadcastable with the others.
      loc: location.
      scale: positive.
    """
    size, distance = jnp.abs(standardize(x, loc, scale)), jnp.abs(x - loc)
    by_logs = (size == math.inf) | (size == 0) & (distance > 0)
    is_huge = distance == math.inf
    distance = jnp.where(is_huge, jnp.abs(x / 2 - loc / 2), distance)
    far = log_quotient(jnp.where(by_logs, distance, 1), scale)
    far += jnp.where(is_huge, math.log(2), 0)
    return jnp.where(by_logs, far, jnp.log(jnp.where(by_logs, 1, size)))


@log_distance.defjvp
def _log_distance_jvp(
    primals: tuple[Array, Array, Array], tangents: tuple[Array, Array, Array]
) -> tuple[Array, Array]:
    (x, loc, scale), (x_dot, loc_dot, scale_dot) = primals, tangents
    distance, _, unit = offset_and_scale(x, loc, scale)
    away = distance != 0
    share = jnp.where(unit > 1, 0.5, 1)  # XLA makes one quotient of two, whose divisor overflows
    dot = share * quotient(x_dot - loc_dot, jnp.where(away, distance, 1))
    dot -= quotient(scale_dot, scale)
    return log_distance(x, loc, scale), jnp.where(away, dot, 0)
