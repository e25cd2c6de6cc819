"""Environments of jumanji (Bonnet et al. 2024), of one agent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import jax
import numpy as np
from jax import Array

from ..spaces import Box, Discrete, Space, unbounded

NO_LIMIT = 1_000_000
"""The time limit of environments that have none."""


@dataclass(frozen=True, eq=False)
class JumanjiDynamics:
    """An environment of jumanji; an observation is a dict of its fields, without the mask.

    Jumanji calls many a time limit a termination, and then so does this.

    Attributes:
      env: the environment of jumanji.
    """

    env: Any

    @property
    def action_space(self) -> Space:
        """The space of one action."""
        spec = self.env.action_spec
        if hasattr(spec, "num_values") and spec.shape == ():
            return Discrete(int(spec.num_values))
        if np.issubdtype(spec.dtype, np.floating):
            return Box(np.asarray(spec.minimum), np.asarray(spec.maximum), spec.shape, spec.dtype)
        raise ValueError(f"actions {spec}; supported are DiscreteArray, and BoundedArray of floats")

    @property
    def observation_space(self) -> Space:
        """The fields of an observation, unbounded."""
        return unbounded(jax.eval_shape(self.reset, jax.random.key(0))[0])

    @property
    def max_steps(self) -> int:
        """The time limit."""
        return int(getattr(self.env, "time_limit", NO_LIMIT))

    def reset(self, key: Array) -> tuple[Any, Any]:
        """Start an episode: the first observation and the state, with the mask of actions."""
        state, first = self.env.reset(jax.random.key_data(key))
        return self._observed(state, first)

    def step(self, key: Array, state: Any, action: Any) -> tuple[Any, Any, Any, Any, Any]:
        """The observation, the state, the reward, and whether it terminated or was truncated."""
        after, step = self.env.step(state[0], action)
        terminated = step.last() & (step.discount == 0)
        return *self._observed(after, step), step.reward, terminated, step.last() & ~terminated

    def _observed(self, state: Any, step: Any) -> tuple[Any, Any]:
        fields = dict(step.observation._asdict())
        mask = fields.pop("action_mask", ())
        return fields, (state, mask)


class MaskedJumanjiDynamics(JumanjiDynamics):
    """An environment of jumanji with a mask of actions."""

    def action_mask(self, state: Any) -> Array:
        """The possible actions, booleans `[num_actions]`."""
        mask: Array = state[1]
        return mask


def make(name: str, params: dict[str, Any]) -> JumanjiDynamics:
    """The environment of a name that is registered with jumanji.

    Raises:
      ValueError: there is none, or it has no such parameter.
    """
    import jumanji

    try:
        dynamics = JumanjiDynamics(jumanji.make(name, **params))
    except (TypeError, ValueError) as error:
        raise ValueError(f"jumanji cannot make '{name}': {error}") from error
    _, (_, mask) = jax.eval_shape(dynamics.reset, jax.random.key(0))
    has_mask = isinstance(dynamics.action_space, Discrete) and mask != ()
    return MaskedJumanjiDynamics(dynamics.env) if has_mask else dynamics
