"""Proximal policy optimisation with a clipped objective.

Schulman et al. 2017, Algorithm 1; details as in Huang et al. 2022, "The 37 implementation details".
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import optax
from jax import Array

import jaxdist as jd
from agents import envs, networks
from agents.config import (
    check_choice,
    check_env,
    check_fraction,
    check_not_negative,
    check_positive,
)
from agents.networks import Actor, Critic, Params
from agents.returns import gae
from agents.rollout import Policy, Streams, Transition, rollout, start

Metrics = dict[str, Array]


class Config(jd.Pytree):
    """What PPO is told. The defaults are those that PureJaxRL and CleanRL use on CartPole."""

    env: str = jd.static(default="CartPole-v1")
    """The environment's name."""
    total_steps: int = jd.static(default=500_000)
    """Steps of training, over all streams; rounded down to whole updates."""
    num_envs: int = jd.static(default=4)
    """Streams of experience collected side by side."""
    num_steps: int = jd.static(default=128)
    """Steps that each stream takes before an update."""
    num_epochs: int = jd.static(default=4)
    """Passes over the collected steps in an update."""
    num_minibatches: int = jd.static(default=4)
    """Minibatches in a pass; must divide num_envs * num_steps."""
    learning_rate: float = 2.5e-4
    """Adam's learning rate at the start."""
    anneal: bool = jd.static(default=True)
    """Whether the learning rate falls linearly to zero."""
    gamma: float = 0.99
    """Discount factor."""
    gae_lambda: float = 0.95
    """Advantage estimation: 0 trusts the values after one step, 1 the observed rewards."""
    clip: float = 0.2
    """How far a probability ratio may move from 1 before its gradient stops."""
    value_coef: float = 0.5
    """Weight of the value loss."""
    entropy_coef: float = 0.01
    """Weight of the entropy bonus."""
    max_grad_norm: float = 0.5
    """Global norm to which gradients are clipped."""
    hidden_sizes: tuple[int, ...] = jd.static(default=(64, 64))
    """Widths of the hidden layers, of the actor and of the critic."""
    activation: str = jd.static(default="tanh")
    """Nonlinearity of the hidden layers."""
    actor: Actor | None = jd.static(default=None)
    """A network of your own, from observations to a distribution over actions."""
    critic: Critic | None = jd.static(default=None)
    """A network of your own, from observations to values."""

    def __post_init__(self) -> None:
        check_env(self.env)
        check_positive(
            self, "num_envs", "num_steps", "num_epochs", "num_minibatches", "learning_rate"
        )
        check_positive(self, "clip", "max_grad_norm", "hidden_sizes")
        check_not_negative(self, "value_coef", "entropy_coef")
        check_fraction(self, "gamma", "gae_lambda")
        check_choice(self, activation=networks.ACTIVATIONS)
        if batch_size(self) % self.num_minibatches:
            raise ValueError(
                f"num_minibatches must divide num_envs * num_steps = {batch_size(self)}; "
                f"got {self.num_minibatches}"
            )
        if self.total_steps < batch_size(self):
            raise ValueError(
                f"total_steps must allow for one update of num_envs * num_steps = "
                f"{batch_size(self)} steps; got {self.total_steps}"
            )


class State(jd.Pytree):
    """All that training carries from one update to the next."""

    params: dict[str, Params]
    optimizer: optax.OptState
    streams: Streams
    steps: Array
    key: Array


class Batch(jd.Pytree):
    """Collected steps as the loss reads them; every leaf begins with `[batch]`."""

    observation: Array
    action: Array
    log_prob: Array
    value: Array
    advantage: Array


def train(key: Array, config: Config) -> tuple[State, Metrics]:
    """PPO from nothing: `jax.jit` it, and `jax.vmap` it over keys or over numbers of a config.

    Returns the last state, and the metrics of all updates, each `[num_updates]`.
    """
    advance = lambda state, _: update(state, config)
    return jax.lax.scan(advance, init(key, config), length=num_updates(config))


def init(key: Array, config: Config) -> State:
    """The state before the first update."""
    env = envs.make(config.env)
    key_actor, key_critic, key_streams, key = jax.random.split(key, 4)
    actor, critic = actor_and_critic(config)
    params = {"actor": actor.init(key_actor), "critic": critic.init(key_critic)}
    return State(
        params=params,
        optimizer=optimizer(config).init(params),
        streams=start(key_streams, env, config.num_envs),
        steps=jnp.zeros((), jnp.int32),
        key=key,
    )


def update(state: State, config: Config) -> tuple[State, Metrics]:
    """Collect steps with the policy, estimate their advantages, and improve on them."""
    key, key_rollout, key_epochs = jax.random.split(state.key, 3)
    env = envs.make(config.env)
    streams, transitions, episodes = rollout(
        key_rollout, env, policy(state, config), state.streams, config.num_steps
    )
    batch = estimate(state.params, transitions, config)
    params, opt_state, metrics = improve(key_epochs, state, batch, config)
    steps = state.steps + batch_size(config)
    metrics = {"steps": steps} | episodes.metrics() | metrics
    return State(params, opt_state, streams, steps, key), metrics


def policy(state: State, config: Config) -> Policy:
    """The policy that a state of training has arrived at."""
    actor, _ = actor_and_critic(config)
    return lambda observation: actor.apply(state.params["actor"], observation)


