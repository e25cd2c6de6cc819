"""Evaluation: full episodes, apart from training, from their own seeds."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

import jaxdist as jd
from agents.experience import environments
from agents.experience.environments import Environment
from agents.experience.rollout import Policy, remembering
from agents.runs.run import LAST_SEED, Run

EPISODES = 128
"""How many episodes make an evaluation, unless something else is asked for."""

SEED_IN_TRAINING = LAST_SEED
"""The seed of evaluations during training: always the same episodes, so that what differs is the
policy, and others than those of an evaluation afterwards, which a lucky choice could not flatter.
"""


class Best(jd.Pytree):
    """The state with the best evaluation so far, the earliest among equals.

    Attributes:
      state: the algorithm's state.
      mean_return: its mean return; NaN before the first evaluation.
      update: after how many updates it was reached.
    """

    state: Any
    mean_return: Array
    update: Array


def evaluate(
    key: Array, env: Environment, policy: Policy, num_episodes: int, *, greedy: bool = False
) -> Array:
    """The returns of full episodes.

    Args:
      key: a PRNG key.
      env: the environment.
      policy: the policy to follow.
      num_episodes: how many episodes to play, side by side.
      greedy: whether to take the mode of the policy instead of a draw from it.

    Returns:
      Undiscounted returns, `[num_episodes]`.
    """
    policy = remembering(policy)
    key, key_reset = jax.random.split(key)
    observation, state = jax.vmap(env.reset)(jax.random.split(key_reset, num_episodes))

    def playing(carry: Any) -> Array:
        *_, ended = carry
        return ~jnp.all(ended)

    def step(carry: Any) -> Any:
        key, observation, state, memory, returns, ended = carry
        key, key_action, key_step = jax.random.split(key, 3)
        distribution, memory = policy.apply(observation, memory)
        action = distribution.mode if greedy else distribution.sample(key_action)
        outcome = jax.vmap(env.step)(jax.random.split(key_step, num_episodes), state, action)
        returns = returns + jnp.where(ended, 0.0, outcome.reward)
        ended = ended | outcome.ended
        return key, outcome.observation, outcome.state, memory, returns, ended

    begin = (key, observation, state, policy.initial(num_episodes))
    nothing = (jnp.zeros(num_episodes), jnp.zeros(num_episodes, bool))
    *_, returns, _ = jax.lax.while_loop(playing, step, (*begin, *nothing))
    return returns


def evaluate_run(
    run: Run, states: Any, num_episodes: int, seed: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """Evaluate every member of a run.

    Args:
      run: the run.
      states: what it has arrived at, with a leading axis `[num_members]`.
      num_episodes: how many episodes each member plays.
      seed: the seed of the episodes.

    Returns:
      Returns when actions are drawn from the policy, and when they are its mode, both
      `[num_members, num_episodes]`.
    """

    def both(member: Any) -> tuple[Array, Array]:
        drawn = _of_member(run, member, num_episodes, seed)
        return drawn, _of_member(run, member, num_episodes, seed, greedy=True)

    members = (run.member_seeds, states, run.configs)
    drawn, greedy = jax.jit(run.over_members(both))(members)
    return np.asarray(drawn), np.asarray(greedy)


def no_best(run: Run, states: Any) -> Best:
    """The best of every member before the first evaluation; its leaves begin `[num_members]`."""
    unknown = lambda _: (jnp.full((), jnp.nan), jnp.zeros((), jnp.int32))
    return Best(jax.tree.map(jnp.copy, states), *jax.jit(run.over_members(unknown))(run.keys))


def keep_best(run: Run, member: Any, best: Best, update: Array) -> tuple[Best, dict[str, Array]]:
    """Evaluate a member in the course of training, and keep its state if it is the best so far.

    Args:
      run: the run.
      member: the seed, state and config of one of its members.
      best: the best of this member so far.
      update: how many updates have led to the state, integer scalar.

    Returns:
      The best now, and the mean and the standard deviation of the returns, scalars.
    """
    returns = _of_member(run, member, EPISODES, SEED_IN_TRAINING)
    _, state, _ = member
    mean = jnp.mean(returns)
    best = better(Best(state, mean, update), best)
    return best, {"return_mean": mean, "return_std": jnp.std(returns)}


def better(new: Best, old: Best) -> Best:
    """The better of two, of one member; the old one, unless it is not known, if neither is."""
    is_better = jnp.isnan(old.mean_return) | (new.mean_return > old.mean_return)
    return jax.tree.map(lambda *leaves: jnp.where(is_better, *leaves), new, old)


def _of_member(
    run: Run, member: Any, num_episodes: int, seed: int, *, greedy: bool = False
) -> Array:
    number, state, config = member
    key = jax.random.fold_in(jax.random.key(seed), number)
    policy = run.algorithm.policy(state, config)
    return evaluate(key, environments.make(run.config.env), policy, num_episodes, greedy=greedy)
