"""REINFORCE: the Monte Carlo policy gradient, on batches of whole episodes.

Williams 1992, without the factor gamma^t, as in most implementations; with batches of episodes. The
weights are returns or, with a baseline, returns minus the value of the state, normalized over the
batch.
"""

from __future__ import annotations

from typing import Any, Literal

import jax
import jax.numpy as jnp
import optax
from jax import Array

import jaxdist as jd

from ..actor_critic.config import Config as BaseConfig
from ..actor_critic.optimization import apply_gradient
from ..actor_critic.problem import Problem, build_problem
from ..actor_critic.state import Metrics, TrainState
from ..execution.jax_settings import with_default_types
from ..execution.shards import ALL_STREAMS, Shard
from ..experience import environments
from ..experience.returns import discounted_returns
from ..experience.rollout import (
    FeedForwardPolicy,
    Transition,
    play_episodes,
    summarize_episodes,
)
from ..experience.spaces import Discrete
from ..networks import actors
from ..networks.actors import Actor, PolicyDistribution, make_actor
from ..networks.layers import Params
from ..validation import check_arguments, check_positive


class Config(BaseConfig):
    """REINFORCE's hyper-parameters. The defaults solve CartPole-v0."""

    env: str = jd.static(default="CartPole-v0")
    total_episodes: int = jd.static(default=1000)
    """Episodes of training; rounded down to whole batches."""
    batch_episodes: int = jd.static(default=5)
    """Episodes per update."""
    learning_rate: float = 0.002
    """RMSprop's learning rate."""
    baseline: Literal["mean", "value"] = jd.static(default="mean")
    """Baseline of the returns: mean of the batch, or value for a learned value function."""
    hidden_sizes: tuple[int, ...] = jd.static(default=(24, 36))
    distribution: PolicyDistribution = jd.static(default="auto")
    """Distribution of the policy; auto is Categorical for discrete actions, Normal for boxes."""

    def __post_init__(self) -> None:
        super().__post_init__()
        check_positive(self, "total_episodes", "batch_episodes", "learning_rate")
        if self.actor is None:
            actors.make_head(environments.make(self.env), self.distribution)
        if self.num_updates < 1:
            raise ValueError(
                f"total_episodes must allow for one batch of batch_episodes = "
                f"{self.batch_episodes}; got {self.total_episodes}"
            )

    def make_actor(self) -> Actor:
        """The network of the policy; without one of your own, Bernoulli for two actions."""
        env = environments.make(self.env)
        space = env.action_space
        is_binary = isinstance(space, Discrete) and space.n == 2 and not env.mask_size
        if self.actor is None and self.distribution == "auto" and is_binary:
            return make_actor(env, self.hidden_sizes, self.activation, "bernoulli")
        return super().make_actor()

    @property
    def stream_groups(self) -> int:
        """The largest number of shards of the episodes of a batch: each can be one episode."""
        return self.batch_episodes

    @property
    def gradient_rows(self) -> int:
        """The steps of a batch of episodes, at most."""
        return self.batch_episodes * environments.make(self.env).max_steps

    @property
    def num_updates(self) -> int:
        """Number of updates in a training run."""
        return self.total_episodes // self.batch_episodes


class Batch(jd.Pytree):
    """Whole episodes side by side; every leaf but one begins with `[max_steps, episodes]`.

    Attributes:
      observation: `s_t`.
      action: `a_t`.
      ret: the return `G_t`.
      weight: the return minus its baseline, normalized; 0 after the end of the episode.
      mask: whether `t` is before the end of the episode.
      num_steps: the number of steps before the ends, scalar; the mean over the shards.
    """

    observation: Array
    action: Any
    ret: Array
    weight: Array
    mask: Array
    num_steps: Array


def make_problem(config: Config, shard: Shard = ALL_STREAMS) -> Problem[Config]:
    """The problem of a config, with RMSprop as torch has it: epsilon outside the square root."""
    rmsprop = optax.rmsprop(config.learning_rate, decay=0.99, eps=1e-8, eps_in_sqrt=False)
    return build_problem(config, rmsprop, shard)


def policy(state: TrainState, config: Config) -> FeedForwardPolicy:
    """The policy of a state, from observations to distributions over actions."""
    return current_policy(state, make_problem(config))


@with_default_types
def init(key: Array, problem: Problem[Config]) -> TrainState:
    """The state before the first update."""
    key_actor, key_critic, key = jax.random.split(key, 3)
    params = {"actor": problem.actor.init(key_actor)}
    if problem.config.baseline == "value":
        params["critic"] = problem.critic.init(key_critic)
    return TrainState(params, problem.optimizer.init(params), jnp.zeros((), jnp.int32), key)


