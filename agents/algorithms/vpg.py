"""Vanilla policy gradient: one step up the gradient, and a critic fitted by regression.

Schulman et al. 2016, Algorithm 1; the form of OpenAI's Spinning Up.
"""

from __future__ import annotations

import dataclasses

import jax.numpy as jnp
import optax
from jax import Array

import jaxdist as jd
from agents import actor_critic
from agents.actor_critic import Batch, FitConfig, Metrics, State, num_updates, policy
from agents.networks.layers import Params
from agents.programs.microbatches import mean_gradient
from agents.validation import check_positive

__all__ = ["Config", "init", "loss", "num_updates", "optimizers", "policy", "train", "update"]


class Config(FitConfig):
    """What VPG is told: larger batches than where steps can be used again."""

    num_envs: int = jd.static(default=8)
    """Streams of experience collected side by side."""
    gae_lambda: float = 0.97
    """Advantage estimation: 0 trusts the values after one step, 1 the observed rewards."""
    learning_rate: float = 3e-3
    """Adam's learning rate for the actor."""

    def __post_init__(self) -> None:
        super().__post_init__()
        check_positive(self, "learning_rate")


def train(key: Array, config: Config) -> tuple[State, Metrics]:
    """VPG from nothing; jit it, and vmap it over keys or over numbers of a config.

    Returns the last state, and the metrics of all updates, each `[num_updates]`.
    """
    return actor_critic.train(update, init(key, config), config, num_updates(config))


def init(key: Array, config: Config) -> State:
    """The state before the first update."""
    of_actor, of_critic = optimizers(config)
    init_both = lambda params: (of_actor.init(params["actor"]), of_critic.init(params["critic"]))
    return actor_critic.init(key, config, init_both)


def update(state: State, config: Config) -> tuple[State, Metrics]:
    """Collect steps with the policy, take one step up the gradient, and fit the critic."""
    state, _, batch, metrics = actor_critic.collect(state, config)
    batch = actor_critic.standardized(batch)
    of_actor, of_critic = optimizers(config)
    opt_actor, opt_critic = state.optimizer

    gradient, parts = mean_gradient(lambda p, b: loss(p, b, config), state.params["actor"], batch)
    actor, opt_actor = actor_critic.descend(of_actor, state.params["actor"], opt_actor, gradient)
    critic, opt_critic, fit = actor_critic.fit_critic(
        of_critic, state.params["critic"], opt_critic, batch, config
    )
    params = {"actor": actor, "critic": critic}
    state = dataclasses.replace(state, params=params, optimizer=(opt_actor, opt_critic))
    return state, metrics | parts | fit


def loss(params: Params, batch: Batch, config: Config) -> tuple[Array, Metrics]:
    """The surrogate whose negative gradient is the policy gradient.

    grad J = E[A_t grad log pi(a_t | s_t)], with A_t standardised over the batch.

    Args:
      params: the parameters of the actor.
      batch: the steps, every leaf `[rows, ...]`.
      config: what to do.

    Returns:
      The loss, scalar, and its parts.

    References:
      Schulman et al. 2016, equations 1 and 16.
    """
    actor, _ = actor_critic.actor_and_critic(config)
    pi = actor.apply(params, batch.observation)
    total = -jnp.mean(jd.score_function(pi.log_prob(batch.action), batch.advantage))
    return total, {"loss": total, "entropy": jnp.mean(pi.entropy())}


def optimizers(config: Config) -> tuple[optax.GradientTransformation, ...]:
    """Adam for the actor, and for the critic."""
    rates = (config.learning_rate, config.value_learning_rate)
    return tuple(optax.flatten(optax.adam(rate)) for rate in rates)
