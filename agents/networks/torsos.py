"""Torsos: networks from flat observations, as vectors or as images, to features."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from ..experience.environment import Environment
from .initialization import orthogonal
from .layers import ACTIVATIONS, Network, Params, Perceptron, mlp

KERNEL = 3
"""Height and width of the kernels of convolutions."""


@dataclass(frozen=True)
class Convolutional:
    """The function of convolutions of images, and a perceptron of their output.

    Each convolution has a kernel of 3 x 3, stride 1 and no padding, so that an image loses two rows
    and two columns. What else is in an observation is an input of the perceptron.

    Attributes:
      shapes: the shape of each part of an observation; those of height, width and channels are
        images.
      activation: a key of `ACTIVATIONS`.
    """

    shapes: tuple[tuple[int, ...], ...]
    activation: str

    def __call__(self, params: Params, x: Array) -> Array:
        """The output `[..., sizes[-1]]` of flat observations, `[..., size]`.

        The convolutions of one image follow those of the one before.
        """
        sizes = [math.prod(shape) for shape in self.shapes]
        parts = jnp.split(x[..., x.shape[-1] - sum(sizes) :], np.cumsum(sizes)[:-1], axis=-1)
        layers = iter(params["convolutions"])
        depth = len(params["convolutions"]) // sum(map(is_image, self.shapes))
        features = []
        for part, shape in zip(parts, self.shapes, strict=True):
            if is_image(shape):
                convolved = self._convolve(
                    itertools.islice(layers, depth), part.reshape(-1, *shape)
                )
                part = convolved.reshape(*x.shape[:-1], -1)
            features.append(part)
        return Perceptron(self.activation)(params["perceptron"], jnp.concatenate(features, axis=-1))

    def _convolve(self, layers: Iterable[Params], images: Array) -> Array:
        """The output of the convolutions of images, `[batch, height, width, channels]`."""
        for layer in layers:
            images = patches(images) @ layer["weight"].reshape(-1, len(layer["bias"]))
            images = ACTIVATIONS[self.activation](images + layer["bias"])
        return images


def patches(images: Array) -> Array:
    """All squares of `KERNEL` rows and columns, whose product with the weights is a convolution.

    XLA's own convolution takes 15 times as long on a CPU when it is mapped over seeds. Copies of
    `KERNEL` neighboring pixels at once take a third of the time of copies of single pixels.

    Args:
      images: `[..., height, width, channels]`.

    Returns:
      `[..., height - KERNEL + 1, width - KERNEL + 1, KERNEL * KERNEL * channels]`.
    """
    *_, num_rows, num_columns, channels = images.shape
    height, width = num_rows - KERNEL + 1, num_columns - KERNEL + 1
    rows = images.reshape(*images.shape[:-2], num_columns * channels)
    strips = [rows[..., j * channels : (j + KERNEL) * channels] for j in range(width)]
    windows = jnp.stack(strips, axis=-2)  # of one row each
    return jnp.concatenate([windows[..., i : i + height, :, :] for i in range(KERNEL)], axis=-1)


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
      ValueError: there are channels, but the observations have no images, or too small ones.
    """
    if not channels:
        return mlp((env.observation_size, *sizes), activation, final_scale)
    shapes = part_shapes(env)
    check_images(env, len(channels))
    kernels = [
        (KERNEL * KERNEL * n, m)
        for shape in filter(is_image, shapes)
        for n, m in itertools.pairwise((shape[-1], *channels))
    ]
    lost = (KERNEL - 1) * len(channels)
    convolved = lambda height, width, _: (height - lost) * (width - lost) * channels[-1]
    widths = [convolved(*shape) if is_image(shape) else math.prod(shape) for shape in shapes]
    perceptron = mlp((sum(widths), *sizes), activation, final_scale)

    def init(key: Array) -> Params:
        key_convolutions, key_perceptron = jax.random.split(key)
        weights = orthogonal(key_convolutions, kernels)
        convolutions = [
            {
                "weight": math.sqrt(2) * w.reshape(KERNEL, KERNEL, -1, w.shape[1]),
                "bias": jnp.zeros(w.shape[1]),
            }
            for w in weights
        ]
        return {"convolutions": convolutions, "perceptron": perceptron.init(key_perceptron)}

    return Network(init, Convolutional(shapes, activation))


def check_images(env: Environment, num_convolutions: int) -> None:
    """Check that an environment shows images, large enough for some convolutions (`ValueError`)."""
    images = list(filter(is_image, part_shapes(env)))
    lost = (KERNEL - 1) * num_convolutions
    if not images or any(min(height, width) <= lost for height, width, _ in images):
        raise ValueError(
            f"channels of {num_convolutions} convolutions need observations [height, width, "
            f"channels] of more than {lost} rows and columns, or a Dict or Tuple of some; those of "
            f"{env.name} are {env.observation_space}"
        )


def is_image(shape: tuple[int, ...]) -> bool:
    """Whether a part of an observation is an image."""
    return len(shape) == 3


def part_shapes(env: Environment) -> tuple[tuple[int, ...], ...]:
    """The shapes of the parts of an observation, in the order of a flat one, without the mask."""
    flat = jax.ShapeDtypeStruct((env.observation_size,), jnp.float32)
    parts = jax.tree.leaves(jax.eval_shape(env.unflatten, flat))
    return tuple(tuple(part.shape) for part in parts)
