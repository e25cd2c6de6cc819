"""Environments so small that the right policy and its values are known."""

from __future__ import annotations

from typing import Any

import gymnax
import jax
import jax.numpy as jnp
import numpy as np
from flax import struct
from gymnax.environments import environment, spaces

from agents.experience.spaces import Box, Dict, Discrete


@struct.dataclass
class State(environment.EnvState):
    cue: jax.Array
    time: int


@struct.dataclass
class ExamState(environment.EnvState):
    task: jax.Array
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


class Large(Cue):
    """The value is a thousand times the cue."""

    def reward(self, state, action):
        return 1000.0 * state.cue


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
    _supports_transition_gradients = True

    @property
    def default_params(self) -> Params:
        return Params(max_steps_in_episode=3)

    def reward(self, state, action):
        return -jnp.sum((action - 0.5 * state.cue) ** 2)


class Drift(Probe):
    """The action is added to the cue, whose square is the cost; truncated after three steps.

    An action changes later rewards alone, which are best if the cue becomes 0.
    """

    actions = spaces.Box(-2.0, 2.0, (1,))
    _supports_transition_gradients = True

    @property
    def default_params(self):
        return Params(max_steps_in_episode=3)

    def reward(self, state, action):
        return -(state.cue**2)

    def is_over(self, state, action):
        return False

    def step_env(self, key, state, action, params):
        reward = self.reward(state, action)
        state = state.replace(cue=state.cue + action[0], time=state.time + 1)
        observation, state = self._apply_transition_gradient_policy(self.look(state), state)
        return observation, state, reward, jnp.array(False), {}


class Truncated(Probe):
    """Rewards the cue at every step; truncated after three: value cue / (1 - gamma).

    The episode after the cut has a cue of its own, which says nothing about this one.
    """

    num_steps = 1_000_000

    @property
    def default_params(self) -> Params:
        return Params(max_steps_in_episode=3)

    def reward(self, state, action):
        return state.cue


class Endless(Truncated):
    """Its clock stands still, so that the time limit is never reached."""

    def step_env(self, key, state, action, params):
        _, _, reward, _, info = super().step_env(key, state, action, params)
        return self.look(state), state, reward, jnp.array(False), info


class Both(Truncated):
    """Terminates at the step at which it would be truncated."""

    num_steps = 3


class Stop(Constant):
    """Reward 1 a step, until action 1."""

    def is_over(self, state, action):
        return action == 1


class Exam(Probe):
    """One of seven questions, with known answers; the observation shows which.

    Rewards are discounted by 1/2 in the answers. Signal: the cue, or the time in 2 and 6.

    0  Reward 1, and the end: the value is 1.
    1  Reward cue, and the end: the value is the cue.
    2  Reward 0, then 1, and the end: the values are 1/2 and 1.
    3  Reward cue for ever, cut after three steps: the value is 2 cue.
    4  Reward cue three times, and the end, which does not show: cue (1.75 + 1.5 + 1) / 3.
    5  Reward 1 for action 1 at cue 1 and action 0 at cue -1, otherwise -1: it matches the cue.
    6  Action 1: reward 0.8, and the end. Action 0: reward 0, then 1: worth 0.5, so action 1.
    """

    num_tasks = 7

    @property
    def default_params(self) -> Params:
        return Params(max_steps_in_episode=3)

    def reset_env(self, key, params):
        key_task, key_cue = jax.random.split(key)
        task = jax.random.randint(key_task, (), 0, self.num_tasks)
        cue = 2.0 * jax.random.bernoulli(key_cue).astype(jnp.float32) - 1.0
        state = ExamState(task=task, cue=cue, time=0)
        return self.look(state), state

    def look(self, state):
        shows_time = (state.task == 0) | (state.task == 2) | (state.task == 6)
        signal = jnp.where(shows_time, 1.0 * state.time, state.cue)
        return question(state.task, signal)

    def reward(self, state, action):
        late, match = 1.0 * (state.time == 1), jnp.where(action == (state.cue > 0), 1.0, -1.0)
        choice = jnp.where(state.time == 0, 0.8 * (action == 1), 1.0)
        rewards = (1.0, state.cue, late, state.cue, state.cue, match, choice)
        return jnp.select([state.task == i for i in range(self.num_tasks)], rewards)

    def is_over(self, state, action):
        """`state` is the one after the step."""
        lengths = jnp.array([1, 1, 2, 1_000, 3, 1, 2])
        stopped = (state.task == 6) & (action == 1)
        return (state.time >= lengths[state.task]) | stopped

    def step_env(self, key, state, action, params):
        reward = self.reward(state, action)
        state = state.replace(time=state.time + 1)
        return self.look(state), state, reward, self.is_over(state, action), {}

    def observation_space(self, params):
        return spaces.Box(-1, 2, (self.num_tasks + 1,))


