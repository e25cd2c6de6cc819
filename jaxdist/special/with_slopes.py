"""Values whose derivatives are given."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
from jax import Array, lax

from jaxdist.promotion import custom_jvp
from jaxdist.special.infinite_slopes import along


@custom_jvp
def with_slopes(value: Array, slopes: tuple[Array, ...], points: tuple[Array, ...]) -> Array:
    """Return `value`, to whose derivative those with respect to `points` are added.

    Args:
      value: usually computed at points whose gradient is stopped.
      slopes: derivatives, of the shape of `value`; themselves differentiable.
      points: of the same shape.
    """
    # In a scan JAX differentiates what the reverse mode keeps by this body, not by the rule below:
    # hence it has the derivatives too. It adds nothing, and makes no NaN of an infinite slope.
    for slope, point in zip(slopes, points, strict=True):
        change = point - lax.stop_gradient(point)
        is_finite = jnp.isfinite(slope) & jnp.isfinite(point)
        value = value + jnp.where(is_finite, slope, 0) * jnp.where(is_finite, change, 0)
    return value


@with_slopes.defjvp
def _with_slopes_jvp(primals: tuple[Any, ...], tangents: tuple[Any, ...]) -> tuple[Array, Array]:
    (value, slopes, points), (dot, _, point_dots) = primals, tangents
    for slope, point_dot in zip(slopes, point_dots, strict=True):
        dot = dot + along(slope, point_dot)
    return with_slopes(value, slopes, points), dot


def keep_slope(value: Array, x: Array) -> Array:
    """Return `value`, which is x up to rounding, with the derivative of x.

    That of `jnp.clip` is the half at a bound, and 0 beyond it.

    Args:
      value: x, clipped to where it would be if it were not rounded.
      x: a finite number.
    """
    return x + lax.stop_gradient(value - x)
