"""What actor-critics share: acting, judging what was done, and gradient steps.

On-policy algorithms repeat two things: collect steps with the policy as it is (`collect`), and
improve on them, which is what makes each of them itself and stands in its own file.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any, TypeVar

import jax
import jax.numpy as jnp
import optax
from jax import Array

import jaxdist as jd
from agents.experience import environments, normalization
from agents.experience.normalization import Moments, Scale
from agents.experience.returns import gae
from agents.experience.rollout import FeedForward, Policy, Streams, Transition, rollout, start
from agents.networks import actors, critics, layers
from agents.networks.actors import Actor
from agents.networks.critics import Critic
from agents.networks.layers import Params
from agents.programs.microbatches import map_rows, rows_at_once
from agents.validation import check_choice, check_fraction, check_not_negative, check_positive

Metrics = dict[str, Array]


class Config(jd.Pytree):
    """What every on-policy algorithm is told."""

    env: str = jd.static(default="CartPole-v1")
    """The environment's name; module:name where a module of yours registers it."""
    total_steps: int = jd.static(default=500_000)
    """Steps of training, over all streams; rounded down to whole updates."""
    num_envs: int = jd.static(default=4)
    """Streams of experience collected side by side."""
    num_steps: int = jd.static(default=128)
    """Steps that each stream takes before an update."""
    gamma: float = 0.99
    """Discount factor."""
    gae_lambda: float = 0.95
    """Advantage estimation: 0 trusts the values after one step, 1 the observed rewards."""
    normalize_observations: bool = jd.static(default=False)
    """Whether observations are standardised by their running mean and deviation."""
    normalize_rewards: bool = jd.static(default=False)
    """Whether rewards are divided by the running deviation of the discounted return."""
    hidden_sizes: tuple[int, ...] = jd.static(default=(64, 64))
    """Widths of the hidden layers, of the actor and of the critic."""
    activation: str = jd.static(default="tanh")
    """Nonlinearity of the hidden layers: elu, gelu, relu, silu or tanh."""
    distribution: str = jd.static(default="auto")
    """Family of the policy: auto, bernoulli, beta, normal or tanh-normal."""
    actor: Actor | None = jd.static(default=None)
    """A network of your own, from observations to a distribution over actions."""
    critic: Critic | None = jd.static(default=None)
    """A network of your own, from observations to values."""

    def __post_init__(self) -> None:
        environments.make(self.env)
        check_positive(self, "num_envs", "num_steps", "hidden_sizes")
        check_fraction(self, "gamma", "gae_lambda")
        check_choice(self, activation=layers.ACTIVATIONS, distribution=actors.KINDS)
        if self.actor is None:
            actors.head_for(environments.make(self.env), self.distribution)
        if self.total_steps < batch_size(self):
            raise ValueError(
                f"total_steps must allow for one update of num_envs * num_steps = "
                f"{batch_size(self)} steps; got {self.total_steps}"
            )


class JointConfig(Config):
    """What is told to those that improve actor and critic by the gradient of one loss."""

    learning_rate: float = 2.5e-4
    """Learning rate at the start."""
    anneal: bool = jd.static(default=True)
    """Whether the learning rate falls linearly to zero."""
    value_coef: float = 0.5
    """Weight of the value loss."""
    entropy_coef: float = 0.01
    """Weight of the entropy bonus."""
    max_grad_norm: float = 0.5
    """Global norm to which gradients are clipped."""

    def __post_init__(self) -> None:
        super().__post_init__()
        check_positive(self, "learning_rate", "max_grad_norm")
        check_not_negative(self, "value_coef", "entropy_coef")


class FitConfig(Config):
    """What is told to those that fit the critic by itself, with many steps on the same batch."""

    value_learning_rate: float = 1e-3
    """Adam's learning rate for the critic."""
    value_iterations: int = jd.static(default=20)
    """Gradient steps that fit the critic in an update."""

    def __post_init__(self) -> None:
        super().__post_init__()
        check_positive(self, "value_learning_rate", "value_iterations")


