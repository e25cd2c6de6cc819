"""Soft actor-critic, for discrete and for continuous (Box) actions.

Haarnoja et al. 2018, "Soft Actor-Critic Algorithms and Applications", Algorithm 1; Christodoulou
2019 for discrete actions, over which expectations are sums. The warm-up repeats each random action
for a while, which explores states that independent actions would not reach.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
from gymnax.environments import spaces
from jax import Array

import jaxdist as jd
from agents.actor_critic.collection import flatten
from agents.actor_critic.config import Config as BaseConfig
from agents.actor_critic.optimization import apply_gradient
from agents.actor_critic.problem import Problem
from agents.actor_critic.state import Metrics, TrainState
from agents.experience import environments, replay
from agents.experience.replay import Buffer
from agents.experience.rollout import (
    Episodes,
    FeedForwardPolicy,
    Streams,
    Transition,
    rollout,
    start_streams,
)
from agents.experience.spaces import box_transform, is_bounded
from agents.networks.actors import make_actor, mask_logits
from agents.networks.critics import Critic, make_action_critic
from agents.networks.layers import Params, ensemble
from agents.validation import check_arguments, check_fraction, check_positive


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
    """Capacity of the replay buffer, in steps."""
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
    activation: str = jd.static(default="relu")
    critic: Critic | None = jd.static(default=None)
    """Your own network to action values, as `critics.make_action_critic`; two are trained."""

    def __post_init__(self) -> None:
        super().__post_init__()
        check_positive(self, "num_envs", "num_steps", "gradient_steps", "warmup_hold")
        check_positive(self, "batch_size", "learning_rate", "temperature", "tau")
        check_fraction(self, "tau", "entropy_of_choice")
        _check_space(self)
        _check_budget(self)

    @property
    def repetition_steps(self) -> int:
        """Environment steps per random action of the warm-up, over all streams."""
        return self.num_envs * self.warmup_hold

    @property
    def num_repetitions(self) -> int:
        """Number of random actions of each stream in the warm-up."""
        return self.warmup_steps // self.repetition_steps

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


class Experience(jd.Pytree):
    """A step in the replay buffer; every leaf of a batch begins with `[batch]`.

    Attributes:
      observation: `s_t`.
      action: `a_t`.
      reward: `r_t`.
      next_observation: `s_tp1`, before any reset.
      terminated: whether the episode terminated at `s_tp1`; false where it was truncated.
    """

    observation: Array
    action: Array
    reward: Array
    next_observation: Array
    terminated: Array


def make_problem(config: Config) -> Problem[Config]:
    """The problem of a config; its critic is an ensemble of two.

    Adam updates the parameters as one vector: updating many small arrays costs time.
    """
    env, shape = environments.make(config.env), (config.hidden_sizes, config.activation)
    distribution = "auto" if isinstance(env.action_space, spaces.Discrete) else "squashed"
    return Problem(
        config=config,
        env=env,
        actor=config.actor or make_actor(env, *shape, distribution),
        critic=ensemble(config.critic or make_action_critic(env, *shape), 2),
        optimizer=optax.flatten(optax.adam(config.learning_rate)),
    )


def policy(state: State, config: Config) -> FeedForwardPolicy:
    """The policy of a state, from observations to distributions over actions."""
    return current_policy(state, make_problem(config))


def init(key: Array, problem: Problem[Config]) -> State:
    """The state before the first update, with the steps of the warm-up in its buffer."""
    config = problem.config
    key_actor, key_critics, key_streams, key_warm_up, key = jax.random.split(key, 5)
    params = {
        "actor": problem.actor.init(key_actor),
        "critics": problem.critic.init(key_critics),
        "log_temperature": jnp.log(config.temperature),
    }
    streams = start_streams(key_streams, problem.env, config.num_envs)
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


def warm_up(key: Array, streams: Streams, problem: Problem[Config]) -> tuple[Streams, Buffer]:
    """Fill a buffer with steps of random actions, each repeated for `warmup_hold` steps.

    References:
      Dabney et al. 2021, "Temporally-Extended Epsilon-Greedy Exploration".
    """
    config = problem.config

    def repeat_action(streams: Streams, key: Array) -> tuple[Streams, Experience]:
        key_action, key_rollout = jax.random.split(key)
        policy = constant_random_policy(key_action, problem)
        streams, transitions, _ = rollout(
            key_rollout, problem.env, policy, streams, config.warmup_hold
        )
        return streams, to_experience(transitions)

    def repeat_and_store(carry: Any, key: Array) -> tuple[Any, None]:
        streams, buffer = carry
        streams, experience = repeat_action(streams, key)
        return (streams, replay.add(buffer, experience)), None

    row = jax.eval_shape(lambda: jax.tree.map(lambda x: x[0], repeat_action(streams, key)[1]))
    carry = (streams, replay.empty(row, config.buffer_size))
    keys = jax.random.split(key, config.num_repetitions)
    return jax.lax.scan(repeat_and_store, carry, keys)[0]


def constant_random_policy(key: Array, problem: Problem[Config]) -> FeedForwardPolicy:
    """A policy that repeats one uniformly drawn action in each environment.

    If discrete actions are masked, it is the one with the largest random preference of those that
    are possible.
    """
    env, num_envs = problem.env, problem.config.num_envs
    space = env.action_space
    if isinstance(space, spaces.Discrete):
        preferences = jax.random.uniform(key, (num_envs, space.n))
        if not env.mask_size:
            return lambda _: jd.Greedy(preferences)
        return lambda s: jd.Greedy(mask_logits(preferences, s[..., : env.mask_size]))
    unit = jax.random.uniform(key, (num_envs, *space.shape), minval=-1.0)
    action = jd.Independent(jd.Delta(box_transform(space)(unit)), len(space.shape))
    return lambda _: action


def to_experience(transitions: Transition) -> Experience:
    """The parts of a rollout that the buffer stores; time and streams become one axis."""
    names = [field.name for field in dataclasses.fields(Experience)]
    return flatten(Experience(**{name: getattr(transitions, name) for name in names}))


def update(state: State, problem: Problem[Config]) -> tuple[State, Metrics]:
    """Take `num_steps` steps in every stream, each followed by gradient steps."""
    key, key_steps = jax.random.split(state.key)
    step = lambda state, key: act_and_learn(key, state, problem)
    keys = jax.random.split(key_steps, problem.config.num_steps)
    state, (episodes, terms) = jax.lax.scan(step, state, keys)
    state = dataclasses.replace(state, key=key)
    metrics = {"steps": state.steps} | jax.tree.map(jnp.sum, episodes).metrics()
    return state, metrics | jax.tree.map(jnp.mean, terms)


def act_and_learn(
    key: Array, state: State, problem: Problem[Config]
) -> tuple[State, tuple[Episodes, Metrics]]:
    """One step of every stream, and the gradient steps that follow it."""
    config = problem.config
    key_rollout, key_learn = jax.random.split(key)
    streams, transitions, episodes = rollout(
        key_rollout, problem.env, current_policy(state, problem), state.streams, 1
    )
    buffer = replay.add(state.buffer, to_experience(transitions))
    steps = state.steps + config.num_envs
    state = dataclasses.replace(state, streams=streams, buffer=buffer, steps=steps)

    learn = lambda state, key: gradient_step(key, state, problem)
    keys = jax.random.split(key_learn, config.gradient_steps)
    state, terms = jax.lax.scan(learn, state, keys)
    return state, (episodes, terms)


def gradient_step(key: Array, state: State, problem: Problem[Config]) -> tuple[State, Metrics]:
    """One step on all three losses at once, then on the moving average of the critics."""
    key_batch, key_loss = jax.random.split(key)
    batch = replay.sample(key_batch, state.buffer, problem.config.batch_size)
    gradient, terms = jax.grad(loss, has_aux=True)(
        state.params, state.target, batch, key_loss, problem
    )
    params, opt_state = apply_gradient(problem.optimizer, state.params, state.optimizer, gradient)
    target = optax.incremental_update(params["critics"], state.target, problem.config.tau)
    return dataclasses.replace(state, params=params, target=target, optimizer=opt_state), terms


def current_policy(state: State, problem: Problem[Config]) -> FeedForwardPolicy:
    """The policy with a state's parameters."""
    return lambda observation: problem.actor.apply(state.params["actor"], observation)


