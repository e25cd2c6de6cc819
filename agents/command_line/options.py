"""Command-line options from the fields of a config: their types, defaults and docstrings."""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import sys
import textwrap
import typing
from collections.abc import Iterator, Sequence
from typing import Any, NoReturn

from ..actor_critic.field_docs import field_docs
from ..runs.lock import FolderInUse
from ..runs.run import LAST_SEED
from ..validation import did_you_mean
from .parsing import integer, integer_in_list, number


def choice(choices: Sequence[str]) -> dict[str, Any]:
    """The arguments of `add_argument` for one of several names."""

    def parse(text: str) -> str:
        if text not in choices:
            raise argparse.ArgumentTypeError(
                f"must be one of {', '.join(choices)}; got '{text}'{did_you_mean(text, choices)}"
            )
        return text

    return {"type": parse, "metavar": f"{{{','.join(choices)}}}"}


ARGUMENTS: dict[Any, dict[str, Any]] = {
    bool: {"action": argparse.BooleanOptionalAction},
    int: {"type": integer, "metavar": "INT"},
    float: {"type": number, "metavar": "FLOAT"},
    str: {"type": str, "metavar": "NAME"},
    tuple[int, ...]: {"type": integer_in_list, "nargs": "*", "metavar": "INT"},
}
"""The arguments of `add_argument` for each type of field that has an option."""


class HelpFormatter(argparse.RawDescriptionHelpFormatter):
    """Keeps line breaks of descriptions, and names with hyphens in one line."""

    def _split_lines(self, text: str, width: int) -> list[str]:
        return textwrap.wrap(text, width, break_on_hyphens=False)


class Parser(argparse.ArgumentParser):
    """A parser that reports errors in one line, with suggestions for typos."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            formatter_class=HelpFormatter, allow_abbrev=False, add_help=False, **kwargs
        )
        self.add_argument("-h", "--help", action="help", help="Show this help and exit")

    @property
    def flags(self) -> list[str]:
        """The options, as they are written."""
        return list(self.options)

    @property
    def options(self) -> dict[str, argparse.Action]:
        """What each option does, by how it is written."""
        actions = self._option_string_actions.items()
        return {name: action for name, action in actions if name.startswith("--")}

    def parse(self, argv: Sequence[str]) -> argparse.Namespace:
        """Parse arguments; one that is unknown is an error, with a suggestion."""
        arguments, unknown = self.parse_known_args(argv)
        if unknown:
            parser: Parser = arguments.parser
            flags = [text.partition("=")[0] for text in unknown if text.startswith("--")]
            hint = did_you_mean(flags[0], parser.flags) if flags else ""
            parser.error(f"unrecognized arguments: {' '.join(unknown)}{hint}")
        return arguments

    @contextlib.contextmanager
    def reporting_errors(self) -> Iterator[None]:
        """Report errors in the user's input in one line, without a traceback."""
        try:
            yield
        except (ValueError, OSError, FolderInUse) as error:
            self.error(str(error))

    def error(self, message: str) -> NoReturn:
        """Print one line and exit."""
        message = " ".join(message.split())
        print(f"{self.prog}: error: {message} (see {self.prog} --help)", file=sys.stderr)
        raise SystemExit(2)


def add_fields(
    parser: argparse.ArgumentParser, config_class: type[Any], title: str, preset: dict[str, Any]
) -> None:
    """Add an option for every field of a config with a type in `ARGUMENTS`, or with choices.

    Args:
      parser: the parser.
      config_class: a dataclass, each field with a default and a docstring.
      title: the title of the options in the help.
      preset: the defaults of some fields, in place of those of the class.
    """
    group = parser.add_argument_group(title)
    docs = field_docs(config_class)
    for field, arguments in _arguments(config_class).items():
        default = preset.get(field, getattr(config_class, field))
        text = f"{docs[field].rstrip('.')} (default: {format_value(default)})".replace("%", "%%")
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


def seed_number(text: str) -> int:
    """Parse a seed."""
    seed = integer(text)
    if not 0 <= seed <= LAST_SEED:
        raise argparse.ArgumentTypeError(f"must lie between 0 and {LAST_SEED}; got {text}")
    return seed


def flag(field: str) -> str:
    """The option that sets a field."""
    return f"--{field.replace('_', '-')}"


def _arguments(config_class: type[Any]) -> dict[str, dict[str, Any]]:
    """The arguments of `add_argument` for each field that has an option."""
    types = typing.get_type_hints(config_class)
    names = [field.name for field in dataclasses.fields(config_class)]
    free = [name for name in names if name not in config_class.fixed]
    arguments = {name: _arguments_of_type(types[name]) for name in free}
    return {name: each for name, each in arguments.items() if each}


def _arguments_of_type(hint: Any) -> dict[str, Any]:
    """The arguments of `add_argument` for a type; none if it has no options."""
    if typing.get_origin(hint) is typing.Literal:
        return choice(typing.get_args(hint))
    return ARGUMENTS.get(hint, {})