class State(jd.Pytree):
    """All that training carries from one update to the next.

    Attributes:
      params: the parameters of `"actor"` and `"critic"`.
      optimizer: the state of what makes gradient steps.
      streams: where the environments stand.
      observations: the moments of the observations, if they are normalised, else None.
      rewards: the scale of the rewards, if they are normalised, else None.
      steps: environment steps so far, integer scalar.
      key: a PRNG key.
    """

    params: dict[str, Params]
    optimizer: Any
    streams: Streams
    observations: Moments | None
    rewards: Scale | None
    steps: Array
    key: Array


AnyState = TypeVar("AnyState", bound=State)
Carry = TypeVar("Carry")


class Batch(jd.Pytree):
    """Steps as a loss reads them; every leaf begins with `[rows]`.

    Attributes:
      observation: `s_t`, normalised if the config says so.
      policy: pi(. | s_t), from which the action was drawn.
      action: `a_t`.
      log_prob: log pi(a_t | s_t).
      value: `v(s_t)`.
      advantage: the estimated advantage of the action.
      target: what `v(s_t)` should have been: the advantage and the value together.
    """

    observation: Array
    policy: jd.Distribution
    action: Any
    log_prob: Array
    value: Array
    advantage: Array
    target: Array


def train(
    update: Callable[[Carry, Any], tuple[Carry, Metrics]],
    state: Carry,
    config: Any,
    num_updates: int,
) -> tuple[Carry, Metrics]:
    """Make all updates in one scan; the metrics are stacked, each `[num_updates]`."""
    return jax.lax.scan(lambda state, _: update(state, config), state, length=num_updates)


def init(key: Array, config: Config, init_optimizer: Callable[[Params], Any]) -> State:
    """The state before the first update.

    Args:
      key: a PRNG key.
      config: what to do.
      init_optimizer: from parameters to the optimiser's state.
    """
    env = environments.make(config.env)
    key_actor, key_critic, key_streams, key = jax.random.split(key, 4)
    actor, critic = actor_and_critic(config)
    params = {"actor": actor.init(key_actor), "critic": critic.init(key_critic)}
    return State(
        params=params,
        optimizer=init_optimizer(params),
        streams=start(key_streams, env, config.num_envs),
        **no_statistics(config),
        steps=jnp.zeros((), jnp.int32),
        key=key,
    )


def no_statistics(config: Config) -> dict[str, Any]:
    """The running statistics of a state before the first step."""
    shape = (environments.make(config.env).observation_size,)
    return {
        "observations": normalization.no_moments(shape) if config.normalize_observations else None,
        "rewards": normalization.no_scale(config.num_envs) if config.normalize_rewards else None,
    }


def collect(state: AnyState, config: Config) -> tuple[AnyState, Array, Batch, Metrics]:
    """Act for `num_steps` in every stream, and judge what was done.

    Args:
      state: the state after the last update.
      config: what to do.

    Returns:
      The state with streams, statistics and steps moved on; a key for the improvement; what was
      done, one row a step; the metrics that tell of it.
    """
    moved, key, transitions, metrics = act(state, policy(state, config), config)
    batch = estimate(state, moved.streams.observation, transitions, config)
    return moved, key, flat(batch), metrics


def act(
    state: AnyState, policy: Policy, config: Config
) -> tuple[AnyState, Array, Transition, Metrics]:
    """Let a policy act for `num_steps` in every stream.

    Returns:
      The state with streams, statistics and steps moved on; a key for the improvement; the
      transitions, their rewards normalised if the config says so; the metrics that tell of them.
    """
    key, key_rollout, key_improve = jax.random.split(state.key, 3)
    streams, transitions, episodes = rollout(
        key_rollout, environments.make(config.env), policy, state.streams, config.num_steps
    )
    scale, transitions = rescale(state, transitions, config)
    state = dataclasses.replace(
        state,
        streams=streams,
        observations=see(state, transitions),
        rewards=scale,
        steps=state.steps + batch_size(config),
        key=key,
    )
    return state, key_improve, transitions, {"steps": state.steps} | episodes.metrics()