def loss(
    params: dict[str, Params],
    target: Params,
    batch: Experience,
    key: Array,
    problem: Problem[Config],
) -> tuple[Array, Metrics]:
    """The losses of the critics, of the actor and of the temperature, each of its own parameters.

    With H = E[-log pi(a | s)] and a drawn from pi(. | s), and likewise for s':

    L_q = 1/2 sum_i mean (q_i(s, a_t) - y)^2, y = r + gamma (E min_i q_i'(s', a') + alpha H(s')),
    or y = r where the episode terminated, with the target parameters for q_i';
    L_pi = -mean (E min_i q_i(s, a) + alpha H(s));
    L_alpha = alpha (mean H(s) - the target entropy).

    Args:
      params: the parameters of actor and critics, and the logarithm of the temperature alpha.
      target: the parameters of q'.
      batch: steps from the replay buffer, every leaf `[batch, ...]`.
      key: a PRNG key for the actions in a box.
      problem: the problem.

    Returns:
      The sum of the three losses, scalar, and its terms.

    References:
      Haarnoja et al. 2018, equations 5, 9 and 18; Christodoulou 2019, equations 10 to 12.
    """
    key_now, key_next = jax.random.split(key)
    fixed = jax.lax.stop_gradient(params)
    alpha, fixed_alpha = jnp.exp(params["log_temperature"]), jnp.exp(fixed["log_temperature"])

    next_pi = problem.actor.apply(fixed["actor"], batch.next_observation)
    next_q, next_entropy = expected_value(
        key_next, next_pi, target, batch.next_observation, problem
    )
    next_value = jnp.where(batch.terminated, 0.0, next_q + fixed_alpha * next_entropy)
    y = batch.reward + problem.config.gamma * next_value
    q = action_values(params["critics"], batch.observation, batch.action, problem)
    critic_loss = 0.5 * jnp.sum(jnp.mean((q - y) ** 2, axis=-1))

    pi = problem.actor.apply(params["actor"], batch.observation)
    q_pi, entropy = expected_value(key_now, pi, fixed["critics"], batch.observation, problem)
    actor_loss = -jnp.mean(q_pi + fixed_alpha * entropy)

    excess = jax.lax.stop_gradient(jnp.mean(entropy)) - target_entropy(problem)
    return critic_loss + actor_loss + alpha * excess, {
        "critic_loss": critic_loss,
        "actor_loss": actor_loss,
        "temperature": alpha,
        "entropy": jnp.mean(entropy),
        "value": jnp.mean(q),
    }


