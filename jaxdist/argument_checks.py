"""Checks of arguments, and the setting that chooses when constructors check theirs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Literal, get_args

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.experimental import checkify
from jax.typing import ArrayLike

from jaxdist.arguments import Shape, as_real_numbers, describe
from jaxdist.constraints import Constraint
from jaxdist.promotion import numpy_promotion
from jaxdist.pytree import is_concrete

Mode = Literal["eager", "checkify", "off"]

_mode: Mode = "eager"


def get_validation() -> Mode:
    """Return the current validation mode: "eager", "checkify" or "off"."""
    return _mode


def set_validation(mode: Mode) -> None:
    """Set when constructors check their arguments, for the whole program.

    Args:
      mode: "eager" (the default) checks concrete arguments and skips traced ones; "checkify" checks
        traced arguments too, in functions that are transformed by
        `jax.experimental.checkify.checkify`; "off" checks nothing.

    Raises:
      ValueError: for any other mode.
    """
    global _mode
    if mode not in get_args(Mode):
        raise ValueError(f"validation mode must be one of {get_args(Mode)}; got {mode!r}")
    _mode = mode


@contextmanager
def validation(mode: Mode) -> Iterator[None]:
    """Set when constructors check their arguments, inside a `with` block.

    Args:
      mode: as for `set_validation`.

    Example:
      >>> import jaxdist as jd
      >>> with jd.validation("off"):
      ...     d = jd.Normal(0.0, -1.0)
    """
    before = get_validation()
    set_validation(mode)
    try:
        yield
    finally:
        set_validation(before)


def check_arguments(owner: str, arguments: Mapping[str, tuple[Any, Constraint]]) -> None:
    """Check that the arguments of a constructor satisfy their constraints.

    Concrete arguments are checked at once, traced ones in the mode "checkify".

    Args:
      owner: name of the class.
      arguments: value of shape `(..., *event)`, and constraint, by the name of the parameter.

    Raises:
      ValueError: naming the class, the parameter, the constraint and the first invalid value.
    """
    unchecked = {
        name: argument for name, argument in arguments.items() if not _is_valid_on_host(*argument)
    }
    concrete = {
        name: argument
        for name, argument in unchecked.items()
        if all(map(is_concrete, jax.tree.leaves(argument)))
    }
    if concrete:
        with jax.ensure_compile_time_eval():
            if not _all_valid(list(concrete.values())):
                invalid = next(name for name in concrete if not _all_valid([concrete[name]]))
                raise ValueError(_message(owner, invalid, *concrete[invalid]))
    if get_validation() == "checkify":
        for name, argument in unchecked.items():
            if name not in concrete:
                _check_traced(owner, name, *argument)


def _is_valid_on_host(value: Any, constraint: Constraint) -> bool:
    """Tell whether a value that is on no device is known to be valid, which spares a call there."""
    return isinstance(value, np.ndarray) and constraint.includes(value)


def _check_traced(owner: str, name: str, value: Array, constraint: Constraint) -> None:
    """Check a traced argument by `jax.experimental.checkify`."""
    valid = constraint.check(value)
    if not valid.size:
        return
    first = jnp.argmin(valid)
    events = jnp.reshape(value, (valid.size, -1))
    printed = repr(constraint).replace("{", "{{").replace("}", "}}")
    checkify.check(
        jnp.all(valid),
        f"{owner}: parameter {name!r} must satisfy {printed}; "
        "got {value} at flat index {index}",
        value=events[first, 0] if constraint.event_dim == 0 else events[first],
        index=first,
    )


def _all_valid(arguments: list[tuple[Any, Constraint]]) -> bool:
    return _check_all(arguments).item()  # in a quarter of the time of `bool`


@jax.jit
@numpy_promotion
def _check_all(arguments: list[tuple[Array, Constraint]]) -> Array:
    return jnp.all(jnp.stack([jnp.all(constraint.check(value)) for value, constraint in arguments]))


def _message(owner: str, name: str, value: ArrayLike, constraint: Constraint) -> str:
    value = np.asarray(value)
    valid = np.asarray(constraint.check(value))
    index = tuple(int(i) for i in np.argwhere(~valid)[0])
    shape = valid.shape + value.shape[value.ndim - constraint.event_dim :]
    found = np.array2string(np.broadcast_to(value, shape)[index], threshold=20)
    where = f" at index {index}" if index else ""
    return f"{owner}: parameter {name!r} must satisfy {constraint!r}; got {found}{where}"


def check_same_shape(function: str, **arguments: ArrayLike) -> None:
    """Check the arguments of a function, which have equal shapes or are scalars.

    Shapes that differ would broadcast: `(N,)` with `(N, 1)` silently becomes `(N, N)`.

    Args:
      function: name of the function, for the error.
      **arguments: array arguments by name.

    Raises:
      ValueError: naming the function, two arguments whose shapes differ, and the shapes.
    """
    shapes = {name: _shape(function, name, value) for name, value in arguments.items()}
    arrays = [(name, shape) for name, shape in shapes.items() if shape != ()]
    for name, shape in arrays[1:]:
        first, expected = arrays[0]
        if shape != expected:
            raise ValueError(
                f"{function}: {first} and {name} must have equal shapes; got {expected} and "
                f"{shape}. Reshape one of them; where one is to be repeated, use jnp.broadcast_to"
            )


def check_stream(function: str, **arguments: ArrayLike) -> None:
    """Check the arguments of a function of one stream, which have the shape `[T]`.

    Args:
      function: name of the function, for the error.
      **arguments: array arguments by name.

    Raises:
      ValueError: naming the function, the arguments and their shapes.
    """
    for name, value in arguments.items():
        shape = _shape(function, name, value)
        if len(shape) != 1:
            raise ValueError(
                f"{function}: {name} must have one axis, time; got shape {shape}. For a "
                "batch of streams use jax.vmap"
            )
    check_same_shape(function, **arguments)


def check_scalar(function: str, **arguments: ArrayLike) -> None:
    """Check the arguments of a function that must be scalars (`ValueError`)."""
    for name, value in arguments.items():
        if (shape := _shape(function, name, value)) != ():
            raise ValueError(f"{function}: {name} must be a scalar; got shape {shape}")


def _shape(function: str, name: str, value: ArrayLike) -> Shape:
    return np.shape(as_real_numbers(function, name, value))


def batch_index(index: Any, batch_shape: Shape, owner: str) -> tuple[Any, ...]:
    """Return an index of the batch axes as a tuple without an ellipsis, or raise an IndexError."""
    parts = index if isinstance(index, tuple) else (index,)
    parts = tuple(bool(part) if isinstance(part, np.bool_) else part for part in parts)
    for part in parts:
        if not _is_index(part):
            raise IndexError(
                f"{owner}: an index must be an integer, a slice, None, ... or an array of integers "
                f"or booleans; got {describe(part)}"
            )
    used = [_axes_used(part) for part in parts]
    free = len(batch_shape) - sum(used)
    if free < 0:
        raise IndexError(f"{owner}: too many indices for batch shape {batch_shape}: {index!r}")
    full: list[Any] = []
    for part in parts:
        if part is Ellipsis:
            full += [slice(None)] * free
            continue
        position = sum(map(_axes_used, full))
        if isinstance(part, int | np.integer) and not isinstance(part, bool):
            size = batch_shape[position]
            if not -size <= part < size:
                raise IndexError(f"{owner}: index {part} is out of bounds for axis of size {size}")
        full.append(part)
    return tuple(full)


def _is_index(part: Any) -> bool:
    if isinstance(part, jax.Array | np.ndarray):
        return any(jnp.issubdtype(part.dtype, kind) for kind in (np.integer, np.bool_))
    return part is None or part is Ellipsis or isinstance(part, int | np.integer | slice)


def _axes_used(part: Any) -> int:
    if part is None or part is Ellipsis:
        return 0
    if isinstance(part, bool | np.bool_):
        return 0
    if hasattr(part, "dtype") and part.dtype == np.bool_:
        return int(np.ndim(part))
    return 1
