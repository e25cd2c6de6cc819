"""Promotion of shapes and types by NumPy's rules, whatever the program that calls has set."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any, ParamSpec, TypeVar

import jax
import jax.numpy as jnp
import numpy as np

P = ParamSpec("P")
R = TypeVar("R")


def numpy_promotion(function: Callable[P, R]) -> Callable[P, R]:
    """Let arrays in a function broadcast, and their types promote, as in NumPy: a decorator.

    The settings `jax_numpy_rank_promotion` and `jax_numpy_dtype_promotion` guard the code of those
    who set them. The functions that they call have checked their arguments, and rely on the rules:
    parameters of shape `batch_shape` meet values of shape `sample_shape + batch_shape`, and counts
    meet probabilities. Below `jax.jit` the decorator costs a microsecond for each compilation.
    """

    @functools.wraps(function)
    def promoting(*args: P.args, **kwargs: P.kwargs) -> R:
        with jax.numpy_rank_promotion("allow"), jax.numpy_dtype_promotion("standard"):
            return function(*args, **kwargs)

    return promoting


@numpy_promotion
def result_type(*values: Any) -> np.dtype:
    """Return the type that numbers and arrays promote to, as `jax.numpy.result_type` does."""
    return jnp.result_type(*values)


class custom_jvp(jax.custom_jvp):
    """`jax.custom_jvp` for a function and a rule that promote as in NumPy.

    JAX evaluates the rule where a derivative is taken, which is outside of the function that
    called: a decorator of that function does not reach it.

    Args:
      function: the function.
      nondiff_argnums: positions of the arguments that are not arrays.
    """

    def __init__(self, function: Callable[..., Any], nondiff_argnums: Sequence[int] = ()) -> None:
        super().__init__(numpy_promotion(function), nondiff_argnums)

    def defjvp(self, jvp: Callable[..., Any], symbolic_zeros: bool = False) -> Callable[..., Any]:
        """Set the rule, which maps primals and tangents to the value and its tangent."""
        super().defjvp(numpy_promotion(jvp), symbolic_zeros)
        return jvp
