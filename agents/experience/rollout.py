"""Acting: streams of experience, and one scan that moves them on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import Array

import jaxdist as jd
from agents.experience.environments import Environment, Step, restart_if_ended
from agents.programs.microbatches import largest_divisor
from agents.programs.packed_scan import packed_scan

FeedForward = Callable[[Array], jd.Distribution]
"""From observations `[..., observation_size]` to a distribution over actions, batched alike."""

RESET_BYTES = 2**20
"""Room for the fresh starts that are drawn ahead; with more, drawing them gets no faster."""


class Recurrent(NamedTuple):
    """A policy that remembers.

    Attributes:
      initial: from a number of streams to what is remembered when an episode begins, a tree whose
        leaves are `[num_streams, ...]`.
      apply: from observations `[num_streams, observation_size]` and what is remembered to a
        distribution over actions, and to what is remembered from then on.
    """

    initial: Callable[[int], Any]
    apply: Callable[[Array, Any], tuple[jd.Distribution, Any]]


Policy = FeedForward | Recurrent
"""What acts: with or without a memory."""


def remembering(policy: Policy) -> Recurrent:
    """Any policy as one with a memory, which may be empty."""
    if isinstance(policy, Recurrent):
        return policy
    return Recurrent(lambda _: (), lambda observation, _: (policy(observation), ()))


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
      memory: what the policy remembers of the episode, if it does.
      episode_return: the sum of the rewards since the episode began, `[num_streams]`.
      episode_length: the number of steps since then, `[num_streams]`.
    """

    observation: Array
    state: Any
    memory: Any
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


def start(key: Array, env: Environment, num_streams: int, memory: Any = ()) -> Streams:
    """Begin `num_streams` episodes side by side, with what the policy remembers then."""
    observation, state = jax.vmap(env.reset)(jax.random.split(key, num_streams))
    zeros = jnp.zeros(num_streams)
    return Streams(observation, state, memory, zeros, zeros.astype(jnp.int32))


def rollout(
    key: Array,
    env: Environment,
    policy: Policy,
    streams: Streams,
    num_steps: int,
    draw: Callable[[jd.Distribution, Array], Any] = jd.sample,
) -> tuple[Streams, Transition, Episodes]:
    """Let a policy act for some steps in every stream; episodes that end begin anew.

    Args:
      key: a PRNG key.
      env: the environment.
      policy: the policy to follow.
      streams: where the streams stand.
      num_steps: how many steps each of them takes.
      draw: how actions are drawn; `jd.rsample` lets derivatives through them.

    Returns:
      Where the streams stand now; the transitions, `[num_steps, num_streams, ...]`; the episodes
      that ended on the way.
    """
    policy = remembering(policy)
    num_streams = streams.observation.shape[0]
    key_action, key_step, key_fresh = jax.random.split(key, 3)
    keys = (
        jax.random.split(key_action, num_steps),
        jax.random.split(key_step, (num_steps, num_streams)),
        jax.random.split(key_fresh, (num_steps, num_streams)),
    )

    def step(carry: Any, x: Any) -> tuple[Any, Transition]:
        streams, episodes = carry
        key_action, key_step, fresh = x
        outcome, transition, memory = _act(env, policy, streams, key_action, key_step, draw)
        episodes = _add_ended(episodes, streams, outcome)
        return (_advance(policy, streams, outcome, fresh, memory), episodes), transition

    def some_steps(carry: Any, keys: tuple[Array, ...]) -> tuple[Any, Transition]:
        # Fresh starts are drawn ahead of the steps that may need them: one wide computation
        # instead of many narrow ones.
        fresh = jax.vmap(jax.vmap(env.reset))(keys[2])
        return packed_scan(step, carry, (keys[0], keys[1], fresh))

    size = _steps_ahead(env, num_steps, num_streams)
    pieces = jax.tree.map(lambda leaf: leaf.reshape(-1, size, *leaf.shape[1:]), keys)
    none = Episodes(jnp.zeros((), jnp.int32), jnp.zeros(()), jnp.zeros((), jnp.int32))
    (streams, episodes), transitions = jax.lax.scan(some_steps, (streams, none), pieces)
    whole = jax.tree.map(lambda leaf: leaf.reshape(num_steps, *leaf.shape[2:]), transitions)
    return streams, whole, episodes


