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
