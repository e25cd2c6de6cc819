"""Packages whose public names are imported on first use (PEP 562).

The names stand once, in the package's stub `__init__.pyi`, which type checkers read, and the
package when it is imported. Lines are of three kinds:

    from jaxdist import transforms as transforms                # a module of the package
    from jaxdist.families.real.normal import Normal as Normal
    from .algorithms import *                                   # all names of such a package

SPEC 1 of Scientific Python describes this use of stubs.
"""

import ast
import importlib
import pkgutil
import sys
from collections.abc import Callable
from importlib.util import resolve_name
from typing import Any


def attach_stub(package: str) -> tuple[Callable[[str], Any], list[str]]:
    """Return the functions `__getattr__` and the list `__all__` of a package that has a stub.

    Args:
      package: the name of the package, which is `__name__` in its `__init__.py`.
    """
    modules = _modules_of_names(package)

    def __getattr__(name: str) -> Any:
        if name not in modules:
            # To an error that is not caught, Python adds the most similar name of `dir`.
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        if modules[name] == package:
            return importlib.import_module(f"{package}.{name}")
        value = getattr(importlib.import_module(modules[name]), name)
        setattr(sys.modules[package], name, value)  # the next access does not come here
        return value

    return __getattr__, sorted(modules)


def _modules_of_names(package: str) -> dict[str, str]:
    """The public names of a package, and the module that each is imported from."""
    stub = pkgutil.get_data(package, "__init__.pyi")
    assert stub is not None
    modules: dict[str, str] = {}
    for node in ast.parse(stub).body:
        if isinstance(node, ast.ImportFrom):
            module = resolve_name("." * node.level + (node.module or ""), package)
            names = [alias.name for alias in node.names]
            if names == ["*"]:
                names = importlib.import_module(module).__all__
            modules |= dict.fromkeys(names, module)
    return modules
