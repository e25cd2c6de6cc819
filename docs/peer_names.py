"""Write the names of the distributions and transforms of other libraries to `docs/peers.json`.

Run it where torch, TFP, numpyro and distrax are installed: `python docs/peer_names.py`. The names
of flowjax, efax and Distributions.jl in that file were copied from the sources that it states.
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


def subclasses(module: Any, base: type) -> list[str]:
    """The public names of the classes in a module that derive from one."""
    return sorted(
        name
        for name, thing in vars(module).items()
        if inspect.isclass(thing) and issubclass(thing, base) and thing is not base
        if not name.startswith("_")
    )


def names_of(package: str, module: str, base: str, transforms: str) -> dict[str, Any]:
    """What the file holds of an installed library."""
    distributions, others = importlib.import_module(module), importlib.import_module(transforms)
    of_transforms = getattr(others, "Transform", None) or others.Bijector
    return {
        "source": f"{package} {importlib.metadata.version(package)}",
        "distributions": subclasses(distributions, getattr(distributions, base)),
        "transforms": subclasses(others, of_transforms),
    }


if __name__ == "__main__":
    peers = json.loads(FILE.read_text()) if FILE.exists() else {}
    peers |= {name: names_of(*place) for name, place in INSTALLED.items()}
    FILE.write_text(json.dumps(peers, indent=1, sort_keys=True) + "\n")
