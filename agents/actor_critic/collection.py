"""Collecting a batch: a rollout of the policy, and the advantages of its actions."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

import jax
import jax.numpy as jnp
from jax import Array

import jaxdist as jd

from ..execution.microbatches import map_microbatches, map_parts, microbatch_size
from ..experience import normalization
from ..experience.replay import EpisodeStep
from ..experience.returns import gae
from ..experience.rollout import Policy, rollout
from ..experience.streams import Transition
from .config import OnPolicyConfig
from .problem import Problem
from .state import (
    ActorCriticState,
    Metrics,
    current_policy,
    current_value,
    normalize_observation,
    update_moments,
)

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


class Evaluated(jd.Pytree):
    """Steps with their values; every leaf begins with `[num_steps, num_streams]`.

    The next observations, which are as large as the observations, are not kept.

    Attributes:
      observation: `s_t`.
      policy: the distribution from which the action was drawn.
      action: `a_t`.
      reward: `r_t`.
      terminated: whether the episode terminated at `s_tp1`.
      truncated: whether the episode was truncated at `s_tp1`.
      value: `v(s_t)`.
      final_value: `v(s_tp1)`, before any reset, where the episode was truncated; elsewhere
        arbitrary.
    """

    observation: Array
    policy: jd.Distribution
    action: Any
    reward: Array
    terminated: Array
    truncated: Array
    value: Array
    final_value: Array

    @property
    def ended(self) -> Array:
        """Whether the episode ended with this step, for either reason."""
        return self.terminated | self.truncated


AnySteps = TypeVar("AnySteps", Transition, Evaluated, EpisodeStep)


def collect(
    state: AnyState, problem: Problem[Any], num_parts: int = 1
) -> tuple[AnyState, Array, Batch, Metrics]:
    """Collect a batch with the current policy.

    Args:
      state: the state after the last update.
      problem: the problem.
      num_parts: in how many parts an accelerator evaluates the steps. As many as the batch has
        minibatches need no more memory than a gradient step.

    Returns:
      The state with new streams, statistics and steps; a key for the optimization; the batch, one
      row per step; and the metrics of the rollout.
    """
    policy, value = current_policy(state, problem), current_value(state, problem)
    new_state, key, steps, metrics = act(
        state, policy, problem, partial(evaluate, value, num_parts)
    )
    batch = make_batch(state, new_state.streams.observation, steps, problem)
    return new_state, key, flatten(batch), metrics


def act(
    state: AnyState, policy: Policy, problem: Problem[Any], keep: Callable[[Transition], AnySteps]
) -> tuple[AnyState, Array, AnySteps, Metrics]:
    """Let a policy take `num_steps` steps in every stream.

    Args:
      state: the state after the last update.
      policy: the policy.
      problem: the problem.
      keep: function from the transitions of a part of the rollout to what is kept of them.

    Returns:
      The state with new streams, statistics and steps; a key for the optimization; what is kept,
      the rewards normalized if the config says so; and the metrics of the rollout.
    """
    config: OnPolicyConfig = problem.config
    key, key_rollout, key_optimize = jax.random.split(state.key, 3)
    streams, steps, episodes = rollout(
        key_rollout,
        problem.env,
        policy,
        state.streams,
        config.num_steps,
        keep=keep,
        compact=True,
        shard=problem.shard,
        hold=max(config.noise_steps, 1),
    )
    scale = state.rewards
    if scale is not None:
        scale, reward = normalization.normalize_rewards(
            scale, steps.reward, steps.ended, config.gamma, problem.shard
        )
        steps = dataclasses.replace(steps, reward=reward)
    state = dataclasses.replace(
        state,
        streams=streams,
        observations=update_moments(state, steps.observation, problem),
        rewards=scale,
        steps=state.steps + config.steps_per_update,
        key=key,
    )
    episodes = problem.shard.sum(episodes)
    return state, key_optimize, steps, {"steps": state.steps} | episodes.metrics()


def evaluate(value: Callable[[Array], Array], num_parts: int, transitions: Transition) -> Evaluated:
    """Evaluate the states of many steps at once, which is cheaper than one step at a time.

    A CPU evaluates final states where an episode was truncated, and no others. An accelerator
    evaluates all states that were reached, since to select some takes longer.

    Args:
      value: the value function.
      num_parts: in twice as many parts an accelerator evaluates the steps and what they reached.
      transitions: the steps.
    """
    leaves = dict(vars(transitions))
    reached, truncated = leaves.pop("next_observation"), transitions.truncated

    def on_cpu(s_t: Array, reached: Array) -> tuple[Array, Array]:
        v_t = map_microbatches(value, s_t)
        return v_t, _values_where(value, reached, truncated.reshape(-1))

    def on_accelerator(s_t: Array, reached: Array) -> tuple[Array, Array]:
        return map_parts(
            lambda pair: (value(pair[0]), value(pair[1])), (s_t, reached), 2 * num_parts
        )

    rows = (flatten(transitions.observation), flatten(reached))
    values = jax.lax.platform_dependent(*rows, cpu=on_cpu, default=on_accelerator)
    v_t, v_final = (v.reshape(truncated.shape) for v in values)
    return Evaluated(**leaves, value=v_t, final_value=v_final)


def _values_where(value: Callable[[Array], Array], rows: Array, where: Array) -> Array:
    """The values of some rows, and zero for the others."""
    size = microbatch_size(len(rows))
    selected = jnp.nonzero(where, size=len(rows), fill_value=len(rows))[0]

    def evaluate_microbatch(i: Array, values: Array) -> Array:
        some = jax.lax.dynamic_slice_in_dim(selected, i * size, size)
        return values.at[some].set(value(rows[some]), mode="drop")

    num_microbatches = (jnp.sum(where) + size - 1) // size
    return jax.lax.fori_loop(0, num_microbatches, evaluate_microbatch, jnp.zeros(len(rows)))


def make_batch(
    state: ActorCriticState, last_observation: Array, steps: Evaluated, problem: Problem[Any]
) -> Batch:
    """Values and advantages of a rollout, every leaf `[num_steps, num_streams, ...]`.

    Args:
      state: the state whose policy acted.
      last_observation: the observations after the rollout, `[num_streams, observation_size]`.
      steps: the rollout.
      problem: the problem.
    """
    last = current_value(state, problem)(last_observation)
    v_tp1 = next_values(steps, last)
    observation = normalize_observation(steps.observation, state, problem)
    return batch_from_values(observation, steps.value, v_tp1, steps, problem.config)


def next_values(steps: Evaluated, last: Array) -> Array:
    """The values of the states that the steps reached, before any reset.

    They are the values of the next row, except where an episode was truncated.

    Args:
      steps: the rollout.
      last: the values of the observations after the rollout, `[num_streams]`.

    Returns:
      Values, `[num_steps, num_streams]`; arbitrary where an episode terminated.
    """
    following = jnp.concatenate([steps.value[1:], last[None]])
    return jnp.where(steps.truncated, steps.final_value, following)


def batch_from_values(
    observation: Array,
    v_t: Array,
    v_tp1: Array,
    steps: Transition | Evaluated,
    config: OnPolicyConfig,
) -> Batch:
    """Advantages of a rollout from its values, every leaf `[num_steps, num_streams, ...]`."""
    advantage = jax.vmap(gae, in_axes=(1, 1, 1, 1, 1, None, None), out_axes=1)(
        steps.reward,
        v_t,
        v_tp1,
        steps.terminated,
        steps.truncated,
        config.gamma,
        config.gae_lambda,
    )
    return Batch(
        observation=observation,
        policy=steps.policy,
        action=steps.action,
        log_prob=steps.policy.log_prob(steps.action),
        value=v_t,
        advantage=advantage,
        target=advantage + v_t,
    )


def flatten(tree: Any) -> Any:
    """Merge the leading axes of a tree's leaves, time and streams, into one axis of rows."""
    return jax.tree.map(lambda leaf: leaf.reshape(-1, *leaf.shape[2:]), tree)


def take_rows(batch: Any, rows: Array) -> Any:
    """Rows of a batch, whose indices are known to be in bounds."""
    return jax.tree.map(lambda leaf: leaf.at[rows].get(mode="promise_in_bounds"), batch)
