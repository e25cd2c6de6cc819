"""Critics: state-value and action-value functions."""

from __future__ import annotations

import math
from collections.abc import Sequence

import jax.numpy as jnp
from jax import Array

from ..experience.environment import Environment
from ..experience.spaces import Discrete
from .layers import Network, mlp
from .torsos import make_torso

Critic = Network[Array]


def make_critic(
    env: Environment,
    hidden_sizes: Sequence[int],
    activation: str,
    input_size: int | None = None,
    channels: Sequence[int] = (),
) -> Critic:
    """State-value function: v(s) = mlp(s), `[..., input_size]` to `[...]`.

    Args:
      env: the environment.
      hidden_sizes: the widths of the hidden layers.
      activation: a key of `layers.ACTIVATIONS`.
      input_size: the length of the input; that of an observation if not given.
      channels: the channels of convolutions before the hidden layers; see `make_torso`.
    """
    if input_size is None:
        value = make_torso(env, channels, (*hidden_sizes, 1), activation)
    else:
        value = mlp((input_size, *hidden_sizes, 1), activation)
    return Network(value.init, lambda params, s: jnp.squeeze(value.apply(params, s), -1))


def make_action_critic(
    env: Environment, hidden_sizes: Sequence[int], activation: str, layer_norm: bool = False
) -> Critic:
    """Action-value function.

    For Discrete actions it gives all values at once, q(s, .) = mlp(s): `[..., observation_size]` to
    `[..., num_actions]`. In a Box, q(s, a) = mlp([s, a]): `[..., observation_size + action_size]`
    to `[...]`.
    """
    space = env.action_space
    if isinstance(space, Discrete):
        sizes = (env.observation_size, *hidden_sizes, space.n)
        return mlp(sizes, activation, layer_norm=layer_norm)
    size = env.observation_size + math.prod(space.shape)
    value = mlp((size, *hidden_sizes, 1), activation, layer_norm=layer_norm)
    return Network(value.init, lambda params, x: jnp.squeeze(value.apply(params, x), -1))
