"""Environments of gymnasium (Towers et al. 2024), which Python runs on the host.

A step of all streams is one call of the host, which steps their environments one after another.
"""

from __future__ import annotations

import contextlib
import functools
import itertools
import secrets
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.experimental import io_callback

from ...execution.host_calls import call_by_rows
from ..spaces import Space
from .gymnasium_spaces import converted, from_gymnasium, to_gymnasium

MAX_STEPS = 10_000
"""The time limit of environments that have none."""

NUMBERS = 2**31
"""The numbers of episodes are smaller than this."""


class HostEpisodes:
    """The environments of the host, by the number of the episode that each plays.

    An environment whose episode has ended plays another one later.

    Args:
      make: makes an environment.
    """

    def __init__(self, make: Callable[[], Any]) -> None:
        self._make = make
        self._playing: dict[int, Any] = {}
        self._idle: list[Any] = []
        # Another process, which resumes a run, must not find its numbers here.
        self._numbers = itertools.count(secrets.randbelow(NUMBERS))
        self._users = 0
        self._lock = threading.Lock()

    @contextlib.contextmanager
    def opened(self) -> Iterator[None]:
        """Keep the environments; the end of the last of such contexts closes them."""
        with self._lock:
            self._users += 1
        try:
            yield
        finally:
            with self._lock:
                self._users -= 1
                is_last = self._users == 0
            if is_last:
                self.close()

    def new_numbers(self, num: int) -> np.ndarray:
        """Numbers of episodes that have not started, int32 `[num]`."""
        with self._lock:
            return np.array([next(self._numbers) % NUMBERS for _ in range(num)], np.int32)

    def start(self, number: int, seed: int) -> Any:
        """Start an episode, in place of another one of this number; returns the observation."""
        with self._lock:
            env = self._playing.get(number)
            if env is None:
                env = self._idle.pop() if self._idle else self._make()
                self._playing[number] = env
            observation, _ = env.reset(seed=seed)
            return observation

    def step(self, number: int, action: Any) -> tuple[Any, float, bool, bool] | None:
        """Take one action; None if no environment plays this episode, as after its end."""
        with self._lock:
            env = self._playing.get(number)
            if env is None:
                return None
            observation, reward, terminated, truncated, _ = env.step(action)
            if terminated or truncated:
                self._idle.append(self._playing.pop(number))
            return observation, float(reward), bool(terminated), bool(truncated)

    def close(self) -> None:
        """Close all environments: episodes are given up."""
        with self._lock:
            for env in [*self._playing.values(), *self._idle]:
                env.close()
            self._playing.clear()
            self._idle.clear()


class State(NamedTuple):
    """What a program of JAX has of an episode.

    Attributes:
      number: its number in `HostEpisodes`.
      seed: the seed it was reset with.
      observation: the last observation.
    """

    number: Any
    seed: Any
    observation: Any


