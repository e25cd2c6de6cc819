"""Recurrent PPO: a recurrent layer shared by the actor and the critic.

The hidden state (memory) is reset at every episode start, in rollouts and in gradient steps.
Minibatches consist of whole streams, whose steps are replayed in order from the memory that the
stream had before the rollout (Huang et al. 2022, section 3).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import jax
import jax.numpy as jnp
from jax import Array

import jaxdist as jd

from ..actor_critic.collection import Batch, act, batch_from_values
from ..actor_critic.problem import Problem as BaseProblem
from ..actor_critic.state import Metrics, initial_statistics, normalize_observation
from ..actor_critic.train_function import train_function
from ..execution.jax_settings import with_default_types
from ..execution.shards import ALL_STREAMS, Shard
from ..experience import environments
from ..experience.rollout import RecurrentPolicy, start_streams
from ..experience.streams import Transition
from ..networks.cells import CELLS, Cell, MemoryName
from ..networks.layers import Network, Params
from ..networks.recurrence import hidden_states
from ..validation import check_positive
from . import ppo
from .ppo import State


class Config(ppo.Config):
    """Recurrent PPO's hyper-parameters. Your own actor and critic take the hidden state."""

    fixed: ClassVar[tuple[str, ...]] = ("shared_torso",)

    num_envs: int = jd.static(default=16)
    num_steps: int = jd.static(default=32)
    """Steps per environment and update; gradients are propagated through all of them."""
    learning_rate: float = 2e-3
    memory: MemoryName = jd.static(default="gru")
    """Recurrent layer: a GRU, or one that is linear in the memory and parallel over steps."""
    memory_size: int = jd.static(default=64)
    """Number of units of the recurrent layer."""
    hidden_sizes: tuple[int, ...] = jd.static(default=(64,))
    """Widths of the layers before the recurrent layer and, unless it is a GRU, after it."""

    def __post_init__(self) -> None:
        super().__post_init__()
        check_positive(self, "memory_size")
        if not self.hidden_sizes:
            raise ValueError("hidden_sizes must have at least one entry")
        if self.memory == "s5" and self.memory_size % 2:
            raise ValueError(
                "memory_size of s5, the real and imaginary parts of complex numbers, must be even; "
                f"got {self.memory_size}"
            )

    @property
    def shared_features(self) -> int:
        """The number of features that actor and critic share: the memory."""
        return self.memory_size

    @property
    def head_sizes(self) -> tuple[int, ...]:
        """Widths of the hidden layers after the recurrent layer: a linear one needs some."""
        return () if self.memory == "gru" else self.hidden_sizes

    @property
    def rows_per_stream(self) -> int:
        """The number of rows of each stream that minibatches are made of: it stays whole."""
        return 1

    def check_minibatches(self) -> None:
        """Check that the streams divide into minibatches (`ValueError`)."""
        if self.num_envs % self.num_minibatches:
            raise ValueError(
                f"num_minibatches must divide num_envs = {self.num_envs}, since streams stay "
                f"whole; got {self.num_minibatches}"
            )


@dataclass(frozen=True, eq=False, kw_only=True)
class Problem(BaseProblem[Config]):
    """The objects that a config describes.

    Attributes:
      torso: the network from an observation to the input of the recurrent layer.
      cell: the recurrent layer.
    """

    torso: Network[Array]
    cell: Cell


class Sequences(Batch):
    """The streams that an update learns from; every leaf but one begins `[streams, num_steps]`.

    Attributes:
      is_first: whether the step is the first of an episode.
      memory: the memory before the first step, `[streams, memory_size]`.
    """

    is_first: Array
    memory: Array


def make_problem(config: Config, shard: Shard = ALL_STREAMS) -> Problem:
    """The problem of a config: PPO's, with a torso and a recurrent layer."""
    return Problem(
        config=config,
        env=environments.make(config.env),
        actor=config.make_actor(),
        critic=config.make_critic(),
        optimizer=ppo.make_optimizer(config),
        shard=shard,
        torso=ppo.make_features(config),
        cell=CELLS[config.memory](config.hidden_sizes[-1], config.memory_size),
    )


def policy(state: State, config: Config) -> RecurrentPolicy:
    """The policy of a state, from observations and memory to distributions over actions."""
    return current_policy(state, make_problem(config))


@with_default_types
def init(key: Array, problem: Problem) -> State:
    """The state before the first update."""
    key_torso, key_cell, key_actor, key_critic, key_streams, key = jax.random.split(key, 6)
    params = {
        "torso": problem.torso.init(key_torso),
        "cell": problem.cell.init(key_cell),
        "actor": problem.actor.init(key_actor),
        "critic": problem.critic.init(key_critic),
    }
    num_envs, shard = problem.config.num_envs, problem.shard
    memory = initial_memory(shard.share(num_envs), problem)
    return State(
        params=params,
        optimizer=problem.optimizer.init(params),
        streams=start_streams(key_streams, problem.env, num_envs, memory, shard),
        **initial_statistics(problem),
        steps=jnp.zeros((), jnp.int32),
        key=key,
        kl_coef=jnp.ones(()),
    )


