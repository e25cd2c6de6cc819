"""What an example is, and the derivative that many of them evaluate."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp

Example = tuple[Callable[[], Any], float]
"""A function, and what it returns but for rounding."""


def slope(function: Callable[[Any], Any], at: float) -> jax.Array:
    """Differentiate a function of one number."""
    return jax.grad(function)(jnp.float32(at))