@dataclass(frozen=True, eq=False)
class GymnasiumDynamics:
    """An environment of gymnasium.

    The environments themselves are on the host, and a state has only the number of an episode. An
    episode that the host does not know, since its process has ended, is given up: its next step has
    reward 0 and is truncated, and a new episode follows.

    Attributes:
      make: makes an environment; takes the keyword `render_mode` if it can draw itself.
      env: one of them, closed, whose spaces are read.
      max_steps: the time limit.
    """

    make: Callable[..., Any]
    env: Any
    max_steps: int

    @functools.cached_property
    def episodes(self) -> HostEpisodes:
        """The environments of the host."""
        return HostEpisodes(self.make)

    def opened(self) -> contextlib.AbstractContextManager[None]:
        """A context at whose end the environments of the host are closed."""
        return self.episodes.opened()

    @property
    def action_space(self) -> Space:
        """The space of one action."""
        return converted(self.env.action_space)

    @property
    def observation_space(self) -> Space:
        """The space of one observation."""
        return converted(self.env.observation_space)

    def reset(self, key: Array) -> tuple[Any, Any]:
        """Start an episode with a seed that the key determines."""
        state = call_by_rows(self._reset_rows)(_seed(key))
        return state.observation, state

    def restart(self, ended: Array, state: Any, key: Array) -> tuple[Any, Any]:
        """Start another episode if one has ended, under the same number."""
        seed = _seed(key)
        number, first = call_by_rows(self._restart_rows)(ended, state.number, seed)
        select = lambda new, old: jax.tree.map(lambda *x: jnp.where(ended, *x), new, old)
        state = State(number, select(seed, state.seed), select(first, state.observation))
        return state.observation, state

    def step(self, key: Array, state: Any, action: Any) -> tuple[Any, Any, Any, Any, Any]:
        """The observation, the state, the reward, and whether it terminated or was truncated."""
        number, observation, *outcome, is_known = call_by_rows(self._step_rows)(
            state.number, action
        )
        select = lambda new, old: jnp.where(is_known, new, old)
        observation = jax.tree.map(select, observation, state.observation)
        return observation, State(number, state.seed, observation), *outcome

    def frames(self, seed: int, actions: Sequence[Any]) -> list[np.ndarray]:
        """Pictures of an episode, before its first step and after each, uint8 `[rows, columns, 3]`.

        Args:
          seed: the seed it is reset with.
          actions: the actions.

        Raises:
          ValueError: the environment cannot draw itself.
        """
        import gymnasium

        try:
            with contextlib.closing(self.make(render_mode="rgb_array")) as env:
                env.reset(seed=seed)
                pictures = [env.render()]
                for action in actions:
                    env.step(to_gymnasium(self.env.action_space, action))
                    pictures.append(env.render())
        except (TypeError, gymnasium.error.Error) as error:
            raise ValueError(f"the environment cannot draw itself: {error}") from error
        return [np.asarray(picture, np.uint8) for picture in pictures]

    def _reset_rows(self, seeds: Array) -> State:
        """Start episodes, one for each row."""
        num = len(seeds)
        shapes = self._observations(num)

        def start(seeds: Any) -> State:
            seeds, numbers = np.asarray(seeds), self.episodes.new_numbers(num)
            return State(numbers, seeds, self._start(range(num), numbers, seeds, shapes))

        return io_callback(start, State(_rows(np.int32, num), _rows(np.int32, num), shapes), seeds)

    def _restart_rows(self, ended: Array, numbers: Array, seeds: Array) -> tuple[Array, Any]:
        """Start episodes in the rows that have ended; the observations of others are zeros."""
        shapes = self._observations(len(ended))

        def restart(ended: Any, numbers: Any, seeds: Any) -> tuple[np.ndarray, Any]:
            rows, numbers = np.flatnonzero(np.asarray(ended)), np.asarray(numbers)
            return numbers, self._start(rows, numbers, np.asarray(seeds), shapes)

        result = _rows(np.int32, len(ended)), shapes
        zeros = lambda: jax.tree.map(lambda x: jnp.zeros(x.shape, x.dtype), shapes)
        call = lambda: io_callback(restart, result, ended, numbers, seeds)
        return jax.lax.cond(jnp.any(ended), call, lambda: (numbers, zeros()))

    def _step_rows(self, numbers: Array, actions: Any) -> tuple[Any, ...]:
        """Step the episodes of the rows."""
        num, spaces = len(numbers), (self.env.observation_space, self.env.action_space)
        shapes = self._observations(num)

        def step(numbers: Any, actions: Any) -> tuple[Any, ...]:
            numbers, actions = jax.tree.map(np.asarray, (numbers, actions))
            observations, rewards = _zeros(shapes), np.zeros(num, np.float32)
            terminated, truncated, is_known = np.zeros((3, num), bool)
            truncated[:] = True  # the episodes that the host does not know
            for i, number in enumerate(numbers.tolist()):
                action = to_gymnasium(spaces[1], _row(actions, i))
                if outcome := self.episodes.step(number, action):
                    observation, rewards[i], terminated[i], truncated[i] = outcome
                    _set_row(observations, i, from_gymnasium(spaces[0], observation))
                    is_known[i] = True
            return numbers, observations, rewards, terminated, truncated, is_known

        flags = [_rows(bool, num)] * 3
        result = (_rows(np.int32, num), shapes, _rows(np.float32, num), *flags)
        return io_callback(step, result, numbers, actions)

    def _start(
        self, rows: Iterable[int], numbers: np.ndarray, seeds: np.ndarray, shapes: Any
    ) -> Any:
        """Start episodes in some rows; the observations of others are zeros."""
        observations = _zeros(shapes)
        for i in rows:
            first = self.episodes.start(int(numbers[i]), int(seeds[i]))
            _set_row(observations, i, from_gymnasium(self.env.observation_space, first))
        return observations

    def _observations(self, num: int) -> Any:
        """The shapes and dtypes of a number of observations."""
        one = jax.eval_shape(self.observation_space.sample, jax.random.key(0))
        return jax.tree.map(lambda leaf: _rows(leaf.dtype, num, *leaf.shape), one)


def make(name: str, params: dict[str, Any]) -> GymnasiumDynamics:
    """The environment of a name that is registered with gymnasium, such as `CartPole-v1`.

    Args:
      name: its name; `module:name` imports the module that registers it.
      params: `max_episode_steps`, the time limit, and arguments of its class.

    Raises:
      ValueError: there is none, it cannot be made, or its spaces are not supported.
    """
    import gymnasium

    return adapt(f"gymnasium:{name}", partial(gymnasium.make, name), params)


