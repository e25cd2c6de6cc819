"""Options in a file, TOML or JSON: `--config FILE` and `--save-config FILE`.

A key is the name of an option, such as learning_rate. `config.json` of a run folder is such a file
too, with its own names and nesting.
"""

from __future__ import annotations

import argparse
import json
import tomllib
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any

from ..algorithms.registry import ALGORITHMS
from ..runs import settings
from ..runs.atomic_write import atomic_write
from ..runs.settings import Settings
from ..validation import did_you_mean
from .options import flag, format_value
from .sweeps import Range

SUFFIXES = (".toml", ".json")

Values = dict[str, Any]
"""The values of options, by their names with underscores."""


def read_arguments(path: Path, algorithm: str, known: Mapping[str, argparse.Action]) -> list[str]:
    """The options in a file as arguments of the command line.

    Args:
      path: the file.
      algorithm: the algorithm to train.
      known: the options that the file may set, by how they are written.

    Raises:
      ValueError: the file cannot be read, is of another algorithm, sets an unknown option, or has
        a value that no option on the command line can have.
      OSError: there is no such file.
    """
    values = _read(path)
    if path.suffix == ".json" and "config" in values:
        values = _options_of_run(settings.read(path))
    values = {name.replace("-", "_"): value for name, value in values.items()}
    own = values.pop("algorithm", algorithm)
    if own != algorithm:
        raise ValueError(f"'{path}' has options of {own}, not of {algorithm}")
    arguments = []
    for name, value in ((name, value) for name, value in values.items() if value is not None):
        if flag(name) not in known:
            names = [each.removeprefix("--").replace("-", "_") for each in known]
            raise ValueError(
                f"'{path}' sets an unknown option of {algorithm}, '{name}'"
                f"{did_you_mean(name, names)}"
            )
        expected, fits = _kind(known[flag(name)])
        if not fits(value):
            raise ValueError(
                f"'{path}': {name} must be {expected}; got {json.dumps(value, default=str)}"
            )
        arguments += _arguments(name, value)
    return arguments


def write(path: Path, algorithm: str, values: Mapping[str, Any]) -> None:
    """Write options to a file that `read_arguments` reads; those without a value are left out.

    Raises:
      ValueError: the suffix is neither .toml nor .json.
      OSError: the file cannot be written.
    """
    _check_suffix(path)
    given = {"algorithm": algorithm} | {k: v for k, v in values.items() if v not in (None, {}, [])}
    if path.suffix == ".json":
        atomic_write(path, json.dumps(given, indent=2) + "\n")
    else:
        atomic_write(path, _toml(given))


def options(arguments: argparse.Namespace, config: Any, flags: Collection[str]) -> Values:
    """The values of options: the fields of the config, and others that the user can give.

    Args:
      arguments: the parsed arguments.
      config: the config that they give.
      flags: the options.
    """
    mesh = arguments.mesh and ",".join(f"{name}={size}" for name, size in arguments.mesh.items())
    sweep = {
        name: str(values) if isinstance(values, Range) else values
        for name, values in arguments.sweep
    }
    given = vars(arguments) | {"sweep": sweep, "mesh": mesh} | vars(config)
    names = [flag.removeprefix("--").replace("-", "_") for flag in flags]
    merged = ("env_param",)  # which are part of the name of the environment
    return {name: given[name] for name in names if name in given and name not in merged}


def _read(path: Path) -> Values:
    _check_suffix(path)
    try:
        text = path.read_bytes().decode()
        values = tomllib.loads(text) if path.suffix == ".toml" else json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"'{path}' cannot be read: {error}") from None
    if not isinstance(values, dict):
        raise ValueError(f"'{path}' must hold values by the name of an option")
    return values


def _check_suffix(path: Path) -> None:
    if path.suffix not in SUFFIXES:
        raise ValueError(f"a file of options ends in {' or '.join(SUFFIXES)}; got '{path}'")


def _options_of_run(given: Settings) -> Values:
    """The options that give the settings of a run, apart from the kind of keys and a halving."""
    fixed, seeds = ALGORITHMS[given["algorithm"]].Config.fixed, given["seeds"]
    if not seeds or seeds != list(range(seeds[0], seeds[0] + len(seeds))):
        raise ValueError(f"--seeds and --seed give seeds that follow each other; got {seeds}")
    config = {name: value for name, value in given["config"].items() if name not in fixed}
    others = {name: v for name, v in given.items() if name not in ("config", "prng", "rungs")}
    numbers = {"seeds": len(seeds), "seed": seeds[0]}
    return others | numbers | config


def _kind(action: argparse.Action) -> tuple[str, Callable[[Any], bool]]:
    """What the value of an option in a file must be, in words and as a test."""
    if isinstance(action, argparse.BooleanOptionalAction):
        return "true or false", lambda value: isinstance(value, bool)
    if isinstance(action.default, list) and action.nargs is None:  # may be repeated
        return "a table, of values by name", lambda value: isinstance(value, dict)
    if action.nargs in ("*", "+"):
        return "a value or a list", lambda value: not isinstance(value, bool | dict)
    return "one value", lambda value: not isinstance(value, bool | dict | list)


def _arguments(name: str, value: Any) -> list[str]:
    match value:
        case bool():
            return [flag(name) if value else f"--no-{name.replace('_', '-')}"]
        case dict():
            return [f"{flag(name)}={key}={_list(values)}" for key, values in value.items()]
        case list():
            return [flag(name), *map(str, value)]
        case _:
            return [f"{flag(name)}={format_value(value)}"]


def _list(values: Any) -> str:
    """One value as on the command line, or several ones with commas."""
    return ",".join(map(str, values)) if isinstance(values, list) else str(values)


def _toml(values: Values) -> str:
    tables = {name: value for name, value in values.items() if isinstance(value, dict)}
    lines = [_toml_line(name, value) for name, value in values.items() if name not in tables]
    for name, table in tables.items():
        lines += ["", f"[{name}]", *(_toml_line(key, value) for key, value in table.items())]
    return "\n".join(lines) + "\n"


def _toml_line(name: str, value: Any) -> str:
    return f"{name} = {json.dumps(value, ensure_ascii=False)}"
