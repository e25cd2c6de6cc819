"""Analytic policy gradients: the derivative of the return, through the world and the policy.

SVG(infinity) of Heess et al. 2015, "Learning Continuous Control Policies by Stochastic Value
Gradients", over short stretches that a learned value completes, as in Xu et al. 2022, "Accelerated
Policy Learning with Parallel Differentiable Simulation" (SHAC).
"""

from __future__ import annotations

import dataclasses

import jax
import jax.numpy as jnp
import optax
from jax import Array

import jaxdist as jd
from agents import actor_critic, actors, envs
from agents.actor_critic import FitConfig, Metrics, State, actor_and_critic, num_updates, policy
from agents.config import check_choice, check_positive
from agents.networks import Params
from agents.returns import discounted_returns
from agents.rollout import Episodes, Streams, Transition, rollout

__all__ = ["Config", "init", "loss", "num_updates", "policy", "train", "update"]

KINDS = ("normal", "squashed", "tanh-normal")
"""Families of policies whose draws have a pathwise derivative."""


class Config(FitConfig):
    """What APG is told."""

    env: str = jd.static(default="Pendulum-v1")
    """The environment's name; it must be differentiable."""
    total_steps: int = jd.static(default=200_000)
    """Steps of training, over all streams; rounded down to whole updates."""
    num_envs: int = jd.static(default=64)
    """Streams of experience collected side by side."""
    num_steps: int = jd.static(default=32)
    """Steps before an update, through which the derivative of the return leads."""
    learning_rate: float = 2e-3
    """Adam's learning rate for the actor at the start."""
    anneal: bool = jd.static(default=True)
    """Whether the learning rate falls linearly to zero."""
    max_grad_norm: float = 1.0
    """Global norm to which the actor's gradient is clipped."""
    value_iterations: int = jd.static(default=16)
    """Gradient steps that fit the critic in an update."""
    distribution: str = jd.static(default="tanh-normal")
    """Family of the policy: normal, squashed or tanh-normal."""

    def __post_init__(self) -> None:
        envs.differentiable(self.env)
        check_choice(self, distribution=KINDS)
        super().__post_init__()
        check_positive(self, "learning_rate", "max_grad_norm")


def train(key: Array, config: Config) -> tuple[State, Metrics]:
    return actor_critic.train(update, init(key, config), config, num_updates(config))


def init(key: Array, config: Config) -> State:
    """The state before the first update."""
    actor, critic = optimizers(config)
    return actor_critic.init(key, config, lambda params: {"actor": actor.init(params["actor"]), "critic": critic.init(params["critic"])})


def update(state: State, config: Config) -> tuple[State, Metrics]:
    key, key_rollout = jax.random.split(state.key)
    actor_optimizer, critic_optimizer = optimizers(config)
    params, opt = state.params, state.optimizer
    gradient, (streams, transitions, episodes, v_tp1) = jax.grad(loss, has_aux=True)(
        params["actor"], state, key_rollout, config)
    transitions = jax.lax.stop_gradient(transitions)
    streams = jax.lax.stop_gradient(streams)
    v_t = actor_critic.value(state, config)(transitions.observation)
    obs = actor_critic.look(state, config, transitions.observation)
    batch = actor_critic.flat(actor_critic.judge(obs, v_t, v_tp1, transitions, config))
    actor, opt_actor = actor_critic.descend(actor_optimizer, params["actor"], opt["actor"], gradient)
    critic, opt_critic, metrics = actor_critic.fit_critic(critic_optimizer, params["critic"], opt["critic"], batch, config)
    steps = state.steps + actor_critic.batch_size(config)
    new = dataclasses.replace(state, params={"actor": actor, "critic": critic}, optimizer={"actor": opt_actor, "critic": opt_critic},
       streams=streams, steps=steps, key=key, observations=actor_critic.see(state, transitions))
    sd = transitions.policy.stddev.mean()
    return new, {"steps": steps} | episodes.metrics() | metrics | {"grad_norm": optax.tree.norm(gradient), "value": v_t.mean(),"stddev":sd}


def loss(params, state, key, config):
    env = envs.differentiable(config.env)
    state = dataclasses.replace(state, params=state.params | {"actor": params})
    streams, transitions, episodes = rollout(key, env, policy(state, config), state.streams, config.num_steps, jd.rsample)
    v_tp1 = actor_critic.value(state, config)(transitions.next_observation)
    returns = jax.vmap(discounted_returns, in_axes=(1, 1, 1, 1, None), out_axes=1)(
        transitions.reward, v_tp1, transitions.terminated, transitions.truncated, config.gamma)
    begins = jnp.concatenate([jnp.ones_like(transitions.ended[:1]), transitions.ended[:-1]])
    return -jnp.mean(jnp.where(begins, returns, 0.0)), (streams, transitions, episodes, v_tp1)


def optimizers(config):
    end = 0.0 if config.anneal else config.learning_rate
    rate = optax.linear_schedule(config.learning_rate, end, num_updates(config))
    return (
        optax.flatten(optax.chain(optax.clip_by_global_norm(config.max_grad_norm), optax.adam(rate))),
        optax.flatten(optax.adam(config.value_learning_rate)),
    )
