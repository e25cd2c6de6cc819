"""Rollouts: the scan that steps a policy in parallel environments."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import Array

import jaxdist as jd

from ..execution.column_scan import column_scan
from ..execution.microbatches import largest_divisor
from ..execution.packed_scan import packed_scan
from ..execution.platforms import platform_dependent
from ..execution.shards import ALL_STREAMS, Shard
from .environment import Environment, Step, reset_if_ended
from .episodes import Episodes, nonfinite, summarize_rollout
from .streams import Streams, Transition, reset_memory

FeedForwardPolicy = Callable[..., jd.Distribution]
"""From observations `[..., observation_size]` to a batch of distributions over actions.

Those of algorithms also take observations as the environment gives them, followed by the mask of
actions if it has one: see `Environment.as_flat`.
"""

CPU_RESET_BYTES = 2**20
"""Memory for resets that are computed in advance on a CPU; more does not make them faster."""

ACCELERATOR_RESET_BYTES = 2**24
"""The same on an accelerator, where every chunk launches kernels of its own."""


class RecurrentPolicy(NamedTuple):
    """A recurrent policy, whose hidden state is called its memory.

    Attributes:
      initial: function from a number of streams to the memory at the start of an episode, a tree
        whose leaves are `[num_streams, ...]`.
      apply: function from observations `[num_streams, observation_size]` and memory to a
        distribution over actions and the new memory. Those of algorithms also take observations as
        the environment gives them, with the mask of actions after the memory.
    """

    initial: Callable[[int], Any]
    apply: Callable[..., tuple[jd.Distribution, Any]]


Policy = FeedForwardPolicy | RecurrentPolicy
"""A policy, with or without a memory."""


def as_recurrent(policy: Policy) -> RecurrentPolicy:
    """Any policy as a recurrent one; the memory of a feed-forward policy is empty."""
    if isinstance(policy, RecurrentPolicy):
        return policy
    return RecurrentPolicy(lambda _: (), lambda observation, _: (policy(observation), ()))


def start_streams(
    key: Array,
    env: Environment,
    num_streams: int,
    memory: Any = (),
    shard: Shard = ALL_STREAMS,
    same_start: int = 1,
) -> Streams:
    """Start episodes in parallel.

    Args:
      key: a PRNG key.
      env: the environment.
      num_streams: the number of streams of all shards.
      memory: the initial memory of a recurrent policy, for the streams of the shard.
      shard: the shard of the streams.
      same_start: the number of successive streams that start from the same state.

    Returns:
      The streams of the shard.
    """
    keys = jnp.repeat(shard.keys(key, num_streams // same_start), same_start)
    observation, state = jax.vmap(env.reset)(keys)
    zeros = jnp.zeros(len(keys))
    return Streams(observation, state, memory, zeros, zeros.astype(jnp.int32))


def rollout(
    key: Array,
    env: Environment,
    policy: Policy,
    streams: Streams,
    num_steps: int,
    draw: Callable[[jd.Distribution, Array], Any] = jd.sample,
    keep: Callable[[Transition], Any] = lambda transitions: transitions,
    compact: bool = False,
    shard: Shard = ALL_STREAMS,
    hold: int = 1,
) -> tuple[Streams, Any, Episodes]:
    """Step a policy in every stream; episodes that end are followed by new ones.

    Every stream has random numbers of its own, so that they do not depend on how many streams
    there are on a device; nor do devices communicate.

    The steps are taken in chunks, whose resets are computed ahead of the steps that may need them,
    and whose transitions are reduced to what is kept: both are wide computations instead of many
    narrow ones, and need memory for one chunk only.

    Args:
      key: a PRNG key.
      env: the environment.
      policy: the policy to follow.
      streams: the streams before the rollout.
      num_steps: the number of steps of each stream.
      draw: function that draws the action of one stream from its distribution; `jd.rsample`
        propagates gradients.
      keep: function from the transitions of a chunk to what is kept of them, a tree whose leaves
        begin with `[num_steps, num_streams]` too.
      compact: whether the observations of transitions have the environment's `compact_dtype`.
      shard: the shard that the streams are.
      hold: the number of successive actions of a stream that are drawn with the same key.

    Returns:
      The streams after the rollout; what is kept of the transitions, `[num_steps, num_streams,
      ...]`; and the statistics of the rollout of the shard.
    """
    policy = as_recurrent(policy)
    num_streams = streams.observation.shape[0]
    action, *others = step_keys(shard.keys(key, shard.count * num_streams), 3, num_steps)
    if hold > 1:
        action = jnp.repeat(action[::hold], hold, axis=0)[:num_steps]
    keys = (action, *others)

    def step(streams: Streams, x: Any) -> tuple[Streams, Any]:
        keys_action, keys_step, starts = x
        outcome, transition, memory = _act(env, policy, streams, keys_action, keys_step, draw)
        if compact:
            transition = _compact(transition, env)
        episode = (streams.episode_return + outcome.reward, streams.episode_length + 1)
        after = jax.vmap(env.restart)(outcome, starts)
        return _advance(policy, streams, outcome, after, memory), (transition, *episode)

    def run(
        scan: Callable[..., Any], reset_bytes: int, streams: Streams, keys: Any
    ) -> tuple[Streams, Any]:
        def chunk(streams: Streams, keys: tuple[Array, ...]) -> tuple[Streams, Any]:
            xs = (keys[0], keys[1], env.starts(keys[2]))
            streams, (transitions, *episode) = scan(step, streams, xs)
            _, lengths = episode
            ill = nonfinite(transitions, is_first=lengths == 1)
            return streams, (keep(transitions), ill, transitions.ended, *episode)

        size = _chunk_size(env, num_steps, num_streams, reset_bytes)
        chunks = jax.tree.map(lambda leaf: leaf.reshape(-1, size, *leaf.shape[1:]), keys)
        streams, kept = jax.lax.scan(chunk, streams, chunks)
        return streams, jax.tree.map(lambda leaf: leaf.reshape(num_steps, *leaf.shape[2:]), kept)

    columns = partial(column_scan, num_streams=num_streams)
    streams, (kept, ill, *episodes) = platform_dependent(
        streams,
        keys,
        cpu=partial(run, packed_scan, CPU_RESET_BYTES),
        default=partial(run, columns, ACCELERATOR_RESET_BYTES),
        calls_host=env.is_on_host,
    )
    return streams, kept, summarize_rollout(ill, *episodes)


def step_keys(keys: Array, kinds: int, num_steps: int) -> tuple[Array, ...]:
    """Keys for the steps of some streams, of each of several kinds.

    Args:
      keys: the keys of the streams, `[num_streams]`.
      kinds: the number of kinds.
      num_steps: the number of steps.

    Returns:
      For each kind, keys `[num_steps, num_streams]`.
    """
    by_kind = jax.vmap(lambda key: jax.random.split(key, kinds), out_axes=1)(keys)
    by_step = jax.vmap(lambda key: jax.random.split(key, num_steps), out_axes=1)
    return tuple(by_step(each) for each in by_kind)  # a kind that is not used costs nothing


def play_episodes(
    key: Array,
    env: Environment,
    policy: Policy,
    num_episodes: int,
    shard: Shard = ALL_STREAMS,
    same_start: int = 1,
) -> tuple[Transition, Array]:
    """Play whole episodes in parallel, for as many steps as the longest may have.

    A stream whose episode has ended repeats its last step, so that no environment steps beyond its
    end.

    Args:
      key: a PRNG key.
      env: the environment.
      policy: the policy to follow.
      num_episodes: the number of episodes of all shards.
      shard: the shard of the episodes to play.
      same_start: the number of successive episodes that start from the same state.

    Returns:
      The transitions of the shard's episodes, `[max_steps, episodes, ...]`, and a mask,
      `[max_steps, episodes]`: false for the steps after the end of the episode.
    """
    policy = as_recurrent(policy)
    key_start, key_steps = jax.random.split(key)
    keys = step_keys(shard.keys(key_steps, num_episodes), 2, env.max_steps)
    num_own = shard.share(num_episodes)

    def step(carry: tuple[Streams, Array], keys: tuple[Array, Array]) -> tuple[Any, Any]:
        streams, has_ended = carry
        outcome, transition, memory = _act(env, policy, streams, *keys, jd.sample)
        before = (streams.observation, streams.state)
        after = jax.vmap(reset_if_ended)(outcome, before)
        streams = _advance(policy, streams, outcome, after, memory)
        return (streams, has_ended | outcome.ended), (transition, ~has_ended)

    streams = start_streams(
        key_start, env, num_episodes, policy.initial(num_own), shard, same_start
    )
    result: tuple[Transition, Array] = platform_dependent(
        (streams, jnp.zeros(num_own, bool)),
        keys,
        cpu=lambda initial, keys: packed_scan(step, initial, keys)[1],
        default=lambda initial, keys: column_scan(step, initial, keys, num_own)[1],
        calls_host=env.is_on_host,
    )
    return result


def _act(
    env: Environment,
    policy: RecurrentPolicy,
    streams: Streams,
    keys_action: Array,
    keys_step: Array,
    draw: Callable[[jd.Distribution, Array], Any],
) -> tuple[Step, Transition, Any]:
    """Take one action in every stream: the steps, the transition and the new memory."""
    distribution, memory = policy.apply(streams.observation, streams.memory)
    action = jax.vmap(draw)(distribution, keys_action)
    outcome = jax.vmap(env.step)(keys_step, streams.state, action)
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


def _advance(
    policy: RecurrentPolicy, streams: Streams, step: Step, after: tuple[Array, Any], memory: Any
) -> Streams:
    """The streams after a step, with the observations and states that they go on from."""
    observation, state = after
    num_streams = streams.observation.shape[0]
    return Streams(
        observation=observation,
        state=state,
        memory=reset_memory(step.ended, memory, policy.initial(num_streams)),
        episode_return=jnp.where(step.ended, 0.0, streams.episode_return + step.reward),
        episode_length=jnp.where(step.ended, 0, streams.episode_length + 1),
    )


def _compact(transition: Transition, env: Environment) -> Transition:
    names = ("observation", "next_observation")
    observations = {name: getattr(transition, name).astype(env.compact_dtype) for name in names}
    return dataclasses.replace(transition, **observations)


def _chunk_size(env: Environment, num_steps: int, num_streams: int, reset_bytes: int) -> int:
    """The number of steps whose resets are computed at once."""
    if env.steps_per_reset > 1:
        return largest_divisor(num_steps, env.steps_per_reset)
    leaves = jax.tree.leaves(jax.eval_shape(env.reset, jax.random.key(0)))
    bytes_of_step = num_streams * sum(leaf.size * leaf.dtype.itemsize for leaf in leaves)
    return largest_divisor(num_steps, reset_bytes // max(bytes_of_step, 1))
