"""Policy gradients on `jaxdist`: one file per algorithm, one XLA program per training run.

The algorithms are attributes of this package: `from agents import ppo`. They are imported on first
use, since importing them imports gymnax, which starts JAX's backend.
"""

import importlib
from typing import TYPE_CHECKING, Any

from .invocation import how_to_install

if TYPE_CHECKING:
    from .algorithms import a2c, apg, ppo, recurrent_ppo, reinforce, sac, trpo, vpg

__all__ = ["a2c", "apg", "ppo", "recurrent_ppo", "reinforce", "sac", "trpo", "vpg"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
    try:
        return importlib.import_module(f".algorithms.{name}", __name__)
    except ModuleNotFoundError as error:
        if line := how_to_install(error):
            raise ModuleNotFoundError(line, name=error.name) from error
        raise
