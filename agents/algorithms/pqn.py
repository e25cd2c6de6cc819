"""PQN: parallelized Q-learning, with lambda-returns and layer normalization instead of a replay.

Gallici et al. 2025, "Simplifying Deep Temporal Difference Learning", Algorithm 1.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from functools import partial
from typing import Any, ClassVar

import jax
import jax.numpy as jnp
import optax
from jax import Array

import jaxdist as jd

from ..actor_critic.collection import (
    Batch,
    act,
    batch_from_values,
    evaluate,
    flatten,
    next_values,
    take_rows,
)
from ..actor_critic.config import MinibatchConfig
from ..actor_critic.optimization import apply_gradient, clip_gradient, minibatches_of_epochs
from ..actor_critic.problem import Problem, reads_floats
from ..actor_critic.state import (
    ActorCriticState,
    Metrics,
    initial_statistics,
    normalize_observation,
)
from ..actor_critic.train_function import train_function
from ..execution.jax_settings import with_default_types
from ..execution.microbatches import mean_gradient
from ..execution.shards import ALL_STREAMS, Shard
from ..experience import environments
from ..experience.rollout import FeedForwardPolicy, start_streams
from ..experience.spaces import Discrete
from ..networks.actors import Actor
from ..networks.critics import Critic, make_action_critic
from ..networks.custom import custom_critic
from ..networks.epsilon_greedy import decreasing_epsilon, epsilon_greedy, mask_values
from ..networks.layers import Activation, Network
from ..off_policy.action_values import taken
from ..validation import check_fraction, check_positive


class Config(MinibatchConfig):
    """PQN's hyper-parameters. Its network is the critic; it has no actor."""

    fixed: ClassVar[tuple[str, ...]] = ("channels", "distribution", "noise_steps")

    num_envs: int = jd.static(default=32)
    num_steps: int = jd.static(default=64)
    num_minibatches: int = jd.static(default=16)
    learning_rate: float = 1e-3
    """Initial learning rate of Adam, which decays linearly to zero."""
    max_grad_norm: float = 10.0
    """Global norm to which gradients are clipped."""
    gae_lambda: float = 0.95
    """Lambda of the returns: 0 is one-step Q-learning, 1 is Monte Carlo."""
    epsilon: float = 0.05
    """Probability of a random action at the end of exploration."""
    exploration: float = 0.2
    """Part of the training during which this probability decreases from 1, linearly."""
    activation: Activation = jd.static(default="relu")
    layer_norm: bool = jd.static(default=True)
    """Whether to normalize the hidden layers."""
    critic: Any = jd.static(default=None)
    """Your own network, from observations to the values of all actions."""

    def __post_init__(self) -> None:
        super().__post_init__()
        check_positive(self, "learning_rate", "max_grad_norm")
        check_positive(self, "exploration")
        check_fraction(self, "epsilon", "exploration")
        _check_supported(self)

    def make_actor(self) -> Actor:
        """The network of action values, as a function to greedy policies."""
        critic, env = self.make_critic(), environments.make(self.env)
        return Network(critic.init, lambda p, s: jd.Greedy(mask_values(critic.apply(p, s), s, env)))

    def make_critic(self) -> Critic:
        """The network of the values of all actions."""
        env = environments.make(self.env)
        if self.critic is None:
            return make_action_critic(env, self.hidden_sizes, self.activation, self.layer_norm)
        assert isinstance(env.action_space, Discrete)
        shape = (env.action_space.n,)
        return custom_critic(self.critic, shape, env.observation_size, env.unflatten)


def make_problem(config: Config, shard: Shard = ALL_STREAMS) -> Problem[Config]:
    """The problem of a config, with rectified Adam on clipped gradients."""
    num_gradient_steps = config.num_updates * config.num_epochs * config.num_minibatches
    rate = optax.linear_schedule(config.learning_rate, 0.0, num_gradient_steps)
    return Problem(
        config=config,
        env=environments.make(config.env),
        actor=reads_floats(config.make_actor()),
        critic=reads_floats(config.make_critic()),
        optimizer=clip_gradient(optax.radam(rate), config.max_grad_norm),
        shard=shard,
    )


def policy(state: ActorCriticState, config: Config) -> FeedForwardPolicy:
    """The epsilon-greedy policy of a state, from observations to distributions over actions."""
    return current_policy(state, make_problem(config))


