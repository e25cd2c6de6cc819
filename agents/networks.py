"""Networks as init/apply pairs."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from typing import Any, Generic, NamedTuple, TypeVar

import jax
import jax.numpy as jnp
from gymnax.environments import spaces
from jax import Array

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

    def init(key: Array) -> Params:
        keys = jax.random.split(key, len(gains))
        shapes = itertools.pairwise(sizes)
        return [_dense(k, shape, gain) for k, shape, gain in zip(keys, shapes, gains, strict=True)]

    def apply(params: Params, x: Array) -> Array:
        *hidden, last = params
        for layer in hidden:
            x = nonlinearity(x @ layer["weight"] + layer["bias"])
        return x @ last["weight"] + last["bias"]

    return Network(init, apply)


def critic(env: Environment, hidden_sizes: Sequence[int], activation: str) -> Critic:
    """A state-value function: v(s) = mlp(s), `[..., observation_size]` to `[...]`."""
    value = mlp((env.observation_size, *hidden_sizes, 1), activation)
    return Network(value.init, lambda params, s: jnp.squeeze(value.apply(params, s), -1))


def _dense(key: Array, shape: tuple[int, int], gain: float) -> Params:
    weight = jax.nn.initializers.orthogonal(gain)(key, shape)
    return {"weight": weight, "bias": jnp.zeros(shape[1])}


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
