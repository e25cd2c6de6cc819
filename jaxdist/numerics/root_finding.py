"""Roots of increasing functions of a real number, and of conditions on integers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array, lax
from jax.typing import ArrayLike

from jaxdist.numerics.integers import integer_bounds, to_count
from jaxdist.numerics.loop_carries import vary_with

_NEWTON_STEPS = 2  # after bisection, whose error is relative to the bracket
_LARGEST_STRIDE = 2**29  # twice this is an int32


def find_root(
    evaluate: Callable[[Array], tuple[Array, ArrayLike]],
    low: Array,
    high: Array,
    *,
    steps: int,
    start: Array | None = None,
) -> Array:
    r"""Find the root of an increasing function f between bounds, by Newton's method or bisection.

    .. math:: x \leftarrow x - f(x) / f'(x)

    Each step narrows the bracket to the side of x where the root is. A Newton step that leaves the
    bracket, and any step where the slope is 0, is replaced by one to the middle of the bracket.

    Args:
      evaluate: maps x, elementwise, to f(x) and to the slope :math:`f'(x)`: 0 for bisection, and
        :math:`f' - f f'' / 2 f'` for Halley's method.
      low: lower bound of the root.
      high: upper bound of the root, of the same shape.
      steps: number of evaluations; `bisection_steps(dtype)` for bisection.
      start: first x, of the same shape; by default the middle of the bracket.

    Returns:
      The last Newton step; for bisection the upper end of the bracket, where f is not negative. It
      has no useful derivative: define that of the inverse function by its formula.
    """

    def narrow(low: Array, high: Array, x: Array, newton: Array) -> tuple[Array, Array, Array]:
        is_below = newton >= x
        low, high = jnp.where(is_below, x, low), jnp.where(is_below, high, x)
        return low, high, (newton >= low) & (newton <= high)

    # The Newton step is carried: were it computed twice, it might be rounded to both sides of x.
    def step(_: int, state: tuple[Array, ...]) -> tuple[Array, ...]:
        low, high, is_inside = narrow(*state)
        x = jnp.where(is_inside, state[-1], low + (high - low) / 2)
        value, slope = evaluate(x)
        return low, high, x, x - value / slope

    first = low + (high - low) / 2 if start is None else start
    state = lax.fori_loop(0, steps, step, (low, high, low, first))
    _, high, is_inside = narrow(*state)
    return jnp.where(is_inside, state[-1], high)


def bisection_steps(dtype: np.dtype) -> int:
    """Return the number of steps after which rounding limits a solution by bisection."""
    return int(jnp.finfo(dtype).nmant) + 8


def solve_increasing(
    function: Callable[[Array], Array], value: Array, low: Array, high: Array
) -> Array:
    r"""Solve f(x) = y for an increasing function f, with the derivatives of the inverse function.

    .. math:: dx = \frac{dy - \partial f(x; \theta) / \partial \theta \, d\theta}{f'(x; \theta)}

    Args:
      function: f, applied elementwise; x may have derivatives in all arrays that it closes over.
      value: y, any shape.
      low: lower bound of x, of the shape of `value`.
      high: upper bound of x, of the shape of `value`.

    Returns:
      x, of the shape of `value`.
    """

    def solve(difference: Callable[[Array], Array], start: Array) -> Array:
        ends = vary_with((low, high), difference(start))
        x = find_root(lambda x: (difference(x), 0.0), *ends, steps=bisection_steps(low.dtype))
        for _ in range(_NEWTON_STEPS):
            error, slope = jax.jvp(difference, (x,), (jnp.ones_like(x),))
            x = jnp.clip(x - jnp.where(slope > 0, error / jnp.where(slope > 0, slope, 1), 0), *ends)
        return x

    def solve_tangent(slope_times: Callable[[Array], Array], tangent: Array) -> Array:
        return tangent / slope_times(jnp.ones_like(tangent))

    return lax.custom_root(lambda x: function(x) - value, low, solve, solve_tangent)


def first_integer(
    condition: Callable[[Array], Array], low: Array, high: Array, guess: Array | None = None
) -> Array:
    """Find the smallest integer that satisfies a monotone condition.

    It gallops from the guess in steps that double, then halves the interval.

    Args:
      condition: maps integers, elementwise, to booleans that turn from False to True once.
      low: smallest candidate, int32.
      high: largest candidate, of the same shape, returned if none before it satisfies the
        condition.
      guess: where to begin, of the same shape; by default in the middle, for bisection.

    Returns:
      int32 of the shape of the bounds.
    """
    if guess is None:
        guess, first_stride = low + _half_way(low, high), _LARGEST_STRIDE
    else:
        guess, first_stride = jnp.clip(guess, low, high), 1

    # The answer lies above `below` and is at most `at`.
    def is_open(state: tuple[Array, ...]) -> Array:
        step, below, at, *_ = state
        return (step == 0) | jnp.any(_half_way(below, at) > 0)

    def narrow(state: tuple[Array, ...]) -> tuple[Array, ...]:
        step, below, at, probe, downwards, stride = state
        holds = condition(probe) & (probe > below)
        below, at = jnp.where(holds, below, probe), jnp.where(holds, probe, at)
        downwards = jnp.where(step == 0, holds, downwards)
        half = _half_way(below, at)
        galloped = jnp.where(downwards, at - stride, below + stride)
        probe = jnp.where(half > stride, galloped, below + half)
        return step + 1, below, at, probe, downwards, 2 * jnp.minimum(stride, _LARGEST_STRIDE)

    # The guess is probed in the loop: only one copy of the condition is compiled, not that which
    # gives the types.
    start = low - 1, high, guess, guess < low, jnp.full_like(guess, first_stride)
    carry: tuple[Array, ...] = jnp.zeros((), jnp.int32), *vary_with(start, condition(guess))
    return lax.while_loop(is_open, narrow, carry)[2]


def _half_way(low: Array, high: Array) -> Array:
    """Return half of the distance between two integers, which itself may not fit into int32."""
    return ((high - low).astype(jnp.uint32) // 2).astype(jnp.int32)


def first_count(d: Any, condition: Callable[[Array], Array], guess: Array) -> Array:
    """Find the smallest integer of a discrete support that satisfies a monotone condition.

    Args:
      d: the distribution.
      condition: as for `first_integer`.
      guess: where to begin; it need not be a whole number, nor inside of the support.
    """
    low, high = (jnp.broadcast_to(bound, guess.shape) for bound in integer_bounds(d))
    return first_integer(condition, low, high, to_count(guess))
