"""REINFORCE: whole episodes, their returns, and the score function.

Williams 1992; the form of the widely copied CartPole examples, with batches of episodes. Returns
are standardised over the batch or, with a baseline, what they are beyond the value of the state is.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import optax
from gymnax.environments import spaces
from jax import Array

import jaxdist as jd
from agents import actor_critic
from agents.actor_critic import Metrics
from agents.experience import environments
from agents.experience.returns import discounted_returns
from agents.experience.rollout import FeedForward, Transition, play
from agents.networks import actors, critics, layers
from agents.networks.actors import Actor
from agents.networks.critics import Critic
from agents.networks.layers import Params
from agents.validation import check_choice, check_fraction, check_positive


class Config(jd.Pytree):
    """What REINFORCE is told. The defaults solve CartPole-v0."""

    env: str = jd.static(default="CartPole-v0")
    """The environment's name; module:name where a module of yours registers it."""
    total_episodes: int = jd.static(default=1000)
    """Episodes of training; rounded down to whole batches."""
    batch_episodes: int = jd.static(default=5)
    """Episodes between two updates."""
    learning_rate: float = 0.002
    """RMSprop's learning rate."""
    gamma: float = 0.99
    """Discount factor."""
    baseline: str = jd.static(default="mean")
    """What returns are compared with: the mean of the batch, or a learned value of the state."""
    hidden_sizes: tuple[int, ...] = jd.static(default=(24, 36))
    """Widths of the hidden layers."""
    activation: str = jd.static(default="tanh")
    """Nonlinearity of the hidden layers: elu, gelu, relu, silu or tanh."""
    distribution: str = jd.static(default="auto")
    """Family of the policy: auto, bernoulli, beta, normal or tanh-normal."""
    actor: Actor | None = jd.static(default=None)
    """A network of your own, from observations to a distribution over actions."""
    critic: Critic | None = jd.static(default=None)
    """A network of your own, from observations to values, if the baseline is learned."""

    def __post_init__(self) -> None:
        environments.make(self.env)
        check_positive(self, "total_episodes", "batch_episodes", "learning_rate", "hidden_sizes")
        check_fraction(self, "gamma")
        check_choice(self, activation=layers.ACTIVATIONS, distribution=actors.KINDS)
        check_choice(self, baseline=("mean", "value"))
        if self.total_episodes < self.batch_episodes:
            raise ValueError(
                f"total_episodes must allow for one batch of batch_episodes = "
                f"{self.batch_episodes}; got {self.total_episodes}"
            )


class State(jd.Pytree):
    """All that training carries from one update to the next.

    Attributes:
      params: the parameters of `"actor"` and, with a learned baseline, of `"critic"`.
      optimizer: the state of RMSprop.
      steps: environment steps so far, integer scalar.
      key: a PRNG key.
    """

    params: dict[str, Params]
    optimizer: optax.OptState
    steps: Array
    key: Array


class Batch(jd.Pytree):
    """Whole episodes side by side; every leaf begins with `[max_steps, batch_episodes]`.

    Attributes:
      observation: `s_t`.
      action: `a_t`.
      ret: the return `G_t`.
      weight: the return beyond its baseline, standardised; 0 after the episode's end.
      played: whether `t` lies before the episode's end.
    """

    observation: Array
    action: Any
    ret: Array
    weight: Array
    played: Array


def train(key: Array, config: Config) -> tuple[State, Metrics]:
    """REINFORCE from nothing; jit it, and vmap it over keys or over numbers of a config.

    Returns the last state, and the metrics of all updates, each `[num_updates]`.
    """
    return actor_critic.train(update, init(key, config), config, num_updates(config))


def init(key: Array, config: Config) -> State:
    """The state before the first update."""
    key_actor, key_critic, key = jax.random.split(key, 3)
    params = {"actor": actor(config).init(key_actor)}
    if config.baseline == "value":
        params["critic"] = critic(config).init(key_critic)
    return State(params, optimizer(config).init(params), jnp.zeros((), jnp.int32), key)


