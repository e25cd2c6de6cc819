"""Environments of craftax (Matthews et al. 2024)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from jax import Array

from ..spaces import Box, Discrete, Space
from .gymnax import with_changes


@dataclass(frozen=True, eq=False)
class CraftaxDynamics:
    """An environment of craftax with its parameters.

    Attributes:
      env: the environment, without automatic resets.
      params: its parameters.
      steps_per_reset: the steps for which a stream has one initial state: the generation of a world
        takes much longer than a step, and no episode ends twice in so few steps.
    """

    env: Any
    params: Any
    steps_per_reset: int = 16

    @property
    def action_space(self) -> Space:
        """The space of one action."""
        return Discrete(int(self.env.action_space(self.params).n))

    @property
    def observation_space(self) -> Space:
        """The space of one observation: numbers that describe the map, or an image."""
        space = self.env.observation_space(self.params)
        low, high = np.asarray(space.low), np.asarray(space.high)
        return Box(low, high, tuple(space.shape), space.dtype)

    @property
    def max_steps(self) -> int:
        """The time limit."""
        return int(self.params.max_timesteps)

    def reset(self, key: Array) -> tuple[Any, Any]:
        """Start an episode: the first observation and the state."""
        observation, state = self.env.reset_env(key, self.params)
        return observation, state

    def step(self, key: Array, state: Any, action: Any) -> tuple[Any, Any, Any, Any, Any]:
        """The observation, the state, the reward, and whether it terminated or was truncated."""
        observation, state, reward, *_ = self.env.step_env(key, state, action, self.params)
        # Craftax calls its time limit a termination: ask whether it is one without the limit.
        no_limit = self.params.replace(max_timesteps=np.iinfo(np.int32).max)
        terminated = self.env.is_terminal(state, no_limit)
        return observation, state, reward, terminated, state.timestep >= self.max_steps


def make(name: str, params: dict[str, Any]) -> CraftaxDynamics:
    """The environment of a name of craftax, such as `Craftax-Classic-Symbolic-v1`.

    Raises:
      ValueError: there is none, or it has no such parameter.
    """
    from craftax.craftax_env import make_craftax_env_from_name

    env = make_craftax_env_from_name(name, auto_reset=False)
    return CraftaxDynamics(env, with_changes(name, env.default_params, params))
