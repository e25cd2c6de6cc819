"""IMPALA: advantage actor-critic whose acting policy is some updates old, corrected by V-trace.

Espeholt et al. 2018, "IMPALA: Scalable Distributed Deep-RL with Importance Weighted Actor-Learner
Architectures". Actors and learner take turns in one program. The lag, which in a distributed system
comes from queues between them, is a hyper-parameter here.
"""

from __future__ import annotations

import dataclasses
from functools import partial

import jax
import jax.numpy as jnp
from jax import Array

import jaxdist as jd

from ..actor_critic.collection import Batch, Evaluated, act, evaluate, flatten, next_values
from ..actor_critic.problem import Problem
from ..actor_critic.state import (
    ActorCriticState,
    Metrics,
    current_policy,
    current_value,
    init_state,
    normalize_observation,
)
from ..actor_critic.train_function import train_function
from ..execution.jax_settings import with_default_types
from ..execution.shards import ALL_STREAMS, Shard
from ..experience.rollout import FeedForwardPolicy
from ..networks.layers import Params
from ..validation import check_not_negative, check_positive
from . import a2c


class Config(a2c.Config):
    """IMPALA's hyper-parameters."""

    lag: int = jd.static(default=2)
    """Number of updates by which the acting policy is older than the learner's."""
    clip_rho: float = 1.0
    """Upper bound of the importance weights of temporal differences."""
    clip_c: float = 1.0
    """Upper bound of the importance weights of traces."""
    gae_lambda: float = 0.95
    """Lambda of V-trace: 0 is one-step TD, 1 is multi-step returns."""

    def __post_init__(self) -> None:
        super().__post_init__()
        check_not_negative(self, "lag")
        check_positive(self, "clip_rho", "clip_c")


class State(ActorCriticState):
    """The training state of IMPALA.

    Attributes:
      actors: the parameters of the actor before each of the last `lag` updates, from the oldest on,
        every leaf `[lag, ...]`.
    """

    actors: Params


def make_problem(config: Config, shard: Shard = ALL_STREAMS) -> Problem[Config]:
    """The problem of a config: RMSprop on clipped gradients, as in A2C."""
    return a2c.make_problem(config, shard)  # type: ignore[return-value]


def policy(state: State, config: Config) -> FeedForwardPolicy:
    """The policy of a state, from observations to distributions over actions."""
    return current_policy(state, make_problem(config))


@with_default_types
def init(key: Array, problem: Problem[Config]) -> State:
    """The state before the first update."""
    state = init_state(key, problem, problem.optimizer.init)
    repeat = lambda leaf: jnp.broadcast_to(leaf, (problem.config.lag, *jnp.shape(leaf)))
    return State(**vars(state), actors=jax.tree.map(repeat, state.params["actor"]))


@with_default_types
def update(state: State, problem: Problem[Config]) -> tuple[State, Metrics]:
    """Collect steps with an older policy, and take one gradient step on V-trace's targets."""
    actor = state.params["actor"]
    append = lambda old, new: jnp.concatenate([old, new[None]])
    actors = jax.tree.map(append, state.actors, actor)  # of lag + 1 updates
    oldest = jax.tree.map(lambda leaf: leaf[0], actors)
    acting = dataclasses.replace(state, params=state.params | {"actor": oldest})

    value = current_value(state, problem)
    new_state, _, steps, metrics = act(
        state, current_policy(acting, problem), problem, partial(evaluate, value, 1)
    )
    batch = make_batch(state, new_state.streams.observation, steps, problem)
    new_state, terms = a2c.learn(new_state, batch, problem)
    actors = jax.tree.map(lambda leaf: leaf[1:], actors)
    return dataclasses.replace(new_state, actors=actors), metrics | terms


def make_batch(
    state: State, last_observation: Array, steps: Evaluated, problem: Problem[Config]
) -> Batch:
    """V-trace's advantages and value targets of a rollout, every leaf `[rows, ...]`.

    See `jd.v_trace`: the behavior policy is the one that acted, the target policy the newest.

    Args:
      state: the state before the update.
      last_observation: the observations after the rollout, `[num_streams, observation_size]`.
      steps: the rollout of the older policy, with the newest values.
      problem: the problem.
    """
    config = problem.config
    observation = normalize_observation(steps.observation, state, problem)
    pi = problem.actor.apply(state.params["actor"], observation)
    behavior_log_prob = steps.policy.log_prob(steps.action)
    v_trace = partial(
        jd.v_trace, lambda_=config.gae_lambda, clip_rho=config.clip_rho, clip_c=config.clip_c
    )
    corrected = jax.vmap(v_trace, in_axes=(1, 1, 1, 1, 1, 1, 1, None), out_axes=1)(
        pi.log_prob(steps.action),
        behavior_log_prob,
        steps.reward,
        steps.value,
        next_values(steps, current_value(state, problem)(last_observation)),
        steps.terminated,
        steps.truncated,
        config.gamma,
    )
    batch = Batch(
        observation=observation,
        policy=steps.policy,
        action=steps.action,
        log_prob=behavior_log_prob,
        value=steps.value,
        advantage=corrected.advantage,
        target=corrected.target,
    )
    return flatten(batch)


train = train_function("IMPALA", Config, make_problem, init, update)
