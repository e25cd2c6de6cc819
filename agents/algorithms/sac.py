"""Soft actor-critic, for discrete and for continuous (Box) actions.

Haarnoja et al. 2018, "Soft Actor-Critic Algorithms and Applications", Algorithm 1; Christodoulou
2019 for discrete actions, over which expectations are sums. The warm-up repeats each random action
for a while, which explores states that independent actions would not reach.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import optax
from jax import Array
from jax.flatten_util import ravel_pytree

import jaxdist as jd

from ..actor_critic.config import Config as BaseConfig
from ..actor_critic.optimization import apply_gradient
from ..actor_critic.problem import Problem
from ..actor_critic.state import Metrics, TrainState
from ..execution.jax_settings import with_default_types
from ..execution.packed_scan import Layout
from ..execution.platforms import platform_dependent
from ..execution.shards import ALL_STREAMS, Shard
from ..experience import environments, replay
from ..experience.episodes import Episodes
from ..experience.replay import Buffer, Experience
from ..experience.rollout import FeedForwardPolicy, start_streams
from ..experience.spaces import Box, Discrete, is_bounded
from ..experience.streams import Streams
from ..networks.critics import Critic, make_action_critic
from ..networks.custom import custom_critic
from ..networks.layers import Activation, Params
from ..validation import check_arguments, check_fraction, check_positive
from .sac_experience import Draws, act, random_numbers, warm_up
from .sac_losses import METRICS, acting_policy, loss

UNROLL = 2
"""Gradient steps per turn of their loop on accelerators: fewer launches, but longer to compile."""


class Config(BaseConfig):
    """SAC's hyper-parameters."""

    env: str = jd.static(default="Pendulum-v1")
    total_steps: int = jd.static(default=20_000)
    """Environment steps of training, the warm-up included; rounded down to whole updates."""
    num_envs: int = jd.static(default=4)
    """Number of parallel environments."""
    num_steps: int = jd.static(default=64)
    """Steps per environment and update."""
    gradient_steps: int = jd.static(default=2)
    """Gradient steps after each step of the parallel environments."""
    warmup_steps: int = jd.static(default=2000)
    """Steps with random actions before the first update; rounded down to whole repetitions."""
    warmup_hold: int = jd.static(default=25)
    """Number of times the warm-up repeats each random action."""
    buffer_size: int = jd.static(default=100_000)
    """Capacity of the replay buffer, in steps over all streams; rounded down to whole steps."""
    batch_size: int = jd.static(default=256)
    """Transitions sampled from the replay buffer per gradient step."""
    learning_rate: float = 2e-3
    """Adam's learning rate."""
    tau: float = 0.02
    """Polyak averaging rate of the target critics, per gradient step."""
    temperature: float = 1.0
    """Initial temperature alpha (entropy weight), which is then learned."""
    entropy_of_box: float = -1.0
    """Target entropy for Box actions scaled to [-1, 1], in nats per dimension (uniform: log 2)."""
    entropy_of_choice: float = 0.5
    """Target entropy over discrete actions, as a fraction of the maximum."""
    activation: Activation = jd.static(default="relu")
    critic: Any = jd.static(default=None)
    """Your own network to the values of all actions, or in a box from [s, a]; two are trained."""

    def __post_init__(self) -> None:
        super().__post_init__()
        check_positive(self, "num_envs", "num_steps", "gradient_steps", "warmup_hold")
        check_positive(self, "batch_size", "learning_rate", "temperature", "tau")
        check_fraction(self, "tau", "entropy_of_choice")
        _check_space(self)
        _check_budget(self)

    @property
    def distribution(self) -> str:
        """The distribution of the policy."""
        is_discrete = isinstance(environments.make(self.env).action_space, Discrete)
        return "auto" if is_discrete else "squashed"

    def make_critic(self) -> Critic:
        """The network of the values of actions: see `critics.make_action_critic`."""
        env = environments.make(self.env)
        if self.critic is None:
            return make_action_critic(env, self.hidden_sizes, self.activation)
        space, size = env.action_space, env.observation_size
        if isinstance(space, Discrete):
            return custom_critic(self.critic, (space.n,), size, env.unflatten)
        return custom_critic(self.critic, (), size + math.prod(space.shape), lambda x: x)

    @property
    def repetition_steps(self) -> int:
        """Environment steps per random action of the warm-up, over all streams."""
        return self.num_envs * self.warmup_hold

    @property
    def num_repetitions(self) -> int:
        """Number of random actions of each stream in the warm-up."""
        return self.warmup_steps // self.repetition_steps

    @property
    def stream_groups(self) -> int:
        """The largest number of shards of the streams: see `sac_experience.random_numbers`."""
        return math.gcd(self.num_envs, self.batch_size)

    @property
    def gradient_rows(self) -> int:
        """The transitions of a batch."""
        return self.batch_size

    @property
    def num_updates(self) -> int:
        """Number of updates in a training run, after the warm-up."""
        steps = self.total_steps - self.num_repetitions * self.repetition_steps
        return steps // (self.num_envs * self.num_steps)


