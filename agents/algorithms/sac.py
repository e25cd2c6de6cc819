"""Soft actor-critic, for discrete and for continuous (Box) actions.

Haarnoja et al. 2018, "Soft Actor-Critic Algorithms and Applications", Algorithm 1; Christodoulou
2019 for discrete actions, over which expectations are sums. The warm-up repeats each random action
for a while, which explores states that independent actions would not reach. `--batch-norm` has the
critics of CrossQ, Bhatt et al. 2024; `--residual` has the networks of SimBa, Lee et al. 2025.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import optax
from jax import Array
from jax.flatten_util import ravel_pytree

import jaxdist as jd

from ..actor_critic.optimization import apply_gradient
from ..actor_critic.problem import Problem
from ..actor_critic.state import Metrics
from ..actor_critic.train_function import train_function
from ..execution.jax_settings import with_default_types
from ..execution.shards import ALL_STREAMS, Shard
from ..experience import environments
from ..experience.replay import Experience
from ..experience.rollout import FeedForwardPolicy
from ..experience.spaces import Box, Discrete
from ..networks.actors import Actor, make_actor
from ..networks.critics import Critic, Kind, make_action_critic
from ..networks.layers import Params
from ..networks.residual import check_widths
from ..off_policy.config import OffPolicyConfig, check_action_space
from ..off_policy.learning import Learner, Rules, act_and_learn
from ..off_policy.state import OffPolicyState, current_policy, init_critics, init_state
from ..validation import check_fraction, check_positive
from .sac_losses import METRICS, acting_policy, loss


class Config(OffPolicyConfig):
    """SAC's hyper-parameters."""

    env: str = jd.static(default="Pendulum-v1")
    temperature: float = 1.0
    """Initial temperature alpha (entropy weight), which is then learned."""
    entropy_of_box: float = -1.0
    """Target entropy for Box actions scaled to [-1, 1], in nats per dimension (uniform: log 2)."""
    entropy_of_choice: float = 0.5
    """Target entropy over discrete actions, as a fraction of the maximum."""
    residual: bool = jd.static(default=False)
    """SimBa: whether networks have residual blocks, one for each of hidden_sizes."""
    batch_norm: bool = jd.static(default=False)
    """CrossQ: whether critics normalize batches, and have no target parameters."""
    critic: Any = jd.static(default=None)
    """Your own network to the values of all actions, or in a box from [s, a]; two are trained."""

    def __post_init__(self) -> None:
        super().__post_init__()
        check_positive(self, "temperature")
        check_fraction(self, "entropy_of_choice")
        check_action_space(self, "SAC", Discrete, Box)
        _check_networks(self)

    @property
    def stream_groups(self) -> int:
        """The largest number of shards; the statistics of a batch need all of it on one."""
        return 1 if self.batch_norm else super().stream_groups

    def make_actor(self) -> Actor:
        """The network of the policy."""
        if self.actor is not None or not self.residual:
            return super().make_actor()
        env, sizes = environments.make(self.env), self.hidden_sizes
        return make_actor(env, sizes, self.activation, self.distribution, blocks=True)

    def make_critic(self) -> Critic:
        """The network of the values of actions: see `critics.make_action_critic`."""
        if self.critic is not None or not (self.residual or self.batch_norm):
            return super().make_critic()
        kind: Kind = "residual" if self.residual else "batch-norm"
        env = environments.make(self.env)
        return make_action_critic(env, self.hidden_sizes, self.activation, kind=kind)


State = OffPolicyState


def make_problem(config: Config, shard: Shard = ALL_STREAMS) -> Problem[Config]:
    """The problem of a config; Adam updates the parameters as one vector."""
    return Problem(
        config=config,
        env=environments.make(config.env),
        actor=config.make_actor(),
        critic=config.make_critic(),
        optimizer=optax.flatten(optax.adam(config.learning_rate)),
        shard=shard,
    )


def policy(state: State, config: Config) -> FeedForwardPolicy:
    """The policy of a state, from observations to distributions over actions."""
    return current_policy(state, make_problem(config))


@with_default_types
def init(key: Array, problem: Problem[Config]) -> State:
    """The state before the first update, with the steps of the warm-up in its buffer."""

    def init_params(key_actor: Array, key_critics: Array) -> dict[str, Params]:
        return {
            "actor": problem.actor.init(key_actor),
            "critics": init_critics(key_critics, problem, 2),
            "log_temperature": jnp.log(problem.config.temperature),
        }

    return init_state(key, problem, State, init_params, problem.optimizer.init)


@with_default_types
def update(state: State, problem: Problem[Config]) -> tuple[State, Metrics]:
    """Take `num_steps` steps in every stream, each followed by gradient steps."""
    rules = Rules(
        policy=lambda params, s, batched: acting_policy(params["actor"], s, problem, batched),
        gradient_step=lambda learner, batch, keys, _, batched: gradient_step(
            keys, learner, batch, problem, batched
        ),
        metrics=METRICS,
    )
    return act_and_learn(state, problem, rules)


def gradient_step(
    keys: Array, learner: Learner, batch: Experience, problem: Problem[Config], batched: bool
) -> tuple[Learner, Array]:
    """One step on all three losses at once, then on the moving average of the parameters."""
    unravel = learner.unravel
    target = unravel(learner.average)["critics"]
    of_vector = lambda params: loss(unravel(params), target, batch, keys, problem, batched)
    gradient, terms = jax.grad(of_vector, has_aux=True)(learner.params)
    params, opt_state = apply_gradient(
        problem.optimizer, learner.params, learner.optimizer, problem.shard.mean(gradient)
    )
    if problem.config.batch_norm:
        params = with_statistics(params, terms["statistics"], learner)
        average = params
    else:
        average = optax.incremental_update(params, learner.average, problem.config.tau)
    learner = Learner(params, average, opt_state, unravel)
    return learner, jnp.stack([terms[name] for name in METRICS])


def with_statistics(params: Array, statistics: list[Params], learner: Learner) -> Array:
    """The vector of parameters with other running statistics of the critics."""
    tree = learner.unravel(params)
    pairs = zip(tree["critics"], statistics, strict=True)
    critics = [critic | {"statistics": new} for critic, new in pairs]
    return ravel_pytree(tree | {"critics": critics})[0]


train = train_function("SAC", Config, make_problem, init, update)


def _check_networks(config: Config) -> None:
    if config.residual:
        check_widths(config.hidden_sizes)
    kinds = [name for name in ("residual", "batch_norm", "layer_norm") if getattr(config, name)]
    if len(kinds) > 1:
        raise ValueError(f"critics can have one of {' and '.join(kinds)}; leave out the others")
    if config.batch_norm and config.critic is not None:
        raise ValueError("batch_norm normalizes perceptrons; leave out your own critic")
