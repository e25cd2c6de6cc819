"""Checks of what a user configures, made before anything is compiled."""

from __future__ import annotations

import dataclasses
import difflib
import types
import typing
from collections.abc import Callable, Collection, Iterable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

LARGEST_SIZE = 2**31 - 1
"""The largest integer that counts or sizes something on the device, which has 32-bit integers."""

LARGEST_BUDGET = 2**53
"""The largest number of steps or episodes; up to here a float64 counts exactly."""

LARGEST, SMALLEST = float(np.finfo(np.float32).max), float(np.finfo(np.float32).tiny)
"""The range of a number other than 0 in float32; smaller ones are 0 on most devices."""


def check_fields(config: Any) -> None:
    """Check the types of a config's fields, and that its numbers are finite in float32.

    NumPy scalars become Python numbers, an integer becomes a float where a float is expected, and
    a list becomes a tuple. A string of a `Literal` type must be one of its choices. Arrays and
    tracers are accepted for the numbers that `jax.vmap` can map over.

    Args:
      config: a frozen dataclass, which is changed in place.

    Raises:
      TypeError: a field has another type.
      ValueError: a number is infinite or NaN, underflows in float32, or is too large; or a string
        is not among the choices.
    """
    hints = typing.get_type_hints(type(config))
    for field in dataclasses.fields(config):
        value = _converted(field.name, getattr(config, field.name), hints[field.name])
        object.__setattr__(config, field.name, value)


def check_arguments(key: Any, config: Any, config_class: type[Any]) -> Array:
    """Check the arguments of `train(key, config)`, which are easily swapped.

    Returns:
      The key as a typed one, also of the data of one, as `jax.random.PRNGKey(0)` is.

    Raises:
      TypeError: they are no key and no config of this class.
    """
    if not isinstance(config, config_class):
        swapped = "; key and config are swapped" if isinstance(key, config_class) else ""
        given = type(config)
        name = given.__name__ if given.__module__ == "builtins" else _full_name(given)
        raise TypeError(
            f"train(key, config) expects a {_full_name(config_class)} as config; got "
            f"{name}{swapped}"
        )
    expected = "train(key, config) expects a PRNG key such as jax.random.key(0) as key; got "
    if not isinstance(key, jax.Array | np.ndarray):
        raise TypeError(f"{expected}{type(key).__name__}")
    is_typed = jnp.issubdtype(key.dtype, jax.dtypes.prng_key)
    shape = () if is_typed else jax.random.key_data(jax.random.key(0)).shape
    if not (is_typed or key.dtype == jnp.uint32) or key.shape != shape:
        raise TypeError(
            f"{expected}an array of {key.dtype} of shape {key.shape}. Map train over several keys "
            "by jax.vmap(train, (0, None))"
        )
    return jnp.asarray(key) if is_typed else jax.random.wrap_key_data(jnp.asarray(key))


def _full_name(kind: type[Any]) -> str:
    return f"{kind.__module__}.{kind.__qualname__}"


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """`; did you mean NAME?` with the most similar known name; empty if none is similar."""
    close = difflib.get_close_matches(name, list(known), n=1)
    return f"; did you mean {close[0]}?" if close else ""


def check_known(config_class: type[Any], names: Collection[str]) -> None:
    """Check that names are fields of a config (`TypeError`)."""
    known = [field.name for field in dataclasses.fields(config_class)]
    for name in names:
        if name not in known:
            hint = did_you_mean(name, known) or "."
            raise TypeError(
                f"unknown hyper-parameter '{name}'{hint} Those of "
                f"{config_class.__module__.rpartition('.')[2]} are {', '.join(known)}"
            )


def check_positive(config: Any, *fields: str) -> None:
    """Check that fields, or every entry of a tuple, are greater than zero (`ValueError`)."""
    for field, value in _numbers(config, fields):
        if not np.all(value > 0):
            raise ValueError(f"{field} must be greater than 0; got {getattr(config, field)}")


def check_not_negative(config: Any, *fields: str) -> None:
    """Check that fields are zero or greater (`ValueError`)."""
    for field, value in _numbers(config, fields):
        if not np.all(value >= 0):
            raise ValueError(f"{field} must not be negative; got {value}")


def check_fraction(config: Any, *fields: str) -> None:
    """Check that fields lie between 0 and 1 (`ValueError`)."""
    for field, value in _numbers(config, fields):
        if not np.all((value >= 0) & (value <= 1)):
            raise ValueError(f"{field} must lie between 0 and 1; got {value}")


def check_choice(config: Any, **choices: Collection[str]) -> None:
    """Check that fields are among their choices (`ValueError`)."""
    for field, known in choices.items():
        value = getattr(config, field)
        if value not in known:
            raise ValueError(f"{field} must be one of {', '.join(sorted(known))}; got '{value}'")