def policy(state: State, config: Config) -> FeedForward:
    """The policy that a state of training has arrived at."""
    actor, _ = actor_and_critic(config)
    return lambda s: actor.apply(state.params["actor"], look(state, config, s))


def value(state: State, config: Config) -> Callable[[Array], Array]:
    """The state-value function that a state of training has arrived at."""
    _, critic = actor_and_critic(config)
    return lambda s: critic.apply(state.params["critic"], look(state, config, s))


def look(state: State, config: Config, observation: Array) -> Array:
    """An observation as the networks see it: normalised, except for its mask of actions."""
    if state.observations is None:
        return observation
    kept = jnp.arange(observation.shape[-1]) < environments.make(config.env).mask_size
    return jnp.where(kept, observation, normalization.standardize(state.observations, observation))


def see(state: State, transitions: Transition) -> Moments | None:
    """The moments of the observations, those of a rollout included."""
    if state.observations is None:
        return None
    return normalization.see(state.observations, transitions.observation)


def rescale(
    state: State, transitions: Transition, config: Config
) -> tuple[Scale | None, Transition]:
    """Normalise the rewards of a rollout, if the config says so."""
    if state.rewards is None:
        return None, transitions
    scale, reward = normalization.scale_rewards(
        state.rewards, transitions.reward, transitions.ended, config.gamma
    )
    return scale, dataclasses.replace(transitions, reward=reward)


def estimate(state: State, last: Array, transitions: Transition, config: Config) -> Batch:
    """Values and advantages of a rollout, every leaf `[num_steps, num_streams, ...]`.

    The critic looks at all states at once, after the rollout: cheaper than one by one within it.

    Args:
      state: the state that acted.
      last: what the streams show after the rollout, `[num_streams, observation_size]`.
      transitions: the rollout.
      config: what to do.
    """
    v = value(state, config)
    observed = transitions.observation
    v_t = map_rows(v, observed.reshape(-1, observed.shape[-1])).reshape(observed.shape[:2])
    v_tp1 = next_values(v, v_t, last, transitions)
    return judge(look(state, config, observed), v_t, v_tp1, transitions, config)


def judge(
    observation: Array, v_t: Array, v_tp1: Array, transitions: Transition, config: Config
) -> Batch:
    """Advantages from values, every leaf `[num_steps, num_streams, ...]`."""
    advantage = jax.vmap(gae, in_axes=(1, 1, 1, 1, 1, None, None), out_axes=1)(
        transitions.reward,
        v_t,
        v_tp1,
        transitions.terminated,
        transitions.truncated,
        config.gamma,
        config.gae_lambda,
    )
    return Batch(
        observation=observation,
        policy=transitions.policy,
        action=transitions.action,
        log_prob=transitions.policy.log_prob(transitions.action),
        value=v_t,
        advantage=advantage,
        target=advantage + v_t,
    )


def next_values(
    value: Callable[[Array], Array], v_t: Array, last: Array, transitions: Transition
) -> Array:
    """The values of the states that steps led to, before any reset.

    They are those of the next row, except where an episode was truncated. There the critic looks
    again, at these states alone.

    Args:
      value: the state-value function.
      v_t: the values of the states that the steps left, `[num_steps, num_streams]`.
      last: what the streams show after the rollout, `[num_streams, observation_size]`.
      transitions: the rollout.

    Returns:
      Values, `[num_steps, num_streams]`; arbitrary where an episode terminated.
    """
    following = jnp.concatenate([v_t[1:], value(last)[None]])
    reached = transitions.next_observation.reshape(v_t.size, -1)
    truncated = transitions.truncated.reshape(-1)
    size = min(rows_at_once(v_t.size), v_t.size)
    where = jnp.nonzero(truncated, size=v_t.size, fill_value=v_t.size)[0]

    def look_again(i: Array, values: Array) -> Array:
        rows = jax.lax.dynamic_slice_in_dim(where, i * size, size)
        return values.at[rows].set(value(reached[rows]), mode="drop")

    num_pieces = (jnp.sum(truncated) + size - 1) // size
    values = jax.lax.fori_loop(0, num_pieces, look_again, following.reshape(-1))
    return values.reshape(v_t.shape)


