"""Environments of other libraries as `Dynamics`; a library is imported where it is used."""

from __future__ import annotations

import importlib
from typing import Any

LIBRARIES = {
    "brax": "brax",
    "craftax": "craftax",
    "gymnasium": "gymnasium",
    "gymnax": "gymnax",
    "jumanji": "jumanji",
    "navix": "navix",
    "pgx": "pgx",
    "playground": "mujoco_playground",
}
"""The libraries that have an adapter, and the names of their modules.

The adapter is a module of this package with a function `make`. The name of a library is also that
of the package that installs it.
"""


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
        if error.name != LIBRARIES[library]:
            raise
        raise ValueError(
            f"'{library}:{name}' needs the package {library}; pip install {library}"
        ) from error
