"""Networks as init/apply pairs; an actor's `apply` maps an observation to a distribution."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from typing import Any, Generic, NamedTuple, TypeVar

import jax
import jax.numpy as jnp
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


Actor = Network[jd.Distribution]
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


def categorical_actor(
    observation_size: int, num_actions: int, hidden_sizes: Sequence[int], activation: str
) -> Actor:
    """A policy over `num_actions` actions: Categorical(logits = mlp(s))."""
    logits = mlp((observation_size, *hidden_sizes, num_actions), activation, final_scale=0.01)
    return Network(logits.init, lambda params, s: jd.Categorical(logits=logits.apply(params, s)))


def bernoulli_actor(observation_size: int, hidden_sizes: Sequence[int], activation: str) -> Actor:
    """A policy over the actions 0 and 1: Bernoulli(logits = mlp(s))."""
    logit = mlp((observation_size, *hidden_sizes, 1), activation, final_scale=0.01)

    def apply(params: Params, s: Array) -> jd.Distribution:
        return jd.Bernoulli(logits=jnp.squeeze(logit.apply(params, s), -1))

    return Network(logit.init, apply)


def normal_actor(
    observation_size: int,
    action_size: int,
    hidden_sizes: Sequence[int],
    activation: str,
    log_scale: float = 0.0,
) -> Actor:
    """A policy over vectors: Normal(mlp(s), exp(log_scale)), independent along each coordinate.

    The scale is a parameter that does not look at the state; `log_scale` is its first value.
    """
    loc = mlp((observation_size, *hidden_sizes, action_size), activation, final_scale=0.01)

    def init(key: Array) -> Params:
        return {"loc": loc.init(key), "log_scale": jnp.full(action_size, log_scale)}

    def apply(params: Params, s: Array) -> jd.Distribution:
        normal = jd.Normal(loc.apply(params["loc"], s), log_scale=params["log_scale"])
        return jd.Independent(normal, 1)

    return Network(init, apply)


def actor(env: Environment, hidden_sizes: Sequence[int], activation: str) -> Actor:
    """The policy that suits an environment's actions: Categorical if Discrete, Normal if Box."""
    space = env.action_space
    if isinstance(space, spaces.Discrete):
        return categorical_actor(env.observation_size, space.n, hidden_sizes, activation)
    (action_size,) = space.shape
    return normal_actor(env.observation_size, action_size, hidden_sizes, activation)


def critic(env: Environment, hidden_sizes: Sequence[int], activation: str) -> Critic:
    """A state-value function: v(s) = mlp(s), `[..., observation_size]` to `[...]`."""
    value = mlp((env.observation_size, *hidden_sizes, 1), activation)
    return Network(value.init, lambda params, s: jnp.squeeze(value.apply(params, s), -1))


def _dense(key: Array, shape: tuple[int, int], gain: float) -> Params:
    weight = jax.nn.initializers.orthogonal(gain)(key, shape)
    return {"weight": weight, "bias": jnp.zeros(shape[1])}
