"""Critics: state-value and action-value functions."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal

import jax.numpy as jnp
from jax import Array

from ..experience.environment import Environment
from ..experience.spaces import Discrete
from .batch_norm import batch_norm_mlp
from .layers import Network, mlp
from .residual import residual
from .torsos import make_torso

Critic = Network[Array]

Kind = Literal["mlp", "residual", "batch-norm"]
"""The kind of a network."""


def make_critic(
    env: Environment,
    hidden_sizes: Sequence[int],
    activation: str,
    input_size: int | None = None,
    channels: Sequence[int] = (),
    num_outputs: int = 1,
) -> Critic:
    """State-value function: v(s) = mlp(s), `[..., input_size]` to `[...]`.

    With several outputs, the input of a value head, it is one to `[..., num_outputs]`, 0 at first.

    Args:
      env: the environment.
      hidden_sizes: the widths of the hidden layers.
      activation: a key of `layers.ACTIVATIONS`.
      input_size: the length of the input; that of an observation if not given.
      channels: the channels of convolutions before the hidden layers; see `make_torso`.
      num_outputs: `value_heads.ValueHead.size`.
    """
    sizes, gain = (*hidden_sizes, num_outputs), 1.0 if num_outputs == 1 else 0.0
    if input_size is None:
        value = make_torso(env, channels, sizes, activation, gain)
    else:
        value = mlp((input_size, *sizes), activation, gain)
    if num_outputs > 1:
        return value
    return Network(value.init, lambda params, s: jnp.squeeze(value.apply(params, s), -1))


def make_action_critic(
    env: Environment,
    hidden_sizes: Sequence[int],
    activation: str,
    layer_norm: bool = False,
    kind: Kind = "mlp",
) -> Critic:
    """Action-value function.

    For Discrete actions it gives all values at once, q(s, .) = mlp(s): `[..., observation_size]` to
    `[..., num_actions]`. In a Box, q(s, a) = mlp([s, a]): `[..., observation_size + action_size]`
    to `[...]`.

    Args:
      env: the environment.
      hidden_sizes: the widths of the hidden layers.
      activation: a key of `layers.ACTIVATIONS`.
      layer_norm: whether to normalize the hidden layers of a multilayer perceptron.
      kind: a multilayer perceptron, or what takes its place: `residual.residual` or
        `batch_norm.batch_norm_mlp`.
    """
    space = env.action_space
    is_discrete = isinstance(space, Discrete)
    inputs = env.observation_size + (0 if is_discrete else math.prod(space.shape))
    sizes = (inputs, *hidden_sizes, space.n if is_discrete else 1)
    if kind == "residual":
        value = residual(sizes, activation)
    elif kind == "batch-norm":
        value = batch_norm_mlp(sizes, activation)
    else:
        value = mlp(sizes, activation, layer_norm=layer_norm)
    if is_discrete:
        return value
    return Network(value.init, lambda params, x: jnp.squeeze(value.apply(params, x), -1))
