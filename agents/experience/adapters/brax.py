"""Environments of brax (Freeman et al. 2021), and others with its interface."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp

from ..spaces import Box, Space, unbounded


@dataclass(frozen=True, eq=False)
class BraxDynamics:
    """An environment with brax's interface; the time limit is ours.

    The state is that of the environment, and the number of steps so far. An episode that reaches
    the time limit is truncated, unless the environment calls the last state done.

    Attributes:
      env: the environment, without brax's wrappers.
      episode_length: the number of its steps after which an episode is truncated.
      action_repeat: the number of its steps that every action is taken for; rewards are summed.
    """

    env: Any
    episode_length: int
    action_repeat: int = 1

    def __post_init__(self) -> None:
        for name in ("episode_length", "action_repeat"):
            value = getattr(self, name)
            if not isinstance(value, int) or value < 1:
                raise ValueError(f"{name} must be an integer greater than 0; got {value!r}")

    @property
    def action_space(self) -> Space:
        """The space of one action: actuators' controls, scaled to [-1, 1]."""
        return Box(-1.0, 1.0, (self.env.action_size,))

    @property
    def observation_space(self) -> Space:
        """The space of one observation: an array or a dict of arrays, unbounded."""
        return unbounded(jax.eval_shape(self.reset, jax.random.key(0))[0])

    @property
    def max_steps(self) -> int:
        """The number of actions after which an episode is truncated."""
        return -(-self.episode_length // self.action_repeat)

    def reset(self, key: jax.Array) -> tuple[Any, Any]:
        """Start an episode: the first observation and the state."""
        first = self.env.reset(jax.random.key_data(key))
        return first.obs, (first, jnp.int32(0))

    def step(self, key: jax.Array, state: Any, action: Any) -> tuple[Any, Any, Any, Any, Any]:
        """The observation, the state, the reward, and whether it terminated or was truncated."""
        before, time = state

        def repeat(state: Any, _: None) -> tuple[Any, Any]:
            copied = jax.tree.map(lambda leaf: leaf, state)  # steps write into dicts of the state
            after = self.env.step(copied, action)
            return after, (after.reward, after.done.astype(bool))

        after, (rewards, done) = jax.lax.scan(repeat, before, length=self.action_repeat)
        is_over = jnp.cumsum(done) - done > 0
        reward, terminated = jnp.sum(rewards, where=~is_over), done.any()
        time = time + 1
        return after.obs, (after, time), reward, terminated, (time >= self.max_steps) & ~terminated


def make(name: str, params: dict[str, Any]) -> BraxDynamics:
    """The environment of a name that is registered with brax.

    Args:
      name: its name, such as `ant`.
      params: `episode_length` (1000 by default), `action_repeat`, and arguments of the
        environment's class, such as `backend`.

    Raises:
      ValueError: there is none, or it has no such parameter.
    """
    from brax import envs

    limits = {"episode_length": 1000, "action_repeat": 1}
    limits = {key: params.get(key, default) for key, default in limits.items()}
    others = {key: value for key, value in params.items() if key not in limits}
    try:
        env = envs.get_environment(name, **others)
    except KeyError as error:
        raise ValueError(
            f"brax has no environment '{name}'; it has ant, halfcheetah, humanoid and others: see "
            "the modules of brax.envs"
        ) from error
    except (TypeError, ValueError) as error:
        raise ValueError(f"brax cannot make '{name}': {error}") from error
    return BraxDynamics(env, **limits)
