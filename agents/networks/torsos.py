"""Torsos: networks from flat observations, as vectors or as images, to features."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import jax
import jax.numpy as jnp
from jax import Array

from ..experience.environment import Environment
from ..experience.spaces import Box
from .initialization import orthogonal
from .layers import ACTIVATIONS, Network, Params, Perceptron, mlp

KERNEL = 3
"""Height and width of the kernels of convolutions."""


@dataclass(frozen=True)
class Convolutional:
    """The function of convolutions, and a perceptron of their output.

    Each convolution has a kernel of 3 x 3, stride 1 and no padding, so that an image loses two rows
    and two columns.

    Attributes:
      shape: the height, the width and the number of channels of an image.
      activation: a key of `ACTIVATIONS`.
    """

    shape: tuple[int, int, int]
    activation: str

    def __call__(self, params: Params, x: Array) -> Array:
        """The output `[..., sizes[-1]]` of flat images, `[..., height * width * channels]`."""
        images = x[..., x.shape[-1] - math.prod(self.shape) :].reshape(-1, *self.shape)
        for layer in params["convolutions"]:
            images = patches(images) @ layer["weight"].reshape(-1, len(layer["bias"]))
            images = ACTIVATIONS[self.activation](images + layer["bias"])
        features = images.reshape(*x.shape[:-1], -1)
        return Perceptron(self.activation)(params["perceptron"], features)


def patches(images: Array) -> Array:
    """All squares of `KERNEL` rows and columns, whose product with the weights is a convolution.

    XLA's own convolution takes 15 times as long on a CPU when it is differentiated or mapped over
    seeds.

    Args:
      images: `[..., height, width, channels]`.

    Returns:
      `[..., height - KERNEL + 1, width - KERNEL + 1, KERNEL * KERNEL * channels]`.
    """
    height, width = (size - KERNEL + 1 for size in images.shape[-3:-1])
    shifts = itertools.product(range(KERNEL), repeat=2)
    shifted = [images[..., i : i + height, j : j + width, :] for i, j in shifts]
    return jnp.concatenate(shifted, axis=-1)


def make_torso(
    env: Environment,
    channels: Sequence[int],
    sizes: Sequence[int],
    activation: str,
    final_scale: float = 1.0,
) -> Network[Array]:
    """A multilayer perceptron of flat observations, after convolutions if there are channels.

    Args:
      env: the environment.
      channels: the number of output channels of each convolution; none if empty.
      sizes: the widths of the hidden layers and of the output.
      activation: a key of `ACTIVATIONS`.
      final_scale: the gain of the last layer.

    Returns:
      A network from `[..., observation_size]` to `[..., sizes[-1]]`.

    Raises:
      ValueError: there are channels, but the observations are no images, or too small.
    """
    if not channels:
        return mlp((env.observation_size, *sizes), activation, final_scale)
    height, width, depth = image_shape(env, len(channels))
    shapes = [(KERNEL * KERNEL * n, m) for n, m in itertools.pairwise((depth, *channels))]
    lost = (KERNEL - 1) * len(channels)
    flat = (height - lost) * (width - lost) * channels[-1]
    perceptron = mlp((flat, *sizes), activation, final_scale)

    def init(key: Array) -> Params:
        key_convolutions, key_perceptron = jax.random.split(key)
        weights = orthogonal(key_convolutions, shapes)
        convolutions = [
            {
                "weight": math.sqrt(2) * w.reshape(KERNEL, KERNEL, -1, w.shape[1]),
                "bias": jnp.zeros(w.shape[1]),
            }
            for w in weights
        ]
        return {"convolutions": convolutions, "perceptron": perceptron.init(key_perceptron)}

    return Network(init, Convolutional((height, width, depth), activation))


def image_shape(env: Environment, num_convolutions: int) -> tuple[int, int, int]:
    """The shape of the images that an environment shows.

    Raises:
      ValueError: its observations are no images, or too small for so many convolutions.
    """
    space = env.observation_space
    lost = (KERNEL - 1) * num_convolutions
    is_image = isinstance(space, Box) and len(env.observation.shape) == 3
    if not is_image or min(env.observation.shape[:2]) <= lost:
        raise ValueError(
            f"channels of {num_convolutions} convolutions need observations [height, width, "
            f"channels] of more than {lost} rows and columns; those of {env.name} are {space}"
        )
    height, width, depth = env.observation.shape
    return height, width, depth