def play(
    key: Array, env: Environment, policy: Policy, num_episodes: int
) -> tuple[Transition, Array]:
    """Play whole episodes side by side, as many steps as the longest may have.

    A stream whose episode is over waits before its end, so that no environment is asked what comes
    after it.

    Args:
      key: a PRNG key.
      env: the environment.
      policy: the policy to follow.
      num_episodes: how many episodes to play.

    Returns:
      The transitions, `[max_steps, num_episodes, ...]`, and whether each belongs to its episode:
      those after its end count for nothing.
    """
    policy = remembering(policy)
    key_start, key_action, key_step = jax.random.split(key, 3)
    keys = (
        jax.random.split(key_action, env.max_steps),
        jax.random.split(key_step, (env.max_steps, num_episodes)),
    )

    def step(carry: tuple[Streams, Array], keys: tuple[Array, Array]) -> tuple[Any, Any]:
        streams, over = carry
        outcome, transition, memory = _act(env, policy, streams, *keys, jd.sample)
        before = (streams.observation, streams.state)
        moved = _advance(policy, streams, outcome, before, memory)
        return (moved, over | outcome.ended), (transition, ~over)

    streams = start(key_start, env, num_episodes, policy.initial(num_episodes))
    _, played = packed_scan(step, (streams, jnp.zeros(num_episodes, bool)), keys)
    return played


def _act(
    env: Environment,
    policy: Recurrent,
    streams: Streams,
    key_action: Array,
    key_step: Array,
    draw: Callable[[jd.Distribution, Array], Any],
) -> tuple[Step, Transition, Any]:
    """Take one action in every stream: what it leads to, the transition, what is remembered."""
    distribution, memory = policy.apply(streams.observation, streams.memory)
    action = draw(distribution, key_action)
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
    return outcome, transition, memory


def _steps_ahead(env: Environment, num_steps: int, num_streams: int) -> int:
    """For how many steps to draw fresh starts at once, in a room that does not grow with them."""
    leaves = jax.tree.leaves(jax.eval_shape(env.reset, jax.random.key(0)))
    bytes_of_step = num_streams * sum(leaf.size * leaf.dtype.itemsize for leaf in leaves)
    return largest_divisor(num_steps, RESET_BYTES // max(bytes_of_step, 1))


def _advance(
    policy: Recurrent, streams: Streams, step: Step, fresh: tuple[Array, Any], memory: Any
) -> Streams:
    """Move on to where a step led, or to a fresh start: nothing earned or remembered yet."""
    observation, state = jax.vmap(restart_if_ended)(step, fresh)
    num_streams = streams.observation.shape[0]
    return Streams(
        observation=observation,
        state=state,
        memory=forget(step.ended, memory, policy.initial(num_streams)),
        episode_return=jnp.where(step.ended, 0.0, streams.episode_return + step.reward),
        episode_length=jnp.where(step.ended, 0, streams.episode_length + 1),
    )


def forget(ended: Array, memory: Any, initial: Any) -> Any:
    """What is remembered: in streams whose episode has ended, what it is at the beginning.

    Args:
      ended: booleans, `[num_streams]`.
      memory: leaves `[num_streams, ...]`.
      initial: the same at the beginning of an episode.
    """
    return jax.vmap(lambda e, m, i: jax.tree.map(lambda *x: jnp.where(e, *x), i, m))(
        ended, memory, initial
    )


def _add_ended(episodes: Episodes, streams: Streams, step: Step) -> Episodes:
    """Count the episodes that end with a step."""
    return Episodes(
        count=episodes.count + jnp.sum(step.ended),
        total_return=episodes.total_return
        + jnp.sum(jnp.where(step.ended, streams.episode_return + step.reward, 0.0)),
        total_length=episodes.total_length
        + jnp.sum(jnp.where(step.ended, streams.episode_length + 1, 0)),
    )
