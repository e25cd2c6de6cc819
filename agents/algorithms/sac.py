"""Soft actor-critic, for discrete actions and for those in a box.

Haarnoja et al. 2018, "Soft Actor-Critic Algorithms and Applications", Algorithm 1; Christodoulou
2019 for discrete actions, over which expectations are sums. The first experience comes from random
actions that are held for a while: that reaches what jitter around one place never does.
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
from agents import actor_critic
from agents.actor_critic import Metrics
from agents.experience import environments, replay
from agents.experience.replay import Buffer
from agents.experience.rollout import Episodes, FeedForward, Streams, Transition, rollout, start
from agents.networks import actors, critics, layers
from agents.networks.actors import Actor
from agents.networks.critics import Critic
from agents.networks.layers import Network, Params
from agents.validation import check_choice, check_fraction, check_positive


class Config(jd.Pytree):
    """What SAC is told."""

    env: str = jd.static(default="Pendulum-v1")
    """The environment's name; module:name where a module of yours registers it."""
    total_steps: int = jd.static(default=20_000)
    """Steps of training, over all streams, the warm-up included; rounded down to whole updates."""
    num_envs: int = jd.static(default=4)
    """Streams of experience collected side by side."""
    num_steps: int = jd.static(default=64)
    """Steps that each stream takes in an update."""
    gradient_steps: int = jd.static(default=2)
    """Gradient steps each time that all streams have taken a step."""
    warmup_steps: int = jd.static(default=2000)
    """Steps with random actions before the first update; rounded down to whole holds."""
    warmup_hold: int = jd.static(default=25)
    """For how many steps a random action is held."""
    buffer_size: int = jd.static(default=100_000)
    """How many steps are remembered."""
    batch_size: int = jd.static(default=256)
    """Remembered steps that a gradient step looks at."""
    learning_rate: float = 2e-3
    """Adam's learning rate."""
    gamma: float = 0.99
    """Discount factor."""
    tau: float = 0.02
    """How far a gradient step moves the target critics towards the critics."""
    temperature: float = 1.0
    """Weight of the entropy at the start; learned from there on."""
    entropy_of_box: float = -1.0
    """Entropy to keep in a box, in nats per coordinate; that of a uniform one is log 2."""
    entropy_of_choice: float = 0.5
    """Entropy to keep over discrete actions, as a fraction of the largest there is."""
    hidden_sizes: tuple[int, ...] = jd.static(default=(64, 64))
    """Widths of the hidden layers, of the actor and of the critics."""
    activation: str = jd.static(default="relu")
    """Nonlinearity of the hidden layers: elu, gelu, relu, silu or tanh."""
    actor: Actor | None = jd.static(default=None)
    """A network of your own, from observations to a distribution over actions."""
    critic: Critic | None = jd.static(default=None)
    """A network of your own to action values, as `critics.action_critic`; it is made twice."""

    def __post_init__(self) -> None:
        environments.make(self.env)
        check_positive(self, "num_envs", "num_steps", "gradient_steps", "warmup_hold")
        check_positive(self, "batch_size", "learning_rate", "temperature", "hidden_sizes")
        check_fraction(self, "gamma", "tau", "entropy_of_choice")
        check_choice(self, activation=layers.ACTIVATIONS)
        _check_space(self)
        _check_budget(self)


class State(jd.Pytree):
    """All that training carries from one update to the next.

    Attributes:
      params: the parameters of `"actor"` and `"critics"`, and `"log_temperature"`.
      target: the moving average of the critics' parameters.
      optimizer: the state of what makes gradient steps.
      buffer: the steps that are remembered, as `Experience`.
      streams: where the environments stand.
      steps: environment steps so far, integer scalar.
      key: a PRNG key.
    """

    params: dict[str, Params]
    target: Params
    optimizer: Any
    buffer: Buffer
    streams: Streams
    steps: Array
    key: Array


class Experience(jd.Pytree):
    """What is remembered of a step; every leaf begins with `[batch]`.

    Attributes:
      observation: `s_t`.
      action: `a_t`.
      reward: `r_t`.
      next_observation: `s_tp1`, before any reset.
      terminated: whether nothing follows; where an episode was only cut, something does.
    """

    observation: Array
    action: Array
    reward: Array
    next_observation: Array
    terminated: Array


