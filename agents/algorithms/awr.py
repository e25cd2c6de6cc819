"""AWR: advantage-weighted regression of the policy on the actions of a replay buffer.

Peng et al. 2019, "Advantage-Weighted Regression: Simple and Scalable Off-Policy Reinforcement
Learning", Algorithm 1. Advantages are normalized over the buffer, as in the authors' code.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import optax
from jax import Array

import jaxdist as jd

from ..actor_critic.collection import AnyState, act
from ..actor_critic.config import OnPolicyConfig
from ..actor_critic.optimization import apply_gradient
from ..actor_critic.problem import Problem, build_problem
from ..actor_critic.state import (
    ActorCriticState,
    Metrics,
    current_policy,
    init_state,
    normalize_observation,
)
from ..actor_critic.train_function import train_function
from ..execution.jax_settings import with_default_types
from ..execution.microbatches import map_microbatches
from ..execution.shards import ALL_STREAMS, Shard
from ..experience import replay
from ..experience.replay import Buffer, EpisodeStep
from ..experience.returns import gae
from ..experience.rollout import FeedForwardPolicy
from ..experience.streams import Transition
from ..networks.layers import Params
from ..off_policy.collection import to_row
from ..validation import check_positive


class Config(OnPolicyConfig):
    """AWR's hyper-parameters."""

    num_envs: int = jd.static(default=8)
    num_steps: int = jd.static(default=256)
    gae_lambda: float = 0.95
    """Lambda of the returns of the buffer's steps: 0 is one-step TD, 1 is Monte Carlo."""
    buffer_size: int = jd.static(default=50_000)
    """Capacity of the replay buffer, in steps over all streams; rounded down to whole steps."""
    batch_size: int = jd.static(default=256)
    """Steps sampled from the replay buffer per gradient step."""
    value_iterations: int = jd.static(default=200)
    """Gradient steps on the critic per update."""
    policy_iterations: int = jd.static(default=1000)
    """Gradient steps on the actor per update."""
    value_learning_rate: float = 1e-3
    """Adam's learning rate for the critic."""
    learning_rate: float = 3e-4
    """Adam's learning rate for the actor."""
    temperature: float = 1.0
    """Beta of the weights exp(A / beta), in units of the advantages' standard deviation."""
    max_weight: float = 20.0
    """The largest weight; larger ones are clipped."""

    def __post_init__(self) -> None:
        super().__post_init__()
        check_positive(self, "batch_size", "value_iterations", "policy_iterations")
        check_positive(self, "value_learning_rate", "learning_rate", "temperature", "max_weight")
        if self.buffer_size < self.steps_per_update:
            raise ValueError(
                f"buffer_size must be at least num_envs * num_steps = {self.steps_per_update}; "
                f"got {self.buffer_size}"
            )

    @property
    def stream_groups(self) -> int:
        """The largest number of shards of the streams: a batch has as many rows of each group."""
        return math.gcd(self.num_envs, self.batch_size)

    @property
    def gradient_rows(self) -> int:
        """The steps of a batch."""
        return self.batch_size


class State(ActorCriticState):
    """The training state of AWR.

    Attributes:
      buffer: the replay buffer of `EpisodeStep`.
    """

    buffer: Buffer


def make_problem(config: Config, shard: Shard = ALL_STREAMS) -> Problem[Config]:
    """The problem of a config, with Adam for the actor and Adam for the critic."""
    rates = (config.learning_rate, config.value_learning_rate)
    optimizers = tuple(optax.flatten(optax.adam(rate)) for rate in rates)
    return build_problem(config, optimizers, shard)


def policy(state: State, config: Config) -> FeedForwardPolicy:
    """The policy of a state, from observations to distributions over actions."""
    return current_policy(state, make_problem(config))


@with_default_types
def init(key: Array, problem: Problem[Config]) -> State:
    """The state before the first update, with an empty buffer."""

    def init_optimizer(params: dict[str, Params]) -> Any:
        of_actor, of_critic = problem.optimizer
        return of_actor.init(params["actor"]), of_critic.init(params["critic"])

    state = init_state(key, problem, init_optimizer)
    steps = jax.eval_shape(lambda: collect(state, problem)[2])
    row = jax.tree.map(lambda x: jax.ShapeDtypeStruct(x.shape[2:], x.dtype), steps)
    capacity = problem.config.buffer_size // problem.config.num_envs
    buffer = replay.empty(row, capacity, problem.shard.share(problem.config.num_envs))
    return State(**vars(state), buffer=buffer)


def collect(
    state: AnyState, problem: Problem[Config]
) -> tuple[AnyState, Array, EpisodeStep, Metrics]:
    """Take `num_steps` steps in every stream: see `actor_critic.collection.act`."""

    def keep(transitions: Transition) -> EpisodeStep:
        return to_row(transitions, EpisodeStep)

    return act(state, current_policy(state, problem), problem, keep)


