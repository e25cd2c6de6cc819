"""MPO: maximum a posteriori policy optimization from a replay buffer and the values of actions.

Abdolmaleki et al. 2018, "Maximum a Posteriori Policy Optimisation", with the constraints on means
and on scales of their "Relative Entropy Regularized Policy Iteration". The critic is learned from
one-step returns under the target policy, in place of Retrace.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import optax
from jax import Array

import jaxdist as jd

from ..actor_critic.kl_constraints import initial_log_multipliers, kl_parts, penalties
from ..actor_critic.optimization import clip_gradient
from ..actor_critic.problem import Problem
from ..actor_critic.state import Metrics
from ..actor_critic.train_function import train_function
from ..execution.jax_settings import with_default_types
from ..execution.shards import ALL_STREAMS, Shard
from ..experience import environments
from ..experience.replay import Experience
from ..experience.rollout import FeedForwardPolicy
from ..experience.spaces import Box, Discrete
from ..networks.layers import Params
from ..off_policy.action_values import by_group, critic_input, taken
from ..off_policy.config import OffPolicyConfig, annealed_rate, check_action_space
from ..off_policy.learning import Learner, Rules, act_and_learn, apply_by_part, size_of
from ..off_policy.state import TargetActorState, current_policy, init_critics, init_state
from ..validation import check_positive

METRICS = (
    *("critic_loss", "policy_loss", "entropy", "value"),
    *("kl", "weights_kl", "temperature", "multiplier"),
)
"""The names of the terms of the loss."""

NETWORKS = ("actor", "critics")
"""The parameters of networks; the others are the logarithms of dual variables."""


class Config(OffPolicyConfig):
    """MPO's hyper-parameters."""

    env: str = jd.static(default="Pendulum-v1")
    learning_rate: float = 1e-3
    """Adam's learning rate for the networks."""
    anneal: bool = jd.static(default=False)
    """Whether to decay it linearly to zero."""
    dual_learning_rate: float = 1e-2
    """Adam's learning rate for the logarithms of temperature and multipliers."""
    tau: float = 0.01
    """Polyak averaging rate of the target actor and critic, per gradient step."""
    max_grad_norm: float = 40.0
    """Global norm to which gradients of the networks are clipped."""
    num_actions: int = jd.static(default=16)
    """Actions drawn for each state in a box; discrete ones are summed over."""
    temperature: float = 1.0
    """Initial temperature eta of the weights, in units of the return."""
    weights_kl: float = 0.1
    """Epsilon of eta: bound of the KL divergence of the weighted actions from the target policy."""
    multiplier: float = 1.0
    """Initial Lagrange multiplier alpha of the policy's KL divergence."""
    max_kl: float = 0.01
    """Epsilon of alpha: bound of KL(target policy, policy); in a box, of the means."""
    max_scale_kl: float = 1e-3
    """The same of the scales of a normal policy."""
    critic: Any = jd.static(default=None)
    """Your own network to the values of all actions, or in a box from [s, a]."""

    def __post_init__(self) -> None:
        super().__post_init__()
        check_positive(self, "dual_learning_rate", "max_grad_norm", "num_actions")
        check_positive(self, "temperature", "weights_kl", "multiplier", "max_kl", "max_scale_kl")
        check_action_space(self, "MPO", Discrete, Box)


def make_problem(config: Config, shard: Shard = ALL_STREAMS) -> Problem[Config]:
    """The problem of a config, with Adam for the networks and Adam for the dual variables."""
    networks = clip_gradient(optax.adam(annealed_rate(config)), config.max_grad_norm)
    return Problem(
        config=config,
        env=environments.make(config.env),
        actor=config.make_actor(),
        critic=config.make_critic(),
        optimizer=(networks, optax.flatten(optax.adam(config.dual_learning_rate))),
        shard=shard,
    )


def policy(state: TargetActorState, config: Config) -> FeedForwardPolicy:
    """The policy of a state, from observations to distributions over actions."""
    return current_policy(state, make_problem(config))