def train(key: Array, config: Config) -> tuple[State, Metrics]:
    """SAC from nothing; jit it, and vmap it over keys or over numbers of a config.

    Returns the last state, and the metrics of all updates, each `[num_updates]`.
    """
    return actor_critic.train(update, init(key, config), config, num_updates(config))


def init(key: Array, config: Config) -> State:
    """The state before the first update: nothing learned, but the warm-up is played."""
    env = environments.make(config.env)
    key_actor, key_critics, key_streams, key_warm_up, key = jax.random.split(key, 5)
    actor, critics = actor_and_critics(config)
    params = {
        "actor": actor.init(key_actor),
        "critics": critics.init(key_critics),
        "log_temperature": jnp.log(config.temperature),
    }
    streams, buffer = warm_up(key_warm_up, start(key_streams, env, config.num_envs), config)
    return State(
        params=params,
        target=jax.tree.map(jnp.copy, params["critics"]),
        optimizer=optimizer(config).init(params),
        buffer=buffer,
        streams=streams,
        steps=jnp.asarray(num_holds(config) * hold_size(config), jnp.int32),
        key=key,
    )


def warm_up(key: Array, streams: Streams, config: Config) -> tuple[Streams, Buffer]:
    """Fill a buffer with what random actions lead to, each held for `warmup_hold` steps.

    References:
      Dabney et al. 2021, "Temporally-Extended Epsilon-Greedy Exploration".
    """
    env = environments.make(config.env)

    def hold(streams: Streams, key: Array) -> tuple[Streams, Experience]:
        key_action, key_rollout = jax.random.split(key)
        policy = random_policy(key_action, config)
        streams, seen, _ = rollout(key_rollout, env, policy, streams, config.warmup_hold)
        return streams, experience(seen)

    def hold_and_add(carry: Any, key: Array) -> tuple[Any, None]:
        streams, buffer = carry
        streams, seen = hold(streams, key)
        return (streams, replay.add(buffer, seen)), None

    like = jax.eval_shape(lambda: jax.tree.map(lambda x: x[0], hold(streams, key)[1]))
    carry = (streams, replay.empty(like, config.buffer_size))
    return jax.lax.scan(hold_and_add, carry, jax.random.split(key, num_holds(config)))[0]


def random_policy(key: Array, config: Config) -> FeedForward:
    """A policy that does the same at all times: in each stream, an action drawn uniformly.

    Of discrete ones it takes, where some are masked, the most preferred that is possible.
    """
    env, num_envs = environments.make(config.env), config.num_envs
    space = env.action_space
    if isinstance(space, spaces.Discrete):
        preferences = jax.random.uniform(key, (num_envs, space.n))
        if not env.mask_size:
            return lambda _: jd.Greedy(preferences)
        return lambda s: jd.Greedy(actors.mask_logits(preferences, s[..., : env.mask_size]))
    unit = jax.random.uniform(key, (num_envs, *space.shape), minval=-1.0)
    held = jd.Independent(jd.Delta(actors.onto_box(space)(unit)), len(space.shape))
    return lambda _: held


def experience(transitions: Transition) -> Experience:
    """What is remembered of a rollout; time and streams become one axis."""
    names = [field.name for field in dataclasses.fields(Experience)]
    kept = Experience(**{name: getattr(transitions, name) for name in names})
    return jax.tree.map(lambda leaf: leaf.reshape(-1, *leaf.shape[2:]), kept)


def update(state: State, config: Config) -> tuple[State, Metrics]:
    """Act for `num_steps` in every stream, learning from what is remembered after each."""
    key, key_steps = jax.random.split(state.key)
    step = lambda state, key: act_and_learn(key, state, config)
    keys = jax.random.split(key_steps, config.num_steps)
    state, (episodes, parts) = jax.lax.scan(step, state, keys)
    state = dataclasses.replace(state, key=key)
    ended = jax.tree.map(jnp.sum, episodes).metrics()
    return state, {"steps": state.steps} | ended | jax.tree.map(jnp.mean, parts)


