"""Gymnax environments by name, with flattened observations."""

from __future__ import annotations

import difflib
import functools
import importlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import gymnax
import jax
import jax.numpy as jnp
import numpy as np
from gymnax.environments import spaces as gymnax_spaces
from jax import Array

import jaxdist as jd

from .spaces import Box, Dict, Discrete, Space, Tuple, clip, flatten, unflatten

ALIASES: dict[str, tuple[str, dict[str, Any]]] = {
    "CartPole-v0": ("CartPole-v1", {"max_steps_in_episode": 200}),
}
"""Additional names: gymnax's name of the environment, and the parameters that differ."""

DIFFERENTIABLE = (
    "MountainCarContinuous-v0",
    "Pendulum-v1",
    "PointRobot-misc",
    "Reacher-misc",
    "Swimmer-misc",
)
"""The environments of gymnax whose next state is a differentiable function of state and action."""

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
    """A gymnax environment and its parameters; see `make`.

    Attributes:
      name: the environment's name.
      dynamics: the gymnax environment.
      params: its parameters.
    """

    name: str
    dynamics: Any
    params: Any

    @property
    def action_space(self) -> Any:
        """The space of one action, one of `spaces.Space`."""
        # Some environments compute their bounds with jnp, which would trace them.
        with jax.ensure_compile_time_eval():
            return _converted(self.dynamics.action_space(self.params))

    @property
    def observation_space(self) -> Space:
        """The space of one observation, before it is flattened."""
        with jax.ensure_compile_time_eval():
            return _converted(self.dynamics.observation_space(self.params))

    @property
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

        The mask is 1 for possible actions and 0 for others. It comes from the dynamics' method
        `action_mask(state, params)`, booleans `[num_actions]`; without one, the size is 0.
        """
        return self.action_space.n if hasattr(self.dynamics, "action_mask") else 0

    @property
    def max_steps(self) -> int:
        """The number of steps after which an episode is truncated."""
        return int(self.params.max_steps_in_episode)

    def reset(self, key: Array) -> tuple[Array, Any]:
        """Start an episode.

        Args:
          key: a PRNG key.

        Returns:
          The first observation, `[observation_size]`, and the environment's state.
        """
        observation, state = self.dynamics.reset_env(key, self.params)
        return self.flatten(observation, *self._mask(state)), _strongly_typed(state)

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
        observation, state, reward, terminated, _ = self.dynamics.step_env(
            key, state, action, self.params
        )
        terminated = jnp.asarray(terminated, bool)
        return Step(
            observation=self.flatten(observation, *self._mask(state)),
            state=_strongly_typed(state),
            reward=jnp.asarray(reward, jnp.float32),
            terminated=terminated,
            truncated=self.dynamics.is_truncated(state, self.params) & ~terminated,
        )

    def flatten(self, observation: Any, *mask: Any) -> Array:
        """A flat observation, `[observation_size]`.

        Args:
          observation: an observation of the dynamics.
          *mask: the mask of actions, if there is one, booleans `[num_actions]`.
        """
        flat = flatten(self.observation_space, observation)
        return jnp.concatenate([*(jnp.asarray(m, jnp.float32) for m in mask), flat])

    def unflatten(self, flat: Array) -> Any:
        """The observations of flat ones, `[..., observation_size]`, without the mask.

        Boxes have the shape that the environment gives them, `[..., *shape]`; discrete entries are
        one-hot.
        """
        return unflatten(self.observation_space, self.observation, flat[..., self.mask_size :])

    @property
    def observation(self) -> Any:
        """The shapes and dtypes of one observation of the dynamics."""
        reset = lambda key: self.dynamics.reset_env(key, self.params)[0]
        return jax.eval_shape(reset, jax.random.key(0))

    def _mask(self, state: Any) -> tuple[Any, ...]:
        return (self.dynamics.action_mask(state, self.params),) if self.mask_size else ()


def reset_if_ended(step: Step, initial: tuple[Array, Any]) -> tuple[Array, Any]:
    """The observation and the state after a step, or initial ones if the episode ended.

    Args:
      step: the step.
      initial: an observation and a state, as `Environment.reset` returns them.
    """
    select = functools.partial(jnp.where, step.ended)
    return jax.tree.map(select, initial, (step.observation, step.state))


def names() -> list[str]:
    """The names that `make` accepts."""
    return sorted([*gymnax.registered_envs, *ALIASES])


@functools.cache
def make(name: str) -> Environment:
    """Make the environment of a name.

    The result is cached: a new object would be traced and compiled again.

    Args:
      name: a name registered with gymnax, or one of `ALIASES`. For `module:name` the module is
        imported first: it can register your own environments with `gymnax.register`.

    Raises:
      ValueError: no environment or module has this name, or its spaces are not supported.
    """
    module, _, name = name.rpartition(":")
    if module:
        _import_module(module)
    if name not in names():
        close = difflib.get_close_matches(name, names(), n=3, cutoff=0.5)
        hint = f" Did you mean {' or '.join(close)}?" if close else ""
        raise ValueError(
            f"unknown environment '{name}'.{hint} Known environments: {', '.join(names())}"
        )
    gymnax_name, changes = ALIASES.get(name, (name, {}))
    dynamics, params = gymnax.make(gymnax_name)
    environment = Environment(name, dynamics, params.replace(**changes))
    _check_spaces(environment)
    return environment


@functools.cache
def make_differentiable(name: str) -> Environment:
    """Make an environment whose steps are differentiable with respect to state and action.

    Those of `make` are not: gymnax stops the gradients of a step.

    Raises:
      ValueError: no environment has this name, or its dynamics are not differentiable.
    """
    environment = make(name)
    if not environment.dynamics.supports_transition_gradients:
        known = ", ".join(DIFFERENTIABLE)
        raise ValueError(
            f"'{name}' is not differentiable; the differentiable environments are {known}"
        )
    dynamics = environment.dynamics.with_transition_gradients()
    return replace(environment, dynamics=dynamics)


def _import_module(module: str) -> None:
    if not all(part.isidentifier() for part in module.split(".")):
        raise ValueError(
            f"'{module}' is not the name of a module; write environments of your own as "
            "module:name, such as my_package.my_module:MyEnv-v0"
        )
    try:
        importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name and f"{module}.".startswith(f"{error.name}."):
            raise ValueError(
                f"cannot import the module '{module}', which should register the environment: "
                "run from the folder that contains it, or install it"
            ) from error
        raise


def _check_spaces(environment: Environment) -> None:
    try:
        space, _ = environment.action_space, environment.observation_space
    except ValueError as error:
        raise ValueError(f"environment '{environment.name}' has {error}") from None
    if hasattr(environment.dynamics, "action_mask") and not isinstance(space, Discrete):
        raise ValueError(
            f"environment '{environment.name}' masks actions in {space}; "
            "only those of a Discrete space can be masked"
        )


def _converted(space: gymnax_spaces.Space) -> Space:
    """A space of gymnax as one of `spaces`."""
    if isinstance(space, gymnax_spaces.Discrete):
        return Discrete(space.n)
    if isinstance(space, gymnax_spaces.Box):
        return Box(np.asarray(space.low), np.asarray(space.high), tuple(space.shape), space.dtype)
    if isinstance(space, gymnax_spaces.Dict):
        return Dict({name: _converted(child) for name, child in space.spaces.items()})
    if isinstance(space, gymnax_spaces.Tuple):
        return Tuple(tuple(map(_converted, space.spaces)))
    raise ValueError(
        f"actions or observations in {space}; supported are Discrete and Box spaces, and a Dict "
        "or Tuple of them"
    )


def _strongly_typed(state: Any) -> Any:
    """Give Python numbers in a gymnax state the dtype that they have after a step.

    With weak types, the first step of a scan or the first call of a compiled function would differ
    in type from the next, and be traced again.
    """
    strong: Callable[[Any], Array] = lambda leaf: jnp.asarray(leaf, jnp.asarray(leaf).dtype)
    return jax.tree.map(strong, state)