@with_default_types
def init(key: Array, problem: Problem[Config]) -> TargetActorState:
    """The state before the first update, with the steps of the warm-up in its buffer."""

    def init_params(key_actor: Array, key_critics: Array) -> dict[str, Params]:
        actor = problem.actor.init(key_actor)
        return {
            "actor": actor,
            "critics": init_critics(key_critics, problem, 1),
            "log_multipliers": initial_log_multipliers(actor, problem),
            "log_temperature": jnp.log(problem.config.temperature),
        }

    def init_optimizer(params: dict[str, Params]) -> Any:
        networks = {name: params[name] for name in NETWORKS}
        duals = {name: params[name] for name in params.keys() - networks.keys()}
        of_networks, of_duals = problem.optimizer
        return of_networks.init(networks), of_duals.init(duals)

    return init_state(key, problem, TargetActorState, init_params, init_optimizer)


@with_default_types
def update(state: TargetActorState, problem: Problem[Config]) -> tuple[TargetActorState, Metrics]:
    """Take `num_steps` steps in every stream, each followed by gradient steps."""
    rules = Rules(
        policy=lambda params, s, _: problem.actor.apply(params["actor"], s),
        gradient_step=lambda learner, batch, keys, *_: gradient_step(keys, learner, batch, problem),
        metrics=METRICS,
    )
    return act_and_learn(state, problem, rules)


def gradient_step(
    keys: Array, learner: Learner, batch: Experience, problem: Problem[Config]
) -> tuple[Learner, Array]:
    """One step on all losses at once, then on the target parameters."""
    unravel = learner.unravel
    average = unravel(learner.average)
    of_vector = lambda params: loss(unravel(params), average, batch, keys, problem)
    gradient, terms = jax.grad(of_vector, has_aux=True)(learner.params)
    # The vector begins with the networks: its parts are in the order of their names.
    size = size_of({name: average[name] for name in NETWORKS})
    parts, opt_states = apply_by_part(
        problem.optimizer, [size], learner, problem.shard.mean(gradient)
    )
    params = jnp.concatenate(parts)
    new_average = optax.incremental_update(params, learner.average, problem.config.tau)
    learner = Learner(params, new_average, tuple(opt_states), unravel)
    return learner, jnp.stack([terms[name] for name in METRICS])


