"""V-MPO: maximum a posteriori policy optimization from steps of the policy and a value function.

Song et al. 2020, "V-MPO: On-Policy Maximum a Posteriori Policy Optimization for Discrete and
Continuous Control". Advantages are normalized over the steps of an update, in place of PopArt.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import jax
import jax.numpy as jnp
import optax
from jax import Array

import jaxdist as jd

from ..actor_critic.collection import Batch, collect, take_rows
from ..actor_critic.config import MinibatchConfig
from ..actor_critic.kl_constraints import initial_log_multipliers, kl_parts, penalties
from ..actor_critic.optimization import apply_gradient, clip_gradient, minibatches_of_epochs
from ..actor_critic.problem import Problem, build_problem
from ..actor_critic.state import ActorCriticState, Metrics, current_policy, init_state
from ..actor_critic.train_function import train_function
from ..execution.jax_settings import with_default_types
from ..execution.microbatches import mean_gradient
from ..execution.shards import ALL_STREAMS, Shard
from ..experience.normalization import normalize_advantages
from ..experience.rollout import FeedForwardPolicy
from ..validation import check_not_negative, check_positive


class Config(MinibatchConfig):
    """V-MPO's hyper-parameters."""

    num_envs: int = jd.static(default=8)
    num_minibatches: int = jd.static(default=8)
    learning_rate: float = 1e-3
    """Adam's learning rate for the networks."""
    dual_learning_rate: float = 1e-2
    """Adam's learning rate for the logarithms of temperature and multipliers."""
    value_coef: float = 0.5
    """Weight of the value loss."""
    max_grad_norm: float = 0.5
    """Global norm to which gradients of the networks are clipped."""
    temperature: float = 1.0
    """Initial temperature eta of the weights, in units of the advantages' standard deviation."""
    weights_kl: float = 0.1
    """Epsilon of eta: bound of the KL divergence of the weights from uniform ones."""
    multiplier: float = 1.0
    """Initial Lagrange multiplier alpha of the policy's KL divergence."""
    max_kl: float = 0.01
    """Epsilon of alpha: bound of KL(old policy, new policy); in a box, of the means."""
    max_scale_kl: float = 1e-3
    """The same of the scales of a normal policy."""

    def __post_init__(self) -> None:
        super().__post_init__()
        check_positive(self, "learning_rate", "max_grad_norm")
        check_positive(self, "dual_learning_rate", "temperature", "multiplier")
        check_positive(self, "weights_kl", "max_kl", "max_scale_kl")
        check_not_negative(self, "value_coef")


DUALS = ("log_temperature", "log_multipliers")
"""The parameters that are not those of networks: the logarithms of eta and of alpha."""


def make_problem(config: Config, shard: Shard = ALL_STREAMS) -> Problem[Config]:
    """The problem of a config, with Adam for the networks and Adam for the dual variables."""
    networks = clip_gradient(optax.adam(config.learning_rate, eps=1e-5), config.max_grad_norm)
    duals = optax.flatten(optax.adam(config.dual_learning_rate))
    return build_problem(config, (networks, duals), shard)


def policy(state: ActorCriticState, config: Config) -> FeedForwardPolicy:
    """The policy of a state, from observations to distributions over actions."""
    return current_policy(state, make_problem(config))


@with_default_types
def init(key: Array, problem: Problem[Config]) -> ActorCriticState:
    """The state before the first update."""
    for_networks, for_duals = problem.optimizer
    state = init_state(key, problem, for_networks.init)
    duals = {
        "log_temperature": jnp.log(problem.config.temperature),
        "log_multipliers": initial_log_multipliers(state.params["actor"], problem),
    }
    optimizer = (state.optimizer, for_duals.init(duals))
    return dataclasses.replace(state, params=state.params | duals, optimizer=optimizer)


