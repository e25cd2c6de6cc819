"""Trust region policy optimization: natural gradient steps within a KL trust region.

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

import jaxdist as jd

from ..actor_critic.collection import Batch, collect
from ..actor_critic.config import FittedCriticConfig
from ..actor_critic.optimization import fit_critic
from ..actor_critic.problem import Problem, build_problem
from ..actor_critic.state import ActorCriticState, Metrics, current_policy, init_state
from ..actor_critic.train_function import train_function
from ..execution.jax_settings import with_default_types
from ..execution.shards import ALL_STREAMS, Shard
from ..experience.normalization import normalize_advantages
from ..experience.rollout import FeedForwardPolicy
from ..networks.layers import Params
from ..validation import check_fraction, check_not_negative, check_positive


class Config(FittedCriticConfig):
    """TRPO's hyper-parameters."""

    num_envs: int = jd.static(default=8)
    num_steps: int = jd.static(default=256)
    value_iterations: int = jd.static(default=80)
    max_kl: float = 0.01
    """Delta: largest mean KL(old policy, new policy) per update."""
    damping: float = 0.1
    """Added to the diagonal of the Fisher information matrix."""
    cg_iterations: int = jd.static(default=10)
    """Iterations of the conjugate gradient method."""
    backtracks: int = jd.static(default=10)
    """Step lengths that the line search tries before it gives up."""
    backtrack: float = 0.8
    """Factor by which the line search shrinks the step."""

    def __post_init__(self) -> None:
        super().__post_init__()
        check_positive(self, "max_kl", "cg_iterations", "backtracks", "backtrack")
        check_not_negative(self, "damping")
        check_fraction(self, "backtrack")


def make_problem(config: Config, shard: Shard = ALL_STREAMS) -> Problem[Config]:
    """The problem of a config, with Adam for the critic; the actor needs no optimizer."""
    optimizer = optax.flatten(optax.adam(config.value_learning_rate))
    return build_problem(config, optimizer, shard)


def policy(state: ActorCriticState, config: Config) -> FeedForwardPolicy:
    """The policy of a state, from observations to distributions over actions."""
    return current_policy(state, make_problem(config))


@with_default_types
def init(key: Array, problem: Problem[Config]) -> ActorCriticState:
    """The state before the first update."""
    return init_state(key, problem, lambda params: problem.optimizer.init(params["critic"]))


@with_default_types
def update(state: ActorCriticState, problem: Problem[Config]) -> tuple[ActorCriticState, Metrics]:
    """Collect steps with the policy, update it within its trust region, and fit the critic."""
    state, _, batch, metrics = collect(state, problem)
    advantage = normalize_advantages(batch.advantage, problem.shard)
    batch = dataclasses.replace(batch, advantage=advantage)
    actor, terms = trust_region_step(state.params["actor"], batch, problem)
    critic, opt_state, fit = fit_critic(
        problem.optimizer, state.params["critic"], state.optimizer, batch, problem
    )
    params = {"actor": actor, "critic": critic}
    return dataclasses.replace(state, params=params, optimizer=opt_state), metrics | terms | fit


def trust_region_step(
    params: Params, batch: Batch, problem: Problem[Config]
) -> tuple[Params, Metrics]:
    """Maximize the surrogate L(theta) within the trust region mean KL(pi_old, pi_theta) <= delta.

    With g the gradient of L and F the Fisher information matrix at the old parameters, the search
    direction is the natural gradient x = F^-1 g, and the step is beta x with
    beta = sqrt(2 delta / x^T F x). A line search shortens it until the divergence is at most delta
    and L has improved.

    Args:
      params: the parameters of the actor.
      batch: the steps, every leaf `[rows, ...]`, the advantages normalized.
      problem: the problem.

    Returns:
      The new parameters, which are the old ones if the line search fails; and the metrics of the
      step.
    """
    config, shard = problem.config, problem.shard
    theta_old, unravel = ravel_pytree(params)

    def pi(theta: Array) -> jd.Distribution:
        return problem.actor.apply(unravel(theta), batch.observation)

    def surrogate(theta: Array) -> Array:
        ratio = jd.importance_ratio(pi(theta).log_prob(batch.action), batch.log_prob)
        return jnp.mean(ratio * batch.advantage)

    def divergence_and_surrogate(theta: Array) -> tuple[Array, Array]:
        return jnp.mean(jd.kl_divergence(batch.policy, pi(theta))), surrogate(theta)

    entropy = jnp.mean(batch.policy.entropy())
    (surrogate_old, gradient), entropy = shard.mean(
        (jax.value_and_grad(surrogate)(theta_old), entropy)
    )
    x, curvature = jd.natural_gradient(
        pi,
        theta_old,
        gradient,
        damping=config.damping,
        iterations=config.cg_iterations,
        tolerance=1e-10,
        average=shard.mean,
    )
    full_step = jnp.sqrt(2 * config.max_kl / jnp.maximum(curvature, 1e-12)) * x

    def try_step(carry: Any) -> Any:
        i, *_ = carry
        theta = theta_old + config.backtrack**i * full_step
        kl, surrogate_new = shard.mean(divergence_and_surrogate(theta))
        gain = surrogate_new - surrogate_old
        return i + 1, theta, kl, gain, (kl <= config.max_kl) & (gain > 0)

    def is_searching(carry: Any) -> Array:
        i, *_, accepted = carry
        return ~accepted & (i < config.backtracks)

    zero = jnp.zeros(())
    initial = (jnp.zeros((), jnp.int32), theta_old, zero, zero, jnp.zeros((), bool))
    _, theta, kl, gain, accepted = jax.lax.while_loop(is_searching, try_step, initial)
    return unravel(jnp.where(accepted, theta, theta_old)), {
        "kl": jnp.where(accepted, kl, zero),
        "surrogate": jnp.where(accepted, gain, zero),
        "accepted": accepted.astype(jnp.float32),
        "entropy": entropy,
    }


train = train_function("TRPO", Config, make_problem, init, update)
