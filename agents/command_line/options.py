"""Command-line options made from a config class: its fields, their types, defaults and docs."""

from __future__ import annotations

import argparse
import ast
import dataclasses
import inspect
import itertools
import sys
import textwrap
import typing
from typing import Any, NoReturn

KINDS: dict[Any, dict[str, Any]] = {
    bool: {"action": argparse.BooleanOptionalAction},
    int: {"type": int, "metavar": "INT"},
    float: {"type": float, "metavar": "FLOAT"},
    str: {"type": str, "metavar": "NAME"},
    tuple[int, ...]: {"type": int, "nargs": "+", "metavar": "INT"},
}


class Parser(argparse.ArgumentParser):
    """A parser whose errors are one line, and whose descriptions keep their line breaks."""

    def __init__(self, **kwargs: Any) -> None:
        formatter = argparse.RawDescriptionHelpFormatter
        super().__init__(formatter_class=formatter, allow_abbrev=False, **kwargs)

    def error(self, message: str) -> NoReturn:
        """Print one line and exit."""
        print(f"{self.prog}: error: {message} (see {self.prog} --help)", file=sys.stderr)
        raise SystemExit(2)


def add_fields(parser: argparse.ArgumentParser, config_class: type[Any], title: str) -> None:
    """Add an option for every field of a config that can be said in words.

    Args:
      parser: where to add them.
      config_class: a dataclass, each field with a default and a docstring under it. Fields of type
        bool, int, float, str and tuple[int, ...] become options.
      title: the title of the group in the help.
    """
    group = parser.add_argument_group(title)
    docs = _field_docs(config_class)
    for field, kind in _kinds(config_class).items():
        default = getattr(config_class, field)
        text = f"{docs[field]} (default: {said(default)})".replace("%", "%%")
        group.add_argument(flag(field), default=argparse.SUPPRESS, help=text, **kind)


def said(default: Any) -> str:
    """A default as it is said on the command line."""
    return " ".join(map(str, default)) if isinstance(default, tuple) else str(default)


def given_fields(config_class: type[Any], arguments: argparse.Namespace) -> dict[str, Any]:
    """The fields of a config that were said on the command line."""
    given = {
        field: value for field, value in vars(arguments).items() if _kinds(config_class).get(field)
    }
    return {k: tuple(v) if isinstance(v, list) else v for k, v in given.items()}


def sweep(text: str) -> tuple[str, tuple[float, ...]]:
    """Read a sweep such as `learning-rate=1e-4,1e-3`: the name of a field, and its values."""
    name, _, values = text.partition("=")
    try:
        numbers = tuple(float(value) for value in values.split(","))
    except ValueError:
        problem = f"write it as learning-rate=1e-4,3e-4,1e-3; got '{text}'"
        raise argparse.ArgumentTypeError(problem) from None
    return name.replace("-", "_"), numbers


def flag(field: str) -> str:
    """The option that sets a field."""
    return f"--{field.replace('_', '-')}"


def _kinds(config_class: type[Any]) -> dict[str, dict[str, Any]]:
    """What `add_argument` has to know of the type of each field that becomes an option."""
    types = typing.get_type_hints(config_class)
    return {
        field.name: KINDS[types[field.name]]
        for field in dataclasses.fields(config_class)
        if types[field.name] in KINDS
    }


def _field_docs(config_class: type[Any]) -> dict[str, str]:
    """The string that follows each annotated field in the source of a class and of its bases."""
    docs: dict[str, str] = {}
    for cls in reversed(config_class.__mro__):
        if dataclasses.is_dataclass(cls):
            docs |= _docs_in_body(cls)
    return docs


def _docs_in_body(cls: type[Any]) -> dict[str, str]:
    source = textwrap.dedent(inspect.getsource(cls))
    body = typing.cast(ast.ClassDef, ast.parse(source).body[0]).body
    return {
        ast.unparse(field.target): str(ast.literal_eval(doc.value))
        for field, doc in itertools.pairwise(body)
        if isinstance(field, ast.AnnAssign) and isinstance(doc, ast.Expr)
    }
