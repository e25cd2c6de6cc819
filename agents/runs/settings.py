"""The settings of a run as JSON: reading, checking and writing `config.json`."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax
import numpy as np

from ..actor_critic.config import NETWORKS
from ..algorithms.registry import ALGORITHMS
from ..validation import plain_number
from .atomic_write import atomic_write

OWN = "custom"
"""What `config.json` has in place of a network of the user's own."""

Settings = dict[str, Any]
"""Settings by name, as in `config.json`."""

is_integer: Callable[[Any], bool] = lambda x: isinstance(x, int) and not isinstance(x, bool)
is_number: Callable[[Any], bool] = lambda x: is_integer(x) or isinstance(x, float)

FORMATS: dict[str, tuple[str, Callable[[Any], bool]]] = {
    "algorithm": ("a string", lambda x: isinstance(x, str)),
    "seeds": ("a list of integers", lambda x: isinstance(x, list) and all(map(is_integer, x))),
    "sweep": (
        "lists of numbers by the name of a field",
        lambda x: (
            isinstance(x, dict)
            and all(isinstance(v, list) and all(map(is_number, v)) for v in x.values())
        ),
    ),
    "search": ("a string", lambda x: isinstance(x, str)),
    "over_seeds": ("a string", lambda x: isinstance(x, str)),
    "config": ("values by the name of a field", lambda x: isinstance(x, dict)),
    "evaluations": ("an integer", is_integer),
    "keep": ("an integer", is_integer),
    "checkpoint_seconds": ("a number", is_number),
    "on_nan": ("a string", lambda x: isinstance(x, str)),
    "prng": ("a string", lambda x: isinstance(x, str)),
    "rungs": ("a list of integers", lambda x: isinstance(x, list) and all(map(is_integer, x))),
}
"""What each setting must be, in words and as a test."""

RENAMED = {"way": "over_seeds"}
"""Settings that folders of older versions have by another name."""

ADDED = ("evaluations", "keep", "checkpoint_seconds", "on_nan", "prng", "search", "rungs")
"""Settings that folders of older versions lack."""


def write(path: Path, settings: Settings) -> None:
    """Write settings to a file, atomically."""
    atomic_write(path, json.dumps(settings, indent=2) + "\n")


def read(path: Path) -> Settings:
    """Read settings from a file, and check their types.

    Raises:
      ValueError: the file is missing or no JSON, or a setting is missing, unknown, or of another
        type.
    """
    if not path.is_file():
        raise ValueError(f"'{path.parent}' is not a run folder: it has no {path.name}")
    try:
        settings = json.loads(path.read_bytes())
    except (ValueError, RecursionError) as error:
        raise ValueError(f"'{path}' cannot be read: {error}") from None
    if not isinstance(settings, dict):
        raise ValueError(f"'{path}' must hold the settings of a run; got {_shortened(settings)}")
    settings = {RENAMED.get(name, name): value for name, value in settings.items()}
    missing = [name for name in FORMATS if name not in settings and name not in ADDED]
    if missing:
        raise ValueError(f"'{path}' has no {', '.join(missing)}")
    _check_known(path, settings, FORMATS, "this version")
    for name, value in settings.items():
        expected, is_valid = FORMATS[name]
        if not is_valid(value):
            raise ValueError(f"'{path}': {name} must be {expected}; got {_shortened(value)}")
    if settings["algorithm"] not in ALGORITHMS:
        raise ValueError(
            f"'{path}' names an unknown algorithm, '{settings['algorithm']}'; known: "
            f"{', '.join(ALGORITHMS)}"
        )
    return settings


def plain_config(config: Any) -> Any:
    """The config with numbers of Python in place of arrays without axes.

    Raises:
      TypeError: a number is an array with axes.
    """
    fields = {field.name: getattr(config, field.name) for field in dataclasses.fields(config)}
    arrays = {n: value for n, value in fields.items() if isinstance(value, jax.Array | np.ndarray)}
    for name, value in arrays.items():
        if np.ndim(value):
            raise TypeError(
                f"{name} must be one number; got an array of shape {np.shape(value)}: a sweep "
                f"trains several, sweep={{'{name}': [...]}}"
            )
    plain = {name: plain_number(value) for name, value in arrays.items()}
    return dataclasses.replace(config, **plain) if plain else config


def of_config(config: Any) -> Settings:
    """The fields of a config; of the user's own networks, only that there is one."""
    fields = {field.name: getattr(config, field.name) for field in dataclasses.fields(config)}
    own = {name: OWN for name in NETWORKS if fields[name] is not None}
    given: Settings = json.loads(json.dumps(fields | own))
    return given


def make_config(path: Path, settings: Settings, networks: Settings) -> Any:
    """The config in the settings; fields that are missing take their defaults.

    Args:
      path: the file of the settings.
      settings: the settings.
      networks: the user's own networks, by the name of their field.

    Raises:
      ValueError: a field is unknown, or has an invalid value, or a network is not given, or one is
        given that the run does not have.
    """
    name = settings["algorithm"]
    config_class = ALGORITHMS[name].Config
    fields = config_class.__dataclass_fields__
    given = settings["config"]
    _check_known(path, given, fields, f"{name} of this one")
    own = {field: networks.get(field) for field in NETWORKS if given.get(field) == OWN}
    if missing := [field for field, network in own.items() if network is None]:
        arguments = ", ".join(f"{field}=..." for field in missing)
        raise ValueError(
            f"'{path.parent}' was trained with a network of your own ({', '.join(missing)}), which "
            f"the folder does not hold; give it from Python: agents.load(folder, {arguments})"
        )
    for field, network in networks.items():
        if network is not None and field not in own:
            raise ValueError(
                f"'{path.parent}' was trained without {field}, a network of your own; leave it out"
            )
    try:
        return config_class(**given | own)
    except (TypeError, ValueError) as error:
        raise ValueError(f"'{path}': {error}") from error


def differences(given: Settings, recorded: Settings) -> list[str]:
    """The settings that differ from recorded ones, each as a line of text.

    Settings that only one of them has are not compared.
    """
    nested = {"config", "sweep"}
    lines = []
    for name in given.keys() & recorded.keys() - nested:
        if given[name] != recorded[name]:
            before, now = _shortened(recorded[name]), _shortened(given[name])
            lines.append(f"{name} was {before} and is {now}")
    for name in nested & given.keys() & recorded.keys():
        lines += differences(given[name], recorded[name])
    if given.get("sweep", {}).keys() != recorded.get("sweep", {}).keys():
        lines.append("another sweep")
    return sorted(lines)


def _check_known(path: Path, given: Settings, known: Any, version: str) -> None:
    unknown = sorted(name for name in given if name not in known)
    if unknown:
        raise ValueError(
            f"'{path}' was written by another version: {version} does not know {', '.join(unknown)}"
        )


def _shortened(value: Any, length: int = 60) -> str:
    text = json.dumps(value)
    return text if len(text) <= length else f"{text[:length]} ..."
