"""Functions of one sequence and one distribution, applied to the batches of both."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import jax
from jax import Array

from jaxdist.precision import widen
from jaxdist.promotion import numpy_promotion


@functools.partial(jax.jit, static_argnames=("function", "batch_ndim", "sample_ndim"))
@numpy_promotion
def map_events(
    function: Callable[..., Any], d: Any, *arrays: Any, batch_ndim: int, sample_ndim: int
) -> Any:
    """Apply a function of a single distribution and of arrays to batches, in at least float32.

    Args:
      function: of a distribution without batch axes, and of what belongs to one event.
      d: the distributions, whose leaves have `batch_ndim` batch axes.
      *arrays: values, or keys, with sample axes and then batch axes; None is passed on.
      batch_ndim: number of batch axes.
      sample_ndim: number of sample axes.

    Returns:
      What the function returns, with sample axes and then batch axes before its own.
    """
    axes = tuple(None if array is None else 0 for array in arrays)
    for _ in range(batch_ndim):
        function = jax.vmap(function, (0, *axes))
    for _ in range(sample_ndim):
        function = jax.vmap(function, (None, *axes))
    return function(widen(d), *arrays)


def draw_events(
    function: Callable[[Any, Array], Any], d: Any, key: Array, shape: tuple[int, ...]
) -> Any:
    """Draw with a key for each event.

    Args:
      function: of a distribution without batch axes, and of a key.
      d: the distributions.
      key: a PRNG key.
      shape: sample axes and then the batch axes of `d`.
    """
    keys = jax.random.split(key, shape) if shape else key
    batch_ndim = len(d.batch_shape)
    sample_ndim = len(shape) - batch_ndim
    return map_events(function, d, keys, batch_ndim=batch_ndim, sample_ndim=sample_ndim)
