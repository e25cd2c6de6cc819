"""Environments so small that the right policy and its values are known."""

from __future__ import annotations

from typing import Any

import gymnax
import jax
import jax.numpy as jnp
from flax import struct
from gymnax.environments import environment, spaces


@struct.dataclass
class State(environment.EnvState):
    cue: jax.Array
    time: int


@struct.dataclass
class Params(environment.EnvParams):
    max_steps_in_episode: int = 1_000


class Probe(environment.Environment):
    """Shows a cue of -1 or 1, and ends after one step."""

    num_steps = 1
    actions: Any = spaces.Discrete(2)

    @property
    def default_params(self) -> Params:
        return Params()

    def reset_env(self, key, params):
        cue = 2.0 * jax.random.bernoulli(key).astype(jnp.float32) - 1.0
        state = State(cue=cue, time=0)
        return self.look(state), state

    def step_env(self, key, state, action, params):
        reward = self.reward(state, action)
        state = State(cue=state.cue, time=state.time + 1)
        return self.look(state), state, reward, self.is_over(state, action), {}

    def look(self, state):
        return jnp.stack([state.cue])

    def is_over(self, state, action):
        return state.time >= self.num_steps

    def reward(self, state, action):
        raise NotImplementedError

    def action_space(self, params=None):
        return self.actions

    def observation_space(self, params):
        return spaces.Box(-1, 1, (1,))


class Constant(Probe):
    """Value 1 everywhere."""

    def reward(self, state, action):
        return jnp.float32(1.0)


class Cue(Probe):
    """The value is the cue."""

    def reward(self, state, action):
        return state.cue


class TwoSteps(Probe):
    """Shows the time; the reward comes after the second step: values gamma and 1."""

    num_steps = 2

    def look(self, state):
        return jnp.stack([jnp.float32(state.time)])

    def reward(self, state, action):
        return jnp.where(state.time == 1, 1.0, 0.0)


class Match(Probe):
    """Reward 1 for action 1 at cue 1 and action 0 at cue -1, otherwise -1."""

    def reward(self, state, action):
        return jnp.where(action == (state.cue > 0), 1.0, -1.0)


class Target(Probe):
    """The best action is half the cue, in a box."""

    actions = spaces.Box(-1.0, 1.0, (1,))

    def reward(self, state, action):
        return -jnp.sum((action - 0.5 * state.cue) ** 2)


class Truncated(Probe):
    """Rewards the cue at every step, for ever; cut after three: value cue / (1 - gamma).

    The episode after the cut has a cue of its own, which says nothing about this one.
    """

    num_steps = 1_000_000

    @property
    def default_params(self) -> Params:
        return Params(max_steps_in_episode=3)

    def reward(self, state, action):
        return state.cue


class Both(Truncated):
    """Ends by itself at the very step at which it would be cut."""

    num_steps = 3


class Stop(Constant):
    """Reward 1 a step, until action 1."""

    def is_over(self, state, action):
        return action == 1


PROBES = {
    f"{kind.__name__}-probe": kind
    for kind in (Constant, Cue, TwoSteps, Match, Target, Truncated, Both, Stop)
}


def register() -> None:
    """Make the probes known to gymnax, once in a process."""
    for name, kind in PROBES.items():
        if name not in gymnax.registered_envs:
            gymnax.register(name, kind)
