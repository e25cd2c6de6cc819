"""REINFORCE: the Monte Carlo policy gradient, on batches of whole episodes.

Williams 1992, without the factor gamma^t, as in most implementations; with batches of episodes. The
weights are returns minus a baseline: their mean, the value of the state, or the returns of other
episodes that start from the same state, as in Kool et al. 2019 and in GRPO (Shao et al. 2024).
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
from ..actor_critic.train_function import train_function
from ..execution.jax_settings import with_default_types
from ..execution.shards import ALL_STREAMS, Shard
from ..experience import environments
from ..experience.episodes import summarize_episodes
from ..experience.returns import discounted_returns
from ..experience.rollout import FeedForwardPolicy, play_episodes
from ..experience.spaces import Discrete
from ..experience.streams import Transition
from ..networks import actors
from ..networks.actors import Actor, PolicyDistribution, make_actor
from ..networks.layers import Params
from ..validation import check_positive


class Config(BaseConfig):
    """REINFORCE's hyper-parameters. The defaults solve CartPole-v0."""

    env: str = jd.static(default="CartPole-v0")
    total_episodes: int = jd.static(default=1000)
    """Episodes of training; rounded down to whole batches."""
    batch_episodes: int = jd.static(default=5)
    """Episodes per update."""
    learning_rate: float = 0.002
    """RMSprop's learning rate."""
    baseline: Literal["group", "leave-one-out", "mean", "value"] = jd.static(default="mean")
    """Baseline: mean of the batch, learned value, or leave-one-out or mean of a group."""
    group_size: int = jd.static(default=5)
    """Episodes that start from the same state (baselines group and leave-one-out)."""
    hidden_sizes: tuple[int, ...] = jd.static(default=(24, 36))
    distribution: PolicyDistribution = jd.static(default="auto")
    """Distribution of the policy; auto is Categorical for discrete actions, Normal for boxes."""

    def __post_init__(self) -> None:
        super().__post_init__()
        check_positive(self, "total_episodes", "batch_episodes", "learning_rate", "group_size")
        self._check_groups()
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
    def is_grouped(self) -> bool:
        """Whether the baseline of an episode is made of others that start from the same state."""
        return self.baseline in ("group", "leave-one-out")

    @property
    def stream_groups(self) -> int:
        """The largest number of shards of the episodes of a batch: each can be one group."""
        return self.batch_episodes // (self.group_size if self.is_grouped else 1)

    @property
    def gradient_rows(self) -> int:
        """The steps of a batch of episodes, at most."""
        return self.batch_episodes * environments.make(self.env).max_steps

    @property
    def num_updates(self) -> int:
        """Number of updates in a training run."""
        return self.total_episodes // self.batch_episodes

    def _check_groups(self) -> None:
        if self.is_grouped and (self.group_size < 2 or self.batch_episodes % self.group_size):
            raise ValueError(
                f"group_size must be at least 2 and divide batch_episodes = {self.batch_episodes}; "
                f"got {self.group_size}"
            )


class Batch(jd.Pytree):
    """Whole episodes side by side; every leaf but one begins with `[max_steps, episodes]`.

    Attributes:
      observation: `s_t`.
      action: `a_t`.
      ret: the return `G_t`.
      weight: the weight of log pi(a_t | s_t); 0 after the end of the episode.
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
    config, shard = problem.config, problem.shard
    key, key_episodes = jax.random.split(state.key)
    transitions, mask = play_episodes(
        key_episodes,
        problem.env,
        current_policy(state, problem),
        config.batch_episodes,
        shard,
        same_start=config.group_size if config.is_grouped else 1,
    )

    batch = make_batch(state.params, transitions, mask, problem)
    gradient, terms = shard.mean(jax.grad(loss, has_aux=True)(state.params, batch, problem))
    params, opt_state = apply_gradient(problem.optimizer, state.params, state.optimizer, gradient)

    episodes = shard.sum(summarize_episodes(transitions, mask))
    steps = state.steps + episodes.total_length
    metrics = {"steps": steps} | episodes.metrics()
    return TrainState(params, opt_state, steps, key), metrics | terms


def current_policy(state: TrainState, problem: Problem[Config]) -> FeedForwardPolicy:
    """The policy with a state's parameters."""
    return lambda *observation: problem.actor.apply(
        state.params["actor"], problem.env.as_flat(*observation)
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
    if problem.config.is_grouped:
        weight = group_weights(transitions.reward, returns, mask, problem.config)
    else:
        weight = normalized_weights(params, transitions.observation, returns, mask, problem)
    num_steps = problem.shard.mean(jnp.sum(mask, dtype=float))
    return Batch(transitions.observation, transitions.action, returns, weight, mask, num_steps)


def normalized_weights(
    params: dict[str, Params], s_t: Array, returns: Array, mask: Array, problem: Problem[Config]
) -> Array:
    """Returns minus the values of the states, if there is a critic, normalized over all steps."""
    advantage, shard = returns, problem.shard
    if problem.config.baseline == "value":
        advantage = returns - problem.critic.apply(params["critic"], s_t)
    total, num_steps = shard.mean((jnp.sum(advantage, where=mask), jnp.sum(mask, dtype=float)))
    deviation = jnp.where(mask, advantage - total / num_steps, 0.0)
    variance = shard.mean(jnp.sum(deviation**2)) / num_steps
    return deviation / (jnp.sqrt(variance) + 1e-8)


def group_weights(reward: Array, returns: Array, mask: Array, config: Config) -> Array:
    """Weights relative to the other episodes of a group, `[max_steps, episodes]`.

    leave-one-out: G_t minus the mean of the other episodes' G_t, which is 0 after their end.
    group: (R - mean R) / std R at every step, where R is the undiscounted return of the episode.

    References:
      Kool et al. 2019, "Buy 4 REINFORCE samples, get a baseline for free!"; Shao et al. 2024,
      "DeepSeekMath", section 4.1.2.
    """
    by_group = lambda x: x.reshape(len(x), -1, config.group_size)
    if config.baseline == "group":
        totals = by_group(jnp.sum(reward, axis=0, where=mask)[None])
        spread = jnp.std(totals, axis=-1, keepdims=True) + 1e-8
        weight = (totals - jnp.mean(totals, axis=-1, keepdims=True)) / spread
    else:
        returns = by_group(jnp.where(mask, returns, 0.0))
        deviation = returns - jnp.mean(returns, axis=-1, keepdims=True)
        weight = deviation * config.group_size / (config.group_size - 1)
    return jnp.where(mask, weight.reshape(len(weight), -1), 0.0)


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
    if problem.config.baseline != "value":
        return policy_loss, metrics
    v = problem.critic.apply(params["critic"], batch.observation)
    value_loss = 0.5 * jnp.sum((batch.ret - v) ** 2, where=batch.mask) / batch.num_steps
    return policy_loss + value_loss, metrics | {"value_loss": value_loss}


train = train_function("REINFORCE", Config, make_problem, init, update)
