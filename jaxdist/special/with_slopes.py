"""A value whose derivatives are given."""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array

from jaxdist.promotion import custom_jvp


@custom_jvp
def with_slopes(value: Array, slopes: tuple[Array, ...], points: tuple[Array, ...]) -> Array:
    """Return `value`, to whose derivative those with respect to `points` are added.

    Args:
      value: usually computed at points whose gradient is stopped.
      slopes: derivatives, of the shape of `value`; themselves differentiable.
      points: of the same shape.
    """
    return value


@with_slopes.defjvp
def _with_slopes_jvp(primals: tuple[object, ...], tangents: tuple[object, ...]) -> object:
    (value, slopes, _), (value_dot, _, point_dots) = primals, tangents
    dot = sum((s * d for s, d in zip(slopes, point_dots, strict=True)), value_dot)
    return value, jnp.asarray(dot)
