"""Analytic policy gradients: the derivative of the return leads through policy and environment.

SVG(infinity) of Heess et al. 2015, "Learning Continuous Control Policies by Stochastic Value
Gradients", over short stretches whose future a learned value stands for, as in Xu et al. 2022,
"Accelerated Policy Learning with Parallel Differentiable Simulation" (SHAC).
"""

from __future__ import annotations

import dataclasses

import jax
import jax.numpy as jnp
import optax
from jax import Array

import jaxdist as jd
from agents import actor_critic
from agents.actor_critic import FitConfig, Metrics, State, num_updates, policy
from agents.experience import environments
from agents.experience.returns import discounted_returns
from agents.experience.rollout import Episodes, Streams, Transition, rollout
from agents.networks.layers import Params
from agents.validation import check_choice, check_positive

__all__ = ["Config", "init", "loss", "num_updates", "policy", "train", "update"]

KINDS = ("normal", "squashed", "tanh-normal")
"""Families of policies whose draws are smooth functions of what the network says."""


class Config(FitConfig):
    """What APG is told."""

    env: str = jd.static(default="Pendulum-v1")
    """The environment's name; derivatives must lead through it."""
    total_steps: int = jd.static(default=100_000)
    """Steps of training, over all streams; rounded down to whole updates."""
    num_envs: int = jd.static(default=8)
    """Streams of experience collected side by side."""
    num_steps: int = jd.static(default=32)
    """Steps that each stream takes in an update, through which derivatives lead."""
    gamma: float = 0.95
    """Discount factor."""
    learning_rate: float = 5e-3
    """Adam's learning rate for the actor at the start; it falls linearly to zero."""
    max_grad_norm: float = 1.0
    """Global norm to which the actor's gradient is clipped."""
    value_learning_rate: float = 5e-3
    """Adam's learning rate for the critic."""
    value_iterations: int = jd.static(default=16)
    """Gradient steps that fit the critic in an update."""
    activation: str = jd.static(default="silu")
    """Nonlinearity of the hidden layers; a smooth one, whose derivative is used too."""
    distribution: str = jd.static(default="squashed")
    """Family of the policy: normal, squashed or tanh-normal."""

    def __post_init__(self) -> None:
        environments.differentiable(self.env)
        check_choice(self, distribution=KINDS)
        super().__post_init__()
        check_positive(self, "learning_rate", "max_grad_norm")
        if self.normalize_rewards:
            raise ValueError("APG needs the rewards as they are; leave out normalize_rewards")


class Played(jd.Pytree):
    """What came of a stretch of acting, besides the loss.

    Attributes:
      streams: where the streams stand after it.
      transitions: the steps, every leaf `[num_steps, num_streams, ...]`.
      episodes: those that ended on the way.
      v_tp1: the value of the state that each step led to, `[num_steps, num_streams]`.
    """

    streams: Streams
    transitions: Transition
    episodes: Episodes
    v_tp1: Array


def train(key: Array, config: Config) -> tuple[State, Metrics]:
    """APG from nothing; jit it, and vmap it over keys or over numbers of a config.

    Returns the last state, and the metrics of all updates, each `[num_updates]`.
    """
    return actor_critic.train(update, init(key, config), config, num_updates(config))


def init(key: Array, config: Config) -> State:
    """The state before the first update."""
    init_optimizers = lambda params: {
        name: optimizer.init(params[name]) for name, optimizer in optimizers(config).items()
    }
    return actor_critic.init(key, config, init_optimizers)


def update(state: State, config: Config) -> tuple[State, Metrics]:
    """Act for a stretch, follow the derivative of its return, and fit the critic to it."""
    key, key_play = jax.random.split(state.key)
    (total, played), gradient = jax.value_and_grad(loss, has_aux=True)(
        state.params["actor"], key_play, state, config
    )
    state, fit = fitted(state, jax.lax.stop_gradient(played), config)
    actor, opt_actor = actor_critic.descend(
        optimizers(config)["actor"], state.params["actor"], state.optimizer["actor"], gradient
    )
    state = dataclasses.replace(
        state,
        params=state.params | {"actor": actor},
        optimizer=state.optimizer | {"actor": opt_actor},
        steps=state.steps + actor_critic.batch_size(config),
        key=key,
    )
    metrics = {"loss": total, "gradient_norm": optax.tree.norm(gradient)} | fit
    return state, {"steps": state.steps} | played.episodes.metrics() | metrics


def fitted(state: State, played: Played, config: Config) -> tuple[State, Metrics]:
    """The state after what was played, its critic fitted to TD(lambda) targets."""
    observation = played.transitions.observation
    v_t = actor_critic.value(state, config)(observation)
    seen = actor_critic.look(state, config, observation)
    batch = actor_critic.judge(seen, v_t, played.v_tp1, played.transitions, config)
    critic, opt_critic, metrics = actor_critic.fit_critic(
        optimizers(config)["critic"],
        state.params["critic"],
        state.optimizer["critic"],
        actor_critic.flat(batch),
        config,
    )
    state = dataclasses.replace(
        state,
        params=state.params | {"critic": critic},
        optimizer=state.optimizer | {"critic": opt_critic},
        streams=played.streams,
        observations=actor_critic.see(state, played.transitions),
    )
    return state, metrics


def loss(params: Params, key: Array, state: State, config: Config) -> tuple[Array, Played]:
    """The negative return of a stretch of acting, as a differentiable function of the actor.

    L = -1/(N T) sum over stretches of E [sum_t gamma^t r_t + gamma^h v(s_h)], a stretch of h <= T
    steps ending with the episode or with the last step; v(s_h) = 0 where the episode terminated.
    The derivative goes through actions a_t = f(s_t, noise), states s_tp1(s_t, a_t), rewards
    r(s_t, a_t) and v(s_h). It does not go through the end of an episode: that is where it is.

    Args:
      params: the actor's parameters.
      key: a PRNG key.
      state: the state after the last update, of N streams.
      config: what to do; T is `num_steps`.

    Returns:
      The loss, scalar, and what was played.

    References:
      Heess et al. 2015, equations 8 and 9; Xu et al. 2022, equation 5.
    """
    state = dataclasses.replace(state, params=state.params | {"actor": params})
    streams, transitions, episodes = rollout(
        key,
        environments.differentiable(config.env),
        policy(state, config),
        state.streams,
        config.num_steps,
        jd.rsample,
    )
    v_tp1 = actor_critic.value(state, config)(transitions.next_observation)
    returns = jax.vmap(discounted_returns, in_axes=(1, 1, 1, 1, None), out_axes=1)(
        transitions.reward, v_tp1, transitions.terminated, transitions.truncated, config.gamma
    )
    is_first = jnp.ones_like(transitions.ended).at[1:].set(transitions.ended[:-1])
    total = -jnp.mean(jnp.where(is_first, returns, 0.0))
    return total, Played(streams, transitions, episodes, v_tp1)


def optimizers(config: Config) -> dict[str, optax.GradientTransformation]:
    """Adam for the actor, after clipping, and for the critic; each as one vector."""
    rate = optax.linear_schedule(config.learning_rate, 0.0, num_updates(config))
    clip = optax.clip_by_global_norm(config.max_grad_norm)
    return {
        "actor": optax.flatten(optax.chain(clip, optax.adam(rate))),
        "critic": optax.flatten(optax.adam(config.value_learning_rate)),
    }