def question(task, signal) -> jax.Array:
    """The observation of the exam that shows a task and a signal."""
    return jnp.append(jax.nn.one_hot(task, Exam.num_tasks), signal)


ANSWERS: list[tuple[int, float, float]] = [
    (0, 0.0, 1.0),
    (1, -1.0, -1.0),
    (1, 1.0, 1.0),
    (2, 0.0, 0.5),
    (2, 1.0, 1.0),
    (3, -1.0, -2.0),
    (3, 1.0, 2.0),
    (4, -1.0, -4.25 / 3),
    (4, 1.0, 4.25 / 3),
    (5, -1.0, 1.0),
    (5, 1.0, 1.0),
    (6, 0.0, 0.8),
]
"""Task, signal and value, of a policy that has learned tasks 5 and 6."""

BEST_ACTIONS: list[tuple[int, float, int]] = [(5, -1.0, 0), (5, 1.0, 1), (6, 0.0, 1)]
"""Task, signal and the best action."""


class Masked(Probe):
    """The cue says which single action of three is possible; the reward is 1 for it, else -1."""

    actions = spaces.Discrete(3)

    def action_mask(self, state, params):
        return jnp.arange(3) == jnp.where(state.cue > 0, 2, 0)

    def reward(self, state, action):
        return jnp.where(action == jnp.where(state.cue > 0, 2, 0), 1.0, -1.0)


class Several(Probe):
    """A choice and a push at once: the choice is to match the cue, the push to be half of it."""

    actions = spaces.Dict({"choice": spaces.Discrete(2), "push": spaces.Box(-1.0, 1.0, (1,))})

    def reward(self, state, action):
        match = jnp.where(action["choice"] == (state.cue > 0), 1.0, -1.0)
        return match - jnp.sum((action["push"] - 0.5 * state.cue) ** 2)


class Recall(Probe):
    """Shows the cue first and then nothing; the last action of three is to match it."""

    num_steps = 3

    def look(self, state):
        return jnp.stack([jnp.where(state.time == 0, state.cue, 0.0)])

    def reward(self, state, action):
        match = jnp.where(action == (state.cue > 0), 1.0, -1.0)
        return jnp.where(state.time == 2, match, 0.0)


class Room:
    """An environment of this package: a picture with a mark, and a prize that is in the reward.

    The action is to match the side of the mark; only values depend on the prize.
    """

    action_space, max_steps = Discrete(2), 1
    observation_space = Dict(
        {"picture": Box(0, 1, (3, 4, 1), np.uint8), "prize": Box(-1.0, 1.0, (1,))}
    )

    def reset(self, key):
        key_side, key_prize = jax.random.split(key)
        side = jax.random.bernoulli(key_side).astype(jnp.int32)
        prize = jax.random.uniform(key_prize, (1,), minval=-1.0)
        return self.look(side, prize), (side, prize)

    def step(self, key, state, action):
        side, prize = state
        return self.look(side, prize), state, prize[0] + (action == side), True, False

    def look(self, side, prize):
        picture = jnp.zeros((3, 4, 1), jnp.uint8).at[1, 3 * side, 0].set(1)
        return {"picture": picture, "prize": prize}