@with_default_types
def init(key: Array, problem: Problem[Config]) -> ActorCriticState:
    """The state before the first update."""
    key_critic, key_streams, key = jax.random.split(key, 3)
    params = {"critic": problem.critic.init(key_critic)}
    return ActorCriticState(
        params=params,
        optimizer=problem.optimizer.init(params),
        streams=start_streams(
            key_streams, problem.env, problem.config.num_envs, shard=problem.shard
        ),
        **initial_statistics(problem),
        steps=jnp.zeros((), jnp.int32),
        key=key,
    )


@with_default_types
def update(state: ActorCriticState, problem: Problem[Config]) -> tuple[ActorCriticState, Metrics]:
    """Collect steps with the policy, and run several epochs of minibatch gradient steps."""
    config, shard = problem.config, problem.shard
    value = lambda s: jnp.max(current_values(state, problem)(s), axis=-1)
    new_state, key, steps, metrics = act(
        state, current_policy(state, problem), problem, partial(evaluate, value, 1)
    )
    v_tp1 = next_values(steps, value(new_state.streams.observation))
    observation = normalize_observation(steps.observation, state, problem)
    # The target of GAE with v(s) = max q(s, a) is the lambda-return of Q-learning.
    batch = flatten(batch_from_values(observation, steps.value, v_tp1, steps, config))

    rows = minibatches_of_epochs(key, problem)

    def gradient_step(carry: Any, rows: Array) -> tuple[Any, Metrics]:
        params, opt_state = carry
        gradient, terms = shard.mean(
            mean_gradient(lambda p, b: loss(p, b, problem), params, take_rows(batch, rows))
        )
        return apply_gradient(problem.optimizer, params, opt_state, gradient), terms

    (params, opt_state), terms = jax.lax.scan(gradient_step, (state.params, state.optimizer), rows)
    new_state = dataclasses.replace(new_state, params=params, optimizer=opt_state)
    return new_state, metrics | jax.tree.map(jnp.mean, terms)


def loss(params: dict[str, Any], batch: Batch, problem: Problem[Config]) -> tuple[Array, Metrics]:
    """Half the mean squared error of the values of actions.

    L = 1/2 mean (q(s_t, a_t) - G_t)^2, with the lambda-returns
    G_t = r_t + gamma ((1 - lambda) max_a q(s_tp1, a) + lambda G_tp1), which are r_t where the
    episode terminated, and r_t + gamma max_a q(s_tp1, a) where it was truncated and at the end of
    the rollout.

    Args:
      params: the parameters of the network.
      batch: the minibatch, every leaf `[rows, ...]`; `target` is G_t.
      problem: the problem.

    Returns:
      The loss, scalar, and its terms.

    References:
      Gallici et al. 2025, Algorithm 1.
    """
    q = problem.critic.apply(params["critic"], batch.observation)
    values = taken(q, batch.action)
    total = 0.5 * jnp.mean((values - batch.target) ** 2)
    return total, {"loss": total, "value": jnp.mean(values)}


def current_values(state: ActorCriticState, problem: Problem[Config]) -> Callable[[Array], Array]:
    """The values of the actions with a state's parameters; -inf where one is not possible."""

    def values(s: Array) -> Array:
        q = problem.critic.apply(state.params["critic"], normalize_observation(s, state, problem))
        return mask_values(q, s, problem.env)

    return values


def current_policy(state: ActorCriticState, problem: Problem[Config]) -> FeedForwardPolicy:
    """The epsilon-greedy policy with a state's parameters, from observations to distributions."""
    epsilon = decreasing_epsilon(state.steps, problem.config)
    values = current_values(state, problem)

    def policy(*observation: Any) -> jd.EpsilonGreedy:
        s = problem.env.as_flat(*observation)
        return epsilon_greedy(values(s), s, epsilon, problem.env)

    return policy


train = train_function(
    "PQN",
    Config,
    make_problem,
    init,
    update,
    actor="not supported, since the policy follows from the values",
)


def _check_supported(config: Config) -> None:
    space = environments.make(config.env).action_space
    if not isinstance(space, Discrete):
        raise ValueError(f"PQN supports Discrete action spaces; '{config.env}' has {space}")
    if config.actor is not None:
        raise ValueError("PQN has no actor; give critic, a network to the values of all actions")
