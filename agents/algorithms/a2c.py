"""Advantage actor-critic: synchronous parallel environments, one gradient step per rollout.

Mnih et al. 2016, Algorithm S3, with synchronous environments instead of asynchronous workers.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import jax.numpy as jnp
import optax
from jax import Array

import jaxdist as jd

from ..actor_critic.collection import AnyState, Batch, collect
from ..actor_critic.config import JointLossConfig
from ..actor_critic.optimization import (
    anneal_entropy,
    apply_gradient,
    clip_gradient,
    joint_loss,
    learning_rate_schedule,
)
from ..actor_critic.problem import Problem, build_problem, recompute_critic
from ..actor_critic.state import ActorCriticState, Metrics, current_policy, init_state
from ..actor_critic.train_function import train_function
from ..execution.jax_settings import with_default_types
from ..execution.microbatches import mean_gradient
from ..execution.shards import ALL_STREAMS, Shard
from ..experience.normalization import normalize_advantages
from ..experience.rollout import FeedForwardPolicy
from ..networks.layers import Params


class Config(JointLossConfig):
    """A2C's hyper-parameters: RMSprop as in the paper, but longer rollouts for stability."""

    num_envs: int = jd.static(default=16)
    num_steps: int = jd.static(default=32)
    learning_rate: float = 3e-3
    normalize_advantages: bool = jd.static(default=True)
    """Whether to normalize advantages over the batch."""


def make_problem(config: Config, shard: Shard = ALL_STREAMS) -> Problem[Config]:
    """The problem of a config, with RMSprop as torch has it: epsilon outside the square root."""
    rate = learning_rate_schedule(config, config.num_updates)
    rmsprop = optax.rmsprop(rate, decay=0.99, eps=1e-5, eps_in_sqrt=False)
    optimizer = clip_gradient(rmsprop, config.max_grad_norm)
    return build_problem(config, optimizer, shard)


def policy(state: ActorCriticState, config: Config) -> FeedForwardPolicy:
    """The policy of a state, from observations to distributions over actions."""
    return current_policy(state, make_problem(config))


@with_default_types
def init(key: Array, problem: Problem[Config]) -> ActorCriticState:
    """The state before the first update."""
    return init_state(key, problem, problem.optimizer.init)


@with_default_types
def update(state: ActorCriticState, problem: Problem[Config]) -> tuple[ActorCriticState, Metrics]:
    """Collect steps with the policy, and take one gradient step."""
    state, _, batch, metrics = collect(state, problem)
    state, terms = learn(state, batch, problem)
    return state, metrics | terms


def learn(state: AnyState, batch: Batch, problem: Problem[Any]) -> tuple[AnyState, Metrics]:
    """One gradient step on a batch, whose leaves begin with `[rows]`."""
    problem = anneal_entropy(problem, state.steps)
    if problem.config.normalize_advantages:
        advantage = normalize_advantages(batch.advantage, problem.shard)
        batch = dataclasses.replace(batch, advantage=advantage)
    lean = recompute_critic(problem)
    gradient, terms = problem.shard.mean(
        mean_gradient(
            lambda p, b: loss(p, b, problem),
            state.params,
            batch,
            lean_loss=lambda p, b: loss(p, b, lean),
        )
    )
    params, opt_state = apply_gradient(problem.optimizer, state.params, state.optimizer, gradient)
    return dataclasses.replace(state, params=params, optimizer=opt_state), terms


def loss(
    params: dict[str, Params], batch: Batch, problem: Problem[Config]
) -> tuple[Array, Metrics]:
    """The loss of a batch.

    L = -mean A_t log pi(a_t | s_t) + c_v mean (R_t - v(s_t))^2 / 2 - c_e mean H(pi(. | s_t)).

    Args:
      params: the parameters of actor and critic.
      batch: the steps, every leaf `[rows, ...]`.
      problem: the problem.

    Returns:
      The loss, scalar, and its terms.

    References:
      Mnih et al. 2016, section 4; the weight 1/2 is that of the published implementations.
    """
    pi, v = problem.policy_and_value(params, batch.observation)
    policy_loss = -jnp.mean(jd.score_function(pi.log_prob(batch.action), batch.advantage))
    value_loss = 0.5 * jnp.mean((batch.target - v) ** 2)
    return joint_loss(policy_loss, value_loss, jnp.mean(pi.entropy()), problem.config)


train = train_function("A2C", Config, make_problem, init, update)
