"""Proximal policy optimization, with a clipped objective, a KL penalty or a discovered drift.

Schulman et al. 2017, Algorithm 1; details as in Huang et al. 2022, "The 37 implementation details".
The drift of discovered policy optimization (DPO) is that of Lu et al. 2022.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any, Literal

import jax
import jax.numpy as jnp
import optax
from jax import Array
from jax.flatten_util import ravel_pytree

import jaxdist as jd

from ..actor_critic.collection import Batch, collect, take_rows
from ..actor_critic.config import JointLossConfig, MinibatchConfig
from ..actor_critic.optimization import (
    anneal_entropy,
    apply_gradient,
    clip_gradient,
    joint_loss,
    learning_rate_schedule,
    minibatches_of_epochs,
)
from ..actor_critic.problem import Problem, build_problem, reads_floats, recompute_critic
from ..actor_critic.state import ActorCriticState, Metrics, current_policy, init_state
from ..actor_critic.train_function import train_function
from ..execution.jax_settings import with_default_types
from ..execution.microbatches import mean_gradient
from ..execution.packed_scan import packed_scan
from ..execution.shards import ALL_STREAMS, Shard
from ..experience import environments
from ..experience.normalization import batch_moments, standardize
from ..experience.rollout import FeedForwardPolicy
from ..networks.layers import Network, Params
from ..networks.torsos import make_torso
from ..networks.value_heads import ValueHeadName
from ..validation import check_positive

KL_COEF_RANGE = (1e-6, 1e6)
"""The range of the adaptive weight of the penalty."""

DRIFT = (2.0, 0.6)
"""The widths of the discovered drift, for positive and for negative advantages."""

EARLY_STOP = 1.5
"""The multiple of the target divergence beyond which an update takes no more gradient steps."""


class Config(MinibatchConfig, JointLossConfig):
    """PPO's hyper-parameters. The defaults are those of PureJaxRL and CleanRL for CartPole."""

    objective: Literal["clip", "dpo", "kl"] = jd.static(default="clip")
    """Surrogate: clip (clipped ratio), kl (adaptive KL penalty) or dpo (discovered drift)."""
    clip: float = 0.2
    """Epsilon: clip range of the probability ratio and of the value function."""
    clip_value: bool = jd.static(default=True)
    """Whether to clip the change of values in the value loss; two-hot values are not clipped."""
    value_head: ValueHeadName = jd.static(default="linear")
    """Output of the critic: values, their symlog, or a distribution over bins (two-hot)."""
    kl_target: float = 0.01
    """Target KL divergence of the adaptive penalty (objective kl) and of early_stop."""
    early_stop: bool = jd.static(default=False)
    """Whether an update ends when the policy's KL divergence exceeds 1.5 kl_target."""
    shared_torso: bool = jd.static(default=False)
    """Whether actor and critic share convolutions and hidden layers; each has its own output."""

    def __post_init__(self) -> None:
        super().__post_init__()
        check_positive(self, "clip", "kl_target")
        if self.shared_torso and not self.hidden_sizes:
            raise ValueError("shared_torso needs at least one entry in hidden_sizes; got none")

    @property
    def shared_features(self) -> int:
        """The number of features that actor and critic share; 0 if each has its own layers."""
        return self.hidden_sizes[-1] if self.shared_torso else 0

    @property
    def head_sizes(self) -> tuple[int, ...]:
        """Widths of the hidden layers of actor and critic, after the features they share."""
        return () if self.shared_torso else self.hidden_sizes


class State(ActorCriticState):
    """The training state of PPO.

    Attributes:
      kl_coef: the weight of the penalty on the divergence, beta in the paper.
    """

    kl_coef: Array


def make_problem(config: Config, shard: Shard = ALL_STREAMS) -> Problem[Config]:
    """The problem of a config, with Adam on clipped gradients."""
    torso = make_features(config) if config.shared_torso else None
    return build_problem(config, make_optimizer(config), shard, torso)


def make_features(config: Config) -> Network[Array]:
    """The torso that actor and critic share."""
    env = environments.make(config.env)
    return reads_floats(make_torso(env, config.channels, config.hidden_sizes, config.activation))


