"""Networks as init/apply pairs."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Literal, NamedTuple, TypeVar

import jax
import jax.numpy as jnp
from jax import Array

from .initialization import orthogonal

Output = TypeVar("Output")
Params = Any


class Network(NamedTuple, Generic[Output]):
    """A pair of functions, such as those of a Flax or an Equinox module.

    Attributes:
      init: function from a key to parameters, any pytree.
      apply: function from parameters and an input `[..., input_size]` to the output; leading axes
        are batch axes.
    """

    init: Callable[[Array], Params]
    apply: Callable[[Params, Array], Output]


class Cell(NamedTuple):
    """A recurrent layer, h' = gate(x W, h U, h), as functions.

    Attributes:
      init: function from a key to parameters.
      project: function from parameters and an input `[..., input_size]` to x W.
      recur: function from parameters and the hidden state `[..., size]` to h U.
      gate: function from x W, h U and h to the new hidden state, without parameters.
    """

    init: Callable[[Array], Params]
    project: Callable[[Params, Array], Array]
    recur: Callable[[Params, Array], Array]
    gate: Callable[[Array, Array, Array], Array]

    def apply(self, params: Params, x: Array, h: Array) -> Array:
        """The new hidden state, `[..., size]`."""
        return self.gate(self.project(params, x), self.recur(params, h), h)


Activation = Literal["elu", "gelu", "relu", "silu", "tanh"]
"""The name of an activation function."""

ACTIVATIONS: dict[str, Callable[[Array], Array]] = {
    "elu": jax.nn.elu,
    "gelu": jax.nn.gelu,
    "relu": jax.nn.relu,
    "silu": jax.nn.silu,
    "tanh": jnp.tanh,
}


@dataclass(frozen=True)
class Perceptron:
    """The function of a multilayer perceptron; two are equal if only their parameters may differ.

    x_{l+1} = activation(x_l W_l + b_l); the last layer is linear. With layer normalization, the
    argument of each activation has mean 0 and variance 1 over its units.

    Attributes:
      activation: a key of `ACTIVATIONS`.
      layer_norm: whether to normalize layers.
    """

    activation: str
    layer_norm: bool = False

    def __call__(self, params: Params, x: Array) -> Array:
        """The output `[..., sizes[-1]]`."""
        activate = ACTIVATIONS[self.activation]
        *hidden, last = params
        normalize = jax.nn.standardize if self.layer_norm else lambda x: x
        for layer in hidden:
            x = activate(normalize(x @ layer["weight"] + layer["bias"]))
        return x @ last["weight"] + last["bias"]


def mlp(
    sizes: Sequence[int],
    activation: str = "tanh",
    final_scale: float = 1.0,
    layer_norm: bool = False,
) -> Network[Array]:
    """A `Perceptron` with orthogonal initial weights.

    Args:
      sizes: the widths of input, hidden layers and output.
      activation: a key of `ACTIVATIONS`.
      final_scale: the gain of the last layer; if it is small, the initial policy is near uniform.
      layer_norm: whether to normalize layers, without learned scales.

    Returns:
      A network from `[..., sizes[0]]` to `[..., sizes[-1]]`.

    References:
      Saxe et al. 2014 for the weights; Andrychowicz et al. 2021, section 3.2, for the gains; Ba et
      al. 2016 for layer normalization.
    """
    gains = [math.sqrt(2)] * (len(sizes) - 2) + [final_scale]
    shapes = list(itertools.pairwise(sizes))

    def init(key: Array) -> Params:
        return [
            {"weight": gain * weight, "bias": jnp.zeros(weight.shape[1])}
            for gain, weight in zip(gains, orthogonal(key, shapes), strict=True)
        ]

    return Network(init, Perceptron(activation, layer_norm))


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
