"""PPO with a memory: a gated recurrent unit, under an actor and a critic.

What is remembered begins anew with every episode, while acting and while learning. Minibatches are
made of whole streams, whose steps are gone through in order from what was remembered then
(Huang et al. 2022, section 3).
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
from jax import Array

import jaxdist as jd
from agents import actor_critic
from agents.actor_critic import Batch, Metrics, no_statistics, num_updates
from agents.algorithms import ppo
from agents.algorithms.ppo import State, optimizer
from agents.experience import environments
from agents.experience.rollout import Recurrent, Transition, forget, start
from agents.networks import actors, critics, layers
from agents.networks.actors import Actor
from agents.networks.critics import Critic
from agents.networks.layers import Cell, Params
from agents.validation import check_positive

__all__ = ["Config", "init", "loss", "num_updates", "policy", "train", "update"]


class Config(ppo.Config):
    """What recurrent PPO is told. Networks of your own look at what is remembered."""

    num_envs: int = jd.static(default=16)
    """Streams of experience collected side by side."""
    num_steps: int = jd.static(default=32)
    """Steps that each stream takes before an update, through which derivatives lead."""
    learning_rate: float = 2e-3
    """Learning rate at the start."""
    memory_size: int = jd.static(default=64)
    """How many numbers are remembered."""
    hidden_sizes: tuple[int, ...] = jd.static(default=(64,))
    """Widths of the layers between an observation and the memory."""

    def __post_init__(self) -> None:
        super().__post_init__()
        check_positive(self, "memory_size")

    def check_minibatches(self) -> None:
        """Check that the streams divide into minibatches (`ValueError`)."""
        if self.num_envs % self.num_minibatches:
            raise ValueError(
                f"num_minibatches must divide num_envs = {self.num_envs}, since streams stay "
                f"whole; got {self.num_minibatches}"
            )


class Sequences(Batch):
    """Streams as the loss reads them; every leaf begins with `[streams, num_steps]`, but one.

    Attributes:
      begins: whether an episode begins with the step.
      memory: what was remembered before the first step, `[streams, memory_size]`.
    """

    begins: Array
    memory: Array


def train(key: Array, config: Config) -> tuple[State, Metrics]:
    """Recurrent PPO from nothing; jit it, and vmap it over keys or over numbers of a config.

    Returns the last state, and the metrics of all updates, each `[num_updates]`.
    """
    return actor_critic.train(update, init(key, config), config, num_updates(config))


def init(key: Array, config: Config) -> State:
    """The state before the first update."""
    key_torso, key_cell, key_actor, key_critic, key_streams, key = jax.random.split(key, 6)
    torso, cell, actor, critic = parts(config)
    params = {
        "torso": torso.init(key_torso),
        "cell": cell.init(key_cell),
        "actor": actor.init(key_actor),
        "critic": critic.init(key_critic),
    }
    return State(
        params=params,
        optimizer=optimizer(config).init(params),
        streams=start(
            key_streams,
            environments.make(config.env),
            config.num_envs,
            nothing(config.num_envs, config),
        ),
        **no_statistics(config),
        steps=jnp.zeros((), jnp.int32),
        key=key,
        kl_coef=jnp.ones(()),
    )


def update(state: State, config: Config) -> tuple[State, Metrics]:
    """Collect steps with the policy, and improve on them."""
    moved, key, transitions, metrics = actor_critic.act(state, policy(state, config), config)
    batch = estimate(state, transitions, config)
    moved, parts = ppo.improve(key, moved, batch, loss, config)
    return moved, metrics | parts


def policy(state: State, config: Config) -> Recurrent:
    """The policy that a state of training has arrived at."""
    actor = parts(config)[2]

    def apply(observation: Array, memory: Array) -> tuple[jd.Distribution, Array]:
        s = actor_critic.look(state, config, observation)
        memory = remember(state.params, s, memory, config)
        return actor.apply(state.params["actor"], mindful(s, memory, config)), memory

    return Recurrent(lambda num_streams: nothing(num_streams, config), apply)


def estimate(state: State, transitions: Transition, config: Config) -> Sequences:
    """Values and advantages of a rollout, stream by stream."""
    params, (*_, critic) = state.params, parts(config)
    s_t = actor_critic.look(state, config, transitions.observation)
    s_tp1 = actor_critic.look(state, config, transitions.next_observation)
    began = state.streams.episode_length[None] == 0
    begins = jnp.concatenate([began, transitions.ended[:-1]])
    memory_t = go_through(params, s_t, begins, state.streams.memory, config)
    memory_tp1 = remember(params, s_tp1, memory_t, config)
    v_t, v_tp1 = (
        critic.apply(params["critic"], mindful(s, memory, config))
        for s, memory in ((s_t, memory_t), (s_tp1, memory_tp1))
    )
    batch = actor_critic.judge(s_t, v_t, v_tp1, transitions, config)
    leaves = vars(batch) | {"begins": begins}
    by_stream: dict[str, Any] = jax.tree.map(lambda leaf: leaf.swapaxes(0, 1), leaves)
    return Sequences(**by_stream, memory=state.streams.memory)


def loss(
    params: dict[str, Params], batch: Sequences, kl_coef: Array, config: Config
) -> tuple[Array, Metrics]:
    """The loss of a minibatch of streams, and its parts: see `ppo.objective`.

    Args:
      params: the parameters of all parts.
      batch: the minibatch, every leaf `[streams, num_steps, ...]`.
      kl_coef: the weight beta of the penalty.
      config: what to do.
    """
    _, _, actor, critic = parts(config)
    s, begins = batch.observation.swapaxes(0, 1), batch.begins.swapaxes(0, 1)
    memory = go_through(params, s, begins, batch.memory, config).swapaxes(0, 1)
    seen = mindful(batch.observation, memory, config)
    pi = actor.apply(params["actor"], seen)
    v = critic.apply(params["critic"], seen)
    return ppo.objective(pi, v, batch, kl_coef, config)


def go_through(
    params: dict[str, Params], s: Array, begins: Array, memory: Array, config: Config
) -> Array:
    """What is remembered at every step of some streams.

    Args:
      params: the parameters of all parts.
      s: observations, `[num_steps, streams, observation_size]`.
      begins: whether an episode begins with the step, `[num_steps, streams]`.
      memory: what was remembered before the first step, `[streams, memory_size]`.
      config: what to do.

    Returns:
      What is remembered, `[num_steps, streams, memory_size]`.
    """

    def step(memory: Array, x: tuple[Array, Array]) -> tuple[Array, Array]:
        s, begins = x
        memory = forget(begins, memory, jnp.zeros_like(memory))
        memory = remember(params, s, memory, config)
        return memory, memory

    return jax.lax.scan(step, memory, (s, begins))[1]


def remember(params: dict[str, Params], s: Array, memory: Array, config: Config) -> Array:
    """What is remembered after seeing `s`: h_t = GRU(activation(mlp(s_t)), h_tm1)."""
    torso, cell, *_ = parts(config)
    x = layers.ACTIVATIONS[config.activation](torso.apply(params["torso"], s))
    return cell.apply(params["cell"], x, memory)


def mindful(s: Array, memory: Array, config: Config) -> Array:
    """What actor and critic look at: the mask of actions, if there is one, and the memory."""
    return jnp.concatenate([s[..., : environments.make(config.env).mask_size], memory], axis=-1)


def nothing(num_streams: int, config: Config) -> Array:
    """What is remembered when an episode begins."""
    return jnp.zeros((num_streams, config.memory_size))


def parts(config: Config) -> tuple[layers.Network[Array], Cell, Actor, Critic]:
    """The torso, the memory, the actor and the critic."""
    env, activation = environments.make(config.env), config.activation
    torso = layers.mlp((env.observation_size, *config.hidden_sizes), activation)
    cell = layers.gru(config.hidden_sizes[-1], config.memory_size)
    size = env.mask_size + config.memory_size
    actor = config.actor or actors.actor(env, (), activation, config.distribution, size)
    return torso, cell, actor, config.critic or critics.critic(env, (), activation, size)
