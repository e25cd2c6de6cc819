"""Streams: environments in parallel, and their transitions."""

from __future__ import annotations

from typing import Any, ClassVar

import jax
import jax.numpy as jnp
from jax import Array

import jaxdist as jd


class Transition(jd.Pytree):
    """One step; in a rollout, every leaf begins with `[num_steps, num_streams]`.

    Attributes:
      observation: `s_t`.
      policy: the distribution from which the action was drawn.
      action: `a_t`.
      reward: `r_t`.
      next_observation: `s_tp1`, before any reset: the final observation where an episode ended.
      terminated: whether the episode terminated at `s_tp1`.
      truncated: whether the episode was truncated at `s_tp1`; never together with `terminated`.
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
    """Environments in parallel, between two rollouts; on a mesh, those of one shard.

    Attributes:
      observation: the current observations, `[num_streams, observation_size]`.
      state: the environments' states.
      memory: the memory of a recurrent policy, otherwise empty.
      episode_return: the return of the current episode so far, `[num_streams]`.
      episode_length: the number of steps of the current episode so far, `[num_streams]`.
    """

    stream_axes: ClassVar[dict[str, int]] = dict.fromkeys(
        ("observation", "state", "memory", "episode_return", "episode_length"), 0
    )

    observation: Array
    state: Any
    memory: Any
    episode_return: Array
    episode_length: Array


def reset_memory(ended: Array, memory: Any, initial: Any) -> Any:
    """The memory, reset in the streams whose episode has ended.

    Args:
      ended: booleans, `[num_streams]`.
      memory: a tree of arrays, `[num_streams, ...]`.
      initial: the memory at the start of an episode, of the same shapes.
    """
    return jax.vmap(lambda e, m, i: jax.tree.map(lambda *x: jnp.where(e, *x), i, m))(
        ended, memory, initial
    )
