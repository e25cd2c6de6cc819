"""Trust region policy optimisation: a natural gradient step whose length is a divergence.

Schulman et al. 2015, sections 5 and 6 and appendix C.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import jax
import jax.numpy as jnp
import optax
from jax import Array
from jax.flatten_util import ravel_pytree
from jax.scipy.sparse.linalg import cg

import jaxdist as jd
from agents import actor_critic
from agents.actor_critic import Batch, FitConfig, Metrics, State, num_updates, policy
from agents.validation import check_fraction, check_not_negative, check_positive

__all__ = ["Config", "improve", "init", "num_updates", "optimizer", "policy", "train", "update"]


class Config(FitConfig):
    """What TRPO is told."""

    num_envs: int = jd.static(default=8)
    """Streams of experience collected side by side."""
    num_steps: int = jd.static(default=256)
    """Steps that each stream takes before an update."""
    value_iterations: int = jd.static(default=80)
    """Gradient steps that fit the critic in an update."""
    max_kl: float = 0.01
    """How far the policy may move in an update: the mean divergence from the old one."""
    damping: float = 0.1
    """What is added to the diagonal of the Fisher information."""
    cg_iterations: int = jd.static(default=10)
    """Steps of the conjugate gradient."""
    backtracks: int = jd.static(default=10)
    """How often the step may be shortened before it is not taken at all."""
    backtrack: float = 0.8
    """The factor by which it is shortened."""

    def __post_init__(self) -> None:
        super().__post_init__()
        check_positive(self, "max_kl", "cg_iterations", "backtracks", "backtrack")
        check_not_negative(self, "damping")
        check_fraction(self, "backtrack")


def train(key: Array, config: Config) -> tuple[State, Metrics]:
    """TRPO from nothing; jit it, and vmap it over keys or over numbers of a config.

    Returns the last state, and the metrics of all updates, each `[num_updates]`.
    """
    return actor_critic.train(update, init(key, config), config, num_updates(config))


def init(key: Array, config: Config) -> State:
    """The state before the first update; the optimiser is the critic's alone."""
    return actor_critic.init(key, config, lambda p: optimizer(config).init(p["critic"]))


def update(state: State, config: Config) -> tuple[State, Metrics]:
    """Collect steps with the policy, move it within its trust region, and fit the critic."""
    state, _, batch, metrics = actor_critic.collect(state, config)
    batch = actor_critic.standardized(batch)
    actor, parts = improve(state.params["actor"], batch, config)
    critic, opt_state, fit = actor_critic.fit_critic(
        optimizer(config), state.params["critic"], state.optimizer, batch, config
    )
    params = {"actor": actor, "critic": critic}
    return dataclasses.replace(state, params=params, optimizer=opt_state), metrics | parts | fit


def improve(params: Any, batch: Batch, config: Config) -> tuple[Any, Metrics]:
    """Maximise the surrogate L(theta) within the trust region mean KL(pi_old, pi_theta) <= delta.

    With g the gradient of L, and F the Fisher information, which is the Hessian of the divergence
    at the old parameters: x = F^-1 g by conjugate gradient, and the step is beta x with
    beta = sqrt(2 delta / x^T F x), shortened until the divergence is at most delta and L is better.

    Args:
      params: the parameters of the actor.
      batch: the steps, every leaf `[rows, ...]`, the advantages standardised.
      config: what to do.

    Returns:
      The parameters after the step, which are the old ones if no length of it would do; and
      the metrics, those of the divergence and of the surrogate being of the step that was taken.
    """
    actor, _ = actor_critic.actor_and_critic(config)
    old, unravel = ravel_pytree(params)

    def pi(theta: Array) -> jd.Distribution:
        return actor.apply(unravel(theta), batch.observation)

    def surrogate(theta: Array) -> Array:
        ratio = jd.importance_ratio(pi(theta).log_prob(batch.action), batch.log_prob)
        return jnp.mean(ratio * batch.advantage)

    def divergence(theta: Array) -> Array:
        return jnp.mean(jd.kl_divergence(batch.policy, pi(theta)))

    def fisher(v: Array) -> Array:
        return jax.jvp(jax.grad(divergence), (old,), (v,))[1] + config.damping * v

    g = jax.grad(surrogate)(old)
    x, _ = cg(fisher, g, maxiter=config.cg_iterations, tol=1e-10)
    curvature = jnp.vdot(x, fisher(x))
    full_step = jnp.sqrt(2 * config.max_kl / jnp.maximum(curvature, 1e-12)) * x

    before = surrogate(old)

    def judged(i: Array) -> tuple[Array, Array, Array, Array]:
        theta = old + config.backtrack**i * full_step
        kl, gain = divergence(theta), surrogate(theta) - before
        return theta, kl, gain, (kl <= config.max_kl) & (gain > 0)

    def goes_on(carry: Any) -> Array:
        i, *_, accepted = carry
        return ~accepted & (i < config.backtracks)

    begin = (jnp.zeros((), jnp.int32), old, jnp.zeros(()), jnp.zeros(()), jnp.zeros((), bool))
    _, theta, kl, gain, accepted = jax.lax.while_loop(
        goes_on, lambda carry: (carry[0] + 1, *judged(carry[0])), begin
    )
    nothing = jnp.zeros(())
    return unravel(jnp.where(accepted, theta, old)), {
        "kl": jnp.where(accepted, kl, nothing),
        "surrogate": jnp.where(accepted, gain, nothing),
        "accepted": accepted.astype(jnp.float32),
        "entropy": jnp.mean(batch.policy.entropy()),
    }


def optimizer(config: Config) -> optax.GradientTransformation:
    """Adam for the critic."""
    return optax.flatten(optax.adam(config.value_learning_rate))
