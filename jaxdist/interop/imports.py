"""Imports of packages that jaxdist does not depend on."""

from __future__ import annotations

import importlib
from typing import Any


def require(function: str, package: str, module: str) -> Any:
    """Import a module, or raise an error that names the package to install.

    Args:
      function: name of the function that needs it.
      package: what to install.
      module: dotted name of the module.

    Raises:
      ImportError: if it cannot be imported.
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise ImportError(
            f"{function} needs {package}, which could not be imported ({error}): "
            f"`pip install {package}`"
        ) from error
