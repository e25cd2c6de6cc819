"""Stacked observations: the last few observations as one, which shows what moves."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import Any

import jax.numpy as jnp
import numpy as np
from jax import Array

from .dynamics import Dynamics
from .spaces import Box, Space, bounds


@dataclass(frozen=True, eq=False)
class StackedDynamics:
    """An environment whose observations are its last ones, joined along their last axis.

    The oldest comes first. Before the first step, all are the first observation.

    Attributes:
      world: the environment; its observations are arrays with at least one axis.
      num: the number of observations.

    References:
      Mnih et al. 2015, "Human-level control through deep reinforcement learning".
    """

    world: Dynamics
    num: int

    @property
    def action_space(self) -> Space:
        """The space of one action."""
        return self.world.action_space

    @property
    def observation_space(self) -> Space:
        """The box of stacked observations.

        Raises:
          ValueError: the observations of the environment are no arrays with an axis.
        """
        space = self.world.observation_space
        if not (isinstance(space, Box) and space.shape):
            raise ValueError(f"observations in {space}, which cannot be stacked: it is no Box")
        low, high = (np.concatenate([bound] * self.num, -1) for bound in bounds(space))
        return Box(low, high, low.shape, space.dtype)

    @property
    def max_steps(self) -> int:
        """The time limit."""
        return self.world.max_steps

    @property
    def env(self) -> Any:
        """The environment as its library has it."""
        return getattr(self.world, "env", self.world)

    @property
    def params(self) -> Any:
        """The parameters of an environment of gymnax."""
        return getattr(self.world, "params", None)

    def reset(self, key: Array) -> tuple[Any, Any]:
        """Start an episode: the first observation, repeated, and the state."""
        observation, state = self.world.reset(key)
        stacked = jnp.concatenate([observation] * self.num, -1)
        return stacked, (state, stacked)

    def step(self, key: Array, state: Any, action: Any) -> tuple[Any, Any, Any, Any, Any]:
        """The observation, the state, the reward, and whether it terminated or was truncated."""
        own, before = state
        observation, own, *others = self.world.step(key, own, action)
        kept = before[..., observation.shape[-1] :]
        stacked = jnp.concatenate([kept, observation], -1)
        reward, terminated, truncated = others
        return stacked, (own, stacked), reward, terminated, truncated


class MaskedStackedDynamics(StackedDynamics):
    """Stacked observations of an environment with a mask of actions."""

    def action_mask(self, state: Any) -> Array:
        """The possible actions, booleans `[num_actions]`."""
        mask: Array = self.world.action_mask(state[0])  # type: ignore[attr-defined]
        return mask


class RestartedStackedDynamics(StackedDynamics):
    """Stacked observations of an environment that restarts its episodes: see `Dynamics`."""

    def restart(self, ended: Array, state: Any, key: Array) -> tuple[Any, Any]:
        """Start another episode if one has ended."""
        own, stacked = state
        first, own = self.world.restart(ended, own, key)  # type: ignore[attr-defined]
        stacked = jnp.where(ended, jnp.concatenate([first] * self.num, -1), stacked)
        return stacked, (own, stacked)

    def opened(self) -> contextlib.AbstractContextManager[None]:
        """A context at whose end the environments of the host are closed."""
        context: contextlib.AbstractContextManager[None]
        context = getattr(self.world, "opened", contextlib.nullcontext)()
        return context


def stack(world: Dynamics, num: int) -> StackedDynamics:
    """An environment with stacked observations.

    Args:
      world: the environment.
      num: the number of observations, at least 1.
    """
    if not isinstance(num, int) or num < 1:
        raise ValueError(f"stack must be an integer greater than 0; got {num}")
    if hasattr(world, "restart"):
        return RestartedStackedDynamics(world, num)
    kind = MaskedStackedDynamics if hasattr(world, "action_mask") else StackedDynamics
    return kind(world, num)
