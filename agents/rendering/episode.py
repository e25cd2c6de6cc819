"""One episode of a policy, step by step."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import jax
import numpy as np
from jax import Array

from ..experience.environment import Environment
from ..experience.rollout import Policy, as_recurrent
from ..networks.greedy import greedy_action

MAX_STEPS = 1000
"""Default number of steps after which an episode is cut off."""


@dataclass(frozen=True)
class Moment:
    """What a picture shows: the environment before the first step, or after a step.

    Attributes:
      observation: the observation, flat, `[observation_size]`.
      state: the state of the environment, a tree of NumPy arrays.
      action: the action that led there; one of zeros before the first step.
      step: the number of steps so far.
      total: the sum of rewards so far.
    """

    observation: np.ndarray
    state: Any
    action: Any
    step: int
    total: float


class Episode(list[Moment]):
    """The moments of an episode, which are shown as one line."""

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self[-1].step} steps, return {self[-1].total:.4g})"


def play(
    key: Array,
    env: Environment,
    policy: Policy,
    *,
    greedy: bool = False,
    max_steps: int = MAX_STEPS,
) -> list[Moment]:
    """Play one episode.

    Args:
      key: a PRNG key.
      env: the environment.
      policy: the policy to follow.
      greedy: whether to take greedy actions instead of draws from the policy.
      max_steps: the number of steps after which the episode is cut off.

    Returns:
      The moments of the episode, from its beginning to its end.
    """
    policy = as_recurrent(policy)
    length = min(max_steps, env.max_steps)

    def step(carry: Any, key: Array) -> tuple[Any, Any]:
        observation, state, memory = carry
        key_action, key_step = jax.random.split(key)
        distribution, memory = policy.apply(observation[None], memory)
        action = greedy_action(distribution) if greedy else distribution.sample(key_action)
        action = jax.tree.map(lambda leaf: leaf[0], action)
        outcome = env.step(key_step, state, action)
        reached = (outcome.observation, outcome.state)
        return (*reached, memory), (*reached, action, outcome.reward, outcome.ended)

    @jax.jit
    def episode(key: Array) -> Any:
        key, key_reset = jax.random.split(key)
        first = env.reset(key_reset)
        carry = (*first, policy.initial(1))
        _, steps = jax.lax.scan(step, carry, jax.random.split(key, length))
        return first, steps

    (observation, state), steps = jax.tree.map(np.asarray, episode(key))
    observations, states, actions, rewards, ended = steps
    last = int(np.argmax(ended)) if ended.any() else length - 1
    at = lambda tree, i: jax.tree.map(lambda leaf: leaf[i], tree)
    nowhere = jax.tree.map(lambda leaf: np.zeros_like(leaf[0]), actions)
    totals = np.cumsum(rewards)
    return [Moment(observation, state, nowhere, 0, 0.0)] + [
        Moment(observations[i], at(states, i), at(actions, i), i + 1, float(totals[i]))
        for i in range(last + 1)
    ]
