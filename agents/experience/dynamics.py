"""The protocol of an environment."""

from __future__ import annotations

from typing import Any, Protocol

from jax import Array

from .spaces import Space


class Dynamics(Protocol):
    """What an environment must have; a class of these methods is all that a user writes.

    The methods are pure functions that JAX can trace, of one episode; `vmap` makes many. A class
    may also have a method `action_mask(state)`, booleans `[num_actions]`: the actions of a Discrete
    space that are possible in a state; a method `draw(axes, state)`, which draws a state into
    matplotlib's axes for the films of `agents.rendering.render`. One whose steps have effects on
    the host has a method `restart(ended, state, key)`: the observation and the state of a new
    episode if that of the state has ended, otherwise its own. It may have a method `opened()`, a
    context manager that training and evaluation leave when they are over.

    Example:
      A corridor that ends at its right end; an episode has at most ten steps.

      >>> import jax.numpy as jnp
      >>> from agents.experience.spaces import Box, Discrete
      >>> class Corridor:
      ...     action_space = Discrete(2)
      ...     max_steps = 10
      ...     def __init__(self, length=5):
      ...         self.length = length
      ...         self.observation_space = Box(0, length, (1,))
      ...     def reset(self, key):
      ...         place = jnp.int32(0)
      ...         return jnp.float32([place]), (place, jnp.int32(0))
      ...     def step(self, key, state, action):
      ...         place, time = state
      ...         place, time = jnp.maximum(place + 2 * action - 1, 0), time + 1
      ...         reward = jnp.where(place == self.length, 1.0, -0.1)
      ...         observation = place[None].astype(jnp.float32)
      ...         return observation, (place, time), reward, place == self.length, time >= 10
    """

    @property
    def action_space(self) -> Space:
        """The space of one action."""

    @property
    def observation_space(self) -> Space:
        """The space of one observation."""

    @property
    def max_steps(self) -> int:
        """The largest number of steps of an episode: the time limit."""

    def reset(self, key: Array) -> tuple[Any, Any]:
        """Start an episode.

        Args:
          key: a PRNG key.

        Returns:
          The first observation, an element of the observation space, and the state, any pytree.
        """

    def step(self, key: Array, state: Any, action: Any) -> tuple[Any, Any, Any, Any, Any]:
        """Take one action; an episode that ends is not reset.

        Args:
          key: a PRNG key.
          state: the state.
          action: an element of the action space.

        Returns:
          The observation and the state after the step, of the shapes that `reset` returns; the
          reward; whether the episode terminated in this state; and whether the time limit, or
          something else than the state, ended it.
        """
