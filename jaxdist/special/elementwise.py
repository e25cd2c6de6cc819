"""The decorator of functions of numbers or arrays that broadcast."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jax.typing import ArrayLike

from jaxdist.promotion import numpy_promotion


class elementwise:
    """Promote the arguments to one float dtype and shape, and compile: a decorator."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function: Any = function
        functools.update_wrapper(self, function)

    @functools.cached_property
    def compiled(self) -> Callable[..., Any]:
        """The function, jitted when it is first called: most programs call few of them."""
        return jax.jit(self.function)

    @numpy_promotion
    def __call__(self, *args: ArrayLike) -> Any:
        """Evaluate the function at numbers or arrays that broadcast."""
        dtype = jnp.result_type(float, *args)
        return self.compiled(*jnp.broadcast_arrays(*(jnp.asarray(x, dtype) for x in args)))

    def defjvp(self, rule: Callable[..., Any], symbolic_zeros: bool = False) -> Callable[..., Any]:
        """Set the derivative of a function that `custom_jvp` wraps."""
        return self.function.defjvp(rule, symbolic_zeros)
