"""Command-line options from the fields of a config: their types, defaults and docstrings."""

from __future__ import annotations

import argparse
import dataclasses
import math
import sys
import typing
from typing import Any, NoReturn

from ..actor_critic.field_docs import field_docs
from ..runs.run import LAST_SEED


def integer(text: str) -> int:
    """Parse an integer; Python refuses those of thousands of digits with an error of its own."""
    if len(text) > 30:
        raise argparse.ArgumentTypeError(f"is too large; got {text[:30]} ...")
    return int(text)


ARGUMENTS: dict[Any, dict[str, Any]] = {
    bool: {"action": argparse.BooleanOptionalAction},
    int: {"type": integer, "metavar": "INT"},
    float: {"type": float, "metavar": "FLOAT"},
    str: {"type": str, "metavar": "NAME"},
    tuple[int, ...]: {"type": integer, "nargs": "+", "metavar": "INT"},
}
"""The arguments of `add_argument` for each type of field that has an option."""


class Parser(argparse.ArgumentParser):
    """A parser that reports errors in one line and keeps line breaks of descriptions."""

    def __init__(self, **kwargs: Any) -> None:
        formatter = argparse.RawDescriptionHelpFormatter
        super().__init__(formatter_class=formatter, allow_abbrev=False, **kwargs)

    def error(self, message: str) -> NoReturn:
        """Print one line and exit."""
        message = " ".join(message.split())
        print(f"{self.prog}: error: {message} (see {self.prog} --help)", file=sys.stderr)
        raise SystemExit(2)


def add_fields(parser: argparse.ArgumentParser, config_class: type[Any], title: str) -> None:
    """Add an option for every field of a config with a type in `ARGUMENTS`.

    Args:
      parser: the parser.
      config_class: a dataclass, each field with a default and a docstring.
      title: the title of the options in the help.
    """
    group = parser.add_argument_group(title)
    docs = field_docs(config_class)
    for field, arguments in _arguments(config_class).items():
        default = getattr(config_class, field)
        text = f"{docs[field]} (default: {format_value(default)})".replace("%", "%%")
        group.add_argument(flag(field), default=argparse.SUPPRESS, help=text, **arguments)


def format_value(value: Any) -> str:
    """The value of a field as it is written on the command line."""
    return " ".join(map(str, value)) if isinstance(value, tuple) else str(value)


def config_fields(config_class: type[Any], arguments: argparse.Namespace) -> dict[str, Any]:
    """The fields of a config that are among the parsed arguments."""
    names = _arguments(config_class)
    values = {name: value for name, value in vars(arguments).items() if name in names}
    return {k: tuple(v) if isinstance(v, list) else v for k, v in values.items()}


def parse_parameter(text: str) -> tuple[str, str]:
    """Parse a parameter of an environment such as `gravity=5`: its name, and its value."""
    name, sign, value = text.partition("=")
    if not (name and sign):
        raise argparse.ArgumentTypeError(f"write it as gravity=5; got '{text}'")
    return name.replace("-", "_"), value


def parse_sweep(text: str) -> tuple[str, tuple[float, ...]]:
    """Parse a sweep such as `learning-rate=1e-4,1e-3`: the name of a field, and its values."""
    name, _, values = text.partition("=")
    try:
        numbers = tuple(float(value) for value in values.split(","))
    except ValueError:
        problem = f"write it as learning-rate=1e-4,3e-4,1e-3; got '{text}'"
        raise argparse.ArgumentTypeError(problem) from None
    return name.replace("-", "_"), numbers


def seed_number(text: str) -> int:
    """Parse a seed."""
    seed = integer(text)
    if not 0 <= seed <= LAST_SEED:
        raise argparse.ArgumentTypeError(f"must lie between 0 and {LAST_SEED}; got {text}")
    return seed


def positive_integer(text: str) -> int:
    """Parse an integer of at least 1."""
    value = integer(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"must be at least 1; got {text}")
    return value


def number(text: str) -> float:
    """Parse a finite number of at least 0."""
    value = float(text)
    if not 0 <= value < math.inf:
        raise argparse.ArgumentTypeError(f"must be a finite number of at least 0; got {text}")
    return value


def flag(field: str) -> str:
    """The option that sets a field."""
    return f"--{field.replace('_', '-')}"


def _arguments(config_class: type[Any]) -> dict[str, dict[str, Any]]:
    """The arguments of `add_argument` for each field that has an option."""
    types = typing.get_type_hints(config_class)
    names = [field.name for field in dataclasses.fields(config_class)]
    free = [name for name in names if name not in config_class.fixed]
    return {name: ARGUMENTS[types[name]] for name in free if types[name] in ARGUMENTS}
