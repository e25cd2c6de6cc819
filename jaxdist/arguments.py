"""Arguments: what users give, converted, or an error that names it and what was expected."""

from __future__ import annotations

import difflib
import operator
import reprlib
from collections.abc import Iterable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.typing import ArrayLike

from jaxdist.promotion import result_type

Shape = tuple[int, ...]

Numbers = (
    ArrayLike
    | Sequence[ArrayLike]
    | Sequence[Sequence[ArrayLike]]
    | Sequence[Sequence[Sequence[ArrayLike]]]
)
"""An array, a number, or nested lists of them."""


def as_numbers(owner: str, what: str, value: Any) -> Any:
    """Return scalars and arrays as they are and lists as an array, or raise an error.

    Args:
      owner: name of the class or function, for the error.
      what: what the value is, for the error.
      value: the value.

    Raises:
      TypeError: if the value does not consist of numbers that an array holds.
    """
    if isinstance(value, float | bool | complex):
        return value
    if isinstance(value, jax.Array):
        if isinstance(value.dtype, np.dtype):  # not that of PRNG keys
            return value
    elif isinstance(value, int) and abs(value) < 2**31:
        return value
    cause = None
    try:
        if isinstance(value, int):
            return float(value)  # larger than an int32
        numbers = value if isinstance(value, np.ndarray | np.generic) else jnp.asarray(value)
        if isinstance(numbers.dtype, np.dtype) and numbers.dtype.kind not in _NOT_NUMBERS:
            return numbers
    except (TypeError, ValueError, OverflowError) as error:
        cause = error
    raise TypeError(
        f"{owner}: {what} must be an array or a number; got {describe(value)}"
    ) from cause


_NOT_NUMBERS = "OSUMm"  # objects, text and times


def is_key(array: Array) -> bool:
    """Tell whether an array holds typed PRNG keys."""
    return jnp.issubdtype(array.dtype, jax.dtypes.prng_key)


def as_real_numbers(owner: str, what: str, value: Any) -> Any:
    """Return numbers as `as_numbers` does, or raise a ValueError where they are complex."""
    numbers = as_numbers(owner, what, value)
    if np.iscomplexobj(numbers):
        raise ValueError(f"{owner}: {what} must be real; got {jnp.result_type(numbers)}")
    return numbers


def as_floats(x: ArrayLike) -> Array:
    """Return numbers as an array of floats."""
    numbers = as_numbers("jaxdist", "a value", x)
    if isinstance(numbers, bool | int | float):
        return jnp.asarray(float(numbers))  # of a weak type: it follows those of arrays
    return jnp.asarray(numbers, result_type(float, numbers))


def describe(value: object) -> str:
    """Return the value for an error, or its beginning."""
    return reprlib.repr(value)


def did_you_mean(unknown: Iterable[str], known: Iterable[str]) -> str:
    """Return a question that names the known names closest to unknown ones, or nothing."""
    by_lower_case = {name.lower(): name for name in known}
    close: dict[str, None] = {}  # in their order, once each
    for name in unknown:
        matches = difflib.get_close_matches(name.lower(), by_lower_case, n=1)
        close.update({repr(by_lower_case[match]): None for match in matches})
    return f". Did you mean {', '.join(close)}?" if close else ""


def as_shape(shape: int | Sequence[int], name: str = "a shape") -> Shape:
    """Return a shape as a tuple, or raise a ValueError if it is not a shape."""
    dims = (shape,) if isinstance(shape, int | np.integer) else shape
    try:
        if all(isinstance(dim, int | np.integer) and dim >= 0 for dim in dims):
            return _below_2_63(name, tuple(map(int, dims)))
    except TypeError:  # not a sequence
        dims = ()
    raise ValueError(
        f"{name} must be a non-negative integer or a sequence of non-negative integers; "
        f"got {shape!r}"
    )


def _below_2_63(name: str, shape: Shape) -> Shape:
    if max(shape, default=0) < 2**63:
        return shape
    raise ValueError(f"{name}: no axis of an array is longer than 2^63 - 1; got {shape}")


def check_key(key: Array) -> Array:
    """Return a single PRNG key, typed or raw, or raise an error if it is not one."""
    expected = "a PRNG key such as jax.random.key(0)"
    is_array = isinstance(key, jax.Array | np.ndarray)
    typed, raw = is_array and is_key(key), is_array and key.dtype == jnp.uint32
    if not (typed or raw):
        raise TypeError(f"`key` must be {expected}; got {describe(key)}")
    if typed and key.shape == ():
        return key
    if raw and key.shape in _RAW_SHAPES:
        return jnp.asarray(key)
    raise ValueError(
        f"`key` must be {expected}; got an array of {key.dtype} of shape {key.shape}. For "
        "independent draws under several keys use jax.vmap"
    )


_RAW_SHAPES = ((2,), (4,))  # of the generators threefry and rbg


def as_integer(owner: str, name: str, value: Any, minimum: int | None = None) -> int:
    """Return an integer that is known, or raise an error.

    Args:
      owner: name of the class or function, for the error.
      name: name of the argument.
      value: the value.
      minimum: the smallest valid value; None if there is none.

    Raises:
      TypeError: if the value is not an integer.
      ValueError: if it is below the minimum.
    """
    at_least = "an integer" if minimum is None else f"an integer of at least {minimum}"
    message = f"{owner}: {name} must be {at_least}; got {describe(value)}"
    is_boolean = isinstance(value, bool | np.bool_)
    if is_boolean or not isinstance(value, int | np.integer | np.ndarray | jax.Array):
        raise TypeError(message)
    try:
        number = operator.index(value)
    except TypeError as error:
        raise TypeError(message) from error
    if minimum is not None and number < minimum:
        raise ValueError(message)
    return number


def as_integers(owner: str, name: str, values: Any) -> tuple[int, ...]:
    """Return a sequence of integers as a tuple, or raise a TypeError."""
    return tuple(
        as_integer(owner, f"every entry of {name}", v) for v in as_tuple(owner, name, values)
    )


def as_tuple(owner: str, name: str, values: Any) -> tuple[Any, ...]:
    """Return a sequence as a tuple, or raise a TypeError if it is not one."""
    ndim = getattr(values, "ndim", 1)
    if not isinstance(values, Iterable) or isinstance(values, str | bytes | dict) or ndim != 1:
        raise TypeError(f"{owner}: {name} must be a sequence; got {describe(values)}")
    return tuple(values)


def check_flag(owner: str, name: str, value: Any) -> None:
    """Raise a TypeError unless a value is True or False."""
    if not isinstance(value, bool | np.bool_):
        raise TypeError(f"{owner}: {name} must be True or False; got {describe(value)}")


def check_callable(owner: str, name: str, value: Any) -> None:
    """Raise a TypeError unless a value can be called."""
    if not callable(value):
        raise TypeError(f"{owner}: {name} must be a function; got {describe(value)}")


def broadcasts_to(shape: Shape, target: Shape) -> bool:
    """Tell whether arrays of one shape broadcast to the other."""
    pairs = zip(reversed(shape), reversed(target), strict=False)
    return len(shape) <= len(target) and all(a in (1, b) for a, b in pairs)
