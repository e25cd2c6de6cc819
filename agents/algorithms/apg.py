"""Analytic policy gradient: differentiates the return through the environment's dynamics.

SVG(infinity) of Heess et al. 2015, "Learning Continuous Control Policies by Stochastic Value
Gradients", over short horizons with a learned terminal value, as in Xu et al. 2022, "Accelerated
Policy Learning with Parallel Differentiable Simulation" (SHAC).
"""

from __future__ import annotations

import dataclasses
from typing import ClassVar, Literal

import jax
import jax.numpy as jnp
import optax
from jax import Array

import jaxdist as jd

from ..actor_critic.collection import batch_from_values, flatten
from ..actor_critic.config import FittedCriticConfig
from ..actor_critic.optimization import apply_gradient, clip_gradient, fit_critic
from ..actor_critic.problem import Problem, build_problem
from ..actor_critic.state import (
    ActorCriticState,
    Metrics,
    current_policy,
    current_value,
    init_state,
    normalize_observation,
    update_moments,
)
from ..actor_critic.train_function import train_function
from ..execution.jax_settings import with_default_types
from ..execution.shards import ALL_STREAMS, Shard
from ..experience import environments
from ..experience.episodes import Episodes
from ..experience.returns import discounted_returns
from ..experience.rollout import FeedForwardPolicy, rollout
from ..experience.streams import Streams, Transition
from ..networks.layers import Activation, Params
from ..validation import check_positive


class Config(FittedCriticConfig):
    """APG's hyper-parameters."""

    fixed: ClassVar[tuple[str, ...]] = ("noise_steps", "normalize_rewards")

    env: str = jd.static(default="Pendulum-v1")
    """The environment's name; its dynamics must be differentiable."""
    total_steps: int = jd.static(default=100_000)
    num_envs: int = jd.static(default=8)
    num_steps: int = jd.static(default=32)
    """Steps per environment and update: the horizon that gradients are propagated through."""
    gamma: float = 0.95
    learning_rate: float = 5e-3
    """Adam's initial learning rate for the actor, which decays linearly to zero."""
    max_grad_norm: float = 1.0
    """Global norm to which the actor's gradient is clipped."""
    value_learning_rate: float = 5e-3
    value_iterations: int = jd.static(default=16)
    activation: Activation = jd.static(default="silu")
    """Activation function of the hidden layers, preferably a smooth one, not relu."""
    distribution: Literal["normal", "squashed", "tanh-normal"] = jd.static(default="squashed")
    """Distribution of the policy, whose draws must be smooth functions of its parameters."""

    def __post_init__(self) -> None:
        super().__post_init__()
        check_positive(self, "learning_rate", "max_grad_norm")

    def check_env(self) -> None:
        """Check that the dynamics of the environment are differentiable (`ValueError`)."""
        environments.make_differentiable(self.env)


class Trajectory(jd.Pytree):
    """The rollout, an auxiliary output of the loss.

    Attributes:
      streams: the environments after the rollout.
      transitions: the steps, every leaf `[num_steps, num_streams, ...]`.
      episodes: statistics of the episodes that ended.
      v_tp1: the value of the state that each step reached, `[num_steps, num_streams]`.
    """

    streams: Streams
    transitions: Transition
    episodes: Episodes
    v_tp1: Array


def make_problem(config: Config, shard: Shard = ALL_STREAMS) -> Problem[Config]:
    """The problem of a config: an environment with derivatives, and Adam for both networks."""
    rate = optax.linear_schedule(config.learning_rate, 0.0, config.num_updates)
    optimizers = {
        "actor": clip_gradient(optax.adam(rate), config.max_grad_norm),
        "critic": optax.flatten(optax.adam(config.value_learning_rate)),
    }
    problem = build_problem(config, optimizers, shard)
    return dataclasses.replace(problem, env=environments.make_differentiable(config.env))


def policy(state: ActorCriticState, config: Config) -> FeedForwardPolicy:
    """The policy of a state, from observations to distributions over actions."""
    return current_policy(state, make_problem(config))