def flat(batch: Batch) -> Batch:
    """Time and streams as one axis of rows."""
    return jax.tree.map(lambda leaf: leaf.reshape(-1, *leaf.shape[2:]), batch)


def standardized(batch: Batch) -> Batch:
    """A batch whose advantages have mean 0 and deviation 1."""
    advantage = batch.advantage
    advantage = (advantage - advantage.mean()) / (advantage.std() + 1e-8)
    return dataclasses.replace(batch, advantage=advantage)


def joint_loss(
    policy_loss: Array, value_loss: Array, entropy: Array, config: JointConfig
) -> tuple[Array, Metrics]:
    """L = L_policy + c_v L_value - c_e H, and its parts."""
    total = policy_loss + config.value_coef * value_loss - config.entropy_coef * entropy
    return total, {
        "loss": total,
        "policy_loss": policy_loss,
        "value_loss": value_loss,
        "entropy": entropy,
    }


def fit_critic(
    optimizer: optax.GradientTransformation,
    params: Params,
    opt_state: optax.OptState,
    batch: Batch,
    config: FitConfig,
) -> tuple[Params, optax.OptState, Metrics]:
    """Regress the values on their targets: min 1/2 mean (v(s_t) - target_t)^2.

    Returns:
      The critic's parameters, the optimiser's state, and the loss before the first step.
    """
    _, critic = actor_and_critic(config)

    def loss(params: Params) -> Array:
        return 0.5 * jnp.mean((critic.apply(params, batch.observation) - batch.target) ** 2)

    def gradient_step(carry: Any, _: None) -> tuple[Any, Array]:
        params, opt_state = carry
        value_loss, gradient = jax.value_and_grad(loss)(params)
        return descend(optimizer, params, opt_state, gradient), value_loss

    begin = (params, opt_state)
    (params, opt_state), losses = jax.lax.scan(gradient_step, begin, length=config.value_iterations)
    return params, opt_state, {"value_loss": losses[0]}


def descend(
    optimizer: optax.GradientTransformation, params: Params, opt_state: Any, gradient: Params
) -> tuple[Params, Any]:
    """One step of an optimiser: the parameters and its state afterwards."""
    change, opt_state = optimizer.update(gradient, opt_state, params)
    return optax.apply_updates(params, change), opt_state


def actor_and_critic(config: Config) -> tuple[Actor, Critic]:
    """The two networks."""
    env, shape = environments.make(config.env), (config.hidden_sizes, config.activation)
    actor = config.actor or actors.actor(env, *shape, config.distribution)
    critic = config.critic or critics.critic(env, *shape)
    return actor, critic


def learning_rate(config: JointConfig, num_gradient_steps: int) -> optax.Schedule:
    """The learning rate after so many gradient steps: falling to zero if it is annealed."""
    end = 0.0 if config.anneal else config.learning_rate
    return optax.linear_schedule(config.learning_rate, end, num_gradient_steps)


def clipped(
    optimizer: optax.GradientTransformation, config: JointConfig
) -> optax.GradientTransformation:
    """Clip gradients by global norm first; as one vector, since many small leaves cost time."""
    return optax.flatten(optax.chain(optax.clip_by_global_norm(config.max_grad_norm), optimizer))


def num_updates(config: Config) -> int:
    """How many updates the budget of steps allows."""
    return config.total_steps // batch_size(config)


def batch_size(config: Config) -> int:
    """How many steps are collected for an update."""
    return config.num_envs * config.num_steps