@with_default_types
def update(state: State, problem: Problem[Config]) -> tuple[State, Metrics]:
    """Add steps of the policy to the buffer, then fit the critic and the actor to all of it."""
    config = problem.config
    state, key, steps, metrics = collect(state, problem)
    buffer = replay.add(state.buffer, steps)
    rows = replay.in_order(buffer)
    observation = normalize_observation(rows.observation, state, problem)
    actor_opt, critic_opt = problem.optimizer
    key_value, key_policy = jax.random.split(key)

    target = returns(rows, state, problem)
    value_bits = random_bits(key_value, config.value_iterations, problem)
    fit_value = lambda params, s, target: value_loss(params, s, target, problem)
    critic, critic_state, value_losses = fit(
        critic_opt,
        (state.params["critic"], state.optimizer[1]),
        fit_value,
        (observation, target),
        (value_bits, buffer),
        problem,
    )
    advantage = target - values(critic, observation, problem)
    weight = weights(advantage, buffer, problem)
    policy_bits = random_bits(key_policy, config.policy_iterations, problem)
    fit_policy = lambda params, s, a, w: policy_loss(params, s, a, w, problem)
    actor, actor_state, policy_losses = fit(
        actor_opt,
        (state.params["actor"], state.optimizer[0]),
        fit_policy,
        (observation, rows.action, weight),
        (policy_bits, buffer),
        problem,
    )
    pi = problem.actor.apply(actor, observation[-config.num_steps :])
    entropy = problem.shard.mean(jnp.mean(pi.entropy()))
    state = dataclasses.replace(
        state,
        params={"actor": actor, "critic": critic},
        optimizer=(actor_state, critic_state),
        buffer=buffer,
    )
    terms = {"policy_loss": policy_losses[-1], "value_loss": value_losses[0], "entropy": entropy}
    return state, metrics | terms


def returns(rows: EpisodeStep, state: State, problem: Problem[Config]) -> Array:
    """The lambda-returns of all steps of the buffer, `[capacity, num_streams]`.

    With the critic of the last update, R_t = v(s_t) + A_t and A_t by generalized advantage
    estimation, which is bootstrapped where an episode was truncated and after the latest step.
    """
    config, critic = problem.config, state.params["critic"]
    v_t, v_tp1 = (
        values(critic, normalize_observation(s, state, problem), problem)
        for s in (rows.observation, rows.next_observation)
    )
    advantage = jax.vmap(gae, in_axes=(1, 1, 1, 1, 1, None, None), out_axes=1)(
        rows.reward,
        v_t,
        v_tp1,
        rows.terminated,
        rows.truncated,
        config.gamma,
        config.gae_lambda,
    )
    return advantage + v_t


def values(critic: Params, observation: Array, problem: Problem[Config]) -> Array:
    """v(s) of all steps of the buffer, `[capacity, num_streams]`."""
    rows = observation.reshape(-1, observation.shape[-1])
    v = map_microbatches(lambda s: problem.critic.apply(critic, s), rows)
    return v.reshape(observation.shape[:-1])


def weights(advantage: Array, buffer: Buffer, problem: Problem[Config]) -> Array:
    """w = min(exp(A / beta), w_max) of all steps of the buffer, A being normalized over them.

    Args:
      advantage: the advantages in the order of time, `[capacity, num_streams]`.
      buffer: the buffer.
      problem: the problem.

    Returns:
      The weights, `[capacity, num_streams]`; arbitrary for rows without steps.

    References:
      Peng et al. 2019, equation 9; section 5.2 for the bound.
    """
    config, shard = problem.config, problem.shard
    is_step = jnp.arange(buffer.capacity)[:, None] >= buffer.capacity - buffer.size
    over_steps = lambda x: shard.mean(jnp.mean(x, where=jnp.broadcast_to(is_step, x.shape)))
    mean = over_steps(advantage)
    stddev = jnp.sqrt(over_steps((advantage - mean) ** 2))
    scaled = (advantage - mean) / (stddev + 1e-8) / config.temperature
    return jnp.exp(jnp.minimum(scaled, jnp.log(config.max_weight)))


def random_bits(key: Array, num_batches: int, problem: Problem[Config]) -> Array:
    """Random bits for the rows of batches, `[num_batches, groups, draws]`."""
    config, num_groups = problem.config, problem.config.stream_groups
    shape = (num_batches, config.batch_size // num_groups)
    keys = problem.shard.keys(key, num_groups)
    return jax.vmap(lambda key: jax.random.bits(key, shape, jnp.uint32), out_axes=1)(keys)


def fit(
    optimizer: optax.GradientTransformation,
    start: tuple[Params, Any],
    loss: Callable[..., Array],
    data: tuple[Array, ...],
    draws: tuple[Array, Buffer],
    problem: Problem[Config],
) -> tuple[Params, Any, Array]:
    """Take gradient steps on a loss of batches of the buffer.

    Args:
      optimizer: the optimizer.
      start: the parameters and the optimizer's state.
      loss: function from parameters and a batch of each array of the data to a scalar.
      data: arrays in the order of time, `[capacity, num_streams, ...]`.
      draws: what `random_bits` returns, and the buffer.
      problem: the problem.

    Returns:
      The parameters, the optimizer's state, and the losses, one for each step.
    """
    bits, buffer = draws

    def gradient_step(carry: tuple[Params, Any], bits: Array) -> tuple[tuple[Params, Any], Array]:
        params, opt_state = carry
        step, stream = replay.draw_rows(bits, buffer)
        step += (buffer.capacity - buffer.size).astype(step.dtype)
        batch = [leaf.at[step, stream].get(mode="promise_in_bounds") for leaf in data]
        total, gradient = problem.shard.mean(jax.value_and_grad(loss)(params, *batch))
        return apply_gradient(optimizer, params, opt_state, gradient), total

    (params, opt_state), losses = jax.lax.scan(gradient_step, start, bits)
    return params, opt_state, losses


def value_loss(params: Params, s: Array, target: Array, problem: Problem[Config]) -> Array:
    """L_v = 1/2 mean (v(s) - R)^2; Peng et al. 2019, Algorithm 1, line 5."""
    return 0.5 * jnp.mean((problem.critic.apply(params, s) - target) ** 2)


def policy_loss(params: Params, s: Array, a: Any, weight: Array, problem: Problem[Config]) -> Array:
    """L_pi = -mean w log pi(a | s); Peng et al. 2019, Algorithm 1, line 6."""
    log_prob = problem.actor.apply(params, s).log_prob(a)
    return -jnp.mean(jd.score_function(log_prob, weight))


train = train_function("AWR", Config, make_problem, init, update)
