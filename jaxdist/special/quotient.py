"""Quotients and their logarithms, whose derivatives do not square the divisor."""

from __future__ import annotations

import math

import jax.numpy as jnp
from jax import Array

from jaxdist.promotion import custom_jvp
from jaxdist.special.infinite_slopes import finite
from jaxdist.special.of_arrays import of_arrays

_MARGIN = 4.0  # from the root of the largest number, of what is scaled


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
