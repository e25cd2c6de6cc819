"""Evaluation: full episodes, apart from training, from their own seeds."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from agents import envs
from agents.envs import Environment
from agents.rollout import Policy, remembering
from agents.runs import Run


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
    env = envs.make(run.config.env)

    def both(member: Any) -> tuple[Array, Array]:
        number, state, config = member
        key = jax.random.fold_in(jax.random.key(seed), number)
        policy = run.algorithm.policy(state, config)
        drawn = evaluate(key, env, policy, num_episodes)
        return drawn, evaluate(key, env, policy, num_episodes, greedy=True)

    members = (run.member_seeds, states, run.configs)
    drawn, greedy = jax.jit(run.over_members(both))(members)
    return np.asarray(drawn), np.asarray(greedy)
