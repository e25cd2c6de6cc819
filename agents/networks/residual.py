"""Residual perceptrons: SimBa."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import jax
import jax.numpy as jnp
from jax import Array

from .initialization import orthogonal
from .layers import ACTIVATIONS, Network, Params

EXPANSION = 4
"""The width of the hidden layer of a block, in widths of the network."""


@dataclass(frozen=True)
class Residual:
    """The function of a residual perceptron; two are equal if only their parameters may differ.

    x_0 = x W; x_{l+1} = x_l + activation(norm(x_l) U_l) V_l in every block; and norm(x_L) Z. The
    norm subtracts the mean over the units and divides by their standard deviation.

    Attributes:
      activation: a key of `ACTIVATIONS`.
    """

    activation: str

    def __call__(self, params: Params, x: Array) -> Array:
        """The output `[..., output_size]`."""
        first, *inner, last = params
        x = _linear(first, x)
        for into, out in zip(inner[::2], inner[1::2], strict=True):
            hidden = ACTIVATIONS[self.activation](_linear(into, jax.nn.standardize(x)))
            x = x + _linear(out, hidden)
        return _linear(last, jax.nn.standardize(x))


def residual(
    sizes: Sequence[int], activation: str = "relu", final_scale: float = 1.0
) -> Network[Array]:
    """A `Residual` perceptron with orthogonal initial weights.

    Args:
      sizes: the width of the input; the width of the network, once for each block; and the width
        of the output.
      activation: a key of `ACTIVATIONS`.
      final_scale: the gain of the last layer.

    Returns:
      A network from `[..., sizes[0]]` to `[..., sizes[-1]]`.

    References:
      Lee et al. 2025, "SimBa: Simplicity Bias for Scaling Up Parameters in Deep Reinforcement
      Learning", section 4; without its normalization of observations.
    """
    first, *blocks, last = sizes
    width = blocks[0]
    wide = itertools.chain.from_iterable([width, EXPANSION * width] for _ in blocks)
    shapes = list(itertools.pairwise((first, *wide, width, last)))
    gains = [1.0, *(gain for _ in blocks for gain in (math.sqrt(2), 1.0)), final_scale]

    def init(key: Array) -> Params:
        return [
            {"weight": gain * weight, "bias": jnp.zeros(weight.shape[1])}
            for gain, weight in zip(gains, orthogonal(key, shapes), strict=True)
        ]

    return Network(init, Residual(activation))


def check_widths(hidden_sizes: Sequence[int]) -> None:
    """Check that hidden sizes are the widths of residual blocks, which are equal (`ValueError`)."""
    if not hidden_sizes or len(set(hidden_sizes)) > 1:
        raise ValueError(
            "residual blocks need hidden_sizes of one width, once for each block; got "
            f"{tuple(hidden_sizes)}"
        )


def _linear(layer: Params, x: Array) -> Array:
    y: Array = x @ layer["weight"] + layer["bias"]
    return y
