"""Advantage actor-critic: many workers, few steps, one gradient.

Mnih et al. 2016, Algorithm S3, with its asynchronous workers as synchronous streams.
"""

from __future__ import annotations

import dataclasses

import jax.numpy as jnp
import optax
from jax import Array

import jaxdist as jd
from agents import actor_critic
from agents.actor_critic import Batch, JointConfig, Metrics, State, num_updates, policy
from agents.networks.layers import Params
from agents.programs.microbatches import mean_gradient

__all__ = ["Config", "init", "loss", "num_updates", "optimizer", "policy", "train", "update"]


class Config(JointConfig):
    """What A2C is told: RMSprop as in the paper, but longer rollouts, which are steadier."""

    num_envs: int = jd.static(default=16)
    """Streams of experience collected side by side."""
    num_steps: int = jd.static(default=32)
    """Steps that each stream takes before an update."""
    learning_rate: float = 3e-3
    """RMSprop's learning rate at the start."""
    normalize_advantages: bool = jd.static(default=True)
    """Whether advantages are standardised over a batch."""


def train(key: Array, config: Config) -> tuple[State, Metrics]:
    """A2C from nothing; jit it, and vmap it over keys or over numbers of a config.

    Returns the last state, and the metrics of all updates, each `[num_updates]`.
    """
    return actor_critic.train(update, init(key, config), config, num_updates(config))


def init(key: Array, config: Config) -> State:
    """The state before the first update."""
    return actor_critic.init(key, config, optimizer(config).init)


def update(state: State, config: Config) -> tuple[State, Metrics]:
    """Collect steps with the policy, and take one step up the gradient."""
    state, _, batch, metrics = actor_critic.collect(state, config)
    if config.normalize_advantages:
        batch = actor_critic.standardized(batch)
    gradient, parts = mean_gradient(lambda p, b: loss(p, b, config), state.params, batch)
    params, opt_state = actor_critic.descend(
        optimizer(config), state.params, state.optimizer, gradient
    )
    return dataclasses.replace(state, params=params, optimizer=opt_state), metrics | parts


def loss(params: dict[str, Params], batch: Batch, config: Config) -> tuple[Array, Metrics]:
    """The loss of a batch.

    L = -mean A_t log pi(a_t | s_t) + c_v mean (R_t - v(s_t))^2 / 2 - c_e mean H(pi(. | s_t)).

    Args:
      params: the parameters of the actor and of the critic.
      batch: the steps, every leaf `[rows, ...]`.
      config: what to do.

    Returns:
      The loss, scalar, and its parts.

    References:
      Mnih et al. 2016, section 4; the weight 1/2 is that of the published implementations.
    """
    actor, critic = actor_critic.actor_and_critic(config)
    pi = actor.apply(params["actor"], batch.observation)
    v = critic.apply(params["critic"], batch.observation)
    policy_loss = -jnp.mean(jd.score_function(pi.log_prob(batch.action), batch.advantage))
    value_loss = 0.5 * jnp.mean((batch.target - v) ** 2)
    return actor_critic.joint_loss(policy_loss, value_loss, jnp.mean(pi.entropy()), config)


def optimizer(config: Config) -> optax.GradientTransformation:
    """RMSprop with the constants, and the place of the epsilon, of torch."""
    rate = actor_critic.learning_rate(config, num_updates(config))
    return actor_critic.clipped(
        optax.rmsprop(rate, decay=0.99, eps=1e-5, eps_in_sqrt=False), config
    )
