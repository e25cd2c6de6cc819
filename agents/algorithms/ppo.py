"""Proximal policy optimisation, with a clipped objective or a penalty on the divergence.

Schulman et al. 2017, Algorithm 1; details as in Huang et al. 2022, "The 37 implementation details".
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import optax
from jax import Array

import jaxdist as jd
from agents import actor_critic
from agents.actor_critic import Batch, JointConfig, Metrics, batch_size, num_updates, policy
from agents.experience.permutation import permutation
from agents.networks.layers import Params
from agents.programs.microbatches import mean_gradient
from agents.validation import check_choice, check_positive

__all__ = ["Config", "init", "loss", "num_updates", "optimizer", "policy", "train", "update"]


class Config(JointConfig):
    """What PPO is told. The defaults are those that PureJaxRL and CleanRL use on CartPole."""

    num_epochs: int = jd.static(default=4)
    """Passes over the collected steps in an update."""
    num_minibatches: int = jd.static(default=4)
    """Minibatches in a pass; must divide num_envs * num_steps."""
    objective: str = jd.static(default="clip")
    """What keeps the policy near the old one: clip the ratio, or kl for a penalty."""
    clip: float = 0.2
    """How far a probability ratio, and a value, may move before its gradient stops."""
    kl_target: float = 0.01
    """With objective kl: the divergence from the old policy that the penalty is to bring about."""

    def __post_init__(self) -> None:
        super().__post_init__()
        check_positive(self, "num_epochs", "num_minibatches", "clip", "kl_target")
        check_choice(self, objective=("clip", "kl"))
        self.check_minibatches()

    def check_minibatches(self) -> None:
        """Check that what is collected divides into minibatches (`ValueError`)."""
        if batch_size(self) % self.num_minibatches:
            raise ValueError(
                f"num_minibatches must divide num_envs * num_steps = {batch_size(self)}; "
                f"got {self.num_minibatches}"
            )


class State(actor_critic.State):
    """All that training carries from one update to the next.

    Attributes:
      kl_coef: the weight of the penalty on the divergence, beta in the paper.
    """

    kl_coef: Array


def train(key: Array, config: Config) -> tuple[State, Metrics]:
    """PPO from nothing: `jax.jit` it, and `jax.vmap` it over keys or over numbers of a config.

    Returns the last state, and the metrics of all updates, each `[num_updates]`.
    """
    return actor_critic.train(update, init(key, config), config, num_updates(config))


def init(key: Array, config: Config) -> State:
    """The state before the first update."""
    state = actor_critic.init(key, config, optimizer(config).init)
    return State(**vars(state), kl_coef=jnp.ones(()))


def update(state: State, config: Config) -> tuple[State, Metrics]:
    """Collect steps with the policy, and improve on them."""
    state, key, batch, metrics = actor_critic.collect(state, config)
    state, parts = improve(key, state, batch, loss, config)
    return state, metrics | parts


def improve(
    key: Array, state: State, batch: Any, loss: Callable[..., Any], config: Config
) -> tuple[State, Metrics]:
    """Several epochs of gradient steps, each on a minibatch of rows with standardised advantages.

    Args:
      key: a PRNG key.
      state: the state that acted.
      batch: what was done, a tree whose leaves begin with `[rows]`, with an `advantage`.
      loss: `loss(params, minibatch, kl_coef, config)`, a mean over the rows, and its parts.
      config: what to do.

    Returns:
      The state with better parameters, and the means of the parts.
    """

    def gradient_step(carry: Any, rows: Array) -> tuple[Any, Metrics]:
        params, opt_state = carry
        minibatch = jax.tree.map(lambda leaf: leaf[rows], batch)
        minibatch = actor_critic.standardized(minibatch)
        gradient, parts = mean_gradient(
            lambda p, b: loss(p, b, state.kl_coef, config), params, minibatch
        )
        return actor_critic.descend(optimizer(config), params, opt_state, gradient), parts

    def epoch(carry: Any, key: Array) -> tuple[Any, Metrics]:
        order = permutation(key, len(batch.advantage)).reshape(config.num_minibatches, -1)
        return jax.lax.scan(gradient_step, carry, order)

    keys = jax.random.split(key, config.num_epochs)
    (params, opt_state), parts = jax.lax.scan(epoch, (state.params, state.optimizer), keys)
    kl_coef = adapted(state.kl_coef, jnp.mean(parts["kl"][-1]), config)
    state = dataclasses.replace(state, params=params, optimizer=opt_state, kl_coef=kl_coef)
    return state, jax.tree.map(jnp.mean, parts)


def loss(
    params: dict[str, Params], batch: Batch, kl_coef: Array, config: Config
) -> tuple[Array, Metrics]:
    """The loss of a minibatch, and its parts: see `objective`.

    Args:
      params: the parameters of the actor and of the critic.
      batch: the minibatch, every leaf `[rows, ...]`, the advantages standardised.
      kl_coef: the weight beta of the penalty.
      config: what to do.
    """
    actor, critic = actor_critic.actor_and_critic(config)
    pi = actor.apply(params["actor"], batch.observation)
    v = critic.apply(params["critic"], batch.observation)
    return objective(pi, v, batch, kl_coef, config)


def objective(
    pi: jd.Distribution, v: Array, batch: Batch, kl_coef: Array, config: Config
) -> tuple[Array, Metrics]:
    """What is minimised, of a policy and its values.

    L = L_policy + c_v L_value - c_e H. With r = pi(a | s) / pi_old(a | s) and A standardised over
    the minibatch, L_policy = -mean min(r A, clip(r, 1 - eps, 1 + eps) A) or, with a penalty,
    -mean (r A - beta KL(pi_old, pi)); L_value is half the mean squared error of v(s), clipped like
    the ratio; H is the mean entropy of pi(. | s).

    Args:
      pi: the policy at the observations of the batch.
      v: the values there.
      batch: the minibatch, every leaf beginning with the shape of `v`.
      kl_coef: the weight beta of the penalty.
      config: what to do.

    Returns:
      The loss, scalar, and its parts.

    References:
      Schulman et al. 2017, equations 7 to 9; the clipped value loss is Huang et al. 2022,
      detail 9.
    """
    log_prob = pi.log_prob(batch.action)
    if config.objective == "clip":
        kl = jnp.mean(batch.log_prob - log_prob)
        surrogate = jd.clipped_ratio(log_prob, batch.log_prob, batch.advantage, config.clip)
        policy_loss = -jnp.mean(surrogate)
    else:
        kl = jnp.mean(jd.kl_divergence(batch.policy, pi))
        ratio = jd.importance_ratio(log_prob, batch.log_prob)
        policy_loss = -jnp.mean(ratio * batch.advantage) + kl_coef * kl

    v_clipped = batch.value + jnp.clip(v - batch.value, -config.clip, config.clip)
    error = jnp.maximum((v - batch.target) ** 2, (v_clipped - batch.target) ** 2)
    value_loss = 0.5 * jnp.mean(error)
    total, parts = actor_critic.joint_loss(policy_loss, value_loss, jnp.mean(pi.entropy()), config)
    return total, parts | {"kl": kl}


def adapted(kl_coef: Array, kl: Array, config: Config) -> Array:
    """The next weight of the penalty: half of it if the policy moved little, twice if it moved far.

    References:
      Schulman et al. 2017, section 4.
    """
    far, near = kl > 1.5 * config.kl_target, kl < config.kl_target / 1.5
    factor = jnp.where(far, 2.0, jnp.where(near, 0.5, 1.0))
    return jnp.clip(kl_coef * factor, 1e-6, 1e6)


def optimizer(config: Config) -> optax.GradientTransformation:
    """Adam on gradients of clipped global norm."""
    gradient_steps = num_updates(config) * config.num_epochs * config.num_minibatches
    rate = actor_critic.learning_rate(config, gradient_steps)
    return actor_critic.clipped(optax.adam(rate, eps=1e-5), config)
