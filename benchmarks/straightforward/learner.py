"""What A2C and SAC have in common: perceptrons, environments and the shape of a learner."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import gymnax
import jax
import jax.numpy as jnp
from jax import Array


class Learner(NamedTuple):
    """A learner as two functions.

    Attributes:
      init: function from a key to the state before the first update.
      update: function from a state to the next one and a `Log`.
    """

    init: Callable[[Array], Any]
    update: Callable[[Any], tuple[Any, Log]]

    def train(self, key: Array, num_updates: int) -> tuple[Any, Log]:
        """Make updates; the log gets a leading axis `[num_updates]`."""
        return jax.lax.scan(lambda state, _: self.update(state), self.init(key), length=num_updates)


class Log(NamedTuple):
    """The steps of an update, `[num_steps, num_envs]`: which ended an episode, and its return."""

    ended: Array
    episode_return: Array


def init_mlp(key: Array, sizes: Sequence[int], final_scale: float) -> list[dict[str, Array]]:
    """Orthogonal weights and zero biases of the layers of a perceptron."""
    gains = [math.sqrt(2)] * (len(sizes) - 2) + [final_scale]
    keys = jax.random.split(key, len(gains))
    return [
        {
            "weight": jax.nn.initializers.orthogonal(gain)(k, (n, m), jnp.float32),
            "bias": jnp.zeros(m),
        }
        for k, gain, n, m in zip(keys, gains, sizes[:-1], sizes[1:], strict=True)
    ]


def mlp(params: list[dict[str, Array]], x: Array, activation: str) -> Array:
    """The output of a perceptron."""
    *hidden, last = params
    for layer in hidden:
        x = getattr(jnp if activation == "tanh" else jax.nn, activation)(
            x @ layer["weight"] + layer["bias"]
        )
    return x @ last["weight"] + last["bias"]


class Streams(NamedTuple):
    """Parallel environments: their states, observations and returns so far."""

    state: Any
    observation: Array
    episode_return: Array


class Environments:
    """Parallel gymnax environments that reset themselves, with flat observations."""

    def __init__(self, name: str, num_envs: int) -> None:
        self.env, self.params = gymnax.make(name)
        self.num_envs = num_envs
        with jax.ensure_compile_time_eval():
            self.action_space = self.env.action_space(self.params)
        self.observation_size = math.prod(self.env.observation_space(self.params).shape)

    def reset(self, key: Array) -> Streams:
        """Start an episode in each."""
        keys = jax.random.split(key, self.num_envs)
        observation, state = jax.vmap(self.env.reset, in_axes=(0, None))(keys, self.params)
        strong = jax.tree.map(lambda x: jnp.asarray(x, jnp.asarray(x).dtype), state)
        return Streams(strong, self._flat(observation), jnp.zeros(self.num_envs))

    def step(self, key: Array, streams: Streams, action: Array) -> tuple[Streams, Any, Log]:
        """Act in each; the reward, the final observation and whether the episode terminated."""
        keys = jax.random.split(key, self.num_envs)
        observation, state, reward, terminated, truncated, info = jax.vmap(
            self.env.step, in_axes=(0, 0, 0, None)
        )(keys, streams.state, action, self.params)
        ended = terminated | truncated
        episode_return = streams.episode_return + reward
        streams = Streams(state, self._flat(observation), episode_return * (1 - ended))
        outcome = (reward, self._flat(info["final_observation"]), terminated, ended)
        return streams, outcome, Log(ended, episode_return)

    def _flat(self, observation: Array) -> Array:
        return observation.reshape(self.num_envs, -1).astype(jnp.float32)
