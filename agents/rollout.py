"""Acting: streams of experience, and one scan that moves them on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array

import jaxdist as jd
from agents import envs
from agents.envs import Environment

Policy = Callable[[Array], jd.Distribution]
"""From observations `[..., observation_size]` to a distribution over actions, batched alike."""


class Transition(jd.Pytree):
    """One step; `rollout` stacks them, so that every leaf begins with `[num_steps, num_streams]`.

    Attributes:
      observation: `s_t`.
      policy: the distribution that the action was drawn from.
      action: `a_t`.
      reward: `r_t`.
      next_observation: `s_tp1`, before any reset: where an episode ended, its last.
      terminated: the episode ended at `s_tp1` by the task's own rules.
      truncated: the episode was cut at `s_tp1`; never together with `terminated`.
    """

    observation: Array
    policy: jd.Distribution
    action: Array
    reward: Array
    next_observation: Array
    terminated: Array
    truncated: Array

    @property
    def ended(self) -> Array:
        """Whether the episode ended with this step, for either reason."""
        return self.terminated | self.truncated


class Streams(jd.Pytree):
    """Environments side by side, as they stand between two rollouts.

    Attributes:
      observation: what each shows now, `[num_streams, observation_size]`.
      state: the environments' states.
      episode_return: the sum of the rewards since the episode began, `[num_streams]`.
      episode_length: the number of steps since then, `[num_streams]`.
    """

    observation: Array
    state: Any
    episode_return: Array
    episode_length: Array


class Episodes(jd.Pytree):
    """The episodes that ended, as sums: their memory does not grow with the number of steps.

    Attributes:
      count: how many ended.
      total_return: the sum of their undiscounted returns.
      total_length: the sum of their lengths.
    """

    count: Array
    total_return: Array
    total_length: Array

    def metrics(self) -> dict[str, Array]:
        """How many episodes ended, their mean return and mean length (NaN where none ended)."""
        return {
            "episodes": self.count,
            "episode_return": self.total_return / self.count,
            "episode_length": self.total_length / self.count,
        }


def start(key: Array, env: Environment, num_streams: int) -> Streams:
    """Begin `num_streams` episodes side by side."""
    observation, state = jax.vmap(env.reset)(jax.random.split(key, num_streams))
    zeros = jnp.zeros(num_streams)
    return Streams(observation, state, zeros, zeros.astype(jnp.int32))


def rollout(
    key: Array, env: Environment, policy: Policy, streams: Streams, num_steps: int
) -> tuple[Streams, Transition, Episodes]:
    """Let a policy act for some steps in every stream; episodes that end begin anew.

    Args:
      key: a PRNG key.
      env: the environment.
      policy: the policy to follow.
      streams: where the streams stand.
      num_steps: how many steps each of them takes.

    Returns:
      Where the streams stand now; the transitions, `[num_steps, num_streams, ...]`; the episodes
      that ended on the way.
    """
    num_streams = streams.observation.shape[0]
    keys = jax.random.split(key, (3, num_steps, num_streams))
    # Drawn at once, ahead of the scan: one wide computation instead of num_steps narrow ones.
    fresh = jax.vmap(jax.vmap(env.reset))(keys[2])

    def step(carry: Any, x: Any) -> tuple[Any, Transition]:
        streams, episodes = carry
        key_action, key_step, fresh = x
        distribution = policy(streams.observation)
        action = jax.vmap(lambda d, k: d.sample(k))(distribution, key_action)
        outcome = jax.vmap(env.step)(key_step, streams.state, action)
        transition = Transition(
            observation=streams.observation,
            policy=distribution,
            action=action,
            reward=outcome.reward,
            next_observation=outcome.observation,
            terminated=outcome.terminated,
            truncated=outcome.truncated,
        )
        episodes = _add_ended(episodes, streams, outcome)
        return (_advance(streams, outcome, fresh), episodes), transition

    none = Episodes(jnp.zeros((), jnp.int32), jnp.zeros(()), jnp.zeros((), jnp.int32))
    carry, transitions = jax.lax.scan(step, (streams, none), (keys[0], keys[1], fresh))
    streams, episodes = carry
    return streams, transitions, episodes


def in_first_episode(transitions: Transition) -> Array:
    """Which steps belong to the first episode of their stream: `[num_steps, num_streams]`."""
    ended = transitions.ended.astype(jnp.int32)
    return jnp.cumsum(ended, axis=0) - ended == 0


def _advance(streams: Streams, step: envs.Step, fresh: tuple[Array, Any]) -> Streams:
    """Move on to where a step led, or to a fresh start with nothing earned yet."""
    observation, state = jax.vmap(envs.restart_if_ended)(step, fresh)
    return Streams(
        observation=observation,
        state=state,
        episode_return=jnp.where(step.ended, 0.0, streams.episode_return + step.reward),
        episode_length=jnp.where(step.ended, 0, streams.episode_length + 1),
    )


def _add_ended(episodes: Episodes, streams: Streams, step: envs.Step) -> Episodes:
    """Count the episodes that end with a step."""
    return Episodes(
        count=episodes.count + jnp.sum(step.ended),
        total_return=episodes.total_return
        + jnp.sum(jnp.where(step.ended, streams.episode_return + step.reward, 0.0)),
        total_length=episodes.total_length
        + jnp.sum(jnp.where(step.ended, streams.episode_length + 1, 0)),
    )
