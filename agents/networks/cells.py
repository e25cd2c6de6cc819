"""Recurrent layers of one step."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, NamedTuple

import jax
import jax.numpy as jnp
from jax import Array

from .initialization import orthogonal
from .layers import Params

LONGEST = 1000.0
"""The longest time scale of a min-gru at the start of training, in steps."""

TIME_STEPS = (1e-3, 1e-1)
"""The shortest and the longest time step of S5 at the start of training."""


class Cell(NamedTuple):
    """A recurrent layer, h' = gate(x W, h U, h), as functions.

    It is linear if h' = a(x) * h + b(x), by entries. Then all steps can be computed in parallel. If
    a and b are complex, the first half of h is the real parts of its entries, the second half the
    imaginary parts.

    Attributes:
      init: function from a key to parameters.
      project: function from parameters and an input `[..., input_size]` to x W.
      recur: function from parameters and the hidden state `[..., size]` to h U.
      gate: function from x W, h U and h to the new hidden state, without parameters.
      coefficients: of a linear layer, the function from x W to a and b; otherwise None.
    """

    init: Callable[[Array], Params]
    project: Callable[[Params, Array], Array]
    recur: Callable[[Params, Array], Array]
    gate: Callable[[Array, Array, Array], Array]
    coefficients: Callable[[Array], tuple[Array, Array]] | None = None

    def apply(self, params: Params, x: Array, h: Array) -> Array:
        """The new hidden state, `[..., size]`."""
        return self.gate(self.project(params, x), self.recur(params, h), h)


def gru(input_size: int, size: int) -> Cell:
    """Gated recurrent unit with orthogonal initial weights.

    r = sigmoid(x W_r + h U_r + b_r), z = sigmoid(x W_z + h U_z + b_z),
    n = tanh(x W_n + b_n + r * (h U_n + c_n)), h' = (1 - z) * n + z * h.

    Args:
      input_size: the length of the input x.
      size: the length of the hidden state h.

    References:
      Cho et al. 2014, in the form of cuDNN, which applies the reset gate after the product.
    """
    shapes = [(input_size, size)] * 3 + [(size, size)] * 3

    def init(key: Array) -> Params:
        blocks = orthogonal(key, shapes)
        zeros = jnp.zeros(3 * size)
        return {
            "input": {"weight": jnp.concatenate(blocks[:3], axis=1), "bias": zeros},
            "memory": {"weight": jnp.concatenate(blocks[3:], axis=1), "bias": zeros},
        }

    def linear(name: str) -> Callable[[Params, Array], Array]:
        return lambda params, x: x @ params[name]["weight"] + params[name]["bias"]

    def gate(from_input: Array, from_hidden: Array, h: Array) -> Array:
        xr, xz, xn = jnp.split(from_input, 3, axis=-1)
        hr, hz, hn = jnp.split(from_hidden, 3, axis=-1)
        r, z = jax.nn.sigmoid(xr + hr), jax.nn.sigmoid(xz + hz)
        n = jnp.tanh(xn + r * hn)
        return (1 - z) * n + z * h

    return Cell(init, linear("input"), linear("memory"), gate)


def min_gru(input_size: int, size: int) -> Cell:
    """A gated recurrence that is linear in its hidden state.

    z = sigmoid(x W_z + b_z), n = tanh(x W_n + b_n), h' = (1 - z) * h + z * n.

    The gates depend on the input alone. At first, b_z gives the entries of the hidden state time
    scales 1 / z from 2 to `LONGEST` steps, evenly spaced by their logarithms.

    Args:
      input_size: the length of the input x.
      size: the length of the hidden state h.

    References:
      Feng et al. 2024, "Were RNNs All We Needed?"; Orvieto et al. 2023, "Resurrecting Recurrent
      Neural Networks for Long Sequences", for the time scales.
    """

    def init(key: Array) -> Params:
        weight = jnp.concatenate(orthogonal(key, [(input_size, size)] * 2), axis=1)
        times = jnp.geomspace(2.0, LONGEST, size)
        return {"weight": weight, "bias": jnp.concatenate([-jnp.log(times - 1), jnp.zeros(size)])}

    def project(params: Params, x: Array) -> Array:
        return x @ params["weight"] + params["bias"]

    def coefficients(from_input: Array) -> tuple[Array, Array]:
        xz, xn = jnp.split(from_input, 2, axis=-1)
        return jax.nn.sigmoid(-xz), jax.nn.sigmoid(xz) * jnp.tanh(xn)

    def gate(from_input: Array, _: Array, h: Array) -> Array:
        a, b = coefficients(from_input)
        return a * h + b

    return Cell(init, project, lambda _, h: h[..., :0], gate, coefficients)


def s5(input_size: int, size: int) -> Cell:
    """A diagonal state space model, which is linear in its hidden state, complex numbers.

    h' = exp(L D) h + (exp(L D) - 1) / L * (x B), by entries: the solution of dh/dt = L h + x B
    after a time D, in which x does not change. L, D and B are learned.

    At first, L = -1/2 + i pi n in entry n, and the time steps D are between 0.001 and 0.1, evenly
    spaced by their logarithms in a random order. The matrices C and D of the paper are the first
    layer after this one.

    Args:
      input_size: the length of the input x.
      size: the length of the hidden state h, two for each complex number.

    References:
      Smith et al. 2023, "Simplified State Space Layers for Sequence Modeling"; Gu et al. 2022, "On
      the Parameterization and Initialization of Diagonal State Space Models", for L.
    """
    num = size // 2

    def init(key: Array) -> Params:
        key_weight, key_steps = jax.random.split(key)
        steps = jax.random.permutation(key_steps, jnp.geomspace(*TIME_STEPS, num))
        return {
            "weight": orthogonal(key_weight, [(input_size, 2 * num)])[0],
            "log_decay": jnp.full(num, jnp.log(0.5)),
            "frequency": jnp.pi * jnp.arange(num, dtype=jnp.float32),
            "log_step": jnp.log(steps),
        }

    def project(params: Params, x: Array) -> Array:
        rate = jax.lax.complex(-jnp.exp(params["log_decay"]), params["frequency"])
        a = jnp.exp(rate * jnp.exp(params["log_step"]))
        b = (a - 1) / rate * as_complex(x @ params["weight"])
        return jnp.concatenate([as_real(jnp.broadcast_to(a, b.shape)), as_real(b)], axis=-1)

    def coefficients(from_input: Array) -> tuple[Array, Array]:
        a, b = jnp.split(from_input, 2, axis=-1)
        return as_complex(a), as_complex(b)

    def gate(from_input: Array, _: Array, h: Array) -> Array:
        a, b = coefficients(from_input)
        return as_real(a * as_complex(h) + b)

    return Cell(init, project, lambda _, h: h[..., :0], gate, coefficients)


def as_complex(x: Array) -> Array:
    """Complex numbers from their real parts, followed by their imaginary parts."""
    return jax.lax.complex(*jnp.split(x, 2, axis=-1))


def as_real(x: Array) -> Array:
    """The inverse of `as_complex`."""
    return jnp.concatenate([x.real, x.imag], axis=-1)


MemoryName = Literal["gru", "min-gru", "s5"]
"""The name of a recurrent layer."""

CELLS: dict[str, Callable[[int, int], Cell]] = {"gru": gru, "min-gru": min_gru, "s5": s5}
"""The recurrent layers by name."""
