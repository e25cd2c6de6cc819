"""The state of training with a replay buffer."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any, ClassVar, TypeVar

import jax
import jax.numpy as jnp
from jax import Array

from ..actor_critic.problem import Problem
from ..actor_critic.state import TrainState
from ..experience.replay import Buffer
from ..experience.rollout import FeedForwardPolicy, start_streams
from ..experience.streams import Streams
from ..networks.layers import Params
from .collection import warm_up


class OffPolicyState(TrainState):
    """The training state of algorithms with a replay buffer.

    The parameters are those of the `"critics"`, and others.

    Attributes:
      target: the target parameters of the critics, which follow theirs.
      buffer: the replay buffer of `Experience`.
      streams: the environments between two updates.
    """

    # The entry of the parameters that each field with target parameters follows.
    followed: ClassVar[dict[str, str]] = {"target": "critics"}

    target: Params
    buffer: Buffer
    streams: Streams

    @property
    def average(self) -> dict[str, Params]:
        """The parameters, those with target parameters replaced by them."""
        return self.params | {entry: getattr(self, name) for name, entry in self.followed.items()}


class TargetActorState(OffPolicyState):
    """A training state with target parameters of the actor too.

    Attributes:
      target_actor: the target parameters of the actor.
    """

    followed: ClassVar[dict[str, str]] = {"target": "critics", "target_actor": "actor"}

    target_actor: Params


AnyState = TypeVar("AnyState", bound=OffPolicyState)


def init_state(
    key: Array,
    problem: Problem[Any],
    state_class: type[AnyState],
    init_params: Callable[[Array, Array], dict[str, Params]],
    init_optimizer: Callable[[dict[str, Params]], Any],
) -> AnyState:
    """The state before the first update, with the steps of the warm-up in its buffer.

    Args:
      key: a PRNG key.
      problem: the problem.
      state_class: the class of the state.
      init_params: function from two keys, for the actor and for the critics, to the parameters.
      init_optimizer: function from the parameters to the state of the optimizer.
    """
    config = problem.config
    key_actor, key_critics, key_streams, key_warm_up, key = jax.random.split(key, 5)
    params = init_params(key_actor, key_critics)
    streams = start_streams(key_streams, problem.env, config.num_envs, shard=problem.shard)
    streams, buffer = warm_up(key_warm_up, streams, problem)
    return state_class(
        params=params,
        optimizer=init_optimizer(params),
        buffer=buffer,
        streams=streams,
        steps=jnp.asarray(config.num_repetitions * config.repetition_steps, jnp.int32),
        key=key,
        **targets(state_class, jax.tree.map(jnp.copy, params)),
    )


def init_critics(key: Array, problem: Problem[Any], num_critics: int) -> list[Params]:
    """The initial parameters of several critics."""
    return [problem.critic.init(k) for k in jax.random.split(key, num_critics)]


def targets(state_class: type[OffPolicyState], average: dict[str, Params]) -> dict[str, Params]:
    """The fields of a state with target parameters: the inverse of `OffPolicyState.average`."""
    return {name: average[entry] for name, entry in state_class.followed.items()}


def with_average(state: AnyState, average: dict[str, Params], **changes: Any) -> AnyState:
    """A state with other target parameters, and other changes."""
    return dataclasses.replace(state, **changes, **targets(type(state), average))


def current_policy(state: TrainState, problem: Problem[Any]) -> FeedForwardPolicy:
    """The policy with a state's parameters."""
    return lambda *observation: problem.actor.apply(
        state.params["actor"], problem.env.as_flat(*observation)
    )
