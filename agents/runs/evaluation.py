"""Evaluation: the returns of full episodes that are not used for training.

On a mesh, members are divided among devices, but their episodes are not: all devices that share the
streams of a member play the same episodes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

import jaxdist as jd

from ..execution.shards import Shard
from ..experience import environments
from ..experience.environment import Environment
from ..experience.rollout import Policy, as_recurrent
from ..networks.greedy import greedy_action
from .guards import has_finite_policy
from .metrics import describe_member
from .placement import logged, pad, place
from .run import LAST_SEED, Run

EPISODES = 128
"""Default number of episodes of an evaluation."""
EVALUATIONS = 10
"""Default number of evaluations: a tenth of the time on CartPole, less on slower environments."""

LONGEST = 1_000_000
"""The number of steps after which an evaluation gives up, if no time limit ends an episode."""

SEED_IN_TRAINING = LAST_SEED
"""The seed of evaluations during training.

All of them use the same seed, so that they differ in the policy alone. It is not the seed of later
evaluations, whose estimate for the best state would otherwise be biased by the selection.
"""


class Best(jd.Pytree):
    """The state with the best evaluation so far; ties go to the earliest.

    Attributes:
      state: the algorithm's state.
      mean_return: its mean return; NaN before the first evaluation.
      update: the number of updates that led to it.
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
      num_episodes: the number of episodes, which are played in parallel.
      greedy: whether to take the policy's `greedy_action` instead of a draw from it.

    Returns:
      Undiscounted returns, `[num_episodes]`; NaN for an episode that has not ended after the time
      limit of the environment, or after `LONGEST` steps.
    """
    policy = as_recurrent(policy)
    key, key_reset = jax.random.split(key)
    observation, state = jax.vmap(env.reset)(jax.random.split(key_reset, num_episodes))

    limit = step_limit(env)

    def is_running(carry: Any) -> Array:
        t, *_, ended = carry
        return ~jnp.all(ended) & (t < limit)

    def step(carry: Any) -> Any:
        t, key, observation, state, memory, returns, ended = carry
        key, key_action, key_step = jax.random.split(key, 3)
        distribution, memory = policy.apply(observation, memory)
        action = greedy_action(distribution) if greedy else distribution.sample(key_action)
        outcome = jax.vmap(env.step)(jax.random.split(key_step, num_episodes), state, action)
        returns = returns + jnp.where(ended, 0.0, outcome.reward)
        ended = ended | outcome.ended
        return t + 1, key, outcome.observation, outcome.state, memory, returns, ended

    memory, zeros = policy.initial(num_episodes), jnp.zeros(num_episodes)
    initial = (jnp.int32(0), key, observation, state, memory, zeros, zeros.astype(bool))
    *_, returns, ended = jax.lax.while_loop(is_running, step, initial)
    return jnp.where(ended, returns, jnp.nan)


def step_limit(env: Environment) -> int:
    """The number of steps after which an evaluation gives up on episodes that have not ended."""
    return min(env.max_steps, LONGEST) + 1


def evaluate_run(
    run: Run,
    states: Any,
    num_episodes: int,
    seed: int = 0,
    *,
    greedy: tuple[bool, ...] = (False, True),
) -> list[np.ndarray]:
    """Evaluate every member of a run; the returns are NaN if its parameters are not finite.

    Members are divided among the devices of the run's mesh. The devices that share the streams of a
    member all play the same episodes: more of them do not make the evaluation of a member faster.

    Args:
      run: the run.
      states: the states of its members, with a leading axis `[num_members]`.
      num_episodes: the number of episodes of each member.
      seed: the seed of the episodes.
      greedy: for each result, whether the actions are greedy or drawn from the policy.

    Returns:
      Returns, each `[num_members, num_episodes]`.
    """

    def evaluate_member(_: Shard, member: Any) -> list[Array]:
        return [_evaluate_member(run, member, num_episodes, seed, greedy=each) for each in greedy]

    members = place(run, (run.member_seeds, states, run.configs))
    program = jax.jit(run.over_members(evaluate_member), out_shardings=logged(run))
    with environments.make(run.config.env).opened():
        return [np.asarray(returns)[: run.num_members] for returns in program(members)]


def nan_messages(run: Run, states: Any, returns: Sequence[np.ndarray]) -> list[str]:
    """Why returns are NaN: policies whose parameters are not finite, episodes without an end.

    Args:
      run: the run.
      states: the states of its members, with a leading axis `[num_members]`.
      returns: what `evaluate_run` returned for them.
    """
    if not np.isnan(returns).any():
        return []
    check = lambda _, state: has_finite_policy(state)
    program = jax.jit(run.over_members(check), out_shardings=logged(run))
    is_finite = np.asarray(program(place(run, states)))[: run.num_members]
    lines = [
        f"The policy of {describe_member(member)} has parameters that are NaN or infinite, so its "
        "returns are NaN"
        for member, each in zip(run.members, is_finite, strict=True)
        if not each
    ]
    if unfinished := int(np.isnan(returns)[:, is_finite].sum()):
        limit = step_limit(environments.make(run.config.env))
        lines.append(
            f"{unfinished:,} of {np.size(returns):,} episodes had not ended after {limit:,} steps; "
            "seeds with such an episode have no mean return"
        )
    return lines


def initial_best(run: Run, states: Any) -> Best:
    """The best of every member before the first evaluation, for states on the mesh of the run."""
    initial = lambda _shard, _seed: (jnp.full((), jnp.nan), jnp.zeros((), jnp.int32))
    seeds = pad(run, run.member_seeds)
    copies = jax.jit(lambda states: jax.tree.map(jnp.copy, states))(states)
    return Best(copies, *jax.jit(run.over_members(initial))(seeds))


def update_best(run: Run, member: Any, best: Best, update: Array) -> tuple[Best, dict[str, Array]]:
    """Evaluate a member during training, and keep its state if it is the best so far.

    Args:
      run: the run.
      member: the seed, state and config of one of its members.
      best: the best of this member so far.
      update: the number of updates that led to the state, integer scalar.

    Returns:
      The new best, and the mean and the standard deviation of the returns, scalars.
    """
    returns = _evaluate_member(run, member, EPISODES, SEED_IN_TRAINING)
    _, state, _ = member
    mean = jnp.mean(returns)
    best = better_of(Best(state, mean, update), best)
    return best, {"return_mean": mean, "return_std": jnp.std(returns)}


def better_of(new: Best, old: Best) -> Best:
    """The better of two states of a member; the old one if they are equal."""
    is_better = jnp.isnan(old.mean_return) | (new.mean_return > old.mean_return)
    return jax.tree.map(lambda *leaves: jnp.where(is_better, *leaves), new, old)


def _evaluate_member(
    run: Run, member: Any, num_episodes: int, seed: int, *, greedy: bool = False
) -> Array:
    number, state, config = member
    key = jax.random.fold_in(run.key(seed), number)
    policy, env = run.algorithm.policy(state, config), environments.make(run.config.env)
    returns = evaluate(key, env, policy, num_episodes, greedy=greedy)
    return jnp.where(has_finite_policy(state), returns, jnp.nan)