def update(state: State, config: Config) -> tuple[State, Metrics]:
    """Play a batch of episodes to their ends and take one step up the gradient."""
    key, key_play = jax.random.split(state.key)
    env = environments.make(config.env)
    transitions, played = play(key_play, env, policy(state, config), config.batch_episodes)

    batch = estimate(state.params, transitions, played, config)
    gradient, metrics = jax.grad(loss, has_aux=True)(state.params, batch, config)
    params, opt_state = actor_critic.descend(
        optimizer(config), state.params, state.optimizer, gradient
    )

    steps = state.steps + jnp.sum(played)
    episodes = {
        "episodes": jnp.asarray(config.batch_episodes),
        "episode_return": jnp.sum(played * transitions.reward) / config.batch_episodes,
        "episode_length": jnp.sum(played) / config.batch_episodes,
    }
    return State(params, opt_state, steps, key), {"steps": steps} | episodes | metrics


def policy(state: State, config: Config) -> FeedForward:
    """The policy that a state of training has arrived at."""
    return lambda observation: actor(config).apply(state.params["actor"], observation)


def estimate(
    params: dict[str, Params], transitions: Transition, played: Array, config: Config
) -> Batch:
    """The discounted return from every step on, and what it is beyond its baseline."""
    returns = jax.vmap(discounted_returns, in_axes=(1, 1, 1, 1, None), out_axes=1)(
        transitions.reward,
        jnp.zeros_like(transitions.reward),
        transitions.terminated,
        transitions.truncated,
        config.gamma,
    )
    beyond = returns
    if config.baseline == "value":
        beyond = returns - critic(config).apply(params["critic"], transitions.observation)
    mean, std = jnp.mean(beyond, where=played), jnp.std(beyond, where=played)
    weight = jnp.where(played, (beyond - mean) / (std + 1e-8), 0.0)
    return Batch(transitions.observation, transitions.action, returns, weight, played)


def loss(params: dict[str, Params], batch: Batch, config: Config) -> tuple[Array, Metrics]:
    """The surrogate whose negative gradient is the policy gradient.

    grad J = E sum_t (G_t - b(s_t)) grad log pi(a_t | s_t), the mean being over the episodes of the
    batch. With a learned baseline, half the mean squared error of v(s_t) is added.

    Args:
      params: the parameters of the actor, and of the critic if there is one.
      batch: the episodes, every leaf `[max_steps, batch_episodes, ...]`.
      config: what to do.

    Returns:
      The loss, scalar, and its parts.

    References:
      Sutton & Barto 2018, sections 13.3 and 13.4.
    """
    pi = actor(config).apply(params["actor"], batch.observation)
    surrogate = jd.score_function(pi.log_prob(batch.action), batch.weight)
    total = -jnp.sum(surrogate) / config.batch_episodes
    parts = {"loss": total, "entropy": jnp.mean(pi.entropy(), where=batch.played)}
    if config.baseline == "mean":
        return total, parts
    v = critic(config).apply(params["critic"], batch.observation)
    value_loss = 0.5 * jnp.mean((batch.ret - v) ** 2, where=batch.played)
    return total + value_loss, parts | {"value_loss": value_loss}


def actor(config: Config) -> Actor:
    """The policy's network: Bernoulli for two actions, otherwise as the action space asks."""
    env, shape = environments.make(config.env), (config.hidden_sizes, config.activation)
    space, kind = env.action_space, config.distribution
    if kind == "auto" and isinstance(space, spaces.Discrete) and space.n == 2:
        kind = "auto" if env.mask_size else "bernoulli"
    return config.actor or actors.actor(env, *shape, kind)


def critic(config: Config) -> Critic:
    """The learned baseline."""
    env = environments.make(config.env)
    return config.critic or critics.critic(env, config.hidden_sizes, config.activation)


def optimizer(config: Config) -> optax.GradientTransformation:
    """RMSprop with the constants, and the place of the epsilon, of torch."""
    return optax.rmsprop(config.learning_rate, decay=0.99, eps=1e-8, eps_in_sqrt=False)


def num_updates(config: Config) -> int:
    """How many batches the budget of episodes allows."""
    return config.total_episodes // config.batch_episodes
