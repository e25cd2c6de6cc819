"""REINFORCE: whole episodes, their returns, and the score function.

Williams 1992; the form of the widely copied CartPole examples, with batches of episodes and
returns standardised over the batch in place of a baseline.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
import optax
from gymnax.environments import spaces
from jax import Array

import jaxdist as jd
from agents import envs, networks
from agents.config import check_choice, check_env, check_fraction, check_positive
from agents.networks import Actor, Params
from agents.returns import discounted_returns
from agents.rollout import Policy, Transition, in_first_episode, rollout, start

Metrics = dict[str, Array]


class Config(jd.Pytree):
    """What REINFORCE is told. The defaults solve CartPole-v0."""

    env: str = jd.static(default="CartPole-v0")
    """The environment's name."""
    total_episodes: int = jd.static(default=1000)
    """Episodes of training; rounded down to whole batches."""
    batch_episodes: int = jd.static(default=5)
    """Episodes between two updates."""
    learning_rate: float = 0.01
    """RMSprop's learning rate."""
    gamma: float = 0.99
    """Discount factor."""
    hidden_sizes: tuple[int, ...] = jd.static(default=(24, 36))
    """Widths of the hidden layers."""
    activation: str = jd.static(default="relu")
    """Nonlinearity of the hidden layers."""
    actor: Actor | None = jd.static(default=None)
    """A network of your own, from observations to a distribution over actions."""

    def __post_init__(self) -> None:
        check_env(self.env)
        check_positive(self, "total_episodes", "batch_episodes", "learning_rate", "hidden_sizes")
        check_fraction(self, "gamma")
        check_choice(self, activation=networks.ACTIVATIONS)
        if self.total_episodes < self.batch_episodes:
            raise ValueError(
                f"total_episodes must allow for one batch of batch_episodes = "
                f"{self.batch_episodes}; got {self.total_episodes}"
            )


class State(jd.Pytree):
    """All that training carries from one update to the next."""

    params: Params
    optimizer: optax.OptState
    steps: Array
    key: Array


class Batch(jd.Pytree):
    """Whole episodes side by side; every leaf begins with `[max_steps, batch_episodes]`.

    Attributes:
      observation: `s_t`.
      action: `a_t`.
      weight: the standardised return from `t` on, 0 after the episode's end.
    """

    observation: Array
    action: Array
    weight: Array


def train(key: Array, config: Config) -> tuple[State, Metrics]:
    """REINFORCE from nothing, as `ppo.train` is: a pure function to jit, and to vmap.

    Returns the last state, and the metrics of all updates, each `[num_updates]`.
    """
    advance = lambda state, _: update(state, config)
    return jax.lax.scan(advance, init(key, config), length=num_updates(config))


def init(key: Array, config: Config) -> State:
    """The state before the first update."""
    key_actor, key = jax.random.split(key)
    params = actor(config).init(key_actor)
    return State(params, optimizer(config).init(params), jnp.zeros((), jnp.int32), key)


def update(state: State, config: Config) -> tuple[State, Metrics]:
    """Play a batch of episodes to their ends and take one step up the gradient."""
    key, key_start, key_rollout = jax.random.split(state.key, 3)
    env = envs.make(config.env)
    streams = start(key_start, env, config.batch_episodes)
    _, transitions, _ = rollout(key_rollout, env, policy(state, config), streams, env.max_steps)
    # A stream whose episode is over plays on until all are; those steps count for nothing.
    played = in_first_episode(transitions)

    batch = estimate(transitions, played, config)
    grads, metrics = jax.grad(loss, has_aux=True)(state.params, batch, config)
    updates, opt_state = optimizer(config).update(grads, state.optimizer)
    params = optax.apply_updates(state.params, updates)

    steps = state.steps + jnp.sum(played)
    episodes = {
        "episodes": jnp.asarray(config.batch_episodes),
        "episode_return": jnp.sum(played * transitions.reward) / config.batch_episodes,
        "episode_length": jnp.sum(played) / config.batch_episodes,
    }
    return State(params, opt_state, steps, key), {"steps": steps} | episodes | metrics


def policy(state: State, config: Config) -> Policy:
    """The policy that a state of training has arrived at."""
    return lambda observation: actor(config).apply(state.params, observation)


def estimate(transitions: Transition, played: Array, config: Config) -> Batch:
    """The discounted return from every step on, standardised over the steps that were played."""
    returns = jax.vmap(discounted_returns, in_axes=(1, 1, 1, 1, None), out_axes=1)(
        transitions.reward,
        jnp.zeros_like(transitions.reward),
        transitions.terminated,
        transitions.truncated,
        config.gamma,
    )
    mean, std = jnp.mean(returns, where=played), jnp.std(returns, where=played)
    weight = jnp.where(played, (returns - mean) / (std + 1e-8), 0.0)
    return Batch(transitions.observation, transitions.action, weight)


def loss(params: Params, batch: Batch, config: Config) -> tuple[Array, Metrics]:
    """The surrogate whose negative gradient is the policy gradient.

    grad J = E sum_t G_t grad log pi(a_t | s_t), the mean being over the episodes of the batch.

    Args:
      params: the parameters of the actor.
      batch: the episodes, every leaf `[max_steps, batch_episodes, ...]`.
      config: what to do.

    Returns:
      The loss, scalar, and its parts.

    References:
      Sutton & Barto 2018, section 13.3.
    """
    pi = actor(config).apply(params, batch.observation)
    surrogate = jd.score_function(pi.log_prob(batch.action), batch.weight)
    total = -jnp.sum(surrogate) / config.batch_episodes
    return total, {"loss": total, "entropy": jnp.mean(pi.entropy(), where=batch.weight != 0.0)}


def actor(config: Config) -> Actor:
    """The policy's network: Bernoulli for two actions, otherwise as the action space asks."""
    env, shape = envs.make(config.env), (config.hidden_sizes, config.activation)
    space = env.action_space
    if isinstance(space, spaces.Discrete) and space.n == 2:
        return config.actor or networks.bernoulli_actor(env.observation_size, *shape)
    return config.actor or networks.actor(env, *shape)


def optimizer(config: Config) -> optax.GradientTransformation:
    """RMSprop with the constants, and the place of the epsilon, of torch."""
    return optax.rmsprop(config.learning_rate, decay=0.99, eps=1e-8, eps_in_sqrt=False)


def num_updates(config: Config) -> int:
    """How many batches the budget of episodes allows."""
    return config.total_episodes // config.batch_episodes