@with_default_types
def init(key: Array, problem: Problem[Config]) -> ActorCriticState:
    """The state before the first update."""
    optimizers: dict[str, optax.GradientTransformation] = problem.optimizer
    return init_state(
        key, problem, lambda params: {name: o.init(params[name]) for name, o in optimizers.items()}
    )


@with_default_types
def update(state: ActorCriticState, problem: Problem[Config]) -> tuple[ActorCriticState, Metrics]:
    """Take one gradient step on the return of a rollout, and fit the critic."""
    key, key_rollout = jax.random.split(state.key)
    (total, trajectory), gradient = jax.value_and_grad(loss, has_aux=True)(
        state.params["actor"], key_rollout, state, problem
    )
    total, gradient = problem.shard.mean((total, gradient))
    episodes = problem.shard.sum(trajectory.episodes)
    critic, opt_critic, fit = update_critic(state, jax.lax.stop_gradient(trajectory), problem)
    actor, opt_actor = apply_gradient(
        problem.optimizer["actor"], state.params["actor"], state.optimizer["actor"], gradient
    )
    state = dataclasses.replace(
        state,
        params={"actor": actor, "critic": critic},
        optimizer={"actor": opt_actor, "critic": opt_critic},
        streams=trajectory.streams,
        observations=update_moments(state, trajectory.transitions.observation, problem),
        steps=state.steps + problem.config.steps_per_update,
        key=key,
    )
    metrics = {"loss": total, "gradient_norm": optax.tree.norm(gradient)} | fit
    return state, {"steps": state.steps} | episodes.metrics() | metrics


def update_critic(
    state: ActorCriticState, trajectory: Trajectory, problem: Problem[Config]
) -> tuple[Params, optax.OptState, Metrics]:
    """Fit the critic to the TD(lambda) targets of a rollout: see `fit_critic`."""
    s_t = trajectory.transitions.observation
    v_t = current_value(state, problem)(s_t)
    observation = normalize_observation(s_t, state, problem)
    batch = batch_from_values(
        observation, v_t, trajectory.v_tp1, trajectory.transitions, problem.config
    )
    return fit_critic(
        problem.optimizer["critic"],
        state.params["critic"],
        state.optimizer["critic"],
        flatten(batch),
        problem,
    )


def loss(
    params: Params, key: Array, state: ActorCriticState, problem: Problem[Config]
) -> tuple[Array, Trajectory]:
    """The negative return of a rollout, as a differentiable function of the actor's parameters.

    L = -1/(N T) sum over segments of E [sum_t gamma^t r_t + gamma^h v(s_h)]. A segment of h <= T
    steps ends with the episode or with the last step; v(s_h) = 0 where the episode terminated.
    The derivative goes through actions a_t = f(s_t, noise), states s_tp1(s_t, a_t), rewards
    r(s_t, a_t) and v(s_h). It does not go through the time at which an episode ends.

    Args:
      params: the actor's parameters.
      key: a PRNG key.
      state: the state after the last update, of N streams.
      problem: the problem; T is `num_steps`.

    Returns:
      The loss, scalar, and the rollout.

    References:
      Heess et al. 2015, equations 8 and 9; Xu et al. 2022, equation 5.
    """
    state = dataclasses.replace(state, params=state.params | {"actor": params})
    policy, config = current_policy(state, problem), problem.config
    streams, transitions, episodes = rollout(
        key,
        problem.env,
        policy,
        state.streams,
        config.num_steps,
        jd.rsample,
        shard=problem.shard,
    )
    v_tp1 = current_value(state, problem)(transitions.next_observation)
    returns = jax.vmap(discounted_returns, in_axes=(1, 1, 1, 1, None), out_axes=1)(
        transitions.reward, v_tp1, transitions.terminated, transitions.truncated, config.gamma
    )
    is_first = jnp.ones_like(transitions.ended).at[1:].set(transitions.ended[:-1])
    total = -jnp.mean(jnp.where(is_first, returns, 0.0))
    return total, Trajectory(streams, transitions, episodes, v_tp1)


train = train_function("APG", Config, make_problem, init, update)