def make_optimizer(config: Config) -> optax.GradientTransformation:
    """Adam on gradients that are clipped by their global norm."""
    num_gradient_steps = config.num_updates * config.num_epochs * config.num_minibatches
    rate = learning_rate_schedule(config, num_gradient_steps)
    return clip_gradient(optax.adam(rate, eps=1e-5), config.max_grad_norm)


def policy(state: State, config: Config) -> FeedForwardPolicy:
    """The policy of a state, from observations to distributions over actions."""
    return current_policy(state, make_problem(config))


@with_default_types
def init(key: Array, problem: Problem[Config]) -> State:
    """The state before the first update."""
    state = init_state(key, problem, problem.optimizer.init)
    return State(**vars(state), kl_coef=jnp.ones(()))


@with_default_types
def update(state: State, problem: Problem[Config]) -> tuple[State, Metrics]:
    """Collect steps with the policy, and optimize the objective on them."""
    state, key, batch, metrics = collect(state, problem, problem.config.num_minibatches)
    state, terms = optimize(key, state, batch, loss, problem)
    return state, metrics | terms


def optimize(
    key: Array, state: State, batch: Any, loss: Callable[..., Any], problem: Problem[Any]
) -> tuple[State, Metrics]:
    """Run several epochs of minibatch gradient steps, with advantages normalized per minibatch.

    Args:
      key: a PRNG key.
      state: the state whose policy acted.
      batch: the steps, a dataclass whose leaves begin with `[rows]`, with an `advantage`.
      loss: `loss(params, minibatch, kl_coef, problem)`, a mean over the rows, and its terms.
      problem: the problem.

    Returns:
      The state with new parameters, and the means of the terms.
    """
    problem = anneal_entropy(problem, state.steps)
    config: Config = problem.config
    theta, unravel = ravel_pytree(state.params)
    lean = recompute_critic(problem)

    def step_until_stop(carry: Any, x: Any) -> tuple[Any, Metrics]:
        (*old, stopped), ((*new, _), terms) = carry, gradient_step(carry, x)
        stopped |= problem.shard.mean(terms["kl"]) > EARLY_STOP * config.kl_target
        kept = jax.tree.map(lambda a, b: jnp.where(stopped, a, b), old, new)
        return (*kept, stopped), terms

    def gradient_step(carry: Any, x: tuple[Array, tuple[Array, Array]]) -> tuple[Any, Metrics]:
        theta, opt_state, stopped = carry
        rows, moments = x
        minibatch = take_rows(batch, rows)
        advantage = standardize(minibatch.advantage, *moments)
        minibatch = dataclasses.replace(minibatch, advantage=advantage)
        gradient, terms = mean_gradient(
            lambda p, b: loss(p, b, state.kl_coef, problem),
            unravel(theta),
            minibatch,
            lean_loss=lambda p, b: loss(p, b, state.kl_coef, lean),
        )
        gradient = problem.shard.mean(ravel_pytree(gradient)[0])
        return (*apply_gradient(problem.optimizer, theta, opt_state, gradient), stopped), terms

    rows = minibatches_of_epochs(key, problem)
    advantages = take_rows(batch.advantage, rows)
    moments = batch_moments(advantages, problem.shard, range(1, advantages.ndim))
    (theta, opt_state, _), terms = packed_scan(
        step_until_stop if config.early_stop else gradient_step,
        (theta, state.optimizer, jnp.zeros((), bool) if config.early_stop else ()),
        (rows, moments),
    )
    terms = problem.shard.mean(terms)
    last_kl = jnp.mean(terms["kl"][-config.num_minibatches :])
    kl_coef = jd.adaptive_kl_coefficient(state.kl_coef, last_kl, config.kl_target)
    state = dataclasses.replace(
        state,
        params=unravel(theta),
        optimizer=opt_state,
        kl_coef=jnp.clip(kl_coef, *KL_COEF_RANGE),
    )
    return state, jax.tree.map(jnp.mean, terms)


