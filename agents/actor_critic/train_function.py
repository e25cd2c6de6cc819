"""The function `train` of an algorithm: a whole run as one scan of its updates."""

from __future__ import annotations

import typing
from collections.abc import Callable
from typing import Any, Protocol, TypeVar

import jax
from jax import Array

from ..execution.jax_settings import with_default_types
from ..validation import check_arguments
from .config import Config
from .state import Metrics

AnyConfig = TypeVar("AnyConfig", bound=Config)
AnyConfig_contra = TypeVar("AnyConfig_contra", bound=Config, contravariant=True)
AnyProblem = TypeVar("AnyProblem")
AnyState = TypeVar("AnyState")
AnyState_co = TypeVar("AnyState_co", covariant=True)

OWN = "your own network, in place of the config's"

DOC = """Train with {name}. `jax.jit` it; `jax.vmap` it over keys or over numbers of a config.

Args:
  key: a PRNG key, typed or raw.
  config: the hyper-parameters.
  actor: {actor}.
  critic: {critic}.

Returns:
  The final state, and the metrics of all updates, each `[num_updates]`. The return and the length
  of episodes are NaN for an update in which none ended.
"""


class Train(Protocol[AnyConfig_contra, AnyState_co]):
    """The type of an algorithm's `train`."""

    def __call__(
        self, key: Array, config: AnyConfig_contra, *, actor: Any = None, critic: Any = None
    ) -> tuple[AnyState_co, Metrics]:
        """Train: see `DOC`."""


def train_function(
    name: str,
    config_class: type[AnyConfig],
    make_problem: Callable[[AnyConfig], AnyProblem],
    init: Callable[[Array, AnyProblem], AnyState],
    update: Callable[[AnyState, AnyProblem], tuple[AnyState, Metrics]],
    actor: str = OWN,
) -> Train[AnyConfig, AnyState]:
    """The function `train` of an algorithm, with its types and docstring.

    Args:
      name: the algorithm's name in sentences.
      config_class: its hyper-parameters.
      make_problem: function from a config to the problem.
      init: function from a key and the problem to the state before the first update.
      update: function from a state and the problem to the next one and its metrics.
      actor: what the argument `actor` is, for the docstring.
    """

    def train(
        key: Array, config: AnyConfig, *, actor: Any = None, critic: Any = None
    ) -> tuple[AnyState, Metrics]:
        key = check_arguments(key, config, config_class)
        problem = make_problem(config.with_networks(actor=actor, critic=critic))
        step = lambda state, _: update(state, problem)
        return jax.lax.scan(step, init(key, problem), length=config.num_updates)

    train.__doc__ = DOC.format(name=name, actor=actor, critic=OWN)
    # As if it were written in the algorithm's module: for `help`, and for `pickle`.
    train.__module__, train.__qualname__ = config_class.__module__, "train"
    hints = {"key": Array, "config": config_class, "actor": Any, "critic": Any}
    train.__annotations__ = hints | {"return": typing.get_type_hints(update)["return"]}
    return with_default_types(train)