@with_default_types
def update(state: State, problem: Problem) -> tuple[State, Metrics]:
    """Collect steps with the policy, and optimize the objective on them."""
    new_state, key, transitions, metrics = act(
        state, current_policy(state, problem), problem, lambda transitions: transitions
    )
    batch = make_batch(state, transitions, problem)
    new_state, terms = ppo.optimize(key, new_state, batch, loss, problem)
    return new_state, metrics | terms


def current_policy(state: State, problem: Problem) -> RecurrentPolicy:
    """The policy with a state's parameters."""

    def apply(observation: Any, memory: Array, mask: Any = None) -> tuple[jd.Distribution, Array]:
        s = normalize_observation(problem.env.as_flat(observation, mask), state, problem)
        memory = update_memory(state.params, s, memory, problem)
        pi = problem.actor.apply(state.params["actor"], problem.masked(s, memory))
        return pi, memory

    return RecurrentPolicy(lambda num_streams: initial_memory(num_streams, problem), apply)


def make_batch(state: State, transitions: Transition, problem: Problem) -> Sequences:
    """Values and advantages of a rollout, stream by stream."""
    params = state.params
    s_t = normalize_observation(transitions.observation, state, problem)
    s_tp1 = normalize_observation(transitions.next_observation, state, problem)
    starts_episode = state.streams.episode_length[None] == 0
    is_first = jnp.concatenate([starts_episode, transitions.ended[:-1]])
    memory_t = replay_memory(params, s_t, is_first, state.streams.memory, problem)
    memory_tp1 = update_memory(params, s_tp1, memory_t, problem)
    v_t, v_tp1 = (
        problem.config.values.decode(
            problem.critic.apply(params["critic"], problem.masked(s, memory))
        )
        for s, memory in ((s_t, memory_t), (s_tp1, memory_tp1))
    )
    batch = batch_from_values(s_t, v_t, v_tp1, transitions, problem.config)
    leaves = vars(batch) | {"is_first": is_first}
    by_stream: dict[str, Any] = jax.tree.map(lambda leaf: leaf.swapaxes(0, 1), leaves)
    return Sequences(**by_stream, memory=state.streams.memory)


def loss(
    params: dict[str, Params], batch: Sequences, kl_coef: Array, problem: Problem
) -> tuple[Array, Metrics]:
    """The loss of a minibatch of streams, and its terms: see `ppo.objective`.

    Args:
      params: the parameters of all networks.
      batch: the minibatch, every leaf `[streams, num_steps, ...]`.
      kl_coef: the weight beta of the penalty.
      problem: the problem.
    """
    s, is_first = batch.observation.swapaxes(0, 1), batch.is_first.swapaxes(0, 1)
    memory = replay_memory(params, s, is_first, batch.memory, problem).swapaxes(0, 1)
    inputs = problem.masked(batch.observation, memory)
    pi = problem.actor.apply(params["actor"], inputs)
    output = problem.critic.apply(params["critic"], inputs)
    return ppo.objective(pi, output, batch, kl_coef, problem.config)


def replay_memory(
    params: dict[str, Params], s: Array, is_first: Array, memory: Array, problem: Problem
) -> Array:
    """The memory at every step of some streams.

    Args:
      params: the parameters of all networks.
      s: observations, `[num_steps, streams, observation_size]`.
      is_first: whether the step is the first of an episode, `[num_steps, streams]`.
      memory: the memory before the first step, `[streams, memory_size]`.
      problem: the problem.

    Returns:
      The memory after each observation, `[num_steps, streams, memory_size]`.
    """

    inputs = cell_inputs(params, s, problem)
    return hidden_states(problem.cell, params["cell"], inputs, is_first, memory)


def update_memory(params: dict[str, Params], s: Array, memory: Array, problem: Problem) -> Array:
    """The memory after an observation: h_t = cell(activation(mlp(s_t)), h_tm1)."""
    cell, inputs = problem.cell, cell_inputs(params, s, problem)
    return cell.gate(inputs, cell.recur(params["cell"], memory), memory)


def cell_inputs(params: dict[str, Params], s: Array, problem: Problem) -> Array:
    """What the recurrent layer gets from an observation, whatever the memory is."""
    return problem.cell.project(params["cell"], problem.features(params, s))


def initial_memory(num_streams: int, problem: Problem) -> Array:
    """The memory at the start of an episode."""
    return jnp.zeros((num_streams, problem.config.memory_size))


train = train_function("recurrent PPO", Config, make_problem, init, update)
