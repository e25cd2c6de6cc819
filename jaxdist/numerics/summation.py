"""Sums of functions over the integers: exact, in chunks of terms, or at few nodes."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable

import jax.numpy as jnp
import numpy as np
from jax import Array, lax
from jax.custom_derivatives import SymbolicZero

from jaxdist.numerics.differentiation import derivative
from jaxdist.numerics.loop_carries import vary_with
from jaxdist.promotion import custom_jvp

_CHUNK = 128  # terms that `sum_over` evaluates at once
_FARTHEST = 1e30  # distance of the last node of a sum


def integer_nodes(low: Array, high: Array, number: int = 128) -> tuple[Array, Array]:
    """Return nodes and weight for summing a smooth function over the integers from 0 up.

    Where the integers between the bounds are few, the nodes are those integers and the sum is
    exact. Where they are many the nodes are as many real numbers with the same distance, and the
    error is that of the trapezoidal rule: for a bell of standard deviation s that dies out within
    the bounds, about exp(-2 (pi s / weight)^2).

    Args:
      low: where the function becomes negligible, any shape.
      high: where it becomes negligible again.
      number: how many nodes.

    Returns:
      Nodes and their weights, both of shape `(*shape, number)`.
    """
    low = jnp.floor(jnp.maximum(lax.stop_gradient(low), 0))[..., None]
    stride = jnp.maximum((lax.stop_gradient(high)[..., None] - low) / (number - 1), 1)
    nodes = low + stride * jnp.arange(number, dtype=low.dtype)
    return nodes, jnp.broadcast_to(stride, nodes.shape)


_STEPS = np.arange(256)
_UNIT = 64  # steps of one, before they grow
_GROWTH = 0.1  # of the steps, from one to the next


def _flat_exponential(x: np.ndarray, order: int) -> np.ndarray:
    """Return the exponential without the terms of its series up to an order."""
    return np.exp(x) - sum(x**i / math.factorial(i) for i in range(order + 1))


_AHEAD = _GROWTH * np.maximum(_STEPS - _UNIT, 0)
_STRETCH = _flat_exponential(_AHEAD, 5) / _flat_exponential(_AHEAD[-1:], 5)
_STRETCH_SLOPE = _GROWTH * _flat_exponential(_AHEAD, 4) / _flat_exponential(_AHEAD[-1:], 5)


def stretched_nodes(high: Array) -> tuple[Array, Array]:
    """Return nodes and weights for summing over the integers from 0 up, in steps that grow.

    For functions that are rough at 0 and smooth in the logarithm far from it. The nodes are the
    integers at first; the steps then grow, five times continuously differentiable, to a tenth of
    the distance from 0. The sum is the trapezoidal rule in the number of the step.

    Args:
      high: where the function becomes negligible, any shape.

    Returns:
      Nodes and their weights, both of shape `(*shape, 256)`.
    """
    beyond = jnp.maximum(lax.stop_gradient(high)[..., None] - _STEPS[-1], 0)
    steps, stretch, slope = (jnp.asarray(x, high.dtype) for x in (_STEPS, _STRETCH, _STRETCH_SLOPE))
    return steps + beyond * stretch, 1 + beyond * slope


def _growing_steps(growth: float) -> tuple[np.ndarray, np.ndarray]:
    """Return distances up to `_FARTHEST`, whose steps grow from one to a share of them, and steps.

    Args:
      growth: the share.
    """
    steps = np.arange(1024)
    ahead = growth * np.maximum(steps - _UNIT // 2, 0)
    nodes = steps + _flat_exponential(ahead, 5)
    number = int(np.searchsorted(nodes, _FARTHEST))
    return nodes[:number], (1 + growth * _flat_exponential(ahead, 4))[:number]


_TAIL_NODES, _TAIL_WEIGHTS = _growing_steps(0.25)


def tail_nodes(start: Array) -> tuple[Array, Array]:
    """Return nodes and weights for summing over all integers from a number up.

    For functions that decrease, and vary from k on as smoothly as a function of the logarithm of
    the distance from `start`: upper tails of bells, exponentials and powers. The nodes are the
    integers at first; the steps then grow to a quarter of the distance, up to 1e30 in float32.

    Args:
      start: the first integers, as floats of any shape.

    Returns:
      Nodes and their weights, both of shape `(*shape, number of nodes)`.
    """
    nodes, weights = (jnp.asarray(x, start.dtype) for x in (_TAIL_NODES, _TAIL_WEIGHTS))
    nodes = lax.stop_gradient(start)[..., None] + nodes
    return nodes, jnp.broadcast_to(weights, nodes.shape)


_MANY = 2**12  # terms, from which on `sum_over` evaluates some of them
_END_NODES, _END_WEIGHTS = _growing_steps(0.08)


def _term_of_step(step: Array, start: Array, stop: Array) -> tuple[Array, Array]:
    """Return the integer that a step of a sum evaluates, and its weight.

    Where there are many integers, the steps begin with one at either end and grow to a twelfth of
    the distance from it. The sums from both ends share each term, by weights that are smooth in the
    logarithms of the distances.

    Args:
      step: numbers of steps from 0 up.
      start: the first integers, as floats.
      stop: the integers before which to stop.
    """
    number, last = stop - start, stop - 1
    nodes, weights = (
        jnp.asarray(np.tile(x, 2), start.dtype)[jnp.minimum(step, 2 * len(x) - 1)]
        for x in (_END_NODES, _END_WEIGHTS)
    )
    fraction = jnp.minimum(nodes / jnp.maximum(number - 1, 1), 1)
    own, other = (1 - fraction) ** 6, fraction**6
    k = jnp.where(step < len(_END_NODES), start + nodes, last - nodes)
    are_many = number > _MANY
    k = jnp.where(are_many, k, start + step.astype(start.dtype))
    weight = jnp.where(are_many, weights * own / (own + other), step < number)
    # Beyond the end it is the last integer, where terms are harmless.
    return jnp.where(weight > 0, k, jnp.maximum(last, 0)), weight


@functools.partial(custom_jvp, nondiff_argnums=(0,))
def sum_over(term: Callable[..., Array], start: Array, stop: Array, *parameters: Array) -> Array:
    """Sum `term(k, *parameters)` over the integers `start <= k < stop`, elementwise.

    The bounds may be traced: it is a loop over chunks of terms. The derivative with respect to the
    parameters is the sum of the terms' derivatives, and has derivatives in turn. Of more than
    4,096 terms some are evaluated: then they must vary as smoothly as functions of the logarithms
    of the distances from both ends, and their peak be at an end.

    Args:
      term: a differentiable elementwise function, without tracers in its closure.
      start: the first integers, as floats.
      stop: the integers before which to stop, as floats of the same shape.
      *parameters: floats of the same shape, or one that broadcasts to it.

    Returns:
      The sums, 0 where there are no terms.
    """
    number = stop - start
    steps = jnp.where(number > _MANY, 2 * len(_END_NODES), number)

    def unfinished(state: tuple[Array, Array]) -> Array:
        return jnp.any(state[0] < steps)

    def add(state: tuple[Array, Array]) -> tuple[Array, Array]:
        first, sums = state
        step = first + jnp.arange(_CHUNK)
        k, weights = _term_of_step(step, start[..., None], stop[..., None])
        terms = term(k, *(parameter[..., None] for parameter in parameters))
        return first + _CHUNK, sums + jnp.sum(jnp.where(weights > 0, weights * terms, 0), -1)

    sums = vary_with(jnp.zeros_like(start), stop, parameters)
    return lax.while_loop(unfinished, add, (jnp.zeros((), jnp.int32), sums))[1]


@functools.partial(sum_over.defjvp, symbolic_zeros=True)
def _sum_over_jvp(
    term: Callable[..., Array], primals: tuple[Array, ...], tangents: tuple[Array, ...]
) -> tuple[Array, Array]:
    dot = jnp.zeros_like(primals[0])
    for i, tangent in enumerate(tangents[2:]):
        if not isinstance(tangent, SymbolicZero):
            dot += sum_over(derivative(term, i + 1), *primals) * tangent
    return sum_over(term, *primals), dot


def sum_over_sides(
    term: Callable[..., Array], start: Array, stop: Array, mode: Array, *parameters: Array
) -> Array:
    """Sum as `sum_over` does, below a mode and from it on: each side has its peak at an end.

    Args:
      term: as for `sum_over`.
      start: the first integers, as floats.
      stop: the integers before which to stop, as floats of the same shape.
      mode: where the terms are largest, any integers, of a shape that broadcasts to it.
      *parameters: floats of the same shape.
    """
    middle = jnp.clip(mode.astype(start.dtype), start, stop)
    starts, stops = jnp.stack([start, middle]), jnp.stack([middle, stop])
    return jnp.sum(sum_over(term, starts, stops, *parameters), 0)
