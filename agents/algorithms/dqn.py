"""DQN: deep Q-learning from a replay buffer, with a target network and double Q-learning.

Mnih et al. 2015, "Human-level control through deep reinforcement learning", Algorithm 1; Hasselt et
al. 2016 for the choice of the next action by the network that is trained.
"""

from __future__ import annotations

from functools import partial
from typing import Any, ClassVar

import jax
import jax.numpy as jnp
import optax
from jax import Array

import jaxdist as jd

from ..actor_critic.optimization import apply_gradient, clip_gradient
from ..actor_critic.problem import Problem
from ..actor_critic.state import Metrics
from ..actor_critic.train_function import train_function
from ..execution.jax_settings import with_default_types
from ..execution.shards import ALL_STREAMS, Shard
from ..experience import environments, replay
from ..experience.replay import EpisodeStep, Experience
from ..experience.rollout import FeedForwardPolicy
from ..experience.spaces import Discrete
from ..networks.actors import Actor
from ..networks.epsilon_greedy import decreasing_epsilon, epsilon_greedy, mask_values
from ..networks.layers import Network, Params
from ..off_policy.action_values import evaluate, taken
from ..off_policy.config import OffPolicyConfig, annealed_rate, check_action_space
from ..off_policy.learning import Learner, Rules, act_and_learn
from ..off_policy.state import OffPolicyState, init_critics, init_state
from ..validation import check_fraction, check_positive

METRICS = ("loss", "value")
"""The names of the terms of the loss."""


class Config(OffPolicyConfig):
    """DQN's hyper-parameters. Its network is the critic; it has no actor."""

    row: ClassVar[type[Experience]] = EpisodeStep

    env: str = jd.static(default="CartPole-v1")
    total_steps: int = jd.static(default=100_000)
    gradient_steps: int = jd.static(default=1)
    warmup_hold: int = jd.static(default=1)
    batch_size: int = jd.static(default=128)
    learning_rate: float = 5e-4
    anneal: bool = jd.static(default=False)
    """Whether to decay the learning rate linearly to zero."""
    max_grad_norm: float = 10.0
    """Global norm to which gradients are clipped."""
    tau: float = 0.01
    """Weight of the trained parameters when the target network is updated; 1 copies them."""
    target_period: int = jd.static(default=1)
    """Gradient steps from one update of the target network to the next."""
    double: bool = jd.static(default=True)
    """Whether the trained network, not the target network, chooses the next action."""
    n_step: int = jd.static(default=1)
    """Number of rewards in a return before the value of the state that follows them."""
    epsilon: float = 0.05
    """Probability of a random action at the end of exploration."""
    exploration: float = 0.2
    """Part of the training during which this probability decreases from 1, linearly."""
    critic: Any = jd.static(default=None)
    """Your own network, from observations to the values of all actions."""

    def __post_init__(self) -> None:
        super().__post_init__()
        check_positive(self, "max_grad_norm", "target_period", "n_step", "exploration")
        check_fraction(self, "epsilon", "exploration")
        check_action_space(self, "DQN", Discrete)
        _check_supported(self)

    def make_actor(self) -> Actor:
        """The network of action values, as a function to greedy policies."""
        critic, env = self.make_critic(), environments.make(self.env)
        return Network(critic.init, lambda p, s: jd.Greedy(mask_values(critic.apply(p, s), s, env)))


def make_problem(config: Config, shard: Shard = ALL_STREAMS) -> Problem[Config]:
    """The problem of a config, with Adam on clipped gradients."""
    return Problem(
        config=config,
        env=environments.make(config.env),
        actor=config.make_actor(),
        critic=config.make_critic(),
        optimizer=clip_gradient(optax.adam(annealed_rate(config)), config.max_grad_norm),
        shard=shard,
    )


def policy(state: OffPolicyState, config: Config) -> FeedForwardPolicy:
    """The epsilon-greedy policy of a state, from observations to distributions over actions."""
    problem = make_problem(config)
    epsilon = decreasing_epsilon(state.steps, config)
    return lambda *observation: acting_policy(
        state.params, problem.env.as_flat(*observation), epsilon, problem
    )


@with_default_types
def init(key: Array, problem: Problem[Config]) -> OffPolicyState:
    """The state before the first update, with the steps of the warm-up in its buffer."""
    init_params = lambda _, key: {"critics": init_critics(key, problem, 1)}
    return init_state(key, problem, OffPolicyState, init_params, problem.optimizer.init)


@with_default_types
def update(state: OffPolicyState, problem: Problem[Config]) -> tuple[OffPolicyState, Metrics]:
    """Take `num_steps` steps in every stream, each followed by gradient steps."""
    epsilon = decreasing_epsilon(state.steps, problem.config)
    rules = Rules(
        policy=lambda params, s, _: acting_policy(params, s, epsilon, problem),
        gradient_step=lambda learner, batch, _, number, batched: gradient_step(
            learner, batch, number, problem, batched
        ),
        metrics=METRICS,
        sample=partial(replay.sample_sequences, length=problem.config.n_step),
    )
    return act_and_learn(state, problem, rules)