PROBES = {
    f"{kind.__name__}-probe": kind
    for kind in (
        *(Constant, Cue, Large, TwoSteps, Match, Target, Truncated, Both, Stop),
        *(Exam, Masked, Several, Recall, Drift, Endless),
    )
}


def register() -> None:
    """Register the probes with gymnax, once per process."""
    for name, kind in PROBES.items():
        if name not in gymnax.registered_envs:
            gymnax.register(name, kind)


EXAM: dict[str, dict[str, Any]] = {
    "a2c": {"total_steps": 60_000, "num_steps": 16, "learning_rate": 1e-2, "entropy_coef": 1e-3},
    "awr": {"total_steps": 60_000, "num_steps": 64, "value_iterations": 100},
    "dqn": {"total_steps": 40_000, "num_envs": 16, "learning_rate": 2e-3, "tau": 0.02},
    "impala": {"total_steps": 60_000, "num_steps": 16, "learning_rate": 1e-2, "entropy_coef": 1e-3},
    "mpo": {"total_steps": 40_000, "num_envs": 16, "warmup_hold": 1, "max_kl": 0.1},
    "ppo": {"total_steps": 40_000, "num_envs": 8, "num_steps": 32, "learning_rate": 5e-3},
    "pqn": {"total_steps": 60_000, "num_steps": 16, "learning_rate": 5e-3},
    "recurrent-ppo": {"total_steps": 60_000, "num_steps": 16, "learning_rate": 5e-3},
    "reinforce": {"total_episodes": 30_000, "batch_episodes": 50, "learning_rate": 3e-3},
    "sac": {"total_steps": 40_000, "num_envs": 16, "entropy_of_choice": 0.1, "warmup_hold": 1},
    "trpo": {"total_steps": 40_000, "num_envs": 8, "num_steps": 64, "max_kl": 0.03},
    "vmpo": {"total_steps": 60_000, "num_steps": 32, "learning_rate": 5e-3},
    "vpg": {"total_steps": 40_000, "num_steps": 32, "learning_rate": 1e-2},
}
"""The hyper-parameters with which each algorithm with discrete actions passes the exam.

Environment, discount factor and the size of networks are the same for all.
"""

TARGET: dict[str, dict[str, Any]] = {
    "a2c": {"total_steps": 40_000, "num_steps": 16, "learning_rate": 1e-2, "entropy_coef": 0.0},
    "apg": {"total_steps": 20_000, "num_steps": 16},
    "awr": {"total_steps": 60_000, "num_steps": 64, "value_iterations": 100},
    "mpo": {"total_steps": 10_000, "max_scale_kl": 1e-2},
    "ppo": {"total_steps": 25_000, "num_steps": 32, "learning_rate": 1e-2, "entropy_coef": 0.0},
    "reinforce": {"total_episodes": 20_000, "batch_episodes": 50, "learning_rate": 5e-3},
    "sac": {"total_steps": 8_000, "entropy_of_box": -2.0},
    "td3": {"total_steps": 8_000},
    "trpo": {"total_steps": 25_000, "num_envs": 8, "num_steps": 32, "max_kl": 0.03},
    "vmpo": {"total_steps": 60_000, "num_steps": 32, "learning_rate": 5e-3, "max_scale_kl": 1e-2},
    "vpg": {"total_steps": 80_000, "num_steps": 16, "learning_rate": 1e-2},
}
"""The hyper-parameters with which each algorithm finds the best action of a box.

One that shares its policy and its loss with another, and passes the exam, need not be here.
"""

WITH_VALUES = ("a2c", "awr", "impala", "ppo", "trpo", "vmpo", "vpg")
"""Algorithms with a state-value function: `actor_critic.state.current_value`."""
