"""An update of an algorithm with a replay buffer: steps, each followed by gradient steps."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax
from jax import Array
from jax.flatten_util import ravel_pytree

import jaxdist as jd

from ..actor_critic.problem import Problem
from ..actor_critic.state import Metrics
from ..execution.packed_scan import Layout
from ..execution.platforms import platform_dependent
from ..experience import replay
from ..experience.episodes import Episodes
from ..experience.replay import Buffer
from ..experience.streams import Streams
from .collection import Draws, act, random_numbers
from .state import AnyState, with_average

UNROLL = 2
"""Gradient steps per turn of their loop on accelerators: fewer launches, but longer to compile."""


class Learner(jd.Pytree):
    """What gradient steps change, its parameters as one vector that one kernel updates.

    Attributes:
      params: the parameters, `[size]`.
      average: the target parameters, and arbitrary numbers where there are none, `[size]`.
      optimizer: the state of the optimizer.
      unravel: function from the vector of parameters to their tree.
    """

    params: Array
    average: Array
    optimizer: Any
    unravel: Callable[[Array], Any] = jd.static()


class Rules(NamedTuple):
    """What distinguishes algorithms with a replay buffer.

    Some functions take `batched`: whether networks of the same shape are evaluated by batched
    products, which an accelerator launches fewer of; otherwise one after another, which is faster
    on a CPU.

    Attributes:
      policy: function from the tree of parameters, observations and `batched` to the distribution
        of the actions to take.
      gradient_step: function from the learner, a batch, PRNG keys for equal parts of the batch, the
        number of gradient steps before this one, and `batched`, to the new learner and the terms
        of its loss, `[metrics]`.
      metrics: the names of these terms.
      sample: function from random bits and the buffer to a batch.
    """

    policy: Callable[[Any, Array, bool], jd.Distribution]
    gradient_step: Callable[[Learner, Any, Array, Array, bool], tuple[Learner, Array]]
    metrics: Sequence[str]
    sample: Callable[[Array, Buffer], Any] = replay.sample


def act_and_learn(state: AnyState, problem: Problem[Any], rules: Rules) -> tuple[AnyState, Metrics]:
    """Take `num_steps` steps in every stream, each followed by gradient steps."""
    config, shard = problem.config, problem.shard
    key, key_draws = jax.random.split(state.key)
    params, unravel = ravel_pytree(state.params)
    average, _ = ravel_pytree(state.average)
    zeros = jnp.zeros(shard.share(config.num_envs))
    count = zeros.astype(jnp.int32)
    world = (state.streams, state.buffer, Episodes(count, zeros, count, count, count))
    layout = Layout.of(world)

    def step(carry: Any, x: tuple[Draws, Array], batched: bool) -> tuple[Any, Array]:
        learner, packed = carry
        world = layout.unpack(packed)
        learner, world, terms = _one_step(learner, world, *x, problem, rules, batched)
        return (learner, layout.pack(world)), terms

    def step_on_platform(carry: Any, x: tuple[Draws, Array]) -> tuple[Any, Array]:
        cpu, accelerator = partial(step, batched=False), partial(step, batched=True)
        calls_host = problem.env.is_on_host
        result: tuple[Any, Array] = platform_dependent(
            carry, x, cpu=cpu, default=accelerator, calls_host=calls_host
        )
        return result

    carry = (Learner(params, average, state.optimizer, unravel), layout.pack(world))
    xs = (random_numbers(key_draws, problem), gradient_step_numbers(state.steps, config))
    (learner, packed), terms = jax.lax.scan(step_on_platform, carry, xs)
    streams, buffer, episodes = layout.unpack(packed)
    state = with_average(
        state,
        unravel(learner.average),
        params=unravel(learner.params),
        optimizer=learner.optimizer,
        buffer=buffer,
        streams=streams,
        steps=state.steps + config.num_envs * config.num_steps,
        key=key,
    )
    episodes, terms = shard.sum(jax.tree.map(jnp.sum, episodes)), shard.mean(jnp.mean(terms, 0))
    metrics = {"steps": state.steps} | episodes.metrics()
    return state, metrics | dict(zip(rules.metrics, terms, strict=True))


def gradient_step_numbers(steps: Array, config: Any) -> Array:
    """The number of gradient steps before each one of an update, `[num_steps, gradient_steps]`.

    The steps of the warm-up count as if gradient steps had followed them.
    """
    shape = (config.num_steps, config.gradient_steps)
    first = steps // config.num_envs * config.gradient_steps
    return first + jnp.arange(shape[0] * shape[1], dtype=jnp.int32).reshape(shape)


def _one_step(
    learner: Learner,
    world: tuple[Streams, Buffer, Episodes],
    draws: Draws,
    numbers: Array,
    problem: Problem[Any],
    rules: Rules,
    batched: bool,
) -> tuple[Learner, tuple[Streams, Buffer, Episodes], Array]:
    """One step of every stream, and the gradient steps that follow it.

    Args:
      learner: the parameters and their optimizer.
      world: the streams, the replay buffer, and the episodes that ended so far, by stream.
      draws: the random numbers of this step.
      numbers: the numbers of the gradient steps, `[gradient_steps]`.
      problem: the problem.
      rules: those of the algorithm.
      batched: see `Rules`.

    Returns:
      The new learner and world, and the means of the metrics over the gradient steps.
    """
    streams, buffer, episodes = world
    pi = rules.policy(learner.unravel(learner.params), streams.observation, batched)
    streams, experience, episodes = act(pi, streams, episodes, draws, problem)
    buffer = replay.add(buffer, jax.tree.map(lambda leaf: leaf[None], experience))

    def learn(learner: Learner, x: tuple[Array, Array, Array]) -> tuple[Learner, Array]:
        bits, keys, number = x
        batch = rules.sample(bits, buffer)
        return rules.gradient_step(learner, batch, keys, number, batched)

    unroll = UNROLL if batched else 1
    xs = (draws.rows, draws.loss, numbers)
    learner, terms = jax.lax.scan(learn, learner, xs, unroll=unroll)
    return learner, (streams, buffer, episodes), jnp.mean(terms, axis=0)


def apply_by_part(
    optimizers: Sequence[optax.GradientTransformation],
    sizes: Sequence[int],
    learner: Learner,
    gradient: Array,
) -> tuple[list[Array], list[Any]]:
    """Apply an optimizer to each part of the vector of parameters.

    Args:
      optimizers: one for each part.
      sizes: the sizes of all parts but the last.
      learner: the learner; its optimizer is a sequence of states.
      gradient: the gradient, `[size]`.

    Returns:
      The new parameters and the new states, each by part.
    """
    ends = [sum(sizes[: i + 1]) for i in range(len(sizes))]
    parts = zip(jnp.split(gradient, ends), jnp.split(learner.params, ends), strict=True)
    new, states = [], []
    for optimizer, state, (g, p) in zip(optimizers, learner.optimizer, parts, strict=True):
        updates, state = optimizer.update(g, state, p)
        new.append(optax.apply_updates(p, updates))
        states.append(state)
    return new, states


def size_of(params: Any) -> int:
    """The number of parameters in a tree."""
    return sum(leaf.size for leaf in jax.tree.leaves(params))