def estimate(params: dict[str, Params], transitions: Transition, config: Config) -> Batch:
    """Values and advantages of the transitions, in one flat batch.

    The critic looks at all states at once, after the rollout: cheaper than one by one within it.
    """
    _, critic = actor_and_critic(config)
    v_t = critic.apply(params["critic"], transitions.observation)
    v_tp1 = critic.apply(params["critic"], transitions.next_observation)
    advantage = jax.vmap(gae, in_axes=(1, 1, 1, 1, 1, None, None), out_axes=1)(
        transitions.reward,
        v_t,
        v_tp1,
        transitions.terminated,
        transitions.truncated,
        config.gamma,
        config.gae_lambda,
    )
    batch = Batch(
        observation=transitions.observation,
        action=transitions.action,
        log_prob=transitions.policy.log_prob(transitions.action),
        value=v_t,
        advantage=advantage,
    )
    return jax.tree.map(lambda leaf: leaf.reshape(-1, *leaf.shape[2:]), batch)


def improve(
    key: Array, state: State, batch: Batch, config: Config
) -> tuple[dict[str, Params], optax.OptState, Metrics]:
    """Several epochs of minibatch gradient steps on the loss."""

    def gradient_step(carry: Any, minibatch: Batch) -> tuple[Any, Metrics]:
        params, opt_state = carry
        grads, metrics = jax.grad(loss, has_aux=True)(params, minibatch, config)
        updates, opt_state = optimizer(config).update(grads, opt_state)
        return (optax.apply_updates(params, updates), opt_state), metrics

    def epoch(carry: Any, key: Array) -> tuple[Any, Metrics]:
        order = permutation(key, batch_size(config)).reshape(config.num_minibatches, -1)
        minibatches = jax.tree.map(lambda leaf: leaf[order], batch)
        return jax.lax.scan(gradient_step, carry, minibatches)

    keys = jax.random.split(key, config.num_epochs)
    (params, opt_state), metrics = jax.lax.scan(epoch, (state.params, state.optimizer), keys)
    return params, opt_state, jax.tree.map(jnp.mean, metrics)


def loss(params: dict[str, Params], batch: Batch, config: Config) -> tuple[Array, Metrics]:
    """The loss of a minibatch.

    L = -L_clip + c_v L_value - c_e H, where L_clip = mean min(r A, clip(r, 1 - eps, 1 + eps) A),
    r = pi(a | s) / pi_old(a | s), with A standardised over the minibatch; L_value is half the mean
    squared error of v(s), clipped like the ratio; H is the mean entropy of pi(. | s).

    Args:
      params: the parameters of the actor and of the critic.
      batch: the minibatch, every leaf `[batch, ...]`.
      config: what to do.

    Returns:
      The loss, scalar, and its parts.

    References:
      Schulman et al. 2017, equations 7 and 9; the clipped value loss is Huang et al. 2022,
      detail 9.
    """
    actor, critic = actor_and_critic(config)
    pi = actor.apply(params["actor"], batch.observation)
    v = critic.apply(params["critic"], batch.observation)

    log_prob = pi.log_prob(batch.action)
    advantage = (batch.advantage - batch.advantage.mean()) / (batch.advantage.std() + 1e-8)
    clipped = jd.clipped_ratio(log_prob, batch.log_prob, advantage, config.clip)
    policy_loss = -jnp.mean(clipped)

    target = batch.value + batch.advantage
    v_clipped = batch.value + jnp.clip(v - batch.value, -config.clip, config.clip)
    value_loss = 0.5 * jnp.mean(jnp.maximum((v - target) ** 2, (v_clipped - target) ** 2))

    entropy = jnp.mean(pi.entropy())
    total = policy_loss + config.value_coef * value_loss - config.entropy_coef * entropy
    return total, {
        "loss": total,
        "policy_loss": policy_loss,
        "value_loss": value_loss,
        "entropy": entropy,
        "kl": jnp.mean(batch.log_prob - log_prob),
    }


def actor_and_critic(config: Config) -> tuple[Actor, Critic]:
    """The two networks."""
    env, shape = envs.make(config.env), (config.hidden_sizes, config.activation)
    actor = config.actor or networks.actor(env, *shape)
    critic = config.critic or networks.critic(env, *shape)
    return actor, critic


def optimizer(config: Config) -> optax.GradientTransformation:
    """Adam on gradients of clipped global norm; one vector, since many small leaves cost time."""
    gradient_steps = num_updates(config) * config.num_epochs * config.num_minibatches
    end = 0.0 if config.anneal else config.learning_rate
    schedule = optax.linear_schedule(config.learning_rate, end, gradient_steps)
    return optax.flatten(
        optax.chain(optax.clip_by_global_norm(config.max_grad_norm), optax.adam(schedule, eps=1e-5))
    )


def permutation(key: Array, n: int) -> Array:
    """A random order of 0, ..., n - 1, several times cheaper than `jax.random.permutation`.

    One sort of one operand: random high bits, the index in the low bits. The 32 - log2 n random
    bits tie now and then, and tied indices keep their order, which does no harm to minibatches.
    """
    index_bits = max(n - 1, 1).bit_length()
    index = jnp.arange(n, dtype=jnp.uint32)
    high = jax.random.bits(key, (n,), jnp.uint32) >> index_bits << index_bits
    return (jnp.sort(high | index) & (2**index_bits - 1)).astype(jnp.int32)


def num_updates(config: Config) -> int:
    """How many updates the budget of steps allows."""
    return config.total_steps // batch_size(config)


def batch_size(config: Config) -> int:
    """How many steps are collected for an update."""
    return config.num_envs * config.num_steps