@with_default_types
def update(state: ActorCriticState, problem: Problem[Config]) -> tuple[ActorCriticState, Metrics]:
    """Collect steps with the policy, and run several epochs of minibatch gradient steps."""
    config, shard = problem.config, problem.shard
    state, key, batch, metrics = collect(state, problem, config.num_minibatches)
    advantage = normalize_advantages(batch.advantage, shard)
    batch = dataclasses.replace(batch, advantage=advantage)

    rows = minibatches_of_epochs(key, problem)
    advantages = shard.gather(take_rows(advantage, rows), axis=1)

    def gradient_step(carry: Any, x: tuple[Array, Array]) -> tuple[Any, Metrics]:
        params, optimizer = carry
        rows, advantages = x
        minibatch = take_rows(batch, rows)
        weight, weights_kl = better_half(
            minibatch.advantage, advantages, jnp.exp(params["log_temperature"])
        )
        minibatch = dataclasses.replace(minibatch, advantage=weight)
        gradient, terms = mean_gradient(
            lambda p, b: loss(p, b, weights_kl, problem), params, minibatch
        )
        gradient, terms = shard.mean((gradient, terms))
        new = [
            apply_gradient(each, _part(params, i), optimizer[i], _part(gradient, i))
            for i, each in enumerate(problem.optimizer)
        ]
        return (new[0][0] | new[1][0], (new[0][1], new[1][1])), terms

    carry = (state.params, state.optimizer)
    (params, optimizer), terms = jax.lax.scan(gradient_step, carry, (rows, advantages))
    state = dataclasses.replace(state, params=params, optimizer=optimizer)
    return state, metrics | jax.tree.map(jnp.mean, terms)


def better_half(own: Array, advantages: Array, temperature: Array) -> tuple[Array, Array]:
    """The weights of steps: psi = exp(A / eta) / sum exp(A / eta) over the better half of them.

    Args:
      own: the advantages of the steps of this shard, `[rows]`.
      advantages: those of the steps of all shards, `[all rows]`.
      temperature: eta, scalar.

    Returns:
      psi of the own steps times the number of all rows, which is 0 for the worse half; and the KL
      divergence of psi from uniform weights of the better half.

    References:
      Song et al. 2020, equations 3 and 4; the half is that of section 4.1.
    """
    median = jnp.median(advantages)
    is_better = advantages >= median
    scaled = jnp.where(is_better, advantages / temperature, -jnp.inf)
    log_total = jax.nn.logsumexp(scaled)
    log_psi = scaled - log_total
    log_uniform = -jnp.log(jnp.sum(is_better))
    kl = jnp.sum(jnp.exp(log_psi) * jnp.where(is_better, log_psi - log_uniform, 0.0))
    own_log_psi = own / temperature - log_total
    weight = jnp.where(own >= median, len(advantages) * jnp.exp(own_log_psi), 0.0)
    return jax.lax.stop_gradient((weight, kl))


def loss(
    params: dict[str, Any], batch: Batch, weights_kl: Array, problem: Problem[Config]
) -> tuple[Array, Metrics]:
    """The loss of a minibatch.

    L = L_pi + L_eta + L_alpha + c_v L_value, where with psi as in `better_half`,
    L_pi = -sum psi log pi(a | s); L_alpha = alpha (eps_alpha - sg KL) + sg(alpha) KL with the mean
    KL divergence of the old policy from pi, in two parts if it is normal; L_value is half the mean
    squared error of v(s). The gradient of L_eta = eta eps_eta + eta log mean exp(A / eta) is that
    of eta (eps_eta - sg KL(psi, uniform)). sg stops gradients.

    Args:
      params: the parameters of actor and critic, and the logarithms of eta and alpha.
      batch: the minibatch, every leaf `[rows, ...]`, with weights in place of advantages.
      weights_kl: KL(psi, uniform), scalar.
      problem: the problem.

    Returns:
      The loss, scalar, and its terms.

    References:
      Song et al. 2020, equations 2 to 5.
    """
    config = problem.config
    pi = problem.actor.apply(params["actor"], batch.observation)
    v = problem.critic.apply(params["critic"], batch.observation)
    policy_loss = -jnp.mean(jd.score_function(pi.log_prob(batch.action), batch.advantage))
    eta = jnp.exp(params["log_temperature"])
    eta_loss = eta * (config.weights_kl - weights_kl)
    divergences = kl_parts(batch.policy, pi)
    bounds = (config.max_kl, config.max_scale_kl)
    penalty, alpha_loss = penalties(params["log_multipliers"], divergences, bounds)
    value_loss = 0.5 * jnp.mean((v - batch.target) ** 2)
    total = policy_loss + penalty + eta_loss + alpha_loss + config.value_coef * value_loss
    return total, {
        "loss": total,
        "policy_loss": policy_loss,
        "value_loss": value_loss,
        "entropy": jnp.mean(pi.entropy()),
        "kl": jnp.asarray(sum(jnp.mean(part) for part in divergences)),
        "temperature": eta,
        "multiplier": jnp.exp(params["log_multipliers"][0]),
    }


def _part(tree: dict[str, Any], i: int) -> dict[str, Any]:
    """The entries of networks (0) or of dual variables (1)."""
    return {name: entry for name, entry in tree.items() if (name in DUALS) == bool(i)}


train = train_function("V-MPO", Config, make_problem, init, update)