def loss(
    params: dict[str, Params], batch: Batch, kl_coef: Array, problem: Problem[Config]
) -> tuple[Array, Metrics]:
    """The loss of a minibatch, and its terms: see `objective`.

    Args:
      params: the parameters of actor and critic.
      batch: the minibatch, every leaf `[rows, ...]`, the advantages normalized.
      kl_coef: the weight beta of the penalty.
      problem: the problem.
    """
    pi, output = problem.policy_and_value(params, batch.observation)
    return objective(pi, output, batch, kl_coef, problem.config)


def objective(
    pi: jd.Distribution, output: Array, batch: Batch, kl_coef: Array, config: Config
) -> tuple[Array, Metrics]:
    """The loss as a function of the policy and the values.

    L = L_policy + c_v L_value - c_e H. With r = pi(a | s) / pi_old(a | s) and A normalized over
    the minibatch, L_policy = -mean min(r A, clip(r, 1 - eps, 1 + eps) A) or, with a penalty,
    -mean (r A - beta KL(pi_old, pi)) or, with a drift, -mean (r A - f(r, A)); L_value is that of
    `value_loss`; H is the mean entropy of pi(. | s).

    Args:
      pi: the policy at the observations of the batch.
      output: the output of the critic there.
      batch: the minibatch, every leaf beginning with the batch shape of `pi`.
      kl_coef: the weight beta of the penalty.
      config: the hyper-parameters.

    Returns:
      The loss, scalar, and its terms.

    References:
      Schulman et al. 2017, equations 7 to 9.
    """
    log_prob, old_log_prob, advantage = pi.log_prob(batch.action), batch.log_prob, batch.advantage
    divergence = old_log_prob - log_prob
    if config.objective == "clip":
        surrogate = jd.clipped_ratio(log_prob, old_log_prob, advantage, config.clip)
    elif config.objective == "dpo":
        surrogate = drifted_ratio(log_prob, old_log_prob, advantage)
    else:
        divergence = jd.kl_divergence(batch.policy, pi)
        surrogate = jd.penalized_ratio(log_prob, old_log_prob, advantage, divergence, kl_coef)

    policy_loss, error = -jnp.mean(surrogate), value_loss(output, batch, config)
    total, terms = joint_loss(policy_loss, error, jnp.mean(pi.entropy()), config)
    return total, terms | {"kl": jnp.mean(divergence)}


def value_loss(output: Array, batch: Batch, config: Config) -> Array:
    """The mean loss of the critic, scalar.

    It is half the squared error of the value or of its symlog, whose change is clipped like the
    ratio unless `clip_value` is false, or the cross-entropy of the two-hot distribution.

    Args:
      output: the output of the critic.
      batch: the minibatch, with targets and with the values before the update.
      config: the hyper-parameters.

    References:
      Huang et al. 2022, detail 9, for the clipped loss.
    """
    head = config.values
    target = head.encode(batch.target)
    error = head.loss(output, target)
    if config.clip_value and head.size == 1:
        old = head.encode(batch.value)
        clipped = old + jnp.clip(output - old, -config.clip, config.clip)
        error = jnp.maximum(error, head.loss(clipped, target))
    return jnp.mean(error)


def drifted_ratio(log_prob: Array, old_log_prob: Array, advantage: Array) -> Array:
    """The surrogate of discovered policy optimization, to be maximized.

    L = r A - f(r, A). The drift f = max(0, x - w tanh(x / w)) keeps r near 1, where it is 0 and so
    is its gradient: x = (r - 1) A and w = 2 if A >= 0, and x = A log r and w = 0.6 otherwise.

    Args:
      log_prob: log-probability of the action under the current policy, any shape.
      old_log_prob: log-probability of the action under the policy that acted.
      advantage: advantage of the action.

    References:
      Lu et al. 2022, "Discovered policy optimisation", section 5.
    """
    ratio = jd.importance_ratio(log_prob, old_log_prob)
    is_positive = advantage >= 0
    x = jnp.where(is_positive, ratio - 1, log_prob - old_log_prob) * advantage
    width = jnp.where(is_positive, *DRIFT)
    return ratio * advantage - jax.nn.relu(x - width * jnp.tanh(x / width))


train = train_function("PPO", Config, make_problem, init, update)
