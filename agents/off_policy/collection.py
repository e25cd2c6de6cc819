"""Collecting experience: a warm-up of random actions, then one step of the policy at a time."""

from __future__ import annotations

import dataclasses
from typing import Any, TypeVar

import jax
import jax.numpy as jnp
from jax import Array

import jaxdist as jd

from ..actor_critic.problem import Problem
from ..experience import replay
from ..experience.episodes import Episodes, nonfinite
from ..experience.replay import Buffer, Experience
from ..experience.rollout import FeedForwardPolicy, rollout, step_keys
from ..experience.spaces import Discrete, box_transform
from ..experience.streams import Streams, Transition
from ..networks.actors import mask_logits

Row = TypeVar("Row", bound=Experience)


def warm_up(key: Array, streams: Streams, problem: Problem[Any]) -> tuple[Streams, Buffer]:
    """Fill a buffer with steps of random actions, each repeated for `warmup_hold` steps.

    References:
      Dabney et al. 2021, "Temporally-Extended Epsilon-Greedy Exploration".
    """
    config, shard = problem.config, problem.shard

    def repeat_action(streams: Streams, key: Array) -> tuple[Streams, Experience]:
        key_action, key_rollout = jax.random.split(key)
        policy = constant_random_policy(key_action, problem)
        streams, transitions, _ = rollout(
            key_rollout, problem.env, policy, streams, config.warmup_hold, shard=shard
        )
        return streams, to_row(transitions, config.row)

    def repeat_and_store(carry: Any, key: Array) -> tuple[Any, None]:
        streams, buffer = carry
        streams, experience = repeat_action(streams, key)
        return (streams, replay.add(buffer, experience)), None

    row = jax.eval_shape(lambda: jax.tree.map(lambda x: x[0, 0], repeat_action(streams, key)[1]))
    capacity = config.buffer_size // config.num_envs
    carry = (streams, replay.empty(row, capacity, shard.share(config.num_envs)))
    keys = jax.random.split(key, config.num_repetitions)
    return jax.lax.scan(repeat_and_store, carry, keys)[0]


def constant_random_policy(key: Array, problem: Problem[Any]) -> FeedForwardPolicy:
    """A policy that repeats one uniformly drawn action in each environment.

    If discrete actions are masked, it is the one with the largest random preference of those that
    are possible.
    """
    env, keys = problem.env, problem.shard.keys(key, problem.config.num_envs)
    space = env.action_space
    if isinstance(space, Discrete):
        preferences = jax.vmap(lambda key: jax.random.uniform(key, (space.n,)))(keys)
        if not env.mask_size:
            return lambda _: jd.Greedy(preferences)
        return lambda s: jd.Greedy(mask_logits(preferences, s[..., : env.mask_size]))
    unit = jax.vmap(lambda key: jax.random.uniform(key, space.shape, minval=-1.0))(keys)
    action = jd.Independent(jd.Delta(box_transform(space)(unit)), len(space.shape))
    return lambda _: action


def to_row(transitions: Transition, row: type[Row]) -> Row:
    """The parts of transitions that the buffer stores."""
    names = [field.name for field in dataclasses.fields(row)]
    return row(**{name: getattr(transitions, name) for name in names})


class Draws(jd.Pytree):
    """The random numbers of an update, drawn at once; every leaf begins with `[num_steps]`.

    Attributes:
      starts: what new episodes start from, `[num_steps, num_streams]`.
      action: keys for the actions, `[num_steps, num_streams]`.
      step: keys for the steps of the environments, `[num_steps, num_streams]`.
      rows: bits for the rows of the batches, `[num_steps, gradient_steps, groups, draws]`.
      loss: keys for the losses, `[num_steps, gradient_steps, groups]`.
    """

    starts: Any
    action: Array
    step: Array
    rows: Array
    loss: Array


def random_numbers(key: Array, problem: Problem[Any]) -> Draws:
    """The random numbers of an update, of each stream and of each group of streams.

    A batch has equal numbers of rows of each group, drawn with a key of the group: it is the same
    on any number of devices, since the streams of a group stay on one.
    """
    config, shard, num_groups = problem.config, problem.shard, problem.config.stream_groups
    learning = (config.num_steps, config.gradient_steps)
    draws = (*learning, config.batch_size // num_groups)
    key_streams, key_rows, key_loss = jax.random.split(key, 3)
    keys = shard.keys(key_streams, config.num_envs)
    action, step, reset = step_keys(keys, 3, config.num_steps)
    keys_rows, keys_loss = shard.keys(key_rows, num_groups), shard.keys(key_loss, num_groups)
    return Draws(
        starts=problem.env.starts(reset),
        action=action,
        step=step,
        rows=jax.vmap(lambda key: jax.random.bits(key, draws, jnp.uint32), out_axes=2)(keys_rows),
        loss=jax.vmap(lambda key: jax.random.split(key, learning), out_axes=2)(keys_loss),
    )


def act(
    pi: jd.Distribution,
    streams: Streams,
    episodes: Episodes,
    draws: Draws,
    problem: Problem[Any],
) -> tuple[Streams, Experience, Episodes]:
    """One step of every stream.

    Args:
      pi: the policy at the observations of the streams.
      streams: the streams before the step.
      episodes: the episodes that ended so far, every leaf `[num_streams]`.
      draws: the random numbers of this step.
      problem: the problem.

    Returns:
      The streams after the step, what to store of it, and the episodes that ended so far.
    """
    action = jax.vmap(jd.sample)(pi, draws.action)
    step = jax.vmap(problem.env.step)(draws.step, streams.state, action)
    transition = Transition(
        observation=streams.observation,
        policy=pi,
        action=action,
        reward=step.reward,
        next_observation=step.observation,
        terminated=step.terminated,
        truncated=step.truncated,
    )
    experience = to_row(transition, problem.config.row)
    observation, state = jax.vmap(problem.env.restart)(step, draws.starts)
    total, length = streams.episode_return + step.reward, streams.episode_length + 1
    ill = nonfinite(transition, is_first=streams.episode_length == 0)
    episodes = Episodes(
        count=episodes.count + step.ended,
        total_return=episodes.total_return + jnp.where(step.ended, total, 0.0),
        total_length=episodes.total_length + jnp.where(step.ended, length, 0),
        nonfinite_observations=episodes.nonfinite_observations + ill.observation,
        nonfinite_rewards=episodes.nonfinite_rewards + ill.reward,
    )
    total, length = jnp.where(step.ended, 0.0, total), jnp.where(step.ended, 0, length)
    return Streams(observation, state, streams.memory, total, length), experience, episodes
