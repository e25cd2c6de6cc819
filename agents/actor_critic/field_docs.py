"""The docstrings of a dataclass's fields: strings under the fields, in the source of the class."""

from __future__ import annotations

import ast
import dataclasses
import functools
import inspect
import itertools
import textwrap
from typing import Any, cast


def field_docs(config_class: type[Any]) -> dict[str, str]:
    """The docstrings of a dataclass's fields, by name, those of its base classes included."""
    docs = dict.fromkeys((field.name for field in dataclasses.fields(config_class)), "")
    for cls in reversed(config_class.__mro__):
        if dataclasses.is_dataclass(cls):
            docs |= _docs_in_body(cls)
    return docs


@functools.cache  # the configs of all algorithms share their bases
def _docs_in_body(cls: type[Any]) -> dict[str, str]:
    """The string that follows each annotated field in the source of a class."""
    try:
        source = textwrap.dedent(inspect.getsource(cls))
    except OSError:  # a class without a source file
        return {}
    body = cast(ast.ClassDef, ast.parse(source).body[0]).body
    return {
        ast.unparse(field.target): str(ast.literal_eval(doc.value))
        for field, doc in itertools.pairwise(body)
        if isinstance(field, ast.AnnAssign) and isinstance(doc, ast.Expr)
    }
