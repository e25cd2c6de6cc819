"""TD3 and DDPG: the deterministic policy gradient in a box, by the derivative of the critic.

Fujimoto et al. 2018, "Addressing Function Approximation Error in Actor-Critic Methods", Algorithm
1. Without its three changes (`--variant ddpg`: one critic, no delay, no noise on target actions) it
is DDPG, Lillicrap et al. 2016.
"""

from __future__ import annotations

from typing import Any, Literal

import jax
import jax.numpy as jnp
import optax
from jax import Array

import jaxdist as jd

from ..actor_critic.problem import Problem
from ..actor_critic.state import Metrics
from ..actor_critic.train_function import train_function
from ..execution.jax_settings import with_default_types
from ..execution.shards import ALL_STREAMS, Shard
from ..experience import environments
from ..experience.environment import Environment
from ..experience.replay import Experience
from ..experience.rollout import FeedForwardPolicy
from ..experience.spaces import Box, bounds, box_transform
from ..networks.layers import Params
from ..off_policy.action_values import by_group, critic_input, evaluate
from ..off_policy.config import OffPolicyConfig, check_action_space
from ..off_policy.learning import Learner, Rules, act_and_learn, apply_by_part, size_of
from ..off_policy.state import TargetActorState, current_policy, init_critics, init_state
from ..validation import check_not_negative, check_positive

METRICS = ("critic_loss", "actor_loss", "value")
"""The names of the terms of the losses."""

Variant = Literal["td3", "ddpg"]


class Config(OffPolicyConfig):
    """TD3's hyper-parameters."""

    env: str = jd.static(default="Pendulum-v1")
    learning_rate: float = 1e-3
    variant: Variant = jd.static(default="td3")
    """TD3, or DDPG: one critic, no delay and no noise on target actions."""
    exploration_noise: float = 0.1
    """Standard deviation of the noise on actions, in half-widths of the box."""
    target_noise: float = 0.2
    """The same on target actions."""
    max_target_noise: float = 0.5
    """Bound of the noise on target actions."""
    delay: int = jd.static(default=2)
    """Gradient steps on the critics for each one on the actor and the target parameters."""
    critic: Any = jd.static(default=None)
    """Your own network to the value of [s, a]; TD3 trains two."""

    def __post_init__(self) -> None:
        super().__post_init__()
        check_not_negative(self, "exploration_noise", "target_noise", "max_target_noise")
        check_positive(self, "delay")
        check_action_space(self, "TD3", Box)

    @property
    def distribution(self) -> str:
        """The distribution of the policy, which has one action for each observation."""
        return "deterministic"

    @property
    def is_ddpg(self) -> bool:
        """Whether the changes of TD3 are left out."""
        return self.variant == "ddpg"


def make_problem(config: Config, shard: Shard = ALL_STREAMS) -> Problem[Config]:
    """The problem of a config, with Adam for the actor and Adam for the critics."""
    return Problem(
        config=config,
        env=environments.make(config.env),
        actor=config.make_actor(),
        critic=config.make_critic(),
        optimizer=tuple(optax.flatten(optax.adam(config.learning_rate)) for _ in range(2)),
        shard=shard,
    )


def policy(state: TargetActorState, config: Config) -> FeedForwardPolicy:
    """The policy of a state, which has no noise: from observations to distributions."""
    return current_policy(state, make_problem(config))


@with_default_types
def init(key: Array, problem: Problem[Config]) -> TargetActorState:
    """The state before the first update, with the steps of the warm-up in its buffer."""

    def init_params(key_actor: Array, key_critics: Array) -> dict[str, Params]:
        num_critics = 1 if problem.config.is_ddpg else 2
        return {
            "actor": problem.actor.init(key_actor),
            "critics": init_critics(key_critics, problem, num_critics),
        }

    def init_optimizer(params: dict[str, Params]) -> Any:
        of_actor, of_critics = problem.optimizer
        return of_actor.init(params["actor"]), of_critics.init(params["critics"])

    return init_state(key, problem, TargetActorState, init_params, init_optimizer)


@with_default_types
def update(state: TargetActorState, problem: Problem[Config]) -> tuple[TargetActorState, Metrics]:
    """Take `num_steps` steps in every stream, each followed by gradient steps."""

    def acting_policy(params: Any, s: Array, _: bool) -> jd.Distribution:
        pi = problem.actor.apply(params["actor"], s)
        return with_noise(pi, problem.config.exploration_noise, problem.env)

    rules = Rules(
        policy=acting_policy,
        gradient_step=lambda learner, batch, keys, number, batched: gradient_step(
            keys, learner, batch, number, problem, batched
        ),
        metrics=METRICS,
    )
    return act_and_learn(state, problem, rules)


