"""The inverse hyperbolic sine of a quotient, and the logarithm of a hypotenuse."""

from __future__ import annotations

import math

import jax.numpy as jnp
from jax import Array

from jaxdist.promotion import custom_jvp
from jaxdist.special.of_arrays import of_arrays
from jaxdist.special.quotient import log_quotient, quotient

_LARGE = 1e15  # from which arcsinh is the logarithm of the double, also in float64


@of_arrays()
@custom_jvp
def arcsinh_quotient(x: Array, y: Array) -> Array:
    r"""Return :math:`\operatorname{arcsinh}(x / y)`, also where the quotient overflows.

    The derivative that JAX gives `arcsinh` is 0 from 1e19 on, whose square overflows float32.

    Args:
      x: any shape broadcastable with `y`.
      y: positive.
    """
    z = x / y
    is_large = jnp.abs(z) > _LARGE
    large = log_quotient(jnp.where(is_large, jnp.abs(x), 1), y) + math.log(2)
    return jnp.where(is_large, jnp.sign(x) * large, jnp.arcsinh(jnp.where(is_large, 0, z)))


@arcsinh_quotient.defjvp
def _arcsinh_quotient_jvp(
    primals: tuple[Array, Array], tangents: tuple[Array, Array]
) -> tuple[Array, Array]:
    (x, y), (x_dot, y_dot) = primals, tangents
    radius = jnp.hypot(x, y)
    dot = quotient(x_dot, radius) - quotient(x, radius) * quotient(y_dot, y)
    return arcsinh_quotient(x, y), dot


@of_arrays()
@custom_jvp
def log_hypot(x: Array, y: Array) -> Array:
    r"""Return :math:`\log \sqrt{x^2 + y^2}`, also where the squares overflow or underflow.

    Args:
      x: any shape broadcastable with `y`.
      y: positive.
    """
    size = jnp.abs(x)
    longer, shorter = jnp.maximum(size, y), jnp.minimum(size, y)
    ratio = shorter / longer
    return jnp.log(longer) + jnp.log1p(ratio * ratio) / 2


@log_hypot.defjvp
def _log_hypot_jvp(
    primals: tuple[Array, Array], tangents: tuple[Array, Array]
) -> tuple[Array, Array]:
    (x, y), (x_dot, y_dot) = primals, tangents
    radius = jnp.hypot(x, y)
    cosine, sine = quotient(x, radius), quotient(y, radius)
    return log_hypot(x, y), cosine * quotient(x_dot, radius) + sine * quotient(y_dot, radius)