def expected_value(
    key: Array, pi: jd.Distribution, params: Params, s: Array, problem: Problem[Config]
) -> tuple[Array, Array]:
    """The expectation under a policy of the critics' minimum, and the policy's entropy.

    Over discrete actions both are sums; in a box, both are estimated from one draw, with its
    pathwise derivative.

    Args:
      key: a PRNG key for the draw.
      pi: pi(. | s).
      params: the parameters of the critics.
      s: observations, `[batch, observation_size]`.
      problem: the problem.

    Returns:
      Expected value and entropy, both `[batch]`.
    """
    if isinstance(pi, jd.Categorical):
        q = jnp.min(problem.critic.apply(params, s), axis=0)
        return jnp.sum(pi.probs * q, -1), pi.entropy()
    a, log_prob = pi.rsample_and_log_prob(key)
    return jnp.min(action_values(params, s, a, problem), axis=0), -log_prob


def action_values(params: Params, s: Array, a: Array, problem: Problem[Config]) -> Array:
    """The value q_i(s, a) of each critic, `[2, batch]`; a box is mapped to [-1, 1]."""
    space = problem.env.action_space
    if isinstance(space, spaces.Discrete):
        q = problem.critic.apply(params, s)
        return jnp.take_along_axis(q, a[None, :, None], -1).squeeze(-1)
    unit = box_transform(space).inv(a).reshape(*s.shape[:-1], -1)
    return problem.critic.apply(params, jnp.concatenate([s, unit], -1))


def target_entropy(problem: Problem[Config]) -> Array:
    """The target entropy that the temperature is tuned to, in the units of the action space."""
    space, config = problem.env.action_space, problem.config
    if isinstance(space, spaces.Discrete):
        return jnp.asarray(config.entropy_of_choice * np.log(space.n))
    return jnp.sum(config.entropy_of_box + jnp.log(box_transform(space).scale))


def train(key: Array, config: Config) -> tuple[State, Metrics]:
    """Train with SAC. `jax.jit` it; `jax.vmap` it over keys or over numbers of a config.

    Returns the final state, and the metrics of all updates, each `[num_updates]`.
    """
    check_arguments(key, config, Config)
    problem = make_problem(config)
    step = lambda state, _: update(state, problem)
    return jax.lax.scan(step, init(key, problem), length=config.num_updates)


def _check_space(config: Config) -> None:
    space = environments.make(config.env).action_space
    bounded = isinstance(space, spaces.Box) and is_bounded(space)
    if not (bounded or isinstance(space, spaces.Discrete)):
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