class State(TrainState):
    """The training state of SAC.

    The parameters are those of `"actor"` and `"critics"`, and `"log_temperature"`.

    Attributes:
      target: the moving average of the critics' parameters.
      buffer: the replay buffer of `Experience`.
      streams: the environments between two updates.
    """

    target: Params
    buffer: Buffer
    streams: Streams


def make_problem(config: Config, shard: Shard = ALL_STREAMS) -> Problem[Config]:
    """The problem of a config; Adam updates the parameters as one vector."""
    return Problem(
        config=config,
        env=environments.make(config.env),
        actor=config.make_actor(),
        critic=config.make_critic(),
        optimizer=optax.flatten(optax.adam(config.learning_rate)),
        shard=shard,
    )


def policy(state: State, config: Config) -> FeedForwardPolicy:
    """The policy of a state, from observations to distributions over actions."""
    return current_policy(state, make_problem(config))


@with_default_types
def init(key: Array, problem: Problem[Config]) -> State:
    """The state before the first update, with the steps of the warm-up in its buffer."""
    config = problem.config
    key_actor, key_critics, key_streams, key_warm_up, key = jax.random.split(key, 5)
    params = {
        "actor": problem.actor.init(key_actor),
        "critics": [problem.critic.init(k) for k in jax.random.split(key_critics)],
        "log_temperature": jnp.log(config.temperature),
    }
    streams = start_streams(key_streams, problem.env, config.num_envs, shard=problem.shard)
    streams, buffer = warm_up(key_warm_up, streams, problem)
    return State(
        params=params,
        target=jax.tree.map(jnp.copy, params["critics"]),
        optimizer=problem.optimizer.init(params),
        buffer=buffer,
        streams=streams,
        steps=jnp.asarray(config.num_repetitions * config.repetition_steps, jnp.int32),
        key=key,
    )


class Learner(jd.Pytree):
    """What gradient steps change, its parameters as one vector that one kernel updates.

    Attributes:
      params: the parameters, `[size]`.
      average: their moving average, of which the part of the critics is used, `[size]`.
      optimizer: the state of the optimizer.
    """

    params: Array
    average: Array
    optimizer: Any


@with_default_types
def update(state: State, problem: Problem[Config]) -> tuple[State, Metrics]:
    """Take `num_steps` steps in every stream, each followed by gradient steps."""
    config, shard = problem.config, problem.shard
    key, key_draws = jax.random.split(state.key)
    params, unravel = ravel_pytree(state.params)
    average, _ = ravel_pytree(state.params | {"critics": state.target})
    zeros = jnp.zeros(shard.share(config.num_envs))
    count = zeros.astype(jnp.int32)
    world = (state.streams, state.buffer, Episodes(count, zeros, count, count, count))
    layout = Layout.of(world)

    def step(carry: Any, draws: Draws, batched: bool) -> tuple[Any, Array]:
        learner, packed = carry
        world = layout.unpack(packed)
        learner, world, terms = act_and_learn(learner, world, draws, unravel, problem, batched)
        return (learner, layout.pack(world)), terms

    def step_on_platform(carry: Any, draws: Draws) -> tuple[Any, Array]:
        cpu, accelerator = partial(step, batched=False), partial(step, batched=True)
        calls_host = problem.env.is_on_host
        result: tuple[Any, Array] = platform_dependent(
            carry, draws, cpu=cpu, default=accelerator, calls_host=calls_host
        )
        return result

    carry = (Learner(params, average, state.optimizer), layout.pack(world))
    draws = random_numbers(key_draws, problem)
    (learner, packed), terms = jax.lax.scan(step_on_platform, carry, draws)
    streams, buffer, episodes = layout.unpack(packed)
    state = State(
        params=unravel(learner.params),
        target=unravel(learner.average)["critics"],
        optimizer=learner.optimizer,
        buffer=buffer,
        streams=streams,
        steps=state.steps + config.num_envs * config.num_steps,
        key=key,
    )
    episodes, terms = shard.sum(jax.tree.map(jnp.sum, episodes)), shard.mean(jnp.mean(terms, 0))
    metrics = {"steps": state.steps} | episodes.metrics()
    return state, metrics | dict(zip(METRICS, terms, strict=True))


