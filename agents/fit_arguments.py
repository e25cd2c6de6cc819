"""The arguments of `agents.fit`: they become the settings of a run, or an error says why not."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from .actor_critic.config import Config
from .algorithms import presets
from .algorithms.registry import ALGORITHMS
from .experience import environments
from .validation import check_known, did_you_mean, integer


def config_of(
    algorithm: str | Config, given: dict[str, Any], env_params: Mapping[str, Any] | None
) -> tuple[str, Any]:
    """The name of an algorithm and its config, with parameters of the environment.

    Args:
      algorithm: the name, or a config.
      given: fields of the config, in place of the preset of the environment and of the defaults.
      env_params: parameters of the environment.

    Raises:
      TypeError: a hyper-parameter is unknown, or has another type.
      ValueError: a value is invalid.
    """
    name, config = _without_params(algorithm, given)
    if env_params is None:
        return name, config
    if not isinstance(env_params, Mapping):
        raise TypeError(f"env_params must be a dict, such as {{'gravity': 5}}; got {env_params!r}")
    return name, config.replace(env=environments.with_params(config.env, env_params))


def _without_params(algorithm: str | Config, given: dict[str, Any]) -> tuple[str, Any]:
    if isinstance(algorithm, Config):
        name = _algorithm_of(type(algorithm))
        return name, _plain(algorithm, ALGORITHMS[name].Config).replace(**given)
    if not isinstance(algorithm, str):
        raise TypeError(
            "algorithm must be a name, such as 'ppo', or a config, such as ppo.Config(); got "
            f"{algorithm!r}"
        )
    name = algorithm.replace("_", "-")
    if name not in ALGORITHMS:
        hint = did_you_mean(name.lower(), ALGORITHMS) or "."
        raise ValueError(f"unknown algorithm '{name}'{hint} Known: {', '.join(ALGORITHMS)}")
    check_known(ALGORITHMS[name].Config, given)
    return name, presets.config(name, **given)


def _algorithm_of(config_class: type[Any]) -> str:
    """The name of the algorithm that a class of configs is of, or is derived from."""
    names = {module.Config: name for name, module in ALGORITHMS.items()}
    for parent in config_class.__mro__:
        if parent in names:
            return names[parent]
    raise TypeError(
        f"{config_class.__qualname__} is the config of no algorithm; give one such as ppo.Config()"
    )


def _plain(config: Any, config_class: type[Any]) -> Any:
    """The config of an algorithm with the values of one whose class may be derived from its own.

    Raises:
      TypeError: the derived class has more than other defaults, which no run folder can hold.
    """
    fields = [field.name for field in dataclasses.fields(config_class)]
    derived = type(config).__mro__[: type(config).__mro__.index(config_class)]
    names = [name for each in derived for name in {**vars(each), **each.__annotations__}]
    if more := [name for name in names if name not in fields and not name.startswith("_")]:
        raise TypeError(
            f"{type(config).__qualname__} adds {more[0]} to {config_class.__module__}.Config, and "
            "the folder of a run holds its fields alone; a derived class may have other defaults"
        )
    return config_class(**{name: getattr(config, name) for name in fields})


def seeds_of(given: int | Sequence[int]) -> tuple[int, ...]:
    """The seeds of a run, from their number or as they are given."""
    if np.ndim(given):
        return tuple(given)  # type: ignore[arg-type]
    number = integer("seeds", given)
    if number < 1:
        raise ValueError(f"a run needs at least one seed; got seeds={number}")
    return tuple(range(number))


def sweep_of(given: Mapping[str, Sequence[float]]) -> dict[str, tuple[float, ...]]:
    """The values of a sweep as Python's numbers, or an error."""
    if not isinstance(given, Mapping):
        raise TypeError(
            f"sweep must be a dict, such as {{'learning_rate': [1e-4, 1e-3]}}; got {given!r}"
        )
    for field, values in given.items():
        if np.ndim(values) != 1 or np.asarray(values).dtype.kind not in "iuf":
            raise TypeError(f"the values of a sweep must be numbers; got {values!r} for '{field}'")
    decimals = lambda values: tuple(float(str(value)) for value in np.asarray(values))
    return {field: decimals(values) for field, values in given.items()}  # 0.1, also of a float32
