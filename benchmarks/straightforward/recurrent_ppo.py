"""Recurrent PPO: PureJaxRL's own `ppo_rnn.py`, loaded from a checkout.

Its layers have 128 units whatever the config says, and its actor and critic have a hidden layer
after the recurrent one. Besides the adaptations of `benchmarks.ppo`, flax's recurrent cell gets the
arguments that it took when PureJaxRL was written.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import flax.linen as nn
import jax.numpy as jnp
from jax import Array

from agents.algorithms import recurrent_ppo
from benchmarks import ppo


class GRUCell:
    """Flax's cell with the arguments that it took when PureJaxRL was written."""

    def __new__(cls) -> Any:
        return nn.GRUCell(features=128)

    @staticmethod
    def initialize_carry(_: Array, batch: tuple[int, ...], size: int) -> Array:
        """Zeros."""
        return jnp.zeros((*batch, size))


def make_recurrent_ppo(checkout: Path, config: recurrent_ppo.Config) -> Callable[[Array], Any]:
    """The training function of PureJaxRL's `ppo_rnn.py` for a config of ours."""
    gymnax_of_five_values = ppo.load(checkout).gymnax
    module: Any = importlib.import_module("ppo_rnn")
    module.gymnax = gymnax_of_five_values
    module.nn = _Overlay(nn, GRUCell=GRUCell)
    return ppo.theirs(module, config)


class _Overlay:
    """A module some of whose names are replaced."""

    def __init__(self, module: Any, **names: Any) -> None:
        self._module = module
        vars(self).update(names)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._module, name)
