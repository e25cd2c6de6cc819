"""The decorator of samplers, which checks their arguments."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any, TypeVar

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxdist.arguments import (
    Shape,
    as_real_numbers,
    as_shape,
    broadcasts_to,
    check_flag,
    check_key,
    describe,
)
from jaxdist.promotion import result_type
from jaxdist.pytree import is_concrete

Sampler = TypeVar("Sampler", bound=Callable[..., Any])


def sampler(function: Sampler) -> Sampler:
    """Check the arguments of a sampler, and make arrays of numbers: a decorator.

    Args:
      function: its parameters are `key`, then those of the distribution, then `shape` and `dtype`;
        the kind of each follows from its name.
    """
    names = list(inspect.signature(function).parameters)
    convert = {name: _CONVERT.get(name, _as_array) for name in names}
    of_distribution = [name for name in names if name not in _CONVERT]
    fits = _FITS.get(function.__name__, _broadcasts)
    owner = f"jaxdist.random.{function.__name__}"

    @functools.wraps(function)
    def checked(*args: Any, **kwargs: Any) -> Any:
        given = dict(zip(names, args, strict=False)) | kwargs
        if len(given) < len(args) + len(kwargs) or not given.keys() <= convert.keys():
            return function(*args, **kwargs)  # Python says what is wrong with the call
        given = {name: convert[name](owner, name, value) for name, value in given.items()}
        draws = given["shape"] if "shape" in given else np.shape(given["q"]) if "q" in given else ()
        for name in of_distribution:
            if name in given and not fits(name, given[name].shape, draws):
                raise ValueError(
                    f"{owner}: {name} does not fit draws of shape {draws}; got shape "
                    f"{given[name].shape}"
                )
        return function(**given)

    return checked  # type: ignore[return-value]


def _as_array(owner: str, name: str, value: Any) -> Array:
    """A parameter as an array of at least 32 bits, or an error."""
    if isinstance(value, jax.Array) and value.dtype == jnp.float32:
        return value
    x = as_real_numbers(owner, name, value)
    is_integer = jnp.issubdtype(jnp.result_type(x), jnp.integer)
    if name in _INTEGERS and not is_integer:
        raise TypeError(f"{owner}: {name} must be integers; got {describe(value)}")
    if name in _INTEGERS or (name in _COUNTS and is_integer and _is_int32(x)):
        return jnp.asarray(x, jnp.int32)
    dtype = result_type(float, x)
    return jnp.asarray(x, dtype if dtype.itemsize >= 4 else jnp.float32)


def _is_int32(x: Any) -> bool:
    """Tell whether integers fit into an int32: of a wide type, only where they are known to."""
    if isinstance(x, int) or np.can_cast(x.dtype, np.int32):
        return True
    return is_concrete(x) and bool(np.all(np.abs(np.asarray(x, float)) < 2.0**31))


def _as_dtype(owner: str, name: str, value: Any) -> np.dtype:
    """The dtype of draws, or an error."""
    kind = "uint" if owner.endswith(".bits") else "float"
    try:
        dtype = np.dtype(value)
    except (TypeError, ValueError):
        dtype = None
    possible = {f"{kind}32"} | ({f"{kind}64"} if jnp.result_type(float) == np.float64 else set())
    if dtype is None or value is None or dtype.name not in possible:
        raise ValueError(
            f"{owner}: {name} must be {kind}32, or {kind}64 where jax_enable_x64 is set; got "
            f"{describe(value)}"
        )
    return dtype


def _as_flag(owner: str, name: str, value: Any) -> bool:
    check_flag(owner, name, value)
    return bool(value)


def _broadcasts(name: str, shape: Shape, draws: Shape) -> bool:
    return broadcasts_to(shape, draws)


def _is_batch_of_logits(name: str, shape: Shape, draws: Shape) -> bool:
    """Whether draws of categories end in the batch of their logits."""
    batch = shape[:-1]
    return name == "q" or (
        len(shape) > 0 and shape[-1] > 0 and draws[len(draws) - len(batch) :] == batch
    )


def _fits_multinomial(name: str, shape: Shape, draws: Shape) -> bool:
    if not draws or draws[-1] == 0:
        return False
    if name == "total_count":
        return broadcasts_to(shape, draws[:-1])
    return shape[-1:] == draws[-1:] and broadcasts_to(shape, draws)


_CONVERT: dict[str, Callable[[str, str, Any], Any]] = {
    "key": lambda owner, name, value: check_key(value),
    "shape": lambda owner, name, value: as_shape(value, f"{owner}: {name}"),
    "dtype": _as_dtype,
    "strict": _as_flag,
}
_INTEGERS, _COUNTS = ("low", "high"), ("total_count", "successes", "failures")
_FITS = {
    "categorical": _is_batch_of_logits,
    "categorical_icdf": _is_batch_of_logits,
    "multinomial": _fits_multinomial,
}
