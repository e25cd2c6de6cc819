"""Environments of MuJoCo Playground (Zakka et al. 2025): the DeepMind control suite and robots."""

from __future__ import annotations

from typing import Any

from ...validation import did_you_mean
from .brax import BraxDynamics


def make(name: str, params: dict[str, Any]) -> BraxDynamics:
    """The environment of a name that is registered with MuJoCo Playground.

    Args:
      name: its name, such as `CartpoleSwingup`.
      params: entries of its config that differ from their defaults, such as `episode_length`;
        `impl`, the implementation of MuJoCo, is `jax` unless given, which runs on every device.

    Raises:
      ValueError: there is none, or its config has no such entry.
    """
    from mujoco_playground import registry

    if name not in registry.ALL_ENVS:
        known = list(registry.ALL_ENVS)
        hint = did_you_mean(name, known) or f"; it has {', '.join(known)}"
        raise ValueError(f"MuJoCo Playground has no environment '{name}'{hint}")
    config = registry.get_default_config(name)
    changes = ({"impl": "jax"} if "impl" in config else {}) | params
    try:
        config.update_from_flattened_dict(changes)
        env = registry.load(name, config=config)
    except (AttributeError, KeyError, TypeError) as error:
        raise ValueError(f"MuJoCo Playground cannot make '{name}': {error}") from error
    return BraxDynamics(env, config.episode_length, config.action_repeat)