@with_default_types
def update(state: TrainState, problem: Problem[Config]) -> tuple[TrainState, Metrics]:
    """Play a batch of whole episodes, and take one gradient step."""
    num_episodes, shard = problem.config.batch_episodes, problem.shard
    key, key_episodes = jax.random.split(state.key)
    policy = current_policy(state, problem)
    transitions, mask = play_episodes(key_episodes, problem.env, policy, num_episodes, shard)

    batch = make_batch(state.params, transitions, mask, problem)
    gradient, terms = shard.mean(jax.grad(loss, has_aux=True)(state.params, batch, problem))
    params, opt_state = apply_gradient(problem.optimizer, state.params, state.optimizer, gradient)

    episodes = shard.sum(summarize_episodes(transitions, mask))
    steps = state.steps + episodes.total_length
    metrics = {"steps": steps} | episodes.metrics()
    return TrainState(params, opt_state, steps, key), metrics | terms


def current_policy(state: TrainState, problem: Problem[Config]) -> FeedForwardPolicy:
    """The policy with a state's parameters."""
    return lambda observation: problem.actor.apply(
        state.params["actor"], problem.env.check_flat(observation)
    )


def make_batch(
    params: dict[str, Params], transitions: Transition, mask: Array, problem: Problem[Config]
) -> Batch:
    """The discounted return from every step on, and its weight in the policy gradient."""
    returns = jax.vmap(discounted_returns, in_axes=(1, 1, 1, 1, None), out_axes=1)(
        transitions.reward,
        jnp.zeros_like(transitions.reward),
        transitions.terminated,
        transitions.truncated,
        problem.config.gamma,
    )
    advantage = returns
    if problem.config.baseline == "value":
        advantage = returns - problem.critic.apply(params["critic"], transitions.observation)
    shard = problem.shard
    total, num_steps = shard.mean((jnp.sum(advantage, where=mask), jnp.sum(mask, dtype=float)))
    deviation = jnp.where(mask, advantage - total / num_steps, 0.0)
    variance = shard.mean(jnp.sum(deviation**2)) / num_steps
    weight = deviation / (jnp.sqrt(variance) + 1e-8)
    return Batch(transitions.observation, transitions.action, returns, weight, mask, num_steps)


def loss(
    params: dict[str, Params], batch: Batch, problem: Problem[Config]
) -> tuple[Array, Metrics]:
    """The surrogate whose negative gradient is the policy gradient.

    grad J = E sum_t (G_t - b(s_t)) grad log pi(a_t | s_t), averaged over the episodes of
    the batch. With a learned baseline, half the mean squared error of v(s_t) is added.

    Args:
      params: the parameters of the actor, and of the critic if there is one.
      batch: the episodes, every leaf `[max_steps, episodes, ...]`.
      problem: the problem.

    Returns:
      The loss, scalar, and its metrics, whose means over the shards are those of all episodes.

    References:
      Sutton & Barto 2018, sections 13.3 and 13.4.
    """
    pi = problem.actor.apply(params["actor"], batch.observation)
    surrogate = jd.score_function(pi.log_prob(batch.action), batch.weight)
    num_episodes = problem.shard.share(problem.config.batch_episodes)
    policy_loss = -jnp.sum(surrogate) / num_episodes
    entropy = jnp.sum(pi.entropy(), where=batch.mask) / batch.num_steps
    metrics = {"loss": policy_loss, "entropy": entropy}
    if problem.config.baseline == "mean":
        return policy_loss, metrics
    v = problem.critic.apply(params["critic"], batch.observation)
    value_loss = 0.5 * jnp.sum((batch.ret - v) ** 2, where=batch.mask) / batch.num_steps
    return policy_loss + value_loss, metrics | {"value_loss": value_loss}


@with_default_types
def train(
    key: Array, config: Config, *, actor: Any = None, critic: Any = None
) -> tuple[TrainState, Metrics]:
    """Train with REINFORCE. `jax.jit` it; `jax.vmap` it over keys or over numbers of a config.

    Args:
      key: a PRNG key.
      config: the hyper-parameters.
      actor: your own network, in place of the config's.
      critic: your own network, in place of the config's.

    Returns:
      The final state, and the metrics of all updates, each `[num_updates]`. The return and the
      length of episodes are NaN for an update in which none ended.
    """
    check_arguments(key, config, Config)
    problem = make_problem(config.with_networks(actor=actor, critic=critic))
    step = lambda state, _: update(state, problem)
    return jax.lax.scan(step, init(key, problem), length=config.num_updates)
