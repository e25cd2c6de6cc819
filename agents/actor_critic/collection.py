"""Collecting a batch: a rollout of the policy, and the advantages of its actions."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any, TypeVar

import jax
import jax.numpy as jnp
from jax import Array

import jaxdist as jd
from agents.actor_critic.config import OnPolicyConfig
from agents.actor_critic.problem import Problem
from agents.actor_critic.state import (
    ActorCriticState,
    Metrics,
    current_policy,
    current_value,
    normalize_observation,
    update_moments,
)
from agents.execution.microbatches import map_microbatches, microbatch_size
from agents.experience import normalization
from agents.experience.returns import gae
from agents.experience.rollout import Policy, Transition, rollout

AnyState = TypeVar("AnyState", bound=ActorCriticState)


class Batch(jd.Pytree):
    """The steps that an update learns from; every leaf begins with `[rows]`.

    Attributes:
      observation: `s_t`, normalized if configured.
      policy: pi(. | s_t), from which the action was drawn.
      action: `a_t`.
      log_prob: log pi(a_t | s_t).
      value: `v(s_t)`.
      advantage: the estimated advantage of `a_t`.
      target: the regression target of `v(s_t)`: the advantage plus the value.
    """

    observation: Array
    policy: jd.Distribution
    action: Any
    log_prob: Array
    value: Array
    advantage: Array
    target: Array


def collect(state: AnyState, problem: Problem[Any]) -> tuple[AnyState, Array, Batch, Metrics]:
    """Collect a batch with the current policy.

    Args:
      state: the state after the last update.
      problem: the problem.

    Returns:
      The state with new streams, statistics and steps; a key for the optimization; the batch, one
      row per step; and the metrics of the rollout.
    """
    policy = current_policy(state, problem)
    new_state, key, transitions, metrics = act(state, policy, problem)
    batch = make_batch(state, new_state.streams.observation, transitions, problem)
    return new_state, key, flatten(batch), metrics


def act(
    state: AnyState, policy: Policy, problem: Problem[Any]
) -> tuple[AnyState, Array, Transition, Metrics]:
    """Let a policy take `num_steps` steps in every stream.

    Returns:
      The state with new streams, statistics and steps; a key for the optimization; the transitions,
      their rewards normalized if the config says so; and the metrics of the rollout.
    """
    config: OnPolicyConfig = problem.config
    key, key_rollout, key_optimize = jax.random.split(state.key, 3)
    streams, transitions, episodes = rollout(
        key_rollout, problem.env, policy, state.streams, config.num_steps
    )
    scale = state.rewards
    if scale is not None:
        scale, reward = normalization.normalize_rewards(
            scale, transitions.reward, transitions.ended, config.gamma
        )
        transitions = dataclasses.replace(transitions, reward=reward)
    state = dataclasses.replace(
        state,
        streams=streams,
        observations=update_moments(state, transitions.observation),
        rewards=scale,
        steps=state.steps + config.steps_per_update,
        key=key,
    )
    return state, key_optimize, transitions, {"steps": state.steps} | episodes.metrics()


def make_batch(
    state: ActorCriticState, last_observation: Array, transitions: Transition, problem: Problem[Any]
) -> Batch:
    """Values and advantages of a rollout, every leaf `[num_steps, num_streams, ...]`.

    The critic evaluates all states at once after the rollout, which is cheaper than one step at a
    time within it.

    Args:
      state: the state whose policy acted.
      last_observation: the observations after the rollout, `[num_streams, observation_size]`.
      transitions: the rollout.
      problem: the problem.
    """
    value, s_t = current_value(state, problem), transitions.observation
    v_t = map_microbatches(value, s_t.reshape(-1, s_t.shape[-1])).reshape(s_t.shape[:2])
    v_tp1 = next_values(value, v_t, last_observation, transitions)
    observation = normalize_observation(s_t, state, problem)
    return batch_from_values(observation, v_t, v_tp1, transitions, problem.config)


def batch_from_values(
    observation: Array, v_t: Array, v_tp1: Array, transitions: Transition, config: OnPolicyConfig
) -> Batch:
    """Advantages of a rollout from its values, every leaf `[num_steps, num_streams, ...]`."""
    advantage = jax.vmap(gae, in_axes=(1, 1, 1, 1, 1, None, None), out_axes=1)(
        transitions.reward,
        v_t,
        v_tp1,
        transitions.terminated,
        transitions.truncated,
        config.gamma,
        config.gae_lambda,
    )
    return Batch(
        observation=observation,
        policy=transitions.policy,
        action=transitions.action,
        log_prob=transitions.policy.log_prob(transitions.action),
        value=v_t,
        advantage=advantage,
        target=advantage + v_t,
    )


def next_values(
    value: Callable[[Array], Array], v_t: Array, last_observation: Array, transitions: Transition
) -> Array:
    """The values of the states that the steps reached, before any reset.

    They are the values of the next row, except where an episode was truncated: the critic
    evaluates those states separately.

    Args:
      value: the value function.
      v_t: the values of the states that the steps left, `[num_steps, num_streams]`.
      last_observation: the observations after the rollout, `[num_streams, observation_size]`.
      transitions: the rollout.

    Returns:
      Values, `[num_steps, num_streams]`; arbitrary where an episode terminated.
    """
    following = jnp.concatenate([v_t[1:], value(last_observation)[None]])
    reached = transitions.next_observation.reshape(v_t.size, -1)
    truncated = transitions.truncated.reshape(-1)
    size = min(microbatch_size(v_t.size), v_t.size)
    truncated_rows = jnp.nonzero(truncated, size=v_t.size, fill_value=v_t.size)[0]

    def evaluate_microbatch(i: Array, values: Array) -> Array:
        rows = jax.lax.dynamic_slice_in_dim(truncated_rows, i * size, size)
        return values.at[rows].set(value(reached[rows]), mode="drop")

    num_microbatches = (jnp.sum(truncated) + size - 1) // size
    values = jax.lax.fori_loop(0, num_microbatches, evaluate_microbatch, following.reshape(-1))
    return values.reshape(v_t.shape)


def flatten(tree: Any) -> Any:
    """Merge the leading axes of a tree's leaves, time and streams, into one axis of rows."""
    return jax.tree.map(lambda leaf: leaf.reshape(-1, *leaf.shape[2:]), tree)


def take_rows(batch: Any, rows: Array) -> Any:
    """Rows of a batch, whose indices are known to be in bounds."""
    return jax.tree.map(lambda leaf: leaf.at[rows].get(mode="promise_in_bounds"), batch)
