"""Policy gradients on `jaxdist`: one file per algorithm, one XLA program per training run.

`agents.fit("ppo", env="CartPole-v1", seeds=8)` trains, and `agents.load` reads a run folder; both
return a `TrainedRun`. The algorithms are attributes of this package too: `from agents import ppo`.
All are imported on first use, since importing them starts JAX's backend.
"""

import importlib
from typing import TYPE_CHECKING, Any

from .invocation import how_to_install

if TYPE_CHECKING:
    from .algorithms import (
        a2c,
        apg,
        awr,
        dqn,
        impala,
        mpo,
        ppo,
        pqn,
        recurrent_ppo,
        reinforce,
        sac,
        td3,
        trpo,
        vmpo,
        vpg,
    )
    from .trained_run import TrainedRun, fit, load

_ALGORITHMS = (
    *("a2c", "apg", "awr", "dqn", "impala", "mpo", "ppo", "pqn", "recurrent_ppo"),
    *("reinforce", "sac", "td3", "trpo", "vmpo", "vpg"),
)

__all__ = [
    "TrainedRun",
    "a2c",
    "apg",
    "awr",
    "dqn",
    "fit",
    "impala",
    "load",
    "mpo",
    "ppo",
    "pqn",
    "recurrent_ppo",
    "reinforce",
    "sac",
    "td3",
    "trpo",
    "vmpo",
    "vpg",
]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
    try:
        if name in _ALGORITHMS:
            return importlib.import_module(f".algorithms.{name}", __name__)
        return getattr(importlib.import_module(".trained_run", __name__), name)
    except ModuleNotFoundError as error:
        if line := how_to_install(error):
            raise ModuleNotFoundError(line, name=error.name) from error
        raise


def __dir__() -> list[str]:
    return __all__
