"""Perceptrons with batch normalization: the critics of CrossQ."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import jax
import jax.numpy as jnp
from jax import Array

from .layers import ACTIVATIONS, Network, Params, mlp

MOMENTUM = 0.9
"""Weight of the old statistics when those of a batch are added to them."""

EPSILON = 1e-3
"""Added to variances."""


@dataclass(frozen=True)
class BatchNorm:
    """The function of a perceptron whose layers' inputs are normalized by running statistics.

    x_{l+1} = activation(norm(x_l) W_l + b_l); the last layer is linear, and its input is
    normalized too. The norm subtracts the mean and divides by the standard deviation of each unit.

    Attributes:
      activation: a key of `ACTIVATIONS`.
    """

    activation: str

    def __call__(self, params: Params, x: Array) -> Array:
        """The output by the running statistics, `[..., sizes[-1]]`."""
        for i, (layer, statistics) in enumerate(
            zip(params["layers"], params["statistics"], strict=True)
        ):
            x = self._layer(i, params, layer, _normalize(x, statistics))
        return x

    def on_batch(self, params: Params, x: Array) -> tuple[Array, list[dict[str, Array]]]:
        """The output by the statistics of the batch, and the running statistics after it.

        Args:
          params: the parameters.
          x: the batch, `[batch, sizes[0]]`.
        """
        running = []
        for i, (layer, old) in enumerate(zip(params["layers"], params["statistics"], strict=True)):
            own = {"mean": jnp.mean(x, axis=0), "variance": jnp.var(x, axis=0)}
            mix = lambda old, new: MOMENTUM * old + (1 - MOMENTUM) * jax.lax.stop_gradient(new)
            running.append(jax.tree.map(mix, old, own))
            x = self._layer(i, params, layer, _normalize(x, own))
        return x, running

    def _layer(self, i: int, params: Params, layer: Params, x: Array) -> Array:
        y: Array = x @ layer["weight"] + layer["bias"]
        is_last = i == len(params["layers"]) - 1
        return y if is_last else ACTIVATIONS[self.activation](y)


def batch_norm_mlp(sizes: Sequence[int], activation: str = "relu") -> Network[Array]:
    """A `BatchNorm` perceptron with orthogonal initial weights, without learned scales.

    Args:
      sizes: the widths of input, hidden layers and output.
      activation: a key of `ACTIVATIONS`.

    Returns:
      A network from `[..., sizes[0]]` to `[..., sizes[-1]]`. Its parameters have `"layers"` and
      their running `"statistics"`, which no gradient changes.

    References:
      Ioffe and Szegedy 2015; Bhatt et al. 2024, "CrossQ: Batch Normalization in Deep Reinforcement
      Learning for Greater Sample Efficiency and Simplicity".
    """
    layers = mlp(sizes, activation)

    def init(key: Array) -> Params:
        statistics = [{"mean": jnp.zeros(size), "variance": jnp.ones(size)} for size in sizes[:-1]]
        return {"layers": layers.init(key), "statistics": statistics}

    return Network(init, BatchNorm(activation))


def _normalize(x: Array, statistics: dict[str, Array]) -> Array:
    fixed = statistics["variance"] + EPSILON
    return (x - statistics["mean"]) * jax.lax.rsqrt(fixed)
