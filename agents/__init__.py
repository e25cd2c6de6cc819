"""Policy gradients on `jaxdist`: one file per algorithm, one XLA program per training run.

`agents.fit("ppo", env="CartPole-v1", seeds=8)` trains, and `agents.load` reads a run folder; both
return a `TrainedRun`. The algorithms are attributes of this package too: `from agents import ppo`.
All are imported on first use, since importing them starts JAX's backend.
"""

from typing import Any

from jaxdist.lazy_imports import attach_stub

from .invocation import how_to_install

_import_name, __all__ = attach_stub(__name__)


def __getattr__(name: str) -> Any:
    try:
        return _import_name(name)
    except ModuleNotFoundError as error:
        if line := how_to_install(error):
            raise ModuleNotFoundError(line, name=error.name) from error
        raise


def __dir__() -> list[str]:
    return __all__