def gradient_step(
    learner: Learner, batch: EpisodeStep, number: Array, problem: Problem[Config], batched: bool
) -> tuple[Learner, Array]:
    """One step on the loss, and one of the target network where its period is over."""
    config, unravel = problem.config, learner.unravel
    target = unravel(learner.average)["critics"]
    of_vector = lambda params: loss(unravel(params)["critics"], target, batch, problem, batched)
    gradient, terms = jax.grad(of_vector, has_aux=True)(learner.params)
    params, opt_state = apply_gradient(
        problem.optimizer, learner.params, learner.optimizer, problem.shard.mean(gradient)
    )
    is_due = (number + 1) % config.target_period == 0
    moved = optax.incremental_update(params, learner.average, config.tau)
    average = jnp.where(is_due, moved, learner.average)
    learner = Learner(params, average, opt_state, unravel)
    return learner, jnp.stack([terms[name] for name in METRICS])


def loss(
    critics: list[Params],
    target: list[Params],
    batch: EpisodeStep,
    problem: Problem[Config],
    batched: bool,
) -> tuple[Array, Metrics]:
    """The mean Huber loss of the values of actions.

    L = mean h(q(s_t, a_t) - y), with h(x) = x^2 / 2 for |x| <= 1 and |x| - 1/2 beyond, and
    y = r_t + gamma q'(s_tp1, argmax_a q(s_tp1, a)), or y = r_t where the episode terminated, with
    the target parameters for q'. With n > 1, r_t is the return of `n_steps` and s_tp1 the state
    after them.

    Args:
      critics: the parameters of q, in a list.
      target: those of q', in a list.
      batch: sequences of steps from the replay buffer, every leaf `[batch, n, ...]`.
      problem: the problem.
      batched: see `off_policy.learning.Rules`.

    Returns:
      The loss, scalar, and its terms.

    References:
      Mnih et al. 2015, methods; Hasselt et al. 2016, equation 4; Sutton & Barto 2018, section
      7.1, for the return.
    """
    s, action = batch.observation[:, 0], batch.action[:, 0]
    returns, discount, s_next = n_steps(batch, problem.config.gamma)
    networks, inputs = [*critics, *critics, *target], [s, s_next, s_next]
    q, q_next, q_target = evaluate(problem.critic.apply, networks, inputs, batched)
    choosing = q_next if problem.config.double else q_target
    best = jnp.argmax(mask_values(choosing, s_next, problem.env), axis=-1)
    y = jax.lax.stop_gradient(returns + discount * taken(q_target, best))
    values = taken(q, action)
    total = jnp.mean(optax.huber_loss(values, y))
    return total, {"loss": total, "value": jnp.mean(values)}


def n_steps(batch: EpisodeStep, gamma: Any) -> tuple[Array, Array, Array]:
    """The return of the first n steps, or of those before the episode ended.

    With m the number of these steps, G = r_t + gamma r_tp1 + ... + gamma^(m - 1) r_tpm-1.

    Args:
      batch: sequences of steps, every leaf `[batch, n, ...]`.
      gamma: discount factor, scalar.

    Returns:
      G, `[batch]`; the factor of the value after it, which is gamma^m, or 0 where the episode
      terminated, `[batch]`; and the observation after it, `[batch, observation_size]`.
    """
    ended = batch.ended.astype(jnp.int32)
    is_part = jnp.cumsum(ended, axis=1) - ended == 0
    powers = gamma ** jnp.arange(ended.shape[1], dtype=batch.reward.dtype)
    returns = jnp.sum(jnp.where(is_part, powers * batch.reward, 0.0), axis=1)
    last = jnp.sum(is_part, axis=1) - 1
    terminated, s_next = jax.tree.map(
        lambda leaf: jax.vmap(lambda row, i: row[i])(leaf, last),
        (batch.terminated, batch.next_observation),
    )
    discount = jnp.where(terminated, 0.0, gamma * powers[last])
    return returns, discount, s_next


def acting_policy(
    params: dict[str, Any], s: Array, epsilon: Array, problem: Problem[Config]
) -> jd.EpsilonGreedy:
    """The epsilon-greedy policy with some parameters."""
    q = problem.critic.apply(params["critics"][0], s)
    return epsilon_greedy(q, s, epsilon, problem.env)


train = train_function(
    "DQN",
    Config,
    make_problem,
    init,
    update,
    actor="not supported, since the policy follows from the values",
)


def _check_supported(config: Config) -> None:
    if config.actor is not None:
        raise ValueError("DQN has no actor; give critic, a network to the values of all actions")
    num_steps = config.num_repetitions * config.warmup_hold
    if config.n_step > min(num_steps, config.buffer_size // config.num_envs):
        raise ValueError(
            f"the warm-up and the buffer must hold n_step = {config.n_step} steps of each "
            f"environment; they hold {num_steps} and {config.buffer_size // config.num_envs}"
        )
