"""Environments: gymnax by name, seen as one stream of flat observations."""

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
from gymnax.environments import spaces
from jax import Array

import jaxdist as jd

ALIASES: dict[str, tuple[str, dict[str, Any]]] = {
    "CartPole-v0": ("CartPole-v1", {"max_steps_in_episode": 200}),
}
"""Names that gymnax lacks: its own name for the dynamics, and the parameters that differ."""

DIFFERENTIABLE = (
    "MountainCarContinuous-v0",
    "Pendulum-v1",
    "PointRobot-misc",
    "Reacher-misc",
    "Swimmer-misc",
)
"""Those of gymnax's environments whose states are differentiable functions of state and action."""


class Step(jd.Pytree):
    """What one action leads to, before any reset.

    Attributes:
      observation: the observation of the state reached, `[observation_size]`.
      state: the environment's state reached.
      reward: the reward on the way, scalar.
      terminated: the episode ended by the task's own rules; nothing follows. Boolean scalar.
      truncated: a time limit cut the episode, which would have gone on. Never with `terminated`.
    """

    observation: Array
    state: Any
    reward: Array
    terminated: Array
    truncated: Array

    @property
    def ended(self) -> Array:
        """Whether the episode is over, for either reason."""
        return self.terminated | self.truncated


@dataclass(frozen=True, eq=False)
class Environment:
    """A gymnax environment and its parameters.

    Use `make`, which returns the same object for the same name: a new object is a new program to
    trace and compile.
    """

    name: str
    dynamics: Any
    params: Any

    @property
    def action_space(self) -> spaces.Space:
        """The space of one action: Discrete, Box, or a Dict or Tuple of spaces."""
        # Some make their bounds by operations of jnp, which are traced if asked for while tracing.
        with jax.ensure_compile_time_eval():
            return self.dynamics.action_space(self.params)

    @property
    def observation_size(self) -> int:
        """The length of a flat observation, the mask included."""
        return jax.eval_shape(self.reset, jax.random.key(0))[0].size

    @property
    def mask_size(self) -> int:
        """How many numbers at the front of an observation say which actions are possible.

        An environment whose dynamics have `action_mask(state, params)`, booleans
        `[num_actions]`, shows them there as 1 (possible) and 0; others have no mask.
        """
        return self.action_space.n if hasattr(self.dynamics, "action_mask") else 0

    @property
    def max_steps(self) -> int:
        """The number of steps after which an episode is truncated."""
        return int(self.params.max_steps_in_episode)

    def reset(self, key: Array) -> tuple[Array, Any]:
        """Begin an episode.

        Args:
          key: a PRNG key.

        Returns:
          The first observation, `[observation_size]`, and the environment's state.
        """
        observation, state = self.dynamics.reset_env(key, self.params)
        return self._look(observation, state), _strongly_typed(state)

    def step(self, key: Array, state: Any, action: Any) -> Step:
        """Take one action.

        Args:
          key: a PRNG key.
          state: the environment's state.
          action: a point of the action space, a dict or tuple if the space is; in a box it is
            clipped to the bounds.

        Returns:
          The step, whose state has not been reset; see `restart_if_ended`.
        """
        action = _clip(self.action_space, action)
        observation, state, reward, terminated, _ = self.dynamics.step_env(
            key, state, action, self.params
        )
        terminated = jnp.asarray(terminated, bool)
        return Step(
            observation=self._look(observation, state),
            state=_strongly_typed(state),
            reward=jnp.asarray(reward, jnp.float32),
            terminated=terminated,
            truncated=self.dynamics.is_truncated(state, self.params) & ~terminated,
        )

    def _look(self, observation: Any, state: Any) -> Array:
        flat = _flat(self.dynamics.observation_space(self.params), observation)
        if not self.mask_size:
            return flat
        mask = self.dynamics.action_mask(state, self.params)
        return jnp.concatenate([jnp.asarray(mask, jnp.float32), flat])


def restart_if_ended(step: Step, fresh: tuple[Array, Any]) -> tuple[Array, Any]:
    """Go on from where a step led or, if the episode ended there, from a fresh start.

    Args:
      step: the step just taken.
      fresh: an observation and a state, as `Environment.reset` returns them.

    Returns:
      The observation and the state to act from next.
    """
    select = functools.partial(jnp.where, step.ended)
    return jax.tree.map(select, fresh, (step.observation, step.state))


def names() -> list[str]:
    """The names `make` knows."""
    return sorted([*gymnax.registered_envs, *ALIASES])