def act_and_learn(
    key: Array, state: State, config: Config
) -> tuple[State, tuple[Episodes, Metrics]]:
    """One step of every stream, and the gradient steps that follow it."""
    key_rollout, key_learn = jax.random.split(key)
    streams, transitions, episodes = rollout(
        key_rollout, environments.make(config.env), policy(state, config), state.streams, 1
    )
    buffer = replay.add(state.buffer, experience(transitions))
    steps = state.steps + config.num_envs
    state = dataclasses.replace(state, streams=streams, buffer=buffer, steps=steps)

    learn = lambda state, key: gradient_step(key, state, config)
    keys = jax.random.split(key_learn, config.gradient_steps)
    state, parts = jax.lax.scan(learn, state, keys)
    return state, (episodes, parts)


def gradient_step(key: Array, state: State, config: Config) -> tuple[State, Metrics]:
    """One step on all three losses at once, and of the target critics after the critics."""
    key_batch, key_loss = jax.random.split(key)
    batch = replay.sample(key_batch, state.buffer, config.batch_size)
    gradient, parts = jax.grad(loss, has_aux=True)(
        state.params, state.target, batch, key_loss, config
    )
    params, opt_state = actor_critic.descend(
        optimizer(config), state.params, state.optimizer, gradient
    )
    target = optax.incremental_update(params["critics"], state.target, config.tau)
    return dataclasses.replace(state, params=params, target=target, optimizer=opt_state), parts


def policy(state: State, config: Config) -> FeedForward:
    """The policy that a state of training has arrived at."""
    actor, _ = actor_and_critics(config)
    return lambda observation: actor.apply(state.params["actor"], observation)


def loss(
    params: dict[str, Params], target: Params, batch: Experience, key: Array, config: Config
) -> tuple[Array, Metrics]:
    """The losses of the critics, of the actor and of the temperature, each of its own parameters.

    With H = E[-log pi(a | s)] and a drawn from pi(. | s), alike for s':

    L_q = 1/2 sum_i mean (q_i(s, a_t) - y)^2, y = r + gamma (E min_i q_i'(s', a') + alpha H(s')),
    or y = r where the episode terminated, with q_i' of slowly moving parameters;
    L_pi = -mean (E min_i q_i(s, a) + alpha H(s));
    L_alpha = alpha (mean H(s) - the entropy to keep).

    Args:
      params: the parameters of the actor and the critics, and the log of the temperature alpha.
      target: the parameters of q'.
      batch: what is remembered of some steps, every leaf `[batch, ...]`.
      key: for draws of actions in a box.
      config: what to do.

    Returns:
      The sum of the three, scalar, and its parts.

    References:
      Haarnoja et al. 2018, equations 5, 9 and 18; Christodoulou 2019, equations 10 to 12.
    """
    actor, _ = actor_and_critics(config)
    key_now, key_next = jax.random.split(key)
    fixed = jax.lax.stop_gradient(params)
    alpha, fixed_alpha = jnp.exp(params["log_temperature"]), jnp.exp(fixed["log_temperature"])

    next_pi = actor.apply(fixed["actor"], batch.next_observation)
    next_q, next_entropy = outlook(key_next, next_pi, target, batch.next_observation, config)
    future = jnp.where(batch.terminated, 0.0, next_q + fixed_alpha * next_entropy)
    y = batch.reward + config.gamma * future
    q = action_values(params["critics"], batch.observation, batch.action, config)
    critic_loss = 0.5 * jnp.sum(jnp.mean((q - y) ** 2, axis=-1))

    pi = actor.apply(params["actor"], batch.observation)
    q_of_pi, entropy = outlook(key_now, pi, fixed["critics"], batch.observation, config)
    actor_loss = -jnp.mean(q_of_pi + fixed_alpha * entropy)

    surplus = jax.lax.stop_gradient(jnp.mean(entropy)) - entropy_to_keep(config)
    return critic_loss + actor_loss + alpha * surplus, {
        "critic_loss": critic_loss,
        "actor_loss": actor_loss,
        "temperature": alpha,
        "entropy": jnp.mean(entropy),
        "value": jnp.mean(q),
    }


