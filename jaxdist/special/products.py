"""Products, squares and halves that neither lose digits nor the slopes that overflow."""

from __future__ import annotations

import math

import jax.numpy as jnp
from jax import Array, lax

from jaxdist.promotion import custom_jvp
from jaxdist.special.infinite_slopes import along, finite
from jaxdist.special.of_arrays import of_arrays
from jaxdist.special.quotient import quotient

_FACTORS = 60  # of a product of mantissas, which is a normal number


@custom_jvp
def product(x: Array, y: Array) -> Array:
    """Return `x * y`, of which an infinite slope times 0 is 0."""
    return x * y


@product.defjvp
def _product_jvp(
    primals: tuple[Array, Array], tangents: tuple[Array, Array]
) -> tuple[Array, Array]:
    (x, y), (x_dot, y_dot) = primals, tangents
    return product(x, y), along(y, x_dot) + along(x, y_dot)


@custom_jvp
def square(x: Array) -> Array:
    """Return the square, whose slope is finite: times one of 0 it is 0, if the square is not."""
    return x * x


@square.defjvp
def _square_jvp(primals: tuple[Array], tangents: tuple[Array]) -> tuple[Array, Array]:
    (x,), (x_dot,) = primals, tangents
    return square(x), 2 * (finite(4 * x) / 4) * x_dot


@custom_jvp
def scaled_exp(h: Array, scale: Array, k: Array) -> Array:
    """Return `scale exp(h / k)`, in an order in which only the result overflows; of one shape."""
    root = jnp.exp(h / 2 / k)
    return scale * root * root


@scaled_exp.defjvp
def _scaled_exp_jvp(
    primals: tuple[Array, Array, Array], tangents: tuple[Array, Array, Array]
) -> tuple[Array, Array]:
    (h, scale, k), (h_dot, scale_dot, k_dot) = primals, tangents
    x = scaled_exp(h, scale, k)
    of_k = quotient(finite(x) * finite(quotient(h, k)), k)
    dot = along(quotient(x, k), h_dot) + along(quotient(x, scale), scale_dot)
    return x, dot - along(of_k, k_dot)


def half(x: Array) -> Array:
    """Return half of a positive number, which is not 0 for the least one either."""
    tiny = jnp.finfo(x.dtype).tiny
    return jnp.where(x / 2 > tiny, x / 2, tiny)  # jnp.maximum makes NaN of an infinite slope


@custom_jvp
def half_square(z: Array) -> Array:
    """Return `z**2 / 2`, of which an infinite slope times 0 is 0: in a mixture, the weight is 0."""
    return z * (z / 2)


@half_square.defjvp
def _half_square_jvp(primals: tuple[Array], tangents: tuple[Array]) -> tuple[Array, Array]:
    (z,), (z_dot,) = primals, tangents
    return half_square(z), along(z, z_dot)


def follows_log(t: Array) -> Array:
    """Return where functions of t >= 0 are differentiated in log t: not near the ends of floats."""
    return (t > 1) & (t < 1e18)


@custom_jvp
def half_square_by_log(t: Array, log_t: Array) -> Array:
    """Return `t**2 / 2` for t >= 0, differentiated in log t where `follows_log`, or else in t.

    The slope in t may overflow where the one of t in something else underflows.
    """
    return t * (t / 2)


@half_square_by_log.defjvp
def _half_square_by_log_jvp(
    primals: tuple[Array, Array], tangents: tuple[Array, Array]
) -> tuple[Array, Array]:
    (t, log_t), (t_dot, log_t_dot) = primals, tangents
    by_log = follows_log(t)
    dot = jnp.where(by_log, 0, finite(t)) * t_dot + jnp.where(by_log, t * t, 0) * log_t_dot
    return half_square_by_log(t, log_t), dot


def difference_from_product(c: Array, x: Array, y: Array) -> Array:
    """Return `c - x y`, without the rounding of the product, which may be nearly c.

    The products of halves of the digits are exact, whether or not they are fused with sums.

    Args:
      c: of one shape and dtype with the others.
      x: any number.
      y: any number.
    """
    info = jnp.finfo(c.dtype)
    x_high, y_high = (lax.reduce_precision(v, info.nexp, info.nmant // 2) for v in (x, y))
    x_low, y_low = x - x_high, y - y_high
    return ((c - x_high * y_high) - (x_high * y_low + x_low * y_high)) - x_low * y_low


@of_arrays(axes=1)
@custom_jvp
def sum_of_logs(x: Array) -> Array:
    """Return `sum(log(x), -1)`, which may cancel: it is the logarithm of a product, if of few.

    The exponents of two, which may be large, are summed as integers.

    Args:
      x: positive, shape `(..., n)`.
    """
    mantissas, exponents = jnp.frexp(x)
    power = jnp.sum(exponents, -1)
    if x.shape[-1] > _FACTORS:
        return power.astype(x.dtype) * math.log(2) + jnp.sum(jnp.log(mantissas), -1)
    product = jnp.prod(mantissas, -1)  # at least 1 / 2 to the number of factors
    is_regular = jnp.abs(power) < _FACTORS
    product = jnp.ldexp(product, jnp.where(is_regular, power, 0))
    return jnp.log(product) + jnp.where(is_regular, 0, power).astype(x.dtype) * math.log(2)


@sum_of_logs.defjvp
def _sum_of_logs_jvp(primals: tuple[Array], tangents: tuple[Array]) -> tuple[Array, Array]:
    (x,), (x_dot,) = primals, tangents
    return sum_of_logs(x), jnp.sum(quotient(x_dot, x), -1)
