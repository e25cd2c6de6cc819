"""Environments of gymnax, and others with its interface."""

from __future__ import annotations

import dataclasses
import importlib.util
from dataclasses import dataclass
from typing import Any

import jax
import numpy as np
from jax import Array

from ...validation import did_you_mean
from ..spaces import Box, Dict, Discrete, Space, Tuple

ALIASES: dict[str, tuple[str, dict[str, Any]]] = {
    "CartPole-v0": ("CartPole-v1", {"max_steps_in_episode": 200}),
}
"""Additional names: gymnax's name of the environment, and the parameters that differ."""


@dataclass(frozen=True, eq=False)
class GymnaxDynamics:
    """An environment of gymnax with its parameters.

    Attributes:
      env: the environment of gymnax.
      params: its parameters.
    """

    env: Any
    params: Any

    @property
    def action_space(self) -> Space:
        """The space of one action."""
        # Some environments compute their bounds with jnp, which would trace them.
        with jax.ensure_compile_time_eval():
            return _converted(self.env.action_space(self.params))

    @property
    def observation_space(self) -> Space:
        """The space of one observation."""
        with jax.ensure_compile_time_eval():
            return _converted(self.env.observation_space(self.params))

    @property
    def max_steps(self) -> int:
        """The number of steps after which an episode is truncated."""
        return int(self.params.max_steps_in_episode)

    def reset(self, key: Array) -> tuple[Any, Any]:
        """Start an episode: the first observation and the state."""
        observation, state = self.env.reset_env(key, self.params)
        return observation, state

    def step(self, key: Array, state: Any, action: Any) -> tuple[Any, Any, Any, Any, Any]:
        """The observation, the state, the reward, and whether it terminated or was truncated."""
        observation, state, reward, terminated, _ = self.env.step_env(
            key, state, action, self.params
        )
        return observation, state, reward, terminated, self.env.is_truncated(state, self.params)

    def with_gradients(self) -> GymnaxDynamics:
        """The same with gradients of steps, which gymnax stops otherwise.

        Raises:
          ValueError: the environment is not differentiable.
        """
        return dataclasses.replace(self, env=self.env.with_transition_gradients())


class MaskedGymnaxDynamics(GymnaxDynamics):
    """An environment with gymnax's interface and a mask of actions."""

    def action_mask(self, state: Any) -> Array:
        """The possible actions, booleans `[num_actions]`."""
        mask: Array = self.env.action_mask(state, self.params)
        return mask


def names() -> list[str]:
    """The names that `make` accepts; none without gymnax."""
    if importlib.util.find_spec("gymnax") is None:
        return []
    import gymnax

    return sorted([*gymnax.registered_envs, *ALIASES])


def make(name: str, given: dict[str, Any]) -> GymnaxDynamics:
    """The environment of a name that is registered with gymnax, or one of `ALIASES`.

    Raises:
      ValueError: it has no such parameter.
    """
    import gymnax

    gymnax_name, changes = ALIASES.get(name, (name, {}))
    env, params = gymnax.make(gymnax_name)
    return adapt(env, params, changes | given)


def adapt(env: Any, params: Any, changes: dict[str, Any]) -> GymnaxDynamics:
    """An environment with gymnax's interface, with other values of some parameters.

    Raises:
      ValueError: it has no such parameter, or the parameter is a number and its value is none.
    """
    kind = MaskedGymnaxDynamics if hasattr(env, "action_mask") else GymnaxDynamics
    return kind(env, with_changes(env.name, params, changes))


def with_changes(owner: str, params: Any, changes: dict[str, Any]) -> Any:
    """A dataclass of parameters with other values of some of them.

    Args:
      owner: the name of the environment, for messages.
      params: the parameters.
      changes: the values that differ.

    Raises:
      ValueError: there is no such parameter, or it is a number and its value is none.
    """
    known = [field.name for field in dataclasses.fields(params)]
    for name in changes:
        if name not in known:
            hint = did_you_mean(name, known) or "."
            raise ValueError(f"{owner} has no parameter '{name}'{hint} It has {', '.join(known)}")
        default = getattr(params, name)
        if _is_number(default) and not _is_number(changes[name]):
            raise ValueError(
                f"the parameter '{name}' of {owner} must be a number, such as {default}; got "
                f"{changes[name]!r}"
            )
    return params.replace(**changes)


def _is_number(value: Any) -> bool:
    """Whether a value is a number or a boolean, of Python or of an array library."""
    return isinstance(value, int | float | np.number | np.bool | np.ndarray | Array)


def _converted(space: Any) -> Space:
    """A space of gymnax as one of `spaces`."""
    from gymnax.environments import spaces

    if isinstance(space, spaces.Discrete):
        return Discrete(space.n)
    if isinstance(space, spaces.Box):
        return Box(np.asarray(space.low), np.asarray(space.high), tuple(space.shape), space.dtype)
    if isinstance(space, spaces.Dict):
        return Dict({name: _converted(child) for name, child in space.spaces.items()})
    if isinstance(space, spaces.Tuple):
        return Tuple(tuple(map(_converted, space.spaces)))
    raise ValueError(
        f"actions or observations in {space}; supported are Discrete and Box spaces, and a Dict "
        "or Tuple of them"
    )
