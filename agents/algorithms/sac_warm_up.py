"""The warm-up of soft actor-critic: steps of random actions that fill the replay buffer."""

from __future__ import annotations

import dataclasses
from typing import Any

import jax
from gymnax.environments import spaces
from jax import Array

import jaxdist as jd
from agents.actor_critic.collection import flatten
from agents.actor_critic.problem import Problem
from agents.experience import replay
from agents.experience.replay import Buffer, Experience
from agents.experience.rollout import FeedForwardPolicy, Streams, Transition, rollout
from agents.experience.spaces import box_transform
from agents.networks.actors import mask_logits


def warm_up(key: Array, streams: Streams, problem: Problem[Any]) -> tuple[Streams, Buffer]:
    """Fill a buffer with steps of random actions, each repeated for `warmup_hold` steps.

    References:
      Dabney et al. 2021, "Temporally-Extended Epsilon-Greedy Exploration".
    """
    config = problem.config

    def repeat_action(streams: Streams, key: Array) -> tuple[Streams, Experience]:
        key_action, key_rollout = jax.random.split(key)
        policy = constant_random_policy(key_action, problem)
        streams, transitions, _ = rollout(
            key_rollout, problem.env, policy, streams, config.warmup_hold
        )
        return streams, to_experience(transitions)

    def repeat_and_store(carry: Any, key: Array) -> tuple[Any, None]:
        streams, buffer = carry
        streams, experience = repeat_action(streams, key)
        return (streams, replay.add(buffer, experience)), None

    row = jax.eval_shape(lambda: jax.tree.map(lambda x: x[0], repeat_action(streams, key)[1]))
    carry = (streams, replay.empty(row, config.buffer_size))
    keys = jax.random.split(key, config.num_repetitions)
    return jax.lax.scan(repeat_and_store, carry, keys)[0]


def constant_random_policy(key: Array, problem: Problem[Any]) -> FeedForwardPolicy:
    """A policy that repeats one uniformly drawn action in each environment.

    If discrete actions are masked, it is the one with the largest random preference of those that
    are possible.
    """
    env, num_envs = problem.env, problem.config.num_envs
    space = env.action_space
    if isinstance(space, spaces.Discrete):
        preferences = jax.random.uniform(key, (num_envs, space.n))
        if not env.mask_size:
            return lambda _: jd.Greedy(preferences)
        return lambda s: jd.Greedy(mask_logits(preferences, s[..., : env.mask_size]))
    unit = jax.random.uniform(key, (num_envs, *space.shape), minval=-1.0)
    action = jd.Independent(jd.Delta(box_transform(space)(unit)), len(space.shape))
    return lambda _: action


def to_experience(transitions: Transition) -> Experience:
    """The parts of a rollout that the buffer stores; time and streams become one axis."""
    names = [field.name for field in dataclasses.fields(Experience)]
    return flatten(Experience(**{name: getattr(transitions, name) for name in names}))
