"""The decorator of functions of numbers or arrays that broadcast."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jax.typing import ArrayLike

from jaxdist.arguments import as_real_numbers
from jaxdist.promotion import numpy_promotion


class elementwise:
    """Promote the arguments to one float dtype and shape, and compile: a decorator.

    Half precision is computed in float32, and rounded.
    """

    __name__: str

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function: Any = function
        functools.update_wrapper(self, function)

    @functools.cached_property
    def compiled(self) -> Callable[..., Any]:
        """The function, jitted when it is first called: most programs call few of them."""
        return jax.jit(self.function)

    @functools.cached_property
    def _number_of_arguments(self) -> range:
        """The possible numbers of arguments."""
        parameters = inspect.signature(self.function).parameters.values()
        required = [p for p in parameters if p.default is p.empty]
        return range(len(required), len(parameters) + 1)

    @numpy_promotion
    def __call__(self, *args: ArrayLike) -> Any:
        """Evaluate the function at numbers or arrays that broadcast.

        Raises:
          TypeError: an argument is neither, or their number is wrong.
          ValueError: an argument is complex, or they do not broadcast.
        """
        if len(args) not in self._number_of_arguments:
            takes = " or ".join(map(str, self._number_of_arguments))
            raise TypeError(
                f"jaxdist.special.{self.__name__} takes {takes} arguments; got {len(args)}"
            )
        required = self._number_of_arguments.start
        given = [x for i, x in enumerate(args) if i < required or x is not None]
        numbers = [self._as_numbers(i, x) for i, x in enumerate(given)]
        dtype = jnp.result_type(float, *numbers)
        arrays = [jnp.asarray(x, dtype) for x in numbers]
        try:
            shape = jnp.broadcast_shapes(*(x.shape for x in arrays))
        except ValueError as error:
            shapes = ", ".join(str(x.shape) for x in arrays)
            raise ValueError(
                f"jaxdist.special.{self.__name__}: arguments must broadcast; got shapes {shapes}"
            ) from error
        if dtype.itemsize > 2:
            return self.compiled(*(jnp.broadcast_to(x, shape) for x in arrays))
        wide = (jnp.broadcast_to(x, shape).astype(jnp.float32) for x in arrays)
        return jax.tree.map(lambda y: y.astype(dtype), self.compiled(*wide))

    def _as_numbers(self, position: int, value: ArrayLike) -> Any:
        if isinstance(value, jax.Array) and value.dtype == jnp.float32:
            return value
        owner = f"jaxdist.special.{self.__name__}"
        return as_real_numbers(owner, f"argument {position + 1}", value)

    def defjvp(self, rule: Callable[..., Any], symbolic_zeros: bool = False) -> Callable[..., Any]:
        """Set the derivative of a function that `custom_jvp` wraps."""
        return self.function.defjvp(rule, symbolic_zeros)
