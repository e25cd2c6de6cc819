"""Quotients whose derivatives do not square the divisor, and products without rounding."""

from __future__ import annotations

import math

import jax.numpy as jnp
from jax import Array, lax

from jaxdist.promotion import custom_jvp
from jaxdist.special.of_arrays import of_arrays

_MARGIN = 4.0  # from the root of the largest number, of what is scaled
_FACTORS = 60  # of a product of mantissas, which is a normal number


def finite(slope: Array) -> Array:
    """Clip to finite numbers: times a change of 0 they are 0, unlike infinity."""
    largest = float(jnp.finfo(slope.dtype).max)
    return jnp.clip(slope, -largest, largest)


def along(slope: Array, change: Array) -> Array:
    """Multiply; an infinite slope times 0 is 0, also in reverse mode, so that masks hide it."""
    is_infinite = jnp.isinf(slope)
    return change * jnp.where(is_infinite, 4, 1) * finite(slope)


@custom_jvp
def over(change: Array, y: Array) -> Array:
    """Divide a change, in a rule for derivatives.

    JAX differentiates the division itself, by the square of y, where that is what the reverse mode
    keeps. Here the square neither overflows nor underflows.
    """
    factor = _regular_factor(jnp.abs(y))
    return (change * factor) / (y * factor)


@over.defjvp
def _over_jvp(primals: tuple[Array, Array], tangents: tuple[Array, Array]) -> tuple[Array, Array]:
    (change, y), (change_dot, y_dot) = primals, tangents
    ratio = over(change, y)
    return ratio, over(change_dot - finite(ratio) * y_dot, y)


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


def half(x: Array) -> Array:
    """Return half of a positive number, which is not 0 for the least one either."""
    tiny = jnp.finfo(x.dtype).tiny
    return jnp.where(x / 2 > tiny, x / 2, tiny)  # jnp.maximum makes NaN of an infinite slope


@of_arrays()
@custom_jvp
def quotient(x: Array, y: Array) -> Array:
    """Return `x / y`.

    The derivative that JAX gives divides by the square of y, which is 0 in float32 for a y below
    1e-23: where x is 0 as well, it is NaN.

    Args:
      x: any shape broadcastable with `y`.
      y: not 0.
    """
    return x / y


@quotient.defjvp
def _quotient_jvp(
    primals: tuple[Array, Array], tangents: tuple[Array, Array]
) -> tuple[Array, Array]:
    (x, y), (x_dot, y_dot) = primals, tangents
    ratio = quotient(x, y)
    return ratio, over(x_dot - finite(ratio) * y_dot, y)


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


def _regular_factor(x: Array) -> Array:
    """Return a power of 2 such that the square of its product with x >= 0 is regular."""
    power = 2.0 ** (jnp.finfo(x.dtype).maxexp // 2)
    return jnp.where(x < 1 / power, power, jnp.where(x > power, 1 / power, 1)).astype(x.dtype)


@custom_jvp
def log_of_scale(scale: Array) -> Array:
    """Return the logarithm, of whose second derivative an infinite slope times 0 is 0.

    Args:
      scale: positive.
    """
    return jnp.log(scale)


@log_of_scale.defjvp
def _log_of_scale_jvp(primals: tuple[Array], tangents: tuple[Array]) -> tuple[Array, Array]:
    (scale,), (scale_dot,) = primals, tangents
    return log_of_scale(scale), over(scale_dot, scale)


def rescale(x: Array) -> tuple[Array, Array]:
    """Return x over a power of 2, so that products of two such numbers are regular; its log."""
    power = 2.0 ** (jnp.finfo(x.dtype).maxexp // 2)
    tiny, huge = x < _MARGIN / power, x > power / _MARGIN
    to_small, to_large = 1 / (power * _MARGIN), power * _MARGIN
    factor = jnp.where(tiny, to_large, jnp.where(huge, to_small, 1)).astype(x.dtype)
    log_power = math.log(to_large)
    return factor * x, jnp.where(tiny, -log_power, jnp.where(huge, log_power, 0))


@of_arrays()
@custom_jvp
def log_quotient(x: Array, y: Array) -> Array:
    """Return `log(x / y)`, also where the quotient or its derivative overflows or underflows.

    Args:
      x: positive, any shape broadcastable with `y`.
      y: positive.
    """
    (a, log_a_scale), (b, log_b_scale) = rescale(x), rescale(y)
    return jnp.log(a / b) + (log_a_scale - log_b_scale)


@log_quotient.defjvp
def _log_quotient_jvp(
    primals: tuple[Array, Array], tangents: tuple[Array, Array]
) -> tuple[Array, Array]:
    (x, y), (x_dot, y_dot) = primals, tangents
    return log_quotient(x, y), quotient(x_dot, x) - quotient(y_dot, y)


def log1p_quotient(x: Array, y: Array) -> Array:
    """Return `log(1 + x / y)`, also where the quotient overflows.

    Args:
      x: non-negative, of one shape and dtype with `y`.
      y: positive.
    """
    ratio = x / y
    return jnp.where(ratio < math.inf, jnp.log1p(ratio), jnp.log(x) - jnp.log(y))


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
