"""Derivatives of elementwise functions."""

from __future__ import annotations

from collections.abc import Callable

import jax
import jax.numpy as jnp
from jax import Array


def derivative(function: Callable[..., Array], position: int = 0) -> Callable[..., Array]:
    """Return the derivative of an elementwise function in one of its arguments.

    Args:
      function: maps arrays that broadcast to the shape of the first one to an array of that shape.
      position: of the argument.
    """

    def along(*arguments: Array) -> Array:
        def partial(argument: Array) -> Array:
            return function(*arguments[:position], argument, *arguments[position + 1 :])

        argument = jnp.broadcast_to(arguments[position], arguments[0].shape)
        return jax.jvp(partial, (argument,), (jnp.ones_like(argument),))[1]

    return along
