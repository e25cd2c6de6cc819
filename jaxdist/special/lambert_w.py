r"""The pre-image of a number whose tails the Lambert W function has made heavier.

.. math:: z = u\, e^{\delta u^2 / 2} \iff u = z\, e^{-v / 2}, \quad v = \delta u^2 = W(\delta z^2)

where W is the principal branch, the solution of :math:`W e^W = s` for s at least 0.
"""

from __future__ import annotations

import math

import jax.numpy as jnp
from jax import Array

from jaxdist.promotion import custom_jvp
from jaxdist.special.infinite_slopes import along, finite
from jaxdist.special.of_arrays import of_arrays
from jaxdist.special.quotient import log_quotient, quotient

_LOG_LARGE = 60.0  # log s from which s is not formed
_FAR = 60.0  # exponent
_STEPS = 2  # of fourth order, after which the first error of 1% is below that of float64


@of_arrays()
@custom_jvp
def lambert_w_image(u: Array, scale: Array, tailweight: Array) -> Array:
    r"""Return x, infinite for an infinite u, also where x over the scale overflows.

    Args:
      u: any number, any shape broadcastable with the others.
      scale: positive.
      tailweight: :math:`\delta`, at least 0.
    """
    return u * _growth(u, scale, tailweight)


@lambert_w_image.defjvp
def _lambert_w_image_jvp(
    primals: tuple[Array, Array, Array], tangents: tuple[Array, Array, Array]
) -> tuple[Array, Array]:
    (u, scale, delta), (u_dot, scale_dot, delta_dot) = primals, tangents
    growth = _growth(u, scale, delta)
    dot = along(growth * (1 + delta * _square(u)), u_dot)
    dot += along(u * _growth(u, jnp.ones_like(scale), delta), scale_dot)
    dot += along(u * growth * (_square(u) / 2), delta_dot)
    return lambert_w_image(u, scale, delta), dot


def _square(u: Array) -> Array:
    return jnp.minimum(u * u, float(jnp.finfo(u.dtype).max))


def _growth(u: Array, scale: Array, tailweight: Array) -> Array:
    """Return x over u, by a root whose product with a small scale is finite."""
    exponent = tailweight * _square(u) / 2
    far = exponent > _FAR
    near = scale * jnp.exp(jnp.where(far, 0, exponent))
    root = jnp.exp(jnp.where(far, exponent, 0) / 2)
    beyond = jnp.where(root < math.inf, root * scale * root, math.inf)
    return jnp.where(far, beyond, near)


@of_arrays()
@custom_jvp
def lambert_w_preimage(x: Array, scale: Array, tailweight: Array) -> tuple[Array, Array]:
    r"""Return u and :math:`v = \delta u^2` for z = x / scale, which may overflow.

    Args:
      x: any number, any shape broadcastable with the others.
      scale: positive.
      tailweight: :math:`\delta`, at least 0.
    """
    z = x / scale
    product = tailweight * z * z
    is_direct = (product > jnp.finfo(x.dtype).tiny) & (product < jnp.exp(_LOG_LARGE))
    positive = (x != 0) & (tailweight > 0)
    size, delta = (jnp.where(positive, y, 1) for y in (jnp.abs(x), tailweight))
    s = jnp.where(is_direct, product, 1)
    log_s = jnp.log(delta) + 2 * log_quotient(size, scale)
    v = jnp.where(positive, _lambert_w(is_direct, s, jnp.where(is_direct, 0, log_s)), 0)
    is_large = v > 1
    near = z * jnp.exp(-jnp.where(is_large, 0, v) / 2)
    return jnp.where(is_large, jnp.sign(x) * (jnp.sqrt(v) / jnp.sqrt(delta)), near), v


def _lambert_w(is_direct: Array, s: Array, log_s: Array) -> Array:
    """Return W(s) by the method of Fritsch, Shafer and Crowley (1973), from Winitzki's formula.

    Args:
      is_direct: whether s is given, or else its logarithm, which has fewer digits.
      s: positive.
      log_s: its logarithm.
    """
    log1p_s = jnp.where(is_direct, jnp.log1p(s), jnp.maximum(log_s, 0))
    start = log1p_s * (1 - jnp.log1p(log1p_s) / (2 + log1p_s))
    is_tiny = ~is_direct & (log_s < 0)
    w = jnp.where(is_tiny, 1, start)
    for _ in range(_STEPS):
        log_ratio = jnp.where(is_direct, jnp.log(s / w), log_s - jnp.log(w))
        error = log_ratio - w
        q = 2 * (1 + w) * (1 + w + 2 * error / 3)
        w *= 1 + error / (1 + w) * (q - error) / (q - 2 * error)
    return jnp.where(is_tiny, jnp.exp(log_s), w)


@lambert_w_preimage.defjvp
def _lambert_w_preimage_jvp(
    primals: tuple[Array, Array, Array], tangents: tuple[Array, Array, Array]
) -> tuple[tuple[Array, Array], tuple[Array, Array]]:
    (x, scale, delta), (x_dot, scale_dot, delta_dot) = primals, tangents
    u, v = lambert_w_preimage(x, scale, delta)
    is_large = v > 1
    divisor = jnp.where(is_large, x, scale)
    in_x = quotient(jnp.where(is_large, u, jnp.exp(-jnp.where(is_large, 0, v) / 2)), divisor)
    in_x = in_x / (1 + v)
    # Where the square overflows, that of v is nothing beside the slope of u.
    square = jnp.minimum(quotient(u * u, 1 + v), float(jnp.finfo(u.dtype).max) / 4)
    u_dot = along(in_x, x_dot) - along(quotient(u, scale) / (1 + v), scale_dot)
    u_dot -= along(u * square / 2, delta_dot)
    far, near = jnp.where(is_large, x, 1), jnp.where(is_large, 0, delta * finite(u))
    of_x = jnp.where(is_large, 2 * quotient(v / (1 + v), far), 2 * near * in_x)
    v_dot = along(of_x, x_dot) + along(square, delta_dot)
    v_dot -= along(2 * quotient(v / (1 + v), scale), scale_dot)
    return (u, v), (u_dot, v_dot)