def loss(
    params: dict[str, Any],
    average: dict[str, Any],
    batch: Experience,
    keys: Array,
    problem: Problem[Config],
) -> tuple[Array, Metrics]:
    """The losses of the critic, of the actor and of the dual variables.

    L = L_q + L_pi + L_eta + L_alpha. With a drawn from the target policy pi'(. | s):
    L_q = 1/2 mean (q(s, a_t) - y)^2, y = r + gamma E_pi' q'(s', a'), or y = r where the episode
    terminated;
    the weights psi(a | s) = exp(q'(s, a) / eta), normalized over the actions drawn, give
    L_pi = -mean sum_a psi(a | s) log pi(a | s), subject to KL(pi', pi) <= eps_alpha;
    L_eta = eta (eps_eta + mean log E_pi' exp(q'(s, a) / eta)), the dual of
    KL(psi, pi') <= eps_eta; L_alpha is as in V-MPO.

    Args:
      params: the parameters of the actor and of the critics, and the logarithms of eta and alpha.
      average: the target parameters.
      batch: steps from the replay buffer, every leaf `[batch, ...]`.
      keys: PRNG keys for the actions in a box, one for each of equal parts of the batch.
      problem: the problem.

    Returns:
      The sum of the losses, scalar, and its terms.

    References:
      Abdolmaleki et al. 2018, equations 8 and 10; "Relative Entropy Regularized Policy Iteration",
      section 4, for the constraints.
    """
    config = problem.config
    old, new = (problem.actor.apply(p["actor"], batch.observation) for p in (average, params))
    old_next = problem.actor.apply(average["actor"], batch.next_observation)
    key_pairs = jax.vmap(jax.random.split)(keys)
    target = average["critics"][0]
    candidates, log_prior, q = possible(key_pairs[:, 0], old, target, batch.observation, problem)
    _, log_prior_next, q_next = possible(
        key_pairs[:, 1], old_next, target, batch.next_observation, problem
    )

    next_value = jnp.sum(jnp.exp(log_prior_next) * q_next, axis=0)
    y = batch.reward + config.gamma * jnp.where(batch.terminated, 0.0, next_value)
    values = value_of_taken(params["critics"][0], batch, problem)
    critic_loss = 0.5 * jnp.mean((values - y) ** 2)

    eta = jnp.exp(params["log_temperature"])
    tempered = log_prior + q / eta
    log_mean = jax.nn.logsumexp(tempered, axis=0)
    log_psi = jax.lax.stop_gradient(tempered - log_mean)
    psi = jnp.exp(log_psi)
    eta_loss = eta * (config.weights_kl + jnp.mean(log_mean))
    policy_loss = -jnp.mean(jnp.sum(weighted(psi, log_prob_of(new, candidates)), axis=0))
    weights_kl = jnp.mean(jnp.sum(weighted(psi, log_psi - log_prior), axis=0))

    divergences = kl_parts(old, new)
    bounds = (config.max_kl, config.max_scale_kl)
    penalty, alpha_loss = penalties(params["log_multipliers"], divergences, bounds)
    total = critic_loss + policy_loss + eta_loss + penalty + alpha_loss
    return total, {
        "critic_loss": critic_loss,
        "policy_loss": policy_loss,
        "entropy": jnp.mean(new.entropy()),
        "value": jnp.mean(values),
        "kl": jnp.asarray(sum(jnp.mean(part) for part in divergences)),
        "weights_kl": weights_kl,
        "temperature": eta,
        "multiplier": jnp.exp(params["log_multipliers"][0]),
    }


def possible(
    keys: Array, pi: jd.Distribution, critic: Params, s: Array, problem: Problem[Config]
) -> tuple[Array, Array, Array]:
    """Actions of each state, with the policy's weights and their values.

    Args:
      keys: PRNG keys, one for each of equal parts of the batch.
      pi: the policy at the states.
      critic: the parameters of the critic.
      s: the states, `[batch, observation_size]`.
      problem: the problem.

    Returns:
      All discrete actions, or draws of actions in a box, `[actions, batch, ...]`; the logarithms of
      their probabilities, those of draws being equal, `[actions, batch]`; and their values
      q(s, a), `[actions, batch]`.
    """
    if isinstance(pi, jd.Categorical):
        q = problem.critic.apply(critic, s)
        actions = jnp.broadcast_to(jnp.arange(q.shape[-1])[:, None], q.T.shape)
        return actions, log_prob_of(pi, actions), q.T
    count = problem.config.num_actions
    draw = lambda key, part: part.sample(key, (count,)).swapaxes(0, 1)
    actions = by_group(draw, keys, pi, axis=0).swapaxes(0, 1)
    values = lambda a: problem.critic.apply(critic, critic_input(problem.env, s, a))
    return actions, jnp.full((count, len(s)), -jnp.log(count)), jax.vmap(values)(actions)


def value_of_taken(critic: Params, batch: Experience, problem: Problem[Config]) -> Array:
    """q(s, a_t) of the actions in the batch, `[batch]`."""
    if isinstance(problem.env.action_space, Discrete):
        return taken(problem.critic.apply(critic, batch.observation), batch.action)
    x = critic_input(problem.env, batch.observation, batch.action)
    return problem.critic.apply(critic, x)


def log_prob_of(pi: jd.Distribution, actions: Array) -> Array:
    """log pi(a | s) of several actions of each state, `[actions, batch]`."""
    return jax.vmap(pi.log_prob)(actions)


def weighted(weights: Array, numbers: Array) -> Array:
    """Products of weights and numbers, which may be infinite where the weight is 0."""
    return jnp.where(weights > 0, weights * jnp.where(weights > 0, numbers, 0.0), 0.0)


train = train_function("MPO", Config, make_problem, init, update)
