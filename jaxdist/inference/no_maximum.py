"""Data under which no member of a family is the likeliest, such as equal ones of a Normal."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxdist import constraints
from jaxdist.argument_checks import get_validation
from jaxdist.arguments import Shape
from jaxdist.constraints import Constraint
from jaxdist.distribution import Distribution
from jaxdist.inference.data import Data
from jaxdist.inference.free_parameters import ENDS
from jaxdist.linalg.lapack import eigenvalues
from jaxdist.pytree import is_concrete

Parameters = Iterable[tuple[str, Array, Constraint]]


def require_maximum(
    owner: str, d: Distribution, parameters: Parameters, data: Data, is_maximum: Array
) -> None:
    """Check that an estimate is a maximum of the likelihood.

    Args:
      owner: the function, for errors.
      d: the estimate; a traced one is not checked.
      parameters: those that were fitted, with their constraints.
      data: the observations.
      is_maximum: whether the likelihood falls in all directions from there, shape `batch_shape`.
        It is used for equal observations alone, whose density may have no bound.

    Raises:
      ValueError: a parameter has no finite value inside of its constraint, or the density of equal
        observations grows without bound.
    """
    leaves = jax.tree.leaves((d, data.values, data.weights, is_maximum))
    if get_validation() == "off" or not all(map(is_concrete, leaves)):
        return
    for name, value, constraint in parameters:
        is_possible = np.asarray(_is_possible(value, constraint))
        if not is_possible.all():
            entry = tuple(int(i) for i in np.argwhere(~is_possible)[0])
            limit = "singular" if _is_matrix(constraint) else str(np.asarray(value)[entry])
            _raise(owner, d, name, f"{name!r} would be {limit}", entry, data)
    if data.event_ndim or d.support.is_discrete:
        return
    is_unbounded = np.asarray(data.is_constant & ~is_maximum)
    if is_unbounded.any():
        entry = tuple(int(i) for i in np.argwhere(is_unbounded)[0])
        name = "scale" if "scale" in d._stored() else next(iter(d._stored()), "scale")
        limit = f"the likelihood grows as far as {d[entry] if entry else d!r}"
        _raise(owner, d, name, limit, entry, data)


def _is_matrix(constraint: Constraint) -> bool:
    return constraint is constraints.positive_definite


def _is_possible(value: Array, constraint: Constraint) -> Array:
    if _is_matrix(constraint):
        size = value.shape[-1]
        scale = jnp.sqrt(jnp.diagonal(value, axis1=-2, axis2=-1))
        least = eigenvalues(value / (scale[..., :, None] * scale[..., None, :]))[..., 0]
        return least > 4 * size * jnp.finfo(value.dtype).eps
    may_be_infinite = constraint is constraints.logits  # of masked categories
    event = tuple(range(-constraint.event_dim, 0))
    return constraint.check(value) & (may_be_infinite | jnp.all(jnp.isfinite(value), event))


def _raise(owner: str, d: Distribution, name: str, limit: str, entry: Shape, data: Data) -> None:
    entry = entry[: data.weights.ndim - 1]
    index: tuple[Any, ...] = (slice(None), *entry)
    found = np.asarray(data.values)[index][np.asarray(data.weights)[index] > 0]
    where = f" of entry {entry} of the batch" if entry else ""
    if len(found) == 1:
        what = f"the only observation{where} is {found[0]!s}"
    elif (found == found[0]).all():
        what = f"the {len(found)} observations{where} are all equal to {found[0]!s}"
    else:
        what = f"the {len(found)} observations{where} do not determine all parameters"
    family = type(d).__name__
    has_others = len(d._stored()) > 1 and not data.event_ndim and name not in ENDS
    remedy = f", or a parameter: fit({family}, data, {name}=...)" if has_others else ""
    raise ValueError(
        f"{owner}: {what}, so that no {family} is the likeliest: {limit}. Give other data{remedy}"
    )
