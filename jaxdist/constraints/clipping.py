"""Clip floats to the interior of an interval that rounding moved them out of."""

from __future__ import annotations

import math

import jax.numpy as jnp
import numpy as np
from jax import Array, lax
from jax.typing import ArrayLike

from jaxdist.constraints.combinators import Independent, OrderedWithin
from jaxdist.constraints.constraint import Constraint
from jaxdist.constraints.intervals import Range, is_constant
from jaxdist.constraints.vectors import Ordered, PositiveOrderedVector, Simplex
from jaxdist.promotion import numpy_promotion


@numpy_promotion
def clip_to_bounds(constraint: Constraint, x: Array) -> Array:
    """Clip floats to an interval; an excluded bound becomes the next normal number inside.

    In an increasing vector, an entry that is not above the one before becomes the next normal
    number after that one.

    Args:
      constraint: a `Range` or an `Ordered`, possibly inside `Independent`.
      x: any shape broadcastable with the bounds.

    Returns:
      The clipped values; `x` itself if it holds integers or the constraint is of another kind.
    """
    constraint = _of_entries(constraint)
    if not jnp.issubdtype(x.dtype, jnp.floating):
        return x
    if isinstance(constraint, Ordered):
        return _increasing(x, *_ends_of_entries(constraint, x))
    if not isinstance(constraint, Range):
        return x
    lower, upper = constraint.bounds
    if not is_constant(lower, -math.inf):
        smallest = _next_number(lower, x, 1) if constraint.open_below else lower
        x = jnp.maximum(x, jnp.asarray(smallest, x.dtype))
    if not is_constant(upper, math.inf):
        largest = _next_number(upper, x, -1) if constraint.open_above else upper
        x = jnp.minimum(x, jnp.asarray(largest, x.dtype))
    return x


def _ends_of_entries(constraint: Ordered, x: Array) -> tuple[Array, Array]:
    """Return the smallest and the largest number that an entry may be: finite, and no bound."""
    info = jnp.finfo(x.dtype)
    smallest, largest = jnp.asarray(-info.max, x.dtype), jnp.asarray(info.max, x.dtype)
    if isinstance(constraint, PositiveOrderedVector):
        return jnp.asarray(info.tiny, x.dtype), largest
    if not isinstance(constraint, OrderedWithin):
        return smallest, largest
    low, high = constraint.base_constraint.bounds
    above, below = _next_number(low, x, 1), _next_number(high, x, -1)
    return jnp.maximum(above, smallest), jnp.minimum(below, largest)


def clip_draw(constraint: Constraint, x: Array) -> Array:
    """Clip draws from a density to the numbers inside of an interval, and to finite ones.

    At a bound, and at infinity, the density may be infinite or 0. Draws round to it in half
    precision; in float32 only to bounds that are near many numbers, such as 0, and those of
    parameters are kept.

    Args:
      constraint: the support of the density.
      x: draws, in the dtype in which they are returned.

    Returns:
      The clipped draws; `x` itself if it holds integers.
    """
    if not jnp.issubdtype(x.dtype, jnp.floating):
        return x
    x, constraint = clip_to_bounds(constraint, x), _of_entries(constraint)
    if isinstance(constraint, Simplex):
        return clip_to_positive(x)
    is_half = jnp.finfo(x.dtype).bits < 32
    if not isinstance(constraint, Range) or not (is_half or _is_bounded(constraint)):
        return x
    limit = jnp.asarray(jnp.finfo(x.dtype).max, x.dtype)

    def inner(bound: ArrayLike, direction: int) -> Array:
        """The last number before a bound, seen from inside."""
        edge = jnp.asarray(bound, x.dtype)
        if is_half or isinstance(bound, int | float):
            edge = _next_number(edge, x, direction)
        return jnp.where(jnp.abs(edge) < math.inf, edge, -direction * limit)

    smallest, largest = (inner(*pair) for pair in zip(constraint.bounds, (1, -1), strict=True))
    inside = jnp.where(x < smallest, smallest, jnp.where(x > largest, largest, x))
    return jnp.where(smallest <= largest, inside, x)


def _is_bounded(constraint: Range) -> bool:
    lower, upper = constraint.bounds
    return not (is_constant(lower, -math.inf) and is_constant(upper, math.inf))


def _of_entries(constraint: Constraint) -> Constraint:
    while isinstance(constraint, Independent):
        constraint = constraint.base_constraint
    return constraint


def _next_number(bound: ArrayLike, like: Array, direction: int) -> Array:
    """The next normal number: most devices flush subnormal ones to zero."""
    info = jnp.finfo(like.dtype)
    bound = jnp.asarray(bound, like.dtype)
    size = jnp.where(jnp.abs(bound) < math.inf, jnp.abs(bound), 0)
    return bound + direction * jnp.maximum(size * info.eps, info.tiny)


def _increasing(x: Array, smallest: Array, largest: Array) -> Array:
    """Move entries by as few normal numbers as makes vectors increasing, and within bounds."""
    size, lowest = x.shape[-1], _rank(smallest)
    index = jnp.arange(size, dtype=lowest.dtype)
    rank = jnp.clip(_rank(x) - index, lowest, _rank(largest) - max(size - 1, 0))
    increasing = _of_rank(lax.cummax(rank, axis=x.ndim - 1) + index, x.dtype)
    return jnp.where((increasing == x) | jnp.isnan(x), x, increasing)


def _rank(x: Array) -> Array:
    """Return the place of each float among the normal numbers: 0 of zero, 1 of the next one."""
    integer = f"int{jnp.finfo(x.dtype).bits}"
    size = lax.bitcast_convert_type(jnp.abs(x), integer)
    before_first = lax.bitcast_convert_type(jnp.asarray(jnp.finfo(x.dtype).tiny, x.dtype), integer)
    rank = jnp.maximum(size - before_first + 1, 0)
    return jnp.where(x < 0, -rank, rank)


def _of_rank(rank: Array, dtype: np.dtype) -> Array:
    """Return the normal number of a place."""
    before_first = lax.bitcast_convert_type(jnp.asarray(jnp.finfo(dtype).tiny, dtype), rank.dtype)
    size = lax.bitcast_convert_type(jnp.abs(rank) - 1 + before_first, dtype)
    return jnp.where(rank == 0, 0, jnp.where(rank < 0, -size, size))


def clip_to_positive(x: Array) -> Array:
    """Replace floats below the smallest positive normal number by that number."""
    tiny = jnp.asarray(jnp.finfo(x.dtype).tiny, x.dtype)
    return jnp.where(x < tiny, tiny, x)  # its gradient is 0 there, whatever the next slope is
