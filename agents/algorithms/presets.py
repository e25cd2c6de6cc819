"""Hyper-parameters for environments in which the defaults do not work well."""

from __future__ import annotations

from typing import Any

from ..experience import environments
from .registry import ALGORITHMS

MINATAR: dict[str, Any] = {
    "total_steps": 10_000_000,
    "num_envs": 64,
    "num_minibatches": 8,
    "activation": "relu",
    "learning_rate": 3e-3,
}
"""PPO's hyper-parameters for the games of MinAtar, with perceptrons."""

CONVOLUTIONS: dict[str, Any] = {"total_steps": 3_000_000, "channels": (16,), "shared_torso": True}
"""What differs where PPO has convolutions, which actor and critic share."""

CONTROL: dict[str, Any] = {
    "num_envs": 8,
    "num_steps": 256,
    "num_epochs": 10,
    "num_minibatches": 8,
    "activation": "silu",
    "learning_rate": 1e-3,
    "gamma": 0.95,
    "entropy_coef": 0.0,
    "normalize_rewards": True,
}
"""PPO's hyper-parameters for continuous control with dense rewards."""

PRESETS: dict[tuple[str, str], dict[str, Any]] = {
    ("a2c", "CartPole-v1"): {
        "num_envs": 8,
        "learning_rate": 2e-3,
        "normalize_advantages": False,
        "normalize_rewards": True,
    },
    ("awr", "CartPole-v1"): {"total_steps": 100_000},
    ("awr", "Pendulum-v1"): {
        "total_steps": 300_000,
        "activation": "silu",
        "learning_rate": 1e-3,
        "gamma": 0.95,
        "normalize_observations": True,
        "normalize_rewards": True,
    },
    ("dqn", "CartPole-v1"): {
        "n_step": 3,
        "gradient_steps": 2,
        "learning_rate": 1e-3,
        "anneal": True,
        "layer_norm": True,
    },
    ("impala", "CartPole-v1"): {
        "num_envs": 8,
        "learning_rate": 2e-3,
        "normalize_advantages": False,
        "normalize_rewards": True,
    },
    ("mpo", "CartPole-v1"): {
        "total_steps": 100_000,
        "learning_rate": 5e-4,
        "anneal": True,
        "tau": 0.005,
        "layer_norm": True,
    },
    ("ppo", "Acrobot-v1"): {"learning_rate": 1e-3},
    ("ppo", "Asterix-MinAtar"): MINATAR | CONVOLUTIONS | {"gae_lambda": 0.8},
    ("ppo", "Breakout-MinAtar"): MINATAR
    | CONVOLUTIONS
    | {
        "total_steps": 5_000_000,
        "entropy_coef": 0.03,
        "anneal_entropy": True,
        "clip_value": False,
    },
    ("ppo", "Catch-bsuite"): {"learning_rate": 1e-3},
    ("ppo", "Freeway-MinAtar"): MINATAR | CONVOLUTIONS,
    ("ppo", "MountainCarContinuous-v0"): {
        "num_envs": 32,
        "num_steps": 256,
        "num_epochs": 10,
        "num_minibatches": 16,
        "learning_rate": 3e-4,
        "gamma": 0.9999,
        "normalize_observations": True,
        "normalize_rewards": True,
    },
    ("ppo", "Pendulum-v1"): CONTROL | {"normalize_observations": True},
    ("ppo", "Reacher-misc"): CONTROL | {"normalize_observations": True},
    ("ppo", "SpaceInvaders-MinAtar"): MINATAR
    | CONVOLUTIONS
    | {"total_steps": 10_000_000, "entropy_coef": 0.003, "anneal_entropy": True},
    ("ppo", "Swimmer-misc"): CONTROL,
    ("sac", "CartPole-v1"): {"total_steps": 100_000},
    ("sac", "MountainCarContinuous-v0"): {"total_steps": 50_000},
}
"""The hyper-parameters that replace the defaults, by algorithm and environment."""


def config(name: str, **given: Any) -> Any:
    """A config from the given fields, then the environment's preset, then the defaults.

    Args:
      name: the algorithm's name.
      **given: fields of its config.
    """
    config_class = ALGORITHMS[name].Config
    env = environments.name_of(given.get("env", config_class.env))
    return config_class(**PRESETS.get((name, environments.base_name(env)), {}) | given)
