"""Write the names of what other libraries have to `docs/peers.json`.

Distributions, transforms, constraints, and the methods of the first two with the functions beside
them.

Run it where torch, TFP, numpyro and distrax are installed: `python docs/peer_names.py`. The names
of flowjax, efax and Distributions.jl in that file were copied from the sources that it states, and
the functions of Distributions.jl from its exports at commit 003afce.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import inspect
import json
from pathlib import Path
from typing import Any

FILE = Path(__file__).parent / "peers.json"
# Package, module and base of the distributions, module and base of the transforms.
INSTALLED = {
    "torch": ("torch", "torch.distributions", "Distribution", "torch.distributions.transforms"),
    "TFP": (
        "tfp-nightly",
        "tensorflow_probability.substrates.jax.distributions",
        "Distribution",
        "tensorflow_probability.substrates.jax.bijectors",
    ),
    "distrax": ("distrax", "distrax", "Distribution", "distrax"),
    "numpyro": (
        "numpyro",
        "numpyro.distributions",
        "Distribution",
        "numpyro.distributions.transforms",
    ),
}


def public(module: Any) -> dict[str, Any]:
    """The public names of a module, without those of other modules."""
    return {
        name: thing
        for name, thing in vars(module).items()
        if not name.startswith("_") and not inspect.ismodule(thing)
    }


def subclasses(module: Any, base: type) -> list[str]:
    """The names of the classes in a module that derive from one, and of functions named alike."""
    return sorted(
        name
        for name, thing in public(module).items()
        if (inspect.isclass(thing) and issubclass(thing, base) and thing is not base)
        or (inspect.isfunction(thing) and name[0].isupper())
    )


def methods(module: Any, *bases: type) -> list[str]:
    """The names of the methods of the base classes, and of the functions in a module."""
    of_bases = {name for base in bases for name in dir(base) if not name.startswith("_")}
    functions = {
        name for name, thing in public(module).items() if callable(thing) and not name[0].isupper()
    }
    return sorted(of_bases | functions)


def constraints(module: Any) -> list[str]:
    """The names of the constraints of a library that has a module of them."""
    if not hasattr(module, "constraints"):
        return []
    package = module.__name__.partition(".")[0]
    return sorted(
        name
        for name, thing in public(module.constraints).items()
        if name.islower() and thing.__module__.startswith(package)
    )


def names_of(package: str, module: str, base: str, transforms: str) -> dict[str, Any]:
    """What the file holds of an installed library."""
    distributions, others = importlib.import_module(module), importlib.import_module(transforms)
    of_distributions = getattr(distributions, base)
    of_transforms = getattr(others, "Transform", None) or others.Bijector
    return {
        "source": f"{package} {importlib.metadata.version(package)}",
        "distributions": subclasses(distributions, of_distributions),
        "transforms": subclasses(others, of_transforms),
        "constraints": constraints(distributions),
        "methods": methods(distributions, of_distributions, of_transforms),
    }


if __name__ == "__main__":
    peers = json.loads(FILE.read_text()) if FILE.exists() else {}
    for name, place in INSTALLED.items():
        peers[name] = peers.get(name, {}) | names_of(*place)
    FILE.write_text(json.dumps(peers, indent=1, sort_keys=True) + "\n")
