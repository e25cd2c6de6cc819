"""Environments of pgx (Koyamada et al. 2023) for one agent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from ..spaces import Box, Discrete, Space

MAX_STEPS = 10_000
"""The default time limit: pgx has none."""


@dataclass(frozen=True, eq=False)
class PgxDynamics:
    """An environment of pgx, for one agent.

    Attributes:
      env: the environment of pgx.
      max_steps: the time limit.
    """

    env: Any
    max_steps: int = MAX_STEPS

    @property
    def action_space(self) -> Space:
        """The space of one action."""
        return Discrete(int(self.env.num_actions))

    @property
    def observation_space(self) -> Space:
        """The space of one observation, an image of channels."""
        observation, _ = jax.eval_shape(self.reset, jax.random.key(0))
        is_bool = observation.dtype == jnp.bool_
        low, high = (0, 1) if is_bool else (-np.inf, np.inf)
        return Box(low, high, observation.shape, observation.dtype)

    def reset(self, key: Array) -> tuple[Any, Any]:
        """Start an episode: the first observation and the state."""
        state = self.env.init(jax.random.key_data(key))
        return state.observation, (state, jnp.int32(0))

    def step(self, key: Array, state: Any, action: Any) -> tuple[Any, Any, Any, Any, Any]:
        """The observation, the state, the reward, and whether it terminated or was truncated."""
        before, time = state
        after, time = self.env.step(before, action, jax.random.key_data(key)), time + 1
        truncated = after.truncated | (time >= self.max_steps)
        return after.observation, (after, time), after.rewards[0], after.terminated, truncated


class MaskedPgxDynamics(PgxDynamics):
    """A game with illegal actions, which it would end with a penalty."""

    def action_mask(self, state: Any) -> Array:
        """The legal actions, booleans `[num_actions]`."""
        mask: Array = state[0].legal_action_mask
        return mask


def make(name: str, params: dict[str, Any]) -> PgxDynamics:
    """The environment of a name of pgx, such as `2048` or `minatar-breakout`.

    Args:
      name: its name.
      params: `max_steps`, the time limit.

    Raises:
      ValueError: there is none, it is for several players, or it has no such parameter.
    """
    import pgx

    if name not in pgx.available_envs():
        raise ValueError(
            f"pgx has no environment '{name}'; it has {', '.join(pgx.available_envs())}"
        )
    env = pgx.make(name)
    if env.num_players != 1:
        raise ValueError(f"pgx:{name} is a game of {env.num_players} players; agents play alone")
    kind = PgxDynamics if name.startswith("minatar-") else MaskedPgxDynamics
    try:
        return kind(env, **params)
    except TypeError as error:
        raise ValueError(f"pgx:{name} has the parameter max_steps alone; got {params}") from error
