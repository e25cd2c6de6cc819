"""A recurrent layer over sequences."""

from __future__ import annotations

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array

from .cells import Cell, as_complex, as_real
from .layers import Params


def hidden_states(cell: Cell, params: Params, inputs: Array, is_first: Array, h: Array) -> Array:
    """The hidden state at every step of some streams: h_t = gate(x_t W, h_tm1 U, h_tm1).

    Args:
      cell: the recurrent layer.
      params: its parameters.
      inputs: x_t W, `[num_steps, streams, ...]`, from `cell.project`.
      is_first: whether the step is the first of an episode, `[num_steps, streams]`; the hidden
        state before it is zero.
      h: the hidden state before the first step, `[streams, size]`.

    Returns:
      Hidden states, `[num_steps, streams, size]`.
    """
    if cell.coefficients is not None:
        return linear_recurrence(*cell.coefficients(inputs), is_first, h)
    return gated_recurrence(cell, params, inputs, is_first, h)


def linear_recurrence(a: Array, b: Array, is_first: Array, h: Array) -> Array:
    """h_t = a_t h_tm1 + b_t, or b_t at the first step of an episode, in log(num_steps) operations.

    Args:
      a, b: the coefficients, `[num_steps, streams, size]`, or half as many complex numbers.
      is_first: whether the step is the first of an episode, `[num_steps, streams]`.
      h: the hidden state before the first step, `[streams, size]`.

    Returns:
      Hidden states, `[num_steps, streams, size]`.

    References:
      Blelloch 1990, "Prefix Sums and Their Applications", for the parallel scan; Lu et al. 2023,
      "Structured State Space Models for In-Context Reinforcement Learning", for its resets.
    """
    a = _reset(is_first, a)
    b = b.at[0].add(a[0] * (as_complex(h) if jnp.iscomplexobj(a) else h))
    after = lambda first, second: (first[0] * second[0], second[0] * first[1] + second[1])
    h_t: Array = jax.lax.associative_scan(after, (a, b))[1]
    return as_real(h_t) if jnp.iscomplexobj(h_t) else h_t


@partial(jax.custom_vjp, nondiff_argnums=(0,))
def gated_recurrence(cell: Cell, params: Params, inputs: Array, is_first: Array, h: Array) -> Array:
    """`hidden_states` of any layer, one step after another.

    Only what depends on the previous step is computed in order, also in the derivative: the
    gradient of U is one matrix product over all steps.
    """

    def step(h: Array, x: tuple[Array, Array]) -> tuple[Array, Array]:
        inputs, is_first = x
        h = _reset(is_first, h)
        h = cell.gate(inputs, cell.recur(params, h), h)
        return h, h

    return jax.lax.scan(step, h, (inputs, is_first))[1]


def _forward(cell: Cell, params: Params, inputs: Array, is_first: Array, h: Array) -> Any:
    h_t = gated_recurrence(cell, params, inputs, is_first, h)
    return h_t, (params, inputs, is_first, h, h_t)


def _backward(cell: Cell, residuals: Any, d_h_t: Array) -> Any:
    """Backpropagation through time, Werbos 1990."""
    params, inputs, is_first, h, h_t = residuals
    h_tm1 = _reset(is_first, jnp.concatenate([h[None], h_t[:-1]]))
    recurrent, transpose = jax.vjp(cell.recur, params, h_tm1)

    def step(d_h: Array, x: Any) -> tuple[Array, Any]:
        d_h_t, is_first, *arguments = x
        _, transpose_gate = jax.vjp(cell.gate, *arguments)
        d_inputs, d_recurrent, d_h_tm1 = transpose_gate(d_h_t + d_h)
        _, transpose_recur = jax.vjp(partial(cell.recur, params), d_h)
        d_h_tm1 = d_h_tm1 + transpose_recur(d_recurrent)[0]
        return _reset(is_first, d_h_tm1), (d_inputs, d_recurrent)

    xs = (d_h_t, is_first, inputs, recurrent, h_tm1)
    d_h, (d_inputs, d_recurrent) = jax.lax.scan(step, jnp.zeros_like(h), xs, reverse=True)
    d_params, _ = transpose(d_recurrent)
    return d_params, d_inputs, None, d_h


gated_recurrence.defvjp(_forward, _backward)


def _reset(is_first: Array, h: Array) -> Array:
    return jnp.where(is_first[..., None], 0.0, h)
