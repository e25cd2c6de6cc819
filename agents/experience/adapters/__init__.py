"""Environments of other libraries as `Dynamics`; a library is imported where it is used."""

from __future__ import annotations

import importlib
from typing import Any

LIBRARIES = ("gymnax", "jumanji", "navix")
"""The libraries that have an adapter, a module of this package with a function `make`."""


def make(library: str, name: str, params: dict[str, Any]) -> Any:
    """The `Dynamics` of an environment of a library.

    Args:
      library: one of `LIBRARIES`.
      name: the name that the library gives the environment.
      params: parameters of the environment that differ from their defaults.

    Raises:
      ValueError: the library is not installed, or has no such environment or parameter.
    """
    adapter = importlib.import_module(f".{library}", __name__)
    try:
        return adapter.make(name, params)
    except ModuleNotFoundError as error:
        if error.name != library:
            raise
        raise ValueError(
            f"'{library}:{name}' needs the package {library}; pip install {library}"
        ) from error
