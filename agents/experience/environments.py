"""Environments by name."""

from __future__ import annotations

import ast
import difflib
import functools
import importlib
import reprlib
import urllib.parse
from collections.abc import Callable, Mapping
from dataclasses import replace
from types import ModuleType
from typing import Any

from ..validation import plain_number
from . import adapters
from .adapters import gymnasium, gymnax
from .adapters.gymnasium import GymnasiumDynamics
from .adapters.gymnax import GymnaxDynamics
from .conformance import check_dynamics, integer_box, space_fault
from .environment import Environment, strongly_typed
from .spaces import Discrete
from .stacking import StackedDynamics, stack

DIFFERENTIABLE = (
    "MountainCarContinuous-v0",
    "Pendulum-v1",
    "PointRobot-misc",
    "Reacher-misc",
    "Swimmer-misc",
)
"""The environments of gymnax whose next state is a differentiable function of state and action."""


def names() -> list[str]:
    """The names of gymnax's environments, which `make` accepts among others."""
    return gymnax.names()


def make(name: str) -> Environment:
    """Make the environment of a name.

    The result is cached: a new object would be traced and compiled again.

    Args:
      name: one of these, with parameters as in `CartPole-v1?gravity=5&length=0.7`.

        - A name that is registered with gymnax, or an alias of one, such as `CartPole-v0`.
        - `module:Class`, a class of `Dynamics` in a module, or a function that makes them; for what
          a notebook defines, the module is `__main__`. Parameters are passed to it.
        - `module:name`, where the module registers this name with gymnax.
        - Any of them with the parameter `stack`: see `stacking`; or with `steps_per_reset=16`: if
          resets are slow, a stream gets a new initial state every 16 steps, and episodes that end
          within them start from the same state.
        - `library:name`, such as `brax:ant`, an environment of one of `adapters.LIBRARIES`.

    Raises:
      ValueError: no environment or module has this name, its spaces are not supported, or it has
        no such parameter.
    """
    prefix, own = _split(name.partition("?")[0])
    make_own = None
    if prefix and prefix not in adapters.LIBRARIES:
        make_own = getattr(_import_module(prefix), own, None)
        if make_own is not None and not callable(make_own):
            raise ValueError(f"'{name}' must be a class or a function; it is {make_own!r}")
    return _make(name, make_own)


def name_of(env: Any) -> str:
    """The name of an environment; that of a class or a function is `module:Class`.

    Raises:
      TypeError: it is neither a name nor a class or a function.
      ValueError: the class or the function is defined in a function, where no name finds it.
    """
    if isinstance(env, str):
        return str(env)
    if gymnasium.is_environment(env):
        return with_params(*gymnasium.name_of(env))
    if not (callable(env) and hasattr(env, "__module__") and hasattr(env, "__qualname__")):
        own = hasattr(env, "reset") and hasattr(env, "step")
        hint = f"; give the class, env={type(env).__name__}" if own else ""
        raise TypeError(
            "env must be a name, such as 'CartPole-v1', or a class or a function that makes an "
            f"environment; got {env!r}, of type {type(env).__name__}{hint}"
        )
    if "<" in env.__qualname__:
        raise ValueError(
            f"env must be a class or a function that its module has by name; got "
            f"{env.__qualname__}: define it outside of functions, and not by lambda"
        )
    return f"{env.__module__}:{env.__qualname__}"


def with_params(name: str, params: Mapping[str, Any]) -> str:
    """The name of an environment with parameters, such as `CartPole-v1?gravity=5`.

    Raises:
      TypeError: a parameter cannot be read back from a name.
    """
    base, given = _parse(name)
    texts = {key: _text(str(key), value) for key, value in (given | dict(params)).items()}
    return f"{base}?{urllib.parse.urlencode(texts)}" if texts else base


def base_name(name: str) -> str:
    """The name of an environment without its parameters."""
    return _parse(name)[0]


def file_name(name: str) -> str:
    """The name of an environment without parameters as a part of a file's name: `brax-ant`."""
    library, short = _split(base_name(name))
    full = f"{library}-{short}" if library in adapters.LIBRARIES else short
    return full.replace(":", "-").replace("/", "-")


@functools.cache
def _make(name: str, make_own: Callable[..., Any] | None) -> Environment:
    """The environment of a name; an object that a module has is part of the key of the cache."""
    base, params = _parse(name)
    num, steps_per_reset = params.pop("stack", None), params.pop("steps_per_reset", None)
    library, short = _split(base)
    if make_own is not None:
        world = _own(name, make_own, params)
    else:
        module = "" if library in adapters.LIBRARIES else library
        library = "gymnax" if module else library or "gymnax"
        if library == "gymnax":
            _check_name(short, module)
        world = adapters.make(library, short, params)
    if steps_per_reset is None:
        steps_per_reset = getattr(world, "steps_per_reset", 1)
    if not isinstance(steps_per_reset, int) or steps_per_reset < 1:
        raise ValueError(
            f"steps_per_reset must be an integer greater than 0; got {steps_per_reset}"
        )
    environment = Environment(short, world if num is None else stack(world, num), steps_per_reset)
    _check_spaces(environment)
    if make_own is not None:
        check_dynamics(name, world, strongly_typed)
    return environment


