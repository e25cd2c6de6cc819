"""The decorator of functions of arrays of one dtype."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any, Generic, ParamSpec, TypeVar

import jax
import jax.numpy as jnp
from jax import Array

from jaxdist.arguments import as_real_numbers, describe
from jaxdist.promotion import numpy_promotion

P = ParamSpec("P")
R = TypeVar("R")


def of_arrays(
    *, axes: int = 0, last: type[tuple[Any, ...]] | None = None
) -> Callable[[Callable[P, R]], OfArrays[P, R]]:
    """Check and promote the arguments: a decorator.

    Args:
      axes: the least number of axes of each argument.
      last: the named tuple of arrays that the last argument is, if it is one.
    """
    return lambda function: OfArrays(function, axes, last)


class OfArrays(Generic[P, R]):
    """A function of arrays of one float dtype that broadcast, and of what can be made such arrays.

    Unlike `elementwise`, it hands on arrays that have one float dtype as they are, and does not
    compile: below `jax.jit`, in the methods of distributions, it costs some microseconds once.
    """

    __name__: str

    def __init__(
        self, function: Callable[P, R], axes: int, last: type[tuple[Any, ...]] | None
    ) -> None:
        self.function: Any = function
        self.axes = axes
        self.last = last
        functools.update_wrapper(self, function)
        self._names = tuple(inspect.signature(function).parameters)

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        """Evaluate the function at arrays or numbers.

        Raises:
          TypeError: an argument is neither, or their number is wrong.
          ValueError: an argument is complex or has too few axes, or they do not broadcast.
        """
        arguments = self._in_order(args, kwargs)
        if self.last or not _are_floats_of_one_dtype(arguments):
            numbers, structure = jax.tree.flatten(self._as_numbers(arguments))
            arguments = jax.tree.unflatten(structure, _promoted(numbers))
        self._check_shapes(jax.tree.leaves(arguments))
        return self.function(*arguments)

    def _in_order(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> list[Any]:
        by_name = dict(zip(self._names, args, strict=False)) | kwargs
        if len(by_name) < len(args) + len(kwargs) or by_name.keys() != set(self._names):
            given = ", ".join([f"{len(args)} by position", *kwargs])
            raise TypeError(f"{self._owner} takes {', '.join(self._names)}; got {given}")
        return [by_name[name] for name in self._names]

    @property
    def _owner(self) -> str:
        return f"jaxdist.special.{self.__name__}"

    def _as_numbers(self, arguments: list[Any]) -> list[Any]:
        numbers = dict(zip(self._names, arguments, strict=True))
        others = {}
        if self.last:
            name, value = numbers.popitem()
            if not isinstance(value, self.last):
                raise TypeError(
                    f"{self._owner}: {name} must be a {self.last.__name__}; got {describe(value)}"
                )
            others = {name: self.last(*(as_real_numbers(self._owner, name, x) for x in value))}
        checked = {name: as_real_numbers(self._owner, name, x) for name, x in numbers.items()}
        return [*checked.values(), *others.values()]

    def _check_shapes(self, arrays: list[Array]) -> None:
        shapes = {x.shape for x in arrays}
        if min(map(len, shapes)) < self.axes:
            raise ValueError(f"{self._owner}: arguments must have an axis; got a number")
        try:
            jnp.broadcast_shapes(*shapes)
        except ValueError as error:
            raise ValueError(
                f"{self._owner}: arguments must broadcast; got shapes "
                f"{', '.join(str(x.shape) for x in arrays)}"
            ) from error

    def defjvp(self, rule: Callable[..., Any], symbolic_zeros: bool = False) -> Callable[..., Any]:
        """Set the derivative of a function that `custom_jvp` wraps."""
        self.function.defjvp(rule, symbolic_zeros)
        return rule


def _are_floats_of_one_dtype(arrays: list[Any]) -> bool:
    return (
        all(isinstance(x, jax.Array) for x in arrays)
        and len({x.dtype for x in arrays}) == 1
        and jnp.issubdtype(arrays[0].dtype, jnp.floating)
    )


@numpy_promotion
def _promoted(numbers: list[Any]) -> list[Array]:
    dtype = jnp.result_type(float, *numbers)
    return [jnp.asarray(x, dtype) for x in numbers]