def with_noise(pi: jd.Distribution, noise: Any, env: Environment) -> jd.Distribution:
    """The actions of a deterministic policy with Gaussian noise, clipped to the box.

    Args:
      pi: the policy.
      noise: the standard deviation, in half-widths of the box.
      env: the environment.
    """
    space = env.action_space
    normal = jd.Normal(pi.mean, jnp.maximum(noise, 1e-6) * box_transform(space).scale)
    low, high = bounds(space)
    return jd.Independent(jd.Censored(normal, low, high), len(space.shape))


def gradient_step(
    keys: Array,
    learner: Learner,
    batch: Experience,
    number: Array,
    problem: Problem[Config],
    batched: bool,
) -> tuple[Learner, Array]:
    """One step on the loss of the critics and, unless delayed, on that of the actor."""
    config, unravel = problem.config, learner.unravel
    average = unravel(learner.average)
    of_vector = lambda params: loss(unravel(params), average, batch, keys, problem, batched)
    gradient, terms = jax.grad(of_vector, has_aux=True)(learner.params)
    size = size_of(average["actor"])
    (actor, critics), (actor_state, critics_state) = apply_by_part(
        problem.optimizer, [size], learner, problem.shard.mean(gradient)
    )
    moved = jnp.concatenate([actor, critics])
    moved_average = optax.incremental_update(moved, learner.average, config.tau)
    is_due = (number + 1) % (1 if config.is_ddpg else config.delay) == 0
    old = (learner.params[:size], learner.optimizer[0], learner.average)
    new = (actor, actor_state, moved_average)
    actor, actor_state, new_average = jax.tree.map(lambda a, b: jnp.where(is_due, a, b), new, old)
    params = jnp.concatenate([actor, critics])
    learner = Learner(params, new_average, (actor_state, critics_state), unravel)
    return learner, jnp.stack([terms[name] for name in METRICS])


def loss(
    params: dict[str, Any],
    average: dict[str, Any],
    batch: Experience,
    keys: Array,
    problem: Problem[Config],
    batched: bool,
) -> tuple[Array, Metrics]:
    """The losses of the critics and of the actor, each of its own parameters.

    L_q = sum_i mean (q_i(s, a_t) - y)^2, y = r + gamma min_i q_i'(s', a'), or y = r where the
    episode terminated, with a' = clip(mu'(s') + clip(noise)) and the target parameters for q' and
    mu'; L_pi = -mean q_1(s, mu(s)), whose gradient is that of q_1 in the action, times that of mu.

    Args:
      params: the parameters of the actor and of the critics.
      average: the target parameters of both.
      batch: steps from the replay buffer, every leaf `[batch, ...]`.
      keys: PRNG keys for the noise, one for each of equal parts of the batch.
      problem: the problem.
      batched: see `off_policy.learning.Rules`.

    Returns:
      The sum of the losses, scalar, and its terms.

    References:
      Fujimoto et al. 2018, Algorithm 1; Silver et al. 2014 for the gradient of the actor.
    """
    env, critics = problem.env, params["critics"]
    s, s_next = batch.observation, batch.next_observation
    actors = [params["actor"], average["actor"]]
    action, target_action = evaluate(problem.actor.apply, actors, [s, s_next], batched).mean
    if not problem.config.is_ddpg:
        target_action = add_target_noise(keys, target_action, problem)
    known, drawn = critic_input(env, s, batch.action), critic_input(env, s, action)
    target_drawn = critic_input(env, s_next, target_action)
    count = len(critics)
    q = evaluate(
        problem.critic.apply,
        [*critics, jax.lax.stop_gradient(critics[0]), *average["critics"]],
        [known] * count + [drawn] + [target_drawn] * count,
        batched,
    )
    q_known, q_drawn, q_next = q[:count], q[count], jnp.min(q[count + 1 :], axis=0)
    y = batch.reward + problem.config.gamma * jnp.where(batch.terminated, 0.0, q_next)
    critic_loss = jnp.sum(jnp.mean((q_known - jax.lax.stop_gradient(y)) ** 2, axis=1))
    actor_loss = -jnp.mean(q_drawn)
    terms = {
        "critic_loss": critic_loss,
        "actor_loss": actor_loss,
        "value": jnp.mean(q_known),
    }
    return critic_loss + actor_loss, terms


def add_target_noise(keys: Array, action: Array, problem: Problem[Config]) -> Array:
    """Target actions with clipped noise, clipped to the box: target policy smoothing."""
    space, config = problem.env.action_space, problem.config
    limit, scale = config.max_target_noise, box_transform(space).scale

    def add(key: Array, action: Array) -> Array:
        noise = config.target_noise * jax.random.normal(key, action.shape)
        return action + scale * jnp.clip(noise, -limit, limit)

    return jnp.clip(by_group(add, keys, action, axis=0), *bounds(space))


train = train_function("TD3", Config, make_problem, init, update)
