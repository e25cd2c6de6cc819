"""Epsilon-greedy policies of the values of actions: DQN and PQN."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
from jax import Array

import jaxdist as jd

from ..experience.environment import Environment
from .actors import mask_logits


def epsilon_greedy(q: Array, s: Array, epsilon: Any, env: Environment) -> jd.EpsilonGreedy:
    """The best action with probability 1 - epsilon, otherwise a uniform one of the possible.

    Args:
      q: the values of the actions, `[..., num_actions]`.
      s: the observations, `[..., observation_size]`.
      epsilon: the probability, scalar.
      env: the environment.
    """
    return jd.EpsilonGreedy(mask_values(q, s, env), epsilon=epsilon)


def mask_values(q: Array, s: Array, env: Environment) -> Array:
    """Minus infinity where the environment masks an action."""
    return mask_logits(q, s[..., : env.mask_size]) if env.mask_size else q


def decreasing_epsilon(steps: Array, config: Any) -> Array:
    """The probability of a random action after some steps.

    It decreases linearly from 1 to `epsilon` during the part `exploration` of all `total_steps`.
    """
    progress = steps / (config.exploration * config.total_steps)
    return jnp.maximum(1 - progress * (1 - config.epsilon), config.epsilon)