def outlook(
    key: Array, pi: jd.Distribution, params: Params, s: Array, config: Config
) -> tuple[Array, Array]:
    """What a policy expects: the mean of the lesser of the critics' values, and its entropy.

    Over discrete actions both are sums; in a box, one draw with its pathwise derivative stands for
    the mean.

    Args:
      key: for the draw.
      pi: pi(. | s).
      params: the parameters of the critics.
      s: observations, `[batch, observation_size]`.
      config: what to do.

    Returns:
      Both, `[batch]`.
    """
    if isinstance(pi, jd.Categorical):
        _, critics = actor_and_critics(config)
        return jnp.sum(pi.probs * jnp.min(critics.apply(params, s), axis=0), -1), pi.entropy()
    a, log_prob = pi.rsample_and_log_prob(key)
    return jnp.min(action_values(params, s, a, config), axis=0), -log_prob


def action_values(params: Params, s: Array, a: Array, config: Config) -> Array:
    """The value q_i(s, a) of each critic, `[2, batch]`; a box is seen as [-1, 1]."""
    _, critics = actor_and_critics(config)
    space = environments.make(config.env).action_space
    if isinstance(space, spaces.Discrete):
        return jnp.take_along_axis(critics.apply(params, s), a[None, :, None], -1).squeeze(-1)
    unit = actors.onto_box(space).inv(a).reshape(*s.shape[:-1], -1)
    return critics.apply(params, jnp.concatenate([s, unit], -1))


def entropy_to_keep(config: Config) -> Array:
    """The entropy that the temperature holds the policy to, of actions in the space's own units."""
    space = environments.make(config.env).action_space
    if isinstance(space, spaces.Discrete):
        return jnp.asarray(config.entropy_of_choice * np.log(space.n))
    return jnp.sum(config.entropy_of_box + jnp.log(actors.onto_box(space).scale))


def actor_and_critics(config: Config) -> tuple[Actor, Network[Array]]:
    """The policy and the two critics."""
    env, shape = environments.make(config.env), (config.hidden_sizes, config.activation)
    kind = "auto" if isinstance(env.action_space, spaces.Discrete) else "squashed"
    actor = config.actor or actors.actor(env, *shape, kind)
    return actor, layers.ensemble(config.critic or critics.action_critic(env, *shape), 2)


def optimizer(config: Config) -> optax.GradientTransformation:
    """Adam; as one vector, since many small leaves cost time."""
    return optax.flatten(optax.adam(config.learning_rate))


def num_updates(config: Config) -> int:
    """How many updates the budget of steps allows, after the warm-up."""
    left = config.total_steps - num_holds(config) * hold_size(config)
    return left // (config.num_envs * config.num_steps)


def num_holds(config: Config) -> int:
    """How many random actions each stream takes in the warm-up."""
    return config.warmup_steps // hold_size(config)


def hold_size(config: Config) -> int:
    """How many steps a random action makes, over all streams."""
    return config.num_envs * config.warmup_hold


def _check_space(config: Config) -> None:
    space = environments.make(config.env).action_space
    bounded = isinstance(space, spaces.Box) and actors.is_bounded(space)
    if not (bounded or isinstance(space, spaces.Discrete)):
        raise ValueError(
            f"SAC acts in Discrete spaces and in bounded boxes; '{config.env}' has {space}"
        )


def _check_budget(config: Config) -> None:
    hold, update = hold_size(config), config.num_envs * config.num_steps
    if config.warmup_steps < hold:
        raise ValueError(
            f"warmup_steps must allow for one hold of num_envs * warmup_hold = {hold} steps; "
            f"got {config.warmup_steps}"
        )
    if config.buffer_size < hold:
        raise ValueError(
            f"buffer_size must be at least num_envs * warmup_hold = {hold}; "
            f"got {config.buffer_size}"
        )
    if num_updates(config) < 1:
        raise ValueError(
            f"total_steps must allow for the warm-up of {num_holds(config) * hold} steps and one "
            f"update of num_envs * num_steps = {update}; got {config.total_steps}"
        )
