"""Hyper-parameters that are known to do well where the defaults do not."""

from __future__ import annotations

from typing import Any

from agents.algorithms import ALGORITHMS

PRESETS: dict[tuple[str, str], dict[str, Any]] = {}
"""What an algorithm is told in an environment, if nothing else is said."""


def config(name: str, **given: Any) -> Any:
    """A config from what is given, then the preset of its environment, then the defaults.

    Args:
      name: the algorithm's name.
      **given: fields of its config.

    Returns:
      The config.
    """
    config_class = ALGORITHMS[name].Config
    env = given.get("env", config_class.env)
    return config_class(**PRESETS.get((name, env), {}) | given)