def adapt(name: str, make: Callable[..., Any], params: dict[str, Any]) -> GymnasiumDynamics:
    """Environments of gymnasium that a class or a function makes.

    Args:
      name: the name, for messages.
      make: makes an environment.
      params: arguments of `make`, and `max_episode_steps`, the time limit.

    Raises:
      ValueError: it cannot be made, or its spaces are not supported.
    """
    import gymnasium

    params = dict(params)
    limit = params.pop("max_episode_steps", None)

    def limited(**others: Any) -> Any:
        env = make(**params, **others)
        own = _time_limit(env)
        if limit is None and own is not None:
            return env
        return gymnasium.wrappers.TimeLimit(env, MAX_STEPS if limit is None else limit)

    try:
        env = limited()
    except (TypeError, ImportError, gymnasium.error.Error) as error:
        raise ValueError(f"'{name}' cannot be made: {error}") from error
    with contextlib.closing(env):
        _check(name, env)
    return GymnasiumDynamics(limited, env, _time_limit(env) or MAX_STEPS)


def _check(name: str, env: Any) -> None:
    """Check the spaces of an environment, and elements of them (`ValueError`)."""
    import gymnasium

    for attribute in ("action_space", "observation_space"):
        if not isinstance(getattr(env, attribute, None), gymnasium.Space):
            raise ValueError(f"'{name}' must have an attribute {attribute}, a space of gymnasium")
    integers = [box for box in _boxes(env.action_space) if box.dtype.kind != "f"]
    if integers:
        raise ValueError(
            f"'{name}' has actions in {integers[0]}; only boxes of floats are supported"
        )
    _check_elements(name, env)


def _check_elements(name: str, env: Any) -> None:
    """Check what an environment returns from a reset and a step (`ValueError`)."""
    env.action_space.seed(0)
    first = env.reset(seed=0)
    if not (isinstance(first, tuple) and len(first) == 2):
        raise ValueError(f"'{name}': reset must return (observation, info); got {first}")
    step = env.step(env.action_space.sample())
    if not (isinstance(step, tuple) and len(step) == 5):
        raise ValueError(
            f"'{name}': step must return (observation, reward, terminated, truncated, info); got "
            f"{step}"
        )
    for method, observation in (("reset", first[0]), ("step", step[0])):
        try:
            from_gymnasium(env.observation_space, observation)
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"'{name}': the observation of {method}: {error}") from error


def is_environment(x: Any) -> bool:
    """Whether an object is an environment of gymnasium."""
    library = sys.modules.get("gymnasium")  # without it, nothing is
    return library is not None and isinstance(x, library.Env)


def is_class(x: Any) -> bool:
    """Whether an object is a class of environments of gymnasium."""
    library = sys.modules.get("gymnasium")
    return library is not None and isinstance(x, type) and issubclass(x, library.Env)


def name_of(env: Any) -> tuple[str, dict[str, Any]]:
    """The name and the parameters from which an environment like this one can be made.

    Raises:
      TypeError: it was not made by `gymnasium.make`, or was wrapped since.
    """
    import gymnasium

    spec = env.spec
    if spec is None or spec.additional_wrappers or spec.id not in gymnasium.registry:
        raise TypeError(
            f"env is one environment, {env}, and several are needed: give a class, or a function "
            "without arguments that makes an environment with its wrappers"
        )
    limit = {"max_episode_steps": spec.max_episode_steps}
    is_usual = spec.max_episode_steps == gymnasium.registry[spec.id].max_episode_steps
    given = {key: value for key, value in spec.kwargs.items() if key != "render_mode"}
    return f"gymnasium:{spec.id}", given | ({} if is_usual else limit)


def _boxes(space: Any) -> list[Any]:
    """The boxes in a space."""
    from gymnasium import spaces

    if isinstance(space, spaces.Dict | spaces.Tuple):
        children = space.spaces.values() if isinstance(space, spaces.Dict) else space.spaces
        return [box for child in children for box in _boxes(child)]
    return [space] if isinstance(space, spaces.Box) else []


def _time_limit(env: Any) -> int | None:
    """The time limit of the wrappers of an environment."""
    import gymnasium

    while isinstance(env, gymnasium.Wrapper):
        if isinstance(env, gymnasium.wrappers.TimeLimit):
            # It has no public name: the specification has it only of environments with one.
            return int(env.get_wrapper_attr("_max_episode_steps"))
        env = env.env
    return None


def _seed(key: Array) -> Array:
    """A seed for gymnasium, an integer of at least 0."""
    return (jax.random.bits(key, (), jnp.uint32) >> 1).astype(jnp.int32)


def _rows(dtype: Any, *shape: int) -> jax.ShapeDtypeStruct:
    return jax.ShapeDtypeStruct(shape, dtype)


def _zeros(shapes: Any) -> Any:
    return jax.tree.map(lambda leaf: np.zeros(leaf.shape, leaf.dtype), shapes)


def _row(tree: Any, i: int) -> Any:
    return jax.tree.map(lambda leaf: leaf[i], tree)


def _set_row(tree: Any, i: int, row: Any) -> None:
    def assign(leaf: np.ndarray, value: Any) -> None:
        leaf[i] = value

    jax.tree.map(assign, tree, row)