@functools.cache
def make(name: str) -> Environment:
    """Make an environment, or return the one made before under this name.

    Args:
      name: a name registered with gymnax, or one of `ALIASES`. Of `module:name` the module is
        imported first: it can register environments of your own with `gymnax.register`.

    Returns:
      The environment.

    Raises:
      ValueError: no environment, or no module, has this name, or its spaces are of an unsupported
        kind.
    """
    module, _, name = name.rpartition(":")
    if module:
        _import(module)
    if name not in names():
        close = difflib.get_close_matches(name, names(), n=3, cutoff=0.5)
        hint = f" Did you mean {' or '.join(close)}?" if close else ""
        raise ValueError(f"unknown environment '{name}'.{hint} Known are: {', '.join(names())}")
    gymnax_name, changes = ALIASES.get(name, (name, {}))
    dynamics, params = gymnax.make(gymnax_name)
    environment = Environment(name, dynamics, params.replace(**changes))
    _check(environment)
    return environment


@functools.cache
def differentiable(name: str) -> Environment:
    """The environment of a name, with derivatives from one state to the next.

    Those of `make` have none: gymnax detaches what a step leads to from what led to it.

    Raises:
      ValueError: no such environment, or its dynamics have no derivatives.
    """
    environment = make(name)
    if not environment.dynamics.supports_transition_gradients:
        known = ", ".join(DIFFERENTIABLE)
        raise ValueError(f"no derivatives lead through '{name}'; they do through {known}")
    dynamics = environment.dynamics.with_transition_gradients()
    return replace(environment, dynamics=dynamics)


def parts(space: spaces.Space) -> dict[Any, spaces.Space] | tuple[spaces.Space, ...] | None:
    """The spaces that a Dict or Tuple is made of; None for a space that is not made of others."""
    if isinstance(space, spaces.Dict):
        return dict(space.spaces)
    return tuple(space.spaces) if isinstance(space, spaces.Tuple) else None


def _import(module: str) -> None:
    try:
        importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name and f"{module}.".startswith(f"{error.name}."):
            raise ValueError(
                f"environments were to be registered by the module '{module}', "
                "which is not on Python's path; start in its folder, or install it"
            ) from error
        raise


def _over_parts(function: Callable[[spaces.Space, Any], Any], space: spaces.Space, x: Any) -> Any:
    """Apply a function to every simple space and the part of `x` that lies in it."""
    within = parts(space)
    if isinstance(within, dict):
        return {name: _over_parts(function, part, x[name]) for name, part in within.items()}
    if within is not None:
        return tuple(_over_parts(function, *pair) for pair in zip(within, x, strict=True))
    return function(space, x)


def _clip(space: spaces.Space, action: Any) -> Any:
    def clip(space: spaces.Space, action: Array) -> Array:
        is_box = isinstance(space, spaces.Box)
        return jnp.clip(action, space.low, space.high) if is_box else action

    return _over_parts(clip, space, action)


def _flat(space: spaces.Space, observation: Any) -> Array:
    """One vector of all there is to see: boxes as they are, choices one-hot."""

    def flat(space: spaces.Space, part: Array) -> Array:
        if isinstance(space, spaces.Discrete):
            part = jax.nn.one_hot(part, space.n)
        return jnp.ravel(part).astype(jnp.float32)

    return jnp.concatenate(jax.tree.leaves(_over_parts(flat, space, observation)))


def _check(environment: Environment) -> None:
    space = environment.action_space
    sample = jax.eval_shape(space.sample, jax.random.key(0))
    simple: list[spaces.Space] = []
    _over_parts(lambda part, _: simple.append(part), space, sample)
    strange = [part for part in simple if not isinstance(part, spaces.Discrete | spaces.Box)]
    if strange:
        raise ValueError(
            f"environment '{environment.name}' has actions in {strange[0]}; "
            "the agents act in Discrete and Box spaces, and in a Dict or Tuple of them"
        )
    if hasattr(environment.dynamics, "action_mask") and not isinstance(space, spaces.Discrete):
        raise ValueError(
            f"environment '{environment.name}' masks actions in {space}; "
            "only those of a Discrete space can be masked"
        )


def _strongly_typed(state: Any) -> Any:
    """Give Python numbers in a gymnax state the dtype they will have after a step.

    Weak types would make the first step of a scan, or the first call of a compiled chunk, differ
    from the rest and be traced again.
    """
    strong: Callable[[Any], Array] = lambda leaf: jnp.asarray(leaf, jnp.asarray(leaf).dtype)
    return jax.tree.map(strong, state)