def _own(name: str, make_own: Callable[..., Any], params: dict[str, Any]) -> Any:
    """The user's own environment, from a class or a function."""
    try:
        if hasattr(make_own, "reset_env"):
            env: Any = make_own()
            return gymnax.adapt(env, env.default_params, params)
        if gymnasium.is_class(make_own):
            return gymnasium.adapt(name, make_own, params)
        world = make_own(**params)
        if not gymnasium.is_environment(world):
            return world
        world.close()
        return gymnasium.adapt(name, make_own, params)
    except TypeError as error:
        raise ValueError(f"environment '{name}' cannot be made: {error}") from error


def _split(base: str) -> tuple[str, str]:
    """The library or the module of a name without parameters, and the rest."""
    library, colon, short = base.partition(":")
    if colon and library in adapters.LIBRARIES:
        return library, short
    module, _, own = base.rpartition(":")
    return module, own


def _parse(name: str) -> tuple[str, dict[str, Any]]:
    """The name without parameters, and the parameters."""
    base, _, query = name.partition("?")
    pairs = urllib.parse.parse_qsl(query, keep_blank_values=True)
    if query and not all("=" in part for part in query.split("&")):
        raise ValueError(f"parameters are written as in CartPole-v1?gravity=5; got '{name}'")
    return base, {key: value_of(text) for key, text in pairs}


def _text(name: str, value: Any) -> str:
    """What `value_of` reads as the value of a parameter."""
    plain = _plain(value)
    if isinstance(plain, str) and value_of(plain) == plain:
        return plain
    text = repr(plain)
    again = value_of(text)
    if type(again) is not type(plain) or repr(again) != text:
        raise TypeError(
            f"the parameter {name} of an environment must be a number, a string, a boolean, None, "
            "or a list, tuple or dict of them, since the folder of a run holds it as text; got "
            f"{reprlib.repr(value)}, of type {type(value).__name__}"
        )
    return text


def _plain(value: Any) -> Any:
    """A value with numbers of Python in place of those of NumPy and JAX."""
    if isinstance(value, list | tuple):
        return type(value)(map(_plain, value)) if type(value) in (list, tuple) else value
    if isinstance(value, dict):
        return {_plain(key): _plain(each) for key, each in value.items()}
    return plain_number(value)


def value_of(text: str) -> Any:
    """A number, a boolean or a tuple that is written as in Python; otherwise the text."""
    try:
        return ast.literal_eval(text)
    except (SyntaxError, ValueError):
        return text


def _check_name(name: str, module: str) -> None:
    known = names()  # none without gymnax
    if known and name not in known:
        if module:
            raise ValueError(
                f"the module '{module}' has no '{name}', and registers no such environment with "
                "gymnax"
            )
        close = difflib.get_close_matches(name, known, n=3, cutoff=0.5)
        hint = f" Did you mean {' or '.join(close)}?" if close else ""
        raise ValueError(
            f"unknown environment '{name}'.{hint} Known environments: {', '.join(known)}"
        )


@functools.cache
def make_differentiable(name: str) -> Environment:
    """Make an environment whose steps are differentiable with respect to state and action.

    Those of `make` are not if gymnax has them: it stops the gradients of a step. Steps on the host
    never are.

    Raises:
      ValueError: no environment has this name, or its dynamics are not differentiable.
    """
    environment = make(name)
    return replace(environment, world=_differentiable(name, environment.world))


def _differentiable(name: str, world: Any) -> Any:
    """An environment with the gradients of its steps."""
    if isinstance(world, StackedDynamics):
        return replace(world, world=_differentiable(name, world.world))
    if isinstance(world, GymnasiumDynamics):
        raise ValueError(f"'{name}' is not differentiable: gymnasium steps it on the host")
    if not isinstance(world, GymnaxDynamics):
        return world
    if not world.env.supports_transition_gradients:
        known = ", ".join(DIFFERENTIABLE)
        raise ValueError(
            f"'{name}' is not differentiable; the differentiable environments are {known}"
        )
    return world.with_gradients()


def _import_module(module: str) -> ModuleType:
    if not all(part.isidentifier() for part in module.split(".")):
        raise ValueError(
            f"'{module}' is not the name of a module; write environments of your own as "
            "module:Class, such as my_package.my_module:Maze"
        )
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name and f"{module}.".startswith(f"{error.name}."):
            raise ValueError(
                f"cannot import the module '{module}', which should have the environment: "
                "run from the folder that contains it, or install it"
            ) from error
        raise


def _check_spaces(environment: Environment) -> None:
    try:
        space, seen, _ = (
            environment.action_space,
            environment.observation_space,
            environment.max_steps,
        )
    except AttributeError as error:
        raise ValueError(
            f"environment '{environment.name}' is no environment, see "
            f"agents.experience.dynamics.Dynamics: {error}"
        ) from error
    except ValueError as error:
        raise ValueError(f"environment '{environment.name}' has {error}") from None
    if fault := space_fault(space):
        raise ValueError(f"environment '{environment.name}' has actions in {fault}")
    if fault := space_fault(seen):
        raise ValueError(f"environment '{environment.name}' has observations in {fault}")
    if box := integer_box(space):
        raise ValueError(
            f"environment '{environment.name}' has actions in {box}, but those of a Box are "
            "floats; expected Discrete(n), or for several integers a Tuple of Discrete spaces "
            "(MultiDiscrete in gymnasium)"
        )
    if hasattr(environment.world, "action_mask") and not isinstance(space, Discrete):
        raise ValueError(
            f"environment '{environment.name}' masks actions in {space}; "
            "only those of a Discrete space can be masked"
        )
