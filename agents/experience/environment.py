"""An environment with flat observations, and its steps."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

import jaxdist as jd

from .dynamics import Dynamics
from .spaces import (
    Box,
    Discrete,
    Space,
    Tuple,
    clip,
    flatten,
    leading_axes,
    map_spaces,
    unflatten,
)

BINARY = (
    "Asterix-MinAtar",
    "Breakout-MinAtar",
    "Freeway-MinAtar",
    "Seaquest-MinAtar",
    "SpaceInvaders-MinAtar",
)
"""The environments of gymnax whose observations are zeros and ones, though in float32."""


class Step(jd.Pytree):
    """The outcome of one action, before any reset.

    Attributes:
      observation: the observation of the next state, `[observation_size]`.
      state: the environment's next state.
      reward: the reward, scalar.
      terminated: whether the next state is terminal, boolean scalar.
      truncated: whether the time limit ended the episode, boolean scalar; never with `terminated`.
    """

    observation: Array
    state: Any
    reward: Array
    terminated: Array
    truncated: Array

    @property
    def ended(self) -> Array:
        """Whether the episode ended, for either reason."""
        return self.terminated | self.truncated


@dataclass(frozen=True, eq=False)
class Environment:
    """An environment with flat observations; see `environments.make`.

    Attributes:
      name: its name, without parameters.
      world: the environment itself.
      steps_per_reset: the number of steps for which a stream has one initial state, if its episode
        ends in one of them.
    """

    name: str
    world: Dynamics
    steps_per_reset: int = 1

    @property
    def dynamics(self) -> Any:
        """The environment as its library has it, such as that of gymnax."""
        return getattr(self.world, "env", self.world)

    @property
    def params(self) -> Any:
        """The parameters of an environment of gymnax."""
        return getattr(self.world, "params", None)

    @property
    def action_space(self) -> Any:
        """The space of one action, one of `spaces.Space`."""
        return self.world.action_space

    @property
    def observation_space(self) -> Space:
        """The space of one observation, before it is flattened."""
        return self.world.observation_space

    @functools.cached_property
    def observation_size(self) -> int:
        """The length of a flat observation, including the mask."""
        return jax.eval_shape(self.reset, jax.random.key(0))[0].size

    @property
    def compact_dtype(self) -> jnp.dtype:
        """The dtype in which many observations are stored: float32 unless one byte holds them.

        A byte holds observations that the environment returns as such, and those of `BINARY`.
        """
        if self.name in BINARY:
            return jnp.dtype(bool)
        dtype = jnp.result_type(*(leaf.dtype for leaf in jax.tree.leaves(self.observation)))
        return dtype if dtype.itemsize == 1 else jnp.dtype(jnp.float32)

    @property
    def mask_size(self) -> int:
        """The number of leading entries of an observation that are the mask of actions.

        The mask is 1 for possible actions and 0 for others; see `Dynamics`. Without one, the size
        is 0.
        """
        return self.action_space.n if hasattr(self.world, "action_mask") else 0

    @property
    def max_steps(self) -> int:
        """The number of steps after which an episode is truncated."""
        return self.world.max_steps

    @property
    def is_on_host(self) -> bool:
        """Whether Python steps it on the host; then its steps have effects."""
        return hasattr(self.world, "restart")

    def opened(self) -> contextlib.AbstractContextManager[None]:
        """A context at whose end what the host has opened for episodes is closed."""
        context: contextlib.AbstractContextManager[None]
        context = getattr(self.world, "opened", contextlib.nullcontext)()
        return context

    def reset(self, key: Array) -> tuple[Array, Any]:
        """Start an episode.

        Args:
          key: a PRNG key.

        Returns:
          The first observation, `[observation_size]`, and the environment's state.
        """
        observation, state = self.world.reset(key)
        return self.flatten(observation, *self._mask(state)), strongly_typed(state)

    def step(self, key: Array, state: Any, action: Any) -> Step:
        """Take one action.

        Args:
          key: a PRNG key.
          state: the environment's state.
          action: an element of the action space; in a box it is clipped to the bounds.

        Returns:
          The step, whose state has not been reset; see `reset_if_ended`.
        """
        action = clip(self.action_space, action)
        observation, state, reward, terminated, truncated = self.world.step(key, state, action)
        terminated = jnp.asarray(terminated, bool)
        return Step(
            observation=self.flatten(observation, *self._mask(state)),
            state=strongly_typed(state),
            reward=jnp.asarray(reward, jnp.float32),
            terminated=terminated,
            truncated=jnp.asarray(truncated, bool) & ~terminated,
        )

    def starts(self, keys: Array) -> Any:
        """What new episodes start from, computed ahead: an argument of `restart` for each key.

        Args:
          keys: PRNG keys, `[num_steps, num_streams]`.
        """
        if self.is_on_host:
            return keys
        states = jax.vmap(jax.vmap(self.reset))(keys[:: self.steps_per_reset])
        if self.steps_per_reset == 1:
            return states
        repeat = lambda leaf: jnp.repeat(leaf, self.steps_per_reset, axis=0)[: len(keys)]
        return jax.tree.map(repeat, states)

    def restart(self, step: Step, start: Any) -> tuple[Array, Any]:
        """The observation and the state after a step, or those of a new episode if it ended.

        Args:
          step: the step.
          start: what a new episode starts from, an element of `starts`.
        """
        if not self.is_on_host:
            return reset_if_ended(step, start)
        observation, state = self.world.restart(step.ended, step.state, start)  # type: ignore[attr-defined]
        return self.flatten(observation, *self._mask(state)), strongly_typed(state)

    def flatten(self, observation: Any, *mask: Any) -> Array:
        """A flat observation, `[observation_size]`.

        Args:
          observation: an observation, as the environment gives it.
          *mask: the mask of actions, if there is one, booleans `[num_actions]`.
        """
        flat = flatten(self.observation_space, observation)
        return jnp.concatenate([*(jnp.asarray(m, jnp.float32) for m in mask), flat])

    def as_flat(self, observation: Any, mask: Any = None) -> Array:
        """Flat observations, `[..., observation_size]`, from flat ones or from the environment's.

        Args:
          observation: flat observations; or, if they have another shape, observations as the
            environment gives them, whose arrays have the same leading axes.
          mask: the mask of actions `[..., num_actions]` of an observation that the environment
            gives, if there is one.

        Raises:
          ValueError: they are neither, or there is no mask.
        """
        if mask is None and self._is_flat(observation):
            return jnp.asarray(observation)
        mask_spaces = [Box(0, 1, (self.mask_size,))] if self.mask_size else []
        spaces = Tuple((self.observation_space, *mask_spaces))
        given = tuple(
            jnp.asarray(each) if isinstance(each, list) else each
            for each in (observation, mask)
            if each is not None
        )
        leading = leading_axes(spaces, given)
        if leading is None:
            raise ValueError(self._not_seen(given))
        flatten = self.flatten
        for _ in leading:
            flatten = jax.vmap(flatten)
        return flatten(*map_spaces(lambda _, leaf: jnp.asarray(leaf), spaces, given))

    def _is_flat(self, observation: Any) -> bool:
        """Whether observations are flat; integers of a Discrete space are indices instead."""
        space = self.observation_space
        is_parts = isinstance(space, Tuple) and isinstance(observation, tuple)
        if is_parts or isinstance(observation, Mapping):
            return False
        flat = jnp.asarray(observation)
        is_index = isinstance(space, Discrete) and jnp.issubdtype(flat.dtype, jnp.integer)
        return flat.shape[-1:] == (self.observation_size,) and not is_index

    def _not_seen(self, given: tuple[Any, ...]) -> str:
        """What is expected of a policy's observations, and what was given."""
        shapes = [jax.tree.map(lambda leaf: tuple(np.shape(leaf)), each) for each in given]
        mask = f", and a mask of shape [..., {self.mask_size}]" if self.mask_size else ""
        return (
            f"observations of {self.name} must be flat, of shape [..., {self.observation_size}], "
            f"as `Environment.reset` returns them, or of {self.observation_space}{mask}; got "
            f"shape {' and a mask of shape '.join(map(str, shapes))}"
        )

    def unflatten(self, flat: Array) -> Any:
        """The observations of flat ones, `[..., observation_size]`, without the mask.

        Boxes have the shape that the environment gives them, `[..., *shape]`; discrete entries are
        one-hot.
        """
        return unflatten(self.observation_space, self.observation, flat[..., self.mask_size :])

    @property
    def observation(self) -> Any:
        """The shapes and dtypes of one observation, before it is flattened."""
        return jax.eval_shape(lambda key: self.world.reset(key)[0], jax.random.key(0))

    def _mask(self, state: Any) -> tuple[Any, ...]:
        mask = getattr(self.world, "action_mask", None)
        return (mask(state),) if mask else ()


def reset_if_ended(step: Step, initial: tuple[Array, Any]) -> tuple[Array, Any]:
    """The observation and the state after a step, or initial ones if the episode ended.

    Args:
      step: the step.
      initial: an observation and a state, as `Environment.reset` returns them.
    """
    select = functools.partial(jnp.where, step.ended)
    return jax.tree.map(select, initial, (step.observation, step.state))


def strongly_typed(state: Any) -> Any:
    """Give Python numbers in a state the dtype that they have after a step.

    With weak types, the first step of a scan or the first call of a compiled function would differ
    in type from the next, and be traced again.
    """

    def strong(leaf: Any) -> Array:
        if isinstance(leaf, jax.Array) and jnp.issubdtype(leaf.dtype, jax.dtypes.extended):
            return leaf  # a PRNG key
        return jnp.asarray(leaf, jnp.asarray(leaf).dtype)

    return jax.tree.map(strong, state)
