"""Vanilla policy gradient: one gradient step on the actor, and a critic fitted by regression.

Schulman et al. 2016, Algorithm 1, in the form of OpenAI's Spinning Up.
"""

from __future__ import annotations

import dataclasses

import jax.numpy as jnp
import optax
from jax import Array

import jaxdist as jd

from ..actor_critic.collection import Batch, collect
from ..actor_critic.config import FittedCriticConfig
from ..actor_critic.optimization import apply_gradient, fit_critic
from ..actor_critic.problem import Problem, build_problem
from ..actor_critic.state import ActorCriticState, Metrics, current_policy, init_state
from ..actor_critic.train_function import train_function
from ..execution.jax_settings import with_default_types
from ..execution.microbatches import mean_gradient
from ..execution.shards import ALL_STREAMS, Shard
from ..experience.normalization import normalize_advantages
from ..experience.rollout import FeedForwardPolicy
from ..networks.layers import Params
from ..validation import check_positive


class Config(FittedCriticConfig):
    """VPG's hyper-parameters: larger batches than algorithms that reuse their samples."""

    num_envs: int = jd.static(default=8)
    gae_lambda: float = 0.97
    learning_rate: float = 3e-3
    """Adam's learning rate for the actor."""

    def __post_init__(self) -> None:
        super().__post_init__()
        check_positive(self, "learning_rate")


def make_problem(config: Config, shard: Shard = ALL_STREAMS) -> Problem[Config]:
    """The problem of a config, with Adam for the actor and Adam for the critic."""
    rates = (config.learning_rate, config.value_learning_rate)
    optimizers = tuple(optax.flatten(optax.adam(rate)) for rate in rates)
    return build_problem(config, optimizers, shard)


def policy(state: ActorCriticState, config: Config) -> FeedForwardPolicy:
    """The policy of a state, from observations to distributions over actions."""
    return current_policy(state, make_problem(config))


@with_default_types
def init(key: Array, problem: Problem[Config]) -> ActorCriticState:
    """The state before the first update."""
    adam_actor, adam_critic = problem.optimizer
    init_optimizers = lambda p: (adam_actor.init(p["actor"]), adam_critic.init(p["critic"]))
    return init_state(key, problem, init_optimizers)


@with_default_types
def update(state: ActorCriticState, problem: Problem[Config]) -> tuple[ActorCriticState, Metrics]:
    """Collect steps with the policy, take one gradient step, and fit the critic."""
    state, _, batch, metrics = collect(state, problem)
    advantage = normalize_advantages(batch.advantage, problem.shard)
    batch = dataclasses.replace(batch, advantage=advantage)
    adam_actor, adam_critic = problem.optimizer
    opt_actor, opt_critic = state.optimizer

    actor, critic = state.params["actor"], state.params["critic"]
    gradient, terms = problem.shard.mean(
        mean_gradient(lambda p, b: loss(p, b, problem), actor, batch)
    )
    actor, opt_actor = apply_gradient(adam_actor, actor, opt_actor, gradient)
    critic, opt_critic, fit = fit_critic(adam_critic, critic, opt_critic, batch, problem)
    params = {"actor": actor, "critic": critic}
    state = dataclasses.replace(state, params=params, optimizer=(opt_actor, opt_critic))
    return state, metrics | terms | fit


def loss(params: Params, batch: Batch, problem: Problem[Config]) -> tuple[Array, Metrics]:
    """The surrogate whose negative gradient is the policy gradient.

    grad J = E[A_t grad log pi(a_t | s_t)], with A_t normalized over the batch.

    Args:
      params: the parameters of the actor.
      batch: the steps, every leaf `[rows, ...]`.
      problem: the problem.

    Returns:
      The loss, scalar, and its metrics.

    References:
      Schulman et al. 2016, equations 1 and 16.
    """
    pi = problem.actor.apply(params, batch.observation)
    policy_loss = -jnp.mean(jd.score_function(pi.log_prob(batch.action), batch.advantage))
    return policy_loss, {"loss": policy_loss, "entropy": jnp.mean(pi.entropy())}


train = train_function("VPG", Config, make_problem, init, update)
