"""Networks as init/apply pairs."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from typing import Any, Generic, NamedTuple, TypeVar

import jax
import jax.numpy as jnp
import numpy as np
from gymnax.environments import spaces
from jax import Array

import jaxdist as jd
from agents.envs import Environment

Output = TypeVar("Output")
Params = Any


class Network(NamedTuple, Generic[Output]):
    """A pair of functions; those of a Flax or an Equinox module serve as well.

    Attributes:
      init: from a key to parameters, any pytree.
      apply: from parameters and an observation `[..., observation_size]` to the output. Leading
        axes are a batch.
    """

    init: Callable[[Array], Params]
    apply: Callable[[Params, Array], Output]


Critic = Network[Array]


class Cell(NamedTuple):
    """A pair of functions that remember.

    Attributes:
      init: from a key to parameters.
      apply: from parameters, an input `[..., input_size]` and what is remembered `[..., size]` to
        what is remembered from then on, `[..., size]`.
    """

    init: Callable[[Array], Params]
    apply: Callable[[Params, Array, Array], Array]


ACTIVATIONS: dict[str, Callable[[Array], Array]] = {
    "elu": jax.nn.elu,
    "gelu": jax.nn.gelu,
    "relu": jax.nn.relu,
    "silu": jax.nn.silu,
    "tanh": jnp.tanh,
}


def mlp(sizes: Sequence[int], activation: str = "tanh", final_scale: float = 1.0) -> Network[Array]:
    """A multilayer perceptron with orthogonal weights.

    x_{l+1} = activation(x_l W_l + b_l), the last layer being linear.

    Args:
      sizes: the widths of input, hidden layers and output.
      activation: a key of `ACTIVATIONS`.
      final_scale: the gain of the last layer; a small one makes the first policy near uniform.

    Returns:
      A network from `[..., sizes[0]]` to `[..., sizes[-1]]`.

    References:
      Saxe et al. 2014 for the weights; Andrychowicz et al. 2021, section 3.2, for the gains.
    """
    nonlinearity = ACTIVATIONS[activation]
    gains = [math.sqrt(2)] * (len(sizes) - 2) + [final_scale]
    shapes = list(itertools.pairwise(sizes))

    def init(key: Array) -> Params:
        return [
            {"weight": gain * weight, "bias": jnp.zeros(weight.shape[1])}
            for gain, weight in zip(gains, orthogonal(key, shapes), strict=True)
        ]

    def apply(params: Params, x: Array) -> Array:
        *hidden, last = params
        for layer in hidden:
            x = nonlinearity(x @ layer["weight"] + layer["bias"])
        return x @ last["weight"] + last["bias"]

    return Network(init, apply)


def gru(input_size: int, size: int) -> Cell:
    """A gated recurrent unit with orthogonal weights.

    r = sigmoid(x W_r + h U_r + b_r), z = sigmoid(x W_z + h U_z + b_z),
    n = tanh(x W_n + b_n + r * (h U_n + c_n)), h' = (1 - z) * n + z * h.

    Args:
      input_size: the length of an input x.
      size: the length of what is remembered, h.

    Returns:
      A cell.

    References:
      Cho et al. 2014, in the form of cuDNN, in which the reset gate comes after the product.
    """
    shapes = [(input_size, size)] * 3 + [(size, size)] * 3

    def init(key: Array) -> Params:
        blocks = orthogonal(key, shapes)
        zeros = jnp.zeros(3 * size)
        return {
            "input": {"weight": jnp.concatenate(blocks[:3], axis=1), "bias": zeros},
            "memory": {"weight": jnp.concatenate(blocks[3:], axis=1), "bias": zeros},
        }

    def apply(params: Params, x: Array, h: Array) -> Array:
        of_input = x @ params["input"]["weight"] + params["input"]["bias"]
        of_memory = h @ params["memory"]["weight"] + params["memory"]["bias"]
        xr, xz, xn = jnp.split(of_input, 3, axis=-1)
        hr, hz, hn = jnp.split(of_memory, 3, axis=-1)
        r, z = jax.nn.sigmoid(xr + hr), jax.nn.sigmoid(xz + hz)
        n = jnp.tanh(xn + r * hn)
        return (1 - z) * n + z * h

    return Cell(init, apply)


def critic(
    env: Environment, hidden_sizes: Sequence[int], activation: str, input_size: int | None = None
) -> Critic:
    """A value function: v(s) = mlp(s), `[..., input_size]` to `[...]`.

    Args:
      env: the environment.
      hidden_sizes: the widths of the hidden layers.
      activation: a key of `ACTIVATIONS`.
      input_size: what the critic looks at; the environment's observation, if not given.
    """
    value = mlp((input_size or env.observation_size, *hidden_sizes, 1), activation)
    return Network(value.init, lambda params, s: jnp.squeeze(value.apply(params, s), -1))


def orthogonal(key: Array, shapes: Sequence[tuple[int, int]]) -> list[Array]:
    """Matrices with orthonormal rows or columns, whichever are fewer, uniformly distributed.

    They come from one draw and one loop, since each more is a program more to compile.

    Args:
      key: a PRNG key.
      shapes: the shape of each.

    References:
      Mezzadri 2007, "How to Generate Random Matrices from the Classical Compact Groups".
    """
    sizes = [math.prod(shape) for shape in shapes]
    parts = jnp.split(jd.Normal(0.0, 1.0).sample(key, sum(sizes)), np.cumsum(sizes)[:-1])
    tall = [(max(shape), min(shape)) for shape in shapes]
    rows, columns = np.max(tall, axis=0)
    padded = [
        jnp.pad(x.reshape(n, k), ((0, rows - n), (0, columns - k)))
        for x, (n, k) in zip(parts, tall, strict=True)
    ]
    cut = [q[:n, :k] for q, (n, k) in zip(_orthonormal(jnp.stack(padded)), tall, strict=True)]
    return [q if q.shape == shape else q.T for q, shape in zip(cut, shapes, strict=True)]


def _orthonormal(x: Array) -> Array:
    """Make the columns of matrices, `[..., rows, columns]`, orthonormal; those of zeros stay zero.

    By Gram and Schmidt. LAPACK would do as well, were it not that its calls on batches, as `vmap`
    makes them, can wait for each other for ever on a CPU of few cores (see `jaxdist.lapack`).
    """

    def add(i: Array, q: Array) -> Array:
        column = x[..., i]
        for _ in range(2):  # once leaves rounding errors where little is left of a column
            shares = jnp.sum(q * column[..., None], -2, keepdims=True)
            column = column - jnp.sum(q * shares, -1)
        length = jnp.linalg.norm(column, axis=-1, keepdims=True)
        return q.at[..., i].set(column / jnp.where(length > 0, length, 1))

    return jax.lax.fori_loop(0, x.shape[-1], add, jnp.zeros_like(x))


def action_critic(env: Environment, hidden_sizes: Sequence[int], activation: str) -> Critic:
    """An action-value function.

    Of Discrete actions all values at once, q(s, .) = mlp(s): `[..., observation_size]` to
    `[..., num_actions]`. In a Box, q(s, a) = mlp([s, a]): `[..., observation_size + action_size]`
    to `[...]`.
    """
    space = env.action_space
    if isinstance(space, spaces.Discrete):
        return mlp((env.observation_size, *hidden_sizes, space.n), activation)
    value = mlp((env.observation_size + math.prod(space.shape), *hidden_sizes, 1), activation)
    return Network(value.init, lambda params, x: jnp.squeeze(value.apply(params, x), -1))


def ensemble(network: Network[Array], size: int) -> Network[Array]:
    """Networks of one shape with parameters of their own; their outputs are stacked in front.

    One after another: on a CPU that is faster than one network with an axis more.
    """

    def init(key: Array) -> Params:
        return [network.init(k) for k in jax.random.split(key, size)]

    def apply(params: Params, x: Array) -> Array:
        return jnp.stack([network.apply(member, x) for member in params])

    return Network(init, apply)
