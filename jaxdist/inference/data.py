"""Observations along leading axes, and their weighted sums."""

from __future__ import annotations

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.typing import ArrayLike

from jaxdist.argument_checks import check_arguments, get_validation
from jaxdist.arguments import Shape, as_real_numbers, broadcasts_to
from jaxdist.constraints import Constraint, nonnegative
from jaxdist.pytree import is_concrete


class Data(NamedTuple):
    """Observations along a first axis, with weights.

    Attributes:
      values: shape `(n, *batch_shape, *event_shape)`, of at least float32. In the place of those
        of weight 0, whatever they are, stands the first of the others.
      weights: shape `(n, *batch_shape)`.
      event_ndim: number of event axes.
    """

    values: Array
    weights: Array
    event_ndim: int

    @property
    def total_weight(self) -> Array:
        """Sum of the weights, shape `batch_shape`."""
        return jnp.sum(self.weights, 0)

    def sum(self, statistic: Array) -> Array:
        """Sum a statistic of every observation, shape `(n, *batch_shape, ...)`."""
        extra = tuple(range(self.weights.ndim - statistic.ndim, 0))
        return jnp.sum(jnp.expand_dims(self.weights, extra) * statistic, 0)

    def mean(self, statistic: Array) -> Array:
        """Average a statistic of every observation, shape `(n, *batch_shape, ...)`.

        Rounding leaves it between the least and the greatest: that of equal numbers is exact.
        """
        total = self.sum(statistic)
        extra = tuple(range(self.total_weight.ndim - total.ndim, 0))
        mean = total / jnp.expand_dims(self.total_weight, extra)
        return jnp.clip(mean, jnp.min(statistic, 0), jnp.max(statistic, 0))

    @property
    def is_constant(self) -> Array:
        """Whether all observations are equal, shape `batch_shape`."""
        is_equal = jnp.all(self.values == self.values[0], 0)
        return jnp.all(is_equal, tuple(range(-self.event_ndim, 0)))


def as_data(owner: str, data: ArrayLike, weights: ArrayLike | None, event_ndim: int) -> Data:
    """Convert observations and their weights.

    Args:
      owner: the function, for errors.
      data: shape `(n, *batch_shape, *event_shape)`.
      weights: non-negative, shape `(n,)` or `(n, *batch_shape)`; one each if None.
      event_ndim: number of event axes.

    Raises:
      ValueError: if there is no axis of observations, or the weights do not fit, or are negative,
        NaN or infinite.
    """
    values = _as_float(owner, "data", data)
    if values.ndim < 1 + event_ndim:
        raise ValueError(
            f"{owner}: data must have an axis of observations, then {event_ndim} axes of an event; "
            f"got shape {values.shape}"
        )
    shape: Shape = values.shape[: values.ndim - event_ndim]
    if weights is None:
        return Data(values, jnp.ones(shape, values.dtype), event_ndim)
    given = _as_float(owner, "weights", weights)
    if given.shape not in (shape[:1], shape):
        raise ValueError(
            f"{owner}: weights must have shape {shape[:1]} or {shape}; got {given.shape}"
        )
    check_weights(owner, given)
    given = given.reshape(given.shape + (1,) * (len(shape) - given.ndim))
    every = jnp.broadcast_to(given, shape).astype(values.dtype)
    return Data(_without_uncounted(values, every > 0, event_ndim), every, event_ndim)


def check_weights(owner: str, weights: Array) -> None:
    """Raise a ValueError where known weights are negative, NaN or infinite."""
    if get_validation() != "off":
        check_arguments(owner, {"weights": (weights, nonnegative)})
        _require_finite(owner, "weights", weights)


def _without_uncounted(values: Array, counted: Array, event_ndim: int) -> Array:
    """Replace observations that do not count by the first one that does."""
    if not values.shape[0]:
        return values
    event = tuple(range(-event_ndim, 0))
    first = jnp.expand_dims(jnp.argmax(counted, 0)[None], event)
    replacement = jnp.take_along_axis(values, first, 0)
    return jnp.where(jnp.expand_dims(counted, event), values, replacement)


def _require_finite(owner: str, name: str, value: Array) -> None:
    if not is_concrete(value) or bool(jnp.all(jnp.isfinite(value))):
        return
    index = tuple(int(i) for i in np.argwhere(~np.isfinite(value))[0])
    raise ValueError(f"{owner}: {name} must be finite; got {value[index]} at index {index}")


def check_observations(
    owner: str, data: Data, support: Constraint, *, may_be_none: bool = False
) -> None:
    """Check that observations of positive weight exist, are finite and are in a support.

    Args:
      owner: what is computed from them, for errors.
      data: the observations; traced ones are not checked.
      support: of their distribution.
      may_be_none: whether there may be no observation.

    Raises:
      ValueError: there are none, or one is outside or infinite.
    """
    if not data.values.shape[0]:
        if may_be_none:
            return
        raise ValueError(f"{owner}: data must have at least one observation; got none")
    leaves = jax.tree.leaves((data.values, data.weights, support))
    if get_validation() == "off" or not all(map(is_concrete, leaves)):
        return
    is_counted = data.total_weight > 0
    if not may_be_none and not bool(jnp.all(is_counted)):
        entry = tuple(int(i) for i in np.argwhere(~np.asarray(is_counted))[0])
        where = f" in entry {entry} of the batch" if entry else ""
        raise ValueError(
            f"{owner}: weights must have a positive sum; got zeros{where}. Give at least one "
            "observation a positive weight"
        )
    valid = support.check(data.values)
    if not jnp.all(valid | (data.weights == 0)).item():
        check_arguments(owner, {"data": (data.values, support)})
    if bool(jnp.all(is_counted)):
        _require_finite(owner, "data", data.values)


def _as_float(owner: str, name: str, value: Any) -> Array:
    x = jnp.asarray(as_real_numbers(owner, name, value))
    return x.astype(jnp.promote_types(jnp.result_type(float, x), jnp.float32))


def check_batch_shape(owner: str, shape: Shape, batch_shape: Shape) -> None:
    """Check that the batch shape of what is given broadcasts to that of the data."""
    if not broadcasts_to(shape, batch_shape):
        raise ValueError(
            f"{owner} has batch shape {shape}, which does not broadcast to that of the data, "
            f"{batch_shape}. To fit several distributions, give data of shape (n, *batch_shape)"
        )
