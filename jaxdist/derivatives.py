"""Derivatives of functions of numbers, in forward mode as exact as in reverse mode."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any, cast

import jax
import jax.numpy as jnp
from jax import Array
from jax.custom_derivatives import SymbolicZero

from jaxdist.numerics.loop_carries import vary_with
from jaxdist.promotion import custom_jvp
from jaxdist.special.infinite_slopes import along

_QUANTILES = {"_icdf": 1, "_isf": -1}  # methods, and the signs of their slopes


@functools.partial(custom_jvp, nondiff_argnums=(0,))
def of_numbers(method: str, d: Any, x: Array, inside: Array) -> Array:
    """Call a method of a distribution that maps numbers to numbers.

    Reverse mode begins with the slope of the function itself. Far out in a tail that is 0, while
    the slopes of what it is a function of, such as (x - loc) / scale, overflow. Forward mode would
    begin with these, and make NaN of 0 times infinity. Hence it multiplies by what reverse mode
    computes.

    Args:
      method: the method's name.
      d: the distribution, of batch shape B.
      x: numbers, shape S + B.
      inside: which of them are evaluated for their own sake, of that shape; the slopes of others,
        which may overflow, are 0.
    """
    return cast(Array, getattr(d, method)(x))


def _of_numbers_jvp(
    method: str, primals: tuple[Any, Array, Array], tangents: tuple[Any, Any, Any]
) -> tuple[Array, Array]:
    d, x, inside = primals
    batch_ndim = len(d.batch_shape)
    # For a slope of each number, there must be parameters of each.
    d = jax.tree.map(lambda leaf: jnp.broadcast_to(leaf, x.shape + leaf.shape[batch_ndim:]), d)
    # Each of them varies over devices as the value does: it is differentiated on each device alone.
    points, structure = jax.tree.flatten(vary_with((d, x)))
    changes = {
        i: change
        for i, change in enumerate(jax.tree.leaves(tangents[:2]))
        if not isinstance(change, SymbolicZero)
    }

    def evaluate(moving: dict[int, Array]) -> Array:
        d, x = jax.tree.unflatten(structure, [moving.get(i, v) for i, v in enumerate(points)])
        return cast(Array, getattr(d, method)(x))

    value, pull_back = jax.vjp(evaluate, {i: points[i] for i in changes})
    (slopes,) = pull_back(jnp.ones_like(value))
    if method in _QUANTILES and len(points) - 1 in slopes:
        slopes[len(points) - 1] = _slope_of_quantile(slopes[len(points) - 1], x, method)
    is_sure = jnp.zeros_like(inside) if method in _QUANTILES else _is_sure(value)
    total = jnp.zeros_like(value)
    for i, slope in slopes.items():
        axes = tuple(range(x.ndim, slope.ndim))
        is_lost = jnp.expand_dims(is_sure, axes) & jnp.isnan(slope)
        slope = jnp.where(jnp.expand_dims(inside, axes) & ~is_lost, slope, 0)
        total = total + jnp.sum(along(slope, changes[i]), axes)
    return value, total


@functools.partial(custom_jvp, nondiff_argnums=(0,))
def by_slope(function: Callable[[Array], Array], x: Array) -> Array:
    """Call a function of one number, whose slope is computed first.

    Where a slope of what it is a factor of overflows, its terms would be infinite, and cancel.

    Args:
      function: maps an array to one of its shape, elementwise.
      x: any shape.
    """
    return function(x)


@by_slope.defjvp
def _by_slope_jvp(
    function: Callable[[Array], Array], primals: tuple[Array], tangents: tuple[Array]
) -> tuple[Array, Array]:
    (x,), (x_dot,) = primals, tangents
    value, slope = jax.jvp(function, (x,), (jnp.ones_like(x),))
    return value, along(slope, x_dot)


def _is_sure(p: Array) -> Array:
    """Return where a probability is 0 or 1, or where a logarithm is that of one of them.

    There a slope underflows, and so do some of its factors, while others may overflow.
    """
    return (p == 0) | (p == 1) | (p == -math.inf)


def _slope_of_quantile(slope: Array, q: Array, method: str) -> Array:
    """Return the slope in a probability; at 0 and 1, where formulas have poles, with its sign.

    There it is one over the density, which is usually 0.
    """
    is_end = (q == 0) | (q == 1)
    size = jnp.where(jnp.isnan(slope), math.inf, jnp.abs(slope))
    return jnp.where(is_end, _QUANTILES[method] * size, slope)


of_numbers.defjvp(_of_numbers_jvp, symbolic_zeros=True)