def act_and_learn(
    learner: Learner,
    world: tuple[Streams, Buffer, Episodes],
    draws: Draws,
    unravel: Callable[[Array], Any],
    problem: Problem[Config],
    batched: bool,
) -> tuple[Learner, tuple[Streams, Buffer, Episodes], Array]:
    """One step of every stream, and the gradient steps that follow it.

    Args:
      learner: the parameters and their optimizer.
      world: the streams, the replay buffer, and the episodes that ended so far, by stream.
      draws: the random numbers of this step.
      unravel: function from the vector of parameters to their tree.
      problem: the problem.
      batched: see `sac_losses.loss`.

    Returns:
      The new learner and world, and the mean of each of `METRICS` over the gradient steps.
    """
    streams, buffer, episodes = world
    actor = unravel(learner.params)["actor"]
    pi = acting_policy(actor, streams.observation, problem, batched)
    streams, experience, episodes = act(pi, streams, episodes, draws, problem.env)
    buffer = replay.add(buffer, jax.tree.map(lambda leaf: leaf[None], experience))

    def learn(learner: Learner, draws: tuple[Array, Array]) -> tuple[Learner, Array]:
        bits, keys = draws
        batch = replay.sample(bits, buffer)
        return gradient_step(keys, learner, batch, unravel, problem, batched)

    unroll = UNROLL if batched else 1
    learner, terms = jax.lax.scan(learn, learner, (draws.rows, draws.loss), unroll=unroll)
    return learner, (streams, buffer, episodes), jnp.mean(terms, axis=0)


def gradient_step(
    keys: Array,
    learner: Learner,
    batch: Experience,
    unravel: Callable[[Array], Any],
    problem: Problem[Config],
    batched: bool,
) -> tuple[Learner, Array]:
    """One step on all three losses at once, then on the moving average of the parameters."""
    target = unravel(learner.average)["critics"]
    of_vector = lambda params: loss(unravel(params), target, batch, keys, problem, batched)
    gradient, terms = jax.grad(of_vector, has_aux=True)(learner.params)
    params, opt_state = apply_gradient(
        problem.optimizer, learner.params, learner.optimizer, problem.shard.mean(gradient)
    )
    average = optax.incremental_update(params, learner.average, problem.config.tau)
    return Learner(params, average, opt_state), jnp.stack([terms[name] for name in METRICS])


def current_policy(state: State, problem: Problem[Config]) -> FeedForwardPolicy:
    """The policy with a state's parameters."""
    return lambda observation: problem.actor.apply(
        state.params["actor"], problem.env.check_flat(observation)
    )


@with_default_types
def train(
    key: Array, config: Config, *, actor: Any = None, critic: Any = None
) -> tuple[State, Metrics]:
    """Train with SAC. `jax.jit` it; `jax.vmap` it over keys or over numbers of a config.

    Args:
      key: a PRNG key.
      config: the hyper-parameters.
      actor: your own network, in place of the config's.
      critic: your own network, in place of the config's.

    Returns:
      The final state, and the metrics of all updates, each `[num_updates]`. The return and the
      length of episodes are NaN for an update in which none ended.
    """
    check_arguments(key, config, Config)
    problem = make_problem(config.with_networks(actor=actor, critic=critic))
    step = lambda state, _: update(state, problem)
    return jax.lax.scan(step, init(key, problem), length=config.num_updates)


def _check_space(config: Config) -> None:
    space = environments.make(config.env).action_space
    bounded = isinstance(space, Box) and is_bounded(space)
    if not (bounded or isinstance(space, Discrete)):
        raise ValueError(
            f"SAC supports Discrete and bounded Box action spaces; '{config.env}' has {space}"
        )


def _check_budget(config: Config) -> None:
    repetition, update = config.repetition_steps, config.num_envs * config.num_steps
    warm_up = config.num_repetitions * repetition
    if config.warmup_steps < repetition:
        raise ValueError(
            f"warmup_steps must allow for one hold of num_envs * warmup_hold = {repetition} steps; "
            f"got {config.warmup_steps}"
        )
    if config.buffer_size < repetition:
        raise ValueError(
            f"buffer_size must be at least num_envs * warmup_hold = {repetition}; "
            f"got {config.buffer_size}"
        )
    if config.num_updates < 1:
        raise ValueError(
            f"total_steps must allow for the warm-up of {warm_up} steps and one update of "
            f"num_envs * num_steps = {update}; got {config.total_steps}"
        )
