"""A recurrent layer over sequences."""

from __future__ import annotations

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array

from .layers import Cell, Params


@partial(jax.custom_vjp, nondiff_argnums=(0,))
def hidden_states(cell: Cell, params: Params, inputs: Array, is_first: Array, h: Array) -> Array:
    """The hidden state at every step of some streams: h_t = gate(x_t W, h_tm1 U, h_tm1).

    Only what depends on the previous step is computed one step after another, also in the
    derivative: the gradient of U is one matrix product over all steps.

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

    def step(h: Array, x: tuple[Array, Array]) -> tuple[Array, Array]:
        inputs, is_first = x
        h = _reset(is_first, h)
        h = cell.gate(inputs, cell.recur(params, h), h)
        return h, h

    return jax.lax.scan(step, h, (inputs, is_first))[1]


def _forward(cell: Cell, params: Params, inputs: Array, is_first: Array, h: Array) -> Any:
    h_t = hidden_states(cell, params, inputs, is_first, h)
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


hidden_states.defvjp(_forward, _backward)


def _reset(is_first: Array, h: Array) -> Array:
    return jnp.where(is_first[..., None], 0.0, h)
