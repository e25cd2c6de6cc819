"""Clip floats to the interior of an interval that rounding moved them out of."""

from __future__ import annotations

import math

import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

from jaxdist.constraints.combinators import Independent
from jaxdist.constraints.constraint import Constraint
from jaxdist.constraints.intervals import Range, is_constant


def clip_to_bounds(constraint: Constraint, x: Array) -> Array:
    """Clip floats to an interval; an excluded bound becomes the next normal number inside.

    Args:
      constraint: a `Range`, possibly inside `Independent`.
      x: any shape broadcastable with the bounds.

    Returns:
      The clipped values; `x` itself if it holds integers or the constraint is of another kind.
    """
    while isinstance(constraint, Independent):
        constraint = constraint.base_constraint
    if not isinstance(constraint, Range) or not jnp.issubdtype(x.dtype, jnp.floating):
        return x
    lower, upper = constraint.bounds
    if not is_constant(lower, -math.inf):
        smallest = _next_number(lower, x, 1) if constraint.open_below else lower
        x = jnp.maximum(x, jnp.asarray(smallest, x.dtype))
    if not is_constant(upper, math.inf):
        largest = _next_number(upper, x, -1) if constraint.open_above else upper
        x = jnp.minimum(x, jnp.asarray(largest, x.dtype))
    return x


def _next_number(bound: ArrayLike, like: Array, direction: int) -> Array:
    """The next normal number: most devices flush subnormal ones to zero."""
    info = jnp.finfo(like.dtype)
    bound = jnp.asarray(bound, like.dtype)
    return bound + direction * jnp.maximum(jnp.abs(bound) * info.eps, info.tiny)


def clip_to_positive(x: Array) -> Array:
    """Replace floats below the smallest positive normal number by that number."""
    tiny = jnp.asarray(jnp.finfo(x.dtype).tiny, x.dtype)
    return jnp.where(x < tiny, tiny, x)  # its gradient is 0 there, whatever the next slope is
