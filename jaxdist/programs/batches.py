"""Batches of programs: a method of each, over the leading axes of their arguments."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import jax
from jax import Array

from jaxdist.arguments import Shape, as_shape
from jaxdist.programs.runs import as_arrays, require_known_names


def batch_shape_of(leaves: list[Array], ndims: tuple[int, ...]) -> Shape:
    """Return the leading axes of arrays, of which the last ones belong to one program.

    Args:
      leaves: the arrays.
      ndims: for each, the number of axes that belong to one program.
    """
    for leaf, ndim in zip(leaves, ndims, strict=True):
        return leaf.shape[: leaf.ndim - ndim]
    return ()


def over_values(program: Any, method: str, values: Mapping[str, Any]) -> Any:
    """Call a method of each program of a batch with its own values.

    Args:
      program: a `Program` or `ConditionedProgram` with a batch shape.
      method: the name of the method.
      values: a dict of arrays of shape `(*sample_shape, *batch_shape, *shape of the draw)`.

    Returns:
      What the method returns, with the same axes before its own.
    """
    arrays = as_arrays(f"Program.{method}", values)
    entry, ndims = first_entry(program), _ndims_of_values(program, method)
    require_known_names(f"Program.{method}", arrays, ndims)
    one = {name: x[(0,) * (x.ndim - ndims[name])] for name, x in arrays.items()}
    call = lambda program, values: getattr(program, method)(values)
    outputs = jax.tree.map(lambda leaf: leaf.ndim, jax.eval_shape(call, entry, one))
    for i in range(1, len(program.batch_shape) + 1):
        in_axes = {name: -ndims[name] - i for name in arrays}
        out_axes = jax.tree.map(lambda ndim, i=i: -ndim - i, outputs)
        call = jax.vmap(call, (0, in_axes), out_axes)
    return call(program, arrays)


def over_keys(program: Any, method: str, key: Array, sample_shape: Any) -> Any:
    """Call a method of each program of a batch that draws, with a key of its own.

    Returns:
      Draws of shape `(*sample_shape, *batch_shape, *shape of the draw)`.
    """
    shape = as_shape(sample_shape, "sample_shape")
    call = lambda program, key: getattr(program, method)(key, shape)
    drawn = jax.eval_shape(call, first_entry(program), key)
    outputs = jax.tree.map(lambda leaf: leaf.ndim - len(shape), drawn)
    for i in range(1, len(program.batch_shape) + 1):
        out_axes = jax.tree.map(lambda ndim, i=i: -ndim - i, outputs)
        call = jax.vmap(call, (0, 0), out_axes)
    return call(program, jax.random.split(key, program.batch_shape))


def first_entry(program: Any) -> Any:
    """Return the first program of a batch."""
    first = (0,) * len(program.batch_shape)
    return jax.tree.map(lambda leaf: leaf[first], program)


def _ndims_of_values(program: Any, method: str) -> dict[str, int]:
    """Return the number of axes of the values of one program, by name."""
    if method in ("unconstrained_log_prob", "constrain", "constrain_and_log_det"):
        init = lambda entry: entry.init(jax.random.key(0))
        abstract = jax.eval_shape(init, first_entry(program))
        return {name: leaf.ndim for name, leaf in abstract.items()}
    return {name: len(shape) for name, shape in program.shapes.items()}
