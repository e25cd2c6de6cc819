"""Environments of navix (Pignatelli et al. 2024): MiniGrid in JAX."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import jax
import numpy as np
from jax import Array

from ..spaces import Box, Discrete, Space


@dataclass(frozen=True, eq=False)
class NavixDynamics:
    """An environment of navix, whose state is its timestep.

    Attributes:
      env: the environment of navix.
    """

    env: Any

    @property
    def action_space(self) -> Space:
        """The space of one action."""
        with jax.ensure_compile_time_eval():
            return Discrete(int(self.env.action_space.maximum) + 1)

    @property
    def observation_space(self) -> Space:
        """The space of one observation: a grid of numbers, or an image."""
        space = self.env.observation_space
        with jax.ensure_compile_time_eval():
            low, high = np.asarray(space.minimum), np.asarray(space.maximum)
        return Box(low, high, tuple(space.shape), space.dtype)

    @property
    def max_steps(self) -> int:
        """The time limit."""
        return int(self.env.max_steps)

    def reset(self, key: Array) -> tuple[Any, Any]:
        """Start an episode: the first observation and the state."""
        timestep = self.env.reset(jax.random.key_data(key))
        return timestep.observation, timestep

    def step(self, key: Array, state: Any, action: Any) -> tuple[Any, Any, Any, Any, Any]:
        """The observation, the state, the reward, and whether it terminated or was truncated."""
        after = self.env.step(state, action)
        ends = after.is_termination(), after.is_truncation()
        return after.observation, after, after.reward, *ends


def make(name: str, params: dict[str, Any]) -> NavixDynamics:
    """The environment of a name that is registered with navix.

    Raises:
      ValueError: there is none, or it has no such parameter.
    """
    import navix

    try:
        return NavixDynamics(navix.make(name, **params))
    except (NotImplementedError, TypeError) as error:
        raise ValueError(f"navix cannot make '{name}': {error}") from error