def check_float32(name: str, value: Any) -> None:
    """Check that a number, or all of an array, is finite in float32 and not rounded to 0."""
    size = np.abs(np.asarray(value, np.float64))
    if not np.all(np.isfinite(size)):
        raise ValueError(f"{name} must be a finite number; got {value}")
    if np.any(size > LARGEST):
        raise ValueError(f"{name} is infinite in float32; got {value}")
    if np.any((size > 0) & (size < SMALLEST)):
        raise ValueError(f"{name} is 0 in float32; got {value}")


def _converted(name: str, value: Any, hint: Any) -> Any:
    """A value as the type of its field, or an error."""
    if value is None and isinstance(hint, types.UnionType) and types.NoneType in hint.__args__:
        return None
    if typing.get_origin(hint) is typing.Literal:
        return _choice(name, value, typing.get_args(hint))
    convert = _CONVERSIONS.get(hint)
    return convert(name, value) if convert else value


def _boolean(name: str, value: Any) -> bool:
    plain = plain_number(value)
    if not isinstance(plain, bool):
        raise _type_error(name, "True or False", value)
    return plain


def _string(name: str, value: Any) -> str:
    if not isinstance(value, str):
        raise _type_error(name, "a string", value)
    return str(value)


def _choice(name: str, value: Any, choices: tuple[str, ...]) -> str:
    text = _string(name, value)
    if text not in choices:
        raise ValueError(f"{name} must be one of {', '.join(choices)}; got '{text}'")
    return text


def plain_number(value: Any) -> Any:
    """A scalar or an array without axes of NumPy or JAX as a number of Python.

    One of float32 becomes the decimal that it is written as, 0.1. Anything else stays as it is.
    """
    is_array = isinstance(value, np.generic | np.ndarray | jax.Array)
    if not is_array or isinstance(value, jax.core.Tracer) or np.ndim(value):
        return value
    if not isinstance(value.dtype, np.dtype):  # a PRNG key
        return value
    scalar = np.asarray(value)[()]
    is_float = jnp.issubdtype(scalar.dtype, jnp.floating)
    return float(str(scalar)) if is_float else scalar.item()


def integer(name: str, value: Any) -> int:
    """A value as an integer; also of a float such as 1e6.

    Raises:
      TypeError: it is no integer.
      ValueError: it is too large.
    """
    plain = plain_number(value)
    is_whole = isinstance(plain, float) and plain.is_integer()
    if not (isinstance(plain, int) or is_whole) or isinstance(plain, bool):
        raise _type_error(name, "an integer", value)
    number = int(plain)
    largest = LARGEST_BUDGET if name.startswith("total_") else LARGEST_SIZE
    if abs(number) > largest:
        raise ValueError(f"{name} must be at most {largest}; got {number}")
    return number


def _integers(name: str, value: Any) -> tuple[int, ...]:
    if not isinstance(value, tuple | list):
        raise _type_error(name, "a tuple of integers", value)
    return tuple(integer(name, entry) for entry in value)


def _number(name: str, value: Any) -> Any:
    """A float; an array or a tracer of numbers stays as it is."""
    if isinstance(value, jax.Array | np.ndarray):
        if not np.issubdtype(np.dtype(value.dtype), np.number):
            raise _type_error(name, "a number", value)
        if _has_value(value):
            check_float32(name, value)
        return value
    if not isinstance(value, int | float | np.number) or isinstance(value, bool | complex):
        raise _type_error(name, "a number", value)
    if isinstance(value, int) and abs(value) > LARGEST_BUDGET:  # may be too large for a float
        raise ValueError(f"{name} is too large; got {value}")
    check_float32(name, value)
    return float(plain_number(value))


_CONVERSIONS: dict[Any, Callable[[str, Any], Any]] = {
    bool: _boolean,
    str: _string,
    int: integer,
    float: _number,
    tuple[int, ...]: _integers,
}


def _type_error(name: str, expected: str, value: Any) -> TypeError:
    if isinstance(value, jax.core.Tracer):
        return TypeError(
            f"{name} must be {expected} that is known when the program is compiled; got a traced "
            "value. Only the numbers of a config can be mapped over or differentiated"
        )
    return TypeError(f"{name} must be {expected}; got {value!r}, of type {type(value).__name__}")


def _numbers(config: Any, fields: tuple[str, ...]) -> list[tuple[str, Any]]:
    """The numbers that can be compared now; inside a transformation, some have no value yet."""
    values = [(field, getattr(config, field)) for field in fields]
    entries = [(field, v) for field, value in values for v in _entries(value)]
    return [(field, entry) for field, entry in entries if _has_value(entry)]


def _has_value(entry: Any) -> bool:
    """Whether numbers are known: those of a tracer, or of another host's array, are not."""
    if isinstance(entry, jax.Array):
        return not isinstance(entry, jax.core.Tracer) and entry.is_fully_addressable
    return isinstance(entry, int | float | np.ndarray)


def _entries(value: Any) -> tuple[Any, ...]:
    return value if isinstance(value, tuple) else (value,)


def summary(error: Exception) -> str:
    """The type and the first line of an error."""
    return f"{type(error).__name__}: {error}".partition("\n")[0].rstrip(".")[:300]
