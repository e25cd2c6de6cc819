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
_FARTHEST = 1e30  # distance of the last node of `tail_nodes`


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


_TAIL_GROWTH = 0.25
_TAIL_STEPS = np.arange(400)
_TAIL_AHEAD = _TAIL_GROWTH * np.maximum(_TAIL_STEPS - _UNIT // 2, 0)
_TAIL_NODES = _TAIL_STEPS + _flat_exponential(_TAIL_AHEAD, 5)
_TAIL_WEIGHTS = 1 + _TAIL_GROWTH * _flat_exponential(_TAIL_AHEAD, 4)


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
    number = int(np.searchsorted(_TAIL_NODES, _FARTHEST))
    nodes, weights = (jnp.asarray(x[:number], start.dtype) for x in (_TAIL_NODES, _TAIL_WEIGHTS))
    nodes = lax.stop_gradient(start)[..., None] + nodes
    return nodes, jnp.broadcast_to(weights, nodes.shape)


@functools.partial(custom_jvp, nondiff_argnums=(0,))
def sum_over(term: Callable[..., Array], start: Array, stop: Array, *parameters: Array) -> Array:
    """Sum `term(k, *parameters)` over the integers `start <= k < stop`, elementwise.

    The bounds may be traced: it is a loop over chunks of terms. The derivative with respect to the
    parameters is the sum of the terms' derivatives, and has derivatives in turn.

    Args:
      term: a differentiable elementwise function, without tracers in its closure.
      start: the first integers, as floats.
      stop: the integers before which to stop, as floats of the same shape.
      *parameters: floats of the same shape.

    Returns:
      The sums, 0 where there are no terms.
    """

    def unfinished(state: tuple[Array, Array]) -> Array:
        return jnp.any(start + state[0] < stop)

    def add(state: tuple[Array, Array]) -> tuple[Array, Array]:
        offset, sums = state
        k = (start + offset)[..., None] + jnp.arange(_CHUNK, dtype=start.dtype)
        inside = k < stop[..., None]
        # Terms beyond the end are evaluated at its last integer, where they are harmless.
        k = jnp.where(inside, k, jnp.maximum(stop[..., None] - 1, 0))
        terms = term(k, *(parameter[..., None] for parameter in parameters))
        return offset + _CHUNK, sums + jnp.sum(jnp.where(inside, terms, 0), -1)

    sums = vary_with(jnp.zeros_like(start), stop, parameters)
    return lax.while_loop(unfinished, add, (jnp.zeros((), start.dtype), sums))[1]


@functools.partial(sum_over.defjvp, symbolic_zeros=True)
def _sum_over_jvp(
    term: Callable[..., Array], primals: tuple[Array, ...], tangents: tuple[Array, ...]
) -> tuple[Array, Array]:
    dot = jnp.zeros_like(primals[0])
    for i, tangent in enumerate(tangents[2:]):
        if not isinstance(tangent, SymbolicZero):
            dot += sum_over(derivative(term, i + 1), *primals) * tangent
    return sum_over(term, *primals), dot
