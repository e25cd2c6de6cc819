"""The settings of JAX that programs of training are traced under, whatever the user's are."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Iterator
from typing import ParamSpec, TypeVar

import jax

P = ParamSpec("P")
R = TypeVar("R")


@contextlib.contextmanager
def default_types() -> Iterator[None]:
    """Use 32-bit numbers, which broadcast and promote as NumPy's do.

    Training is the same under `jax_enable_x64`, `jax_numpy_rank_promotion` and
    `jax_numpy_dtype_promotion`: environments and optimizers are written for JAX's defaults.
    """
    with (
        jax.enable_x64(False),
        jax.numpy_rank_promotion("allow"),
        jax.numpy_dtype_promotion("standard"),
    ):
        yield


def with_default_types(function: Callable[P, R]) -> Callable[P, R]:
    """Evaluate a function under `default_types`: a decorator."""

    @functools.wraps(function)
    def evaluate(*args: P.args, **kwargs: P.kwargs) -> R:
        with default_types():
            return function(*args, **kwargs)

    return evaluate


@contextlib.contextmanager
def settings_of_runs() -> Iterator[None]:
    """Use the default types, and let programs return NaN, which stands for what there is none of.

    The return of no episode is NaN. Numbers of training that are not finite are found by
    `agents.runs.guards`, also under `jax_debug_nans`.
    """
    with default_types(), jax.debug_nans(False):
        yield
