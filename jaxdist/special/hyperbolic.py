"""The hypotenuse, its logarithm, and the inverse hyperbolic sine of a quotient."""

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
def hypot(x: Array, y: Array) -> Array:
    r"""Return :math:`\sqrt{x^2 + y^2}`, also where the squares overflow or underflow.

    The derivatives that JAX gives `hypot` divide by the square of the longer side: they are NaN or
    infinite below 1e-20, and wrong above 1e19. At (0, 0) those here are 0.

    Args:
      x: any shape broadcastable with `y`.
      y: any real number.
    """
    return jnp.hypot(x, y)


@hypot.defjvp
def _hypot_jvp(primals: tuple[Array, Array], tangents: tuple[Array, Array]) -> tuple[Array, Array]:
    cosine, sine = cosine_and_sine(*primals)
    return hypot(*primals), cosine * tangents[0] + sine * tangents[1]


@custom_jvp
def cosine_and_sine(x: Array, y: Array) -> tuple[Array, Array]:
    """Return those of the angle of (x, y), or zeros at (0, 0)."""
    longer = jnp.minimum(jnp.maximum(jnp.abs(x), jnp.abs(y)), jnp.finfo(x.dtype).max)
    longer = jnp.where(longer > 0, longer, 1)
    u, v = jnp.clip(x / longer, -1, 1), jnp.clip(y / longer, -1, 1)
    norm = jnp.sqrt(jnp.maximum(u * u + v * v, 1))
    return u / norm, v / norm


@cosine_and_sine.defjvp
def _cosine_and_sine_jvp(
    primals: tuple[Array, Array], tangents: tuple[Array, Array]
) -> tuple[tuple[Array, Array], tuple[Array, Array]]:
    """Turn by an angle: 1 - cosine**2 would cancel."""
    cosine, sine = cosine_and_sine(*primals)
    radius = hypot(*primals)
    turn = quotient(cosine * tangents[1] - sine * tangents[0], jnp.where(radius > 0, radius, 1))
    return (cosine, sine), (-sine * turn, cosine * turn)


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
    radius = hypot(x, y)
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
    radius = hypot(x, y)
    cosine, sine = cosine_and_sine(x, y)
    return log_hypot(x, y), cosine * quotient(x_dot, radius) + sine * quotient(y_dot, radius)
