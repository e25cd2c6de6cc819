"""Sets made of sets."""

from __future__ import annotations

import functools
import math

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.typing import ArrayLike

from jaxdist.constraints.constraint import Constraint, event_all
from jaxdist.constraints.numbers import Range
from jaxdist.pytree import static


class Independent(Constraint):
    """A constraint whose rightmost batch axes are read as one event.

    Attributes:
      base_constraint: the constraint on the parts.
      reinterpreted_batch_ndims: how many axes are joined to the event.
    """

    base_constraint: Constraint
    reinterpreted_batch_ndims: int = static()

    @property
    def event_dim(self) -> int:  # type: ignore[override]
        """Axes of one event."""
        return self.base_constraint.event_dim + self.reinterpreted_batch_ndims

    @property
    def is_discrete(self) -> bool:  # type: ignore[override]
        """Whether the parts are discrete."""
        return self.base_constraint.is_discrete

    def check(self, value: ArrayLike) -> Array:
        x = jnp.asarray(value)
        if x.ndim < self.event_dim:
            raise ValueError(
                f"{self!r} is about events of {self.event_dim} axes; got a value of shape {x.shape}"
            )
        return event_all(self.base_constraint.check(x), self.reinterpreted_batch_ndims)

    def feasible_like(self, value: ArrayLike) -> Array:
        return self.base_constraint.feasible_like(value)


class _Pieces(Constraint):
    """Constraints on slices of one array, side by side along an axis."""

    constraints: tuple[Constraint, ...]
    axis: int = static(default=0)

    @property
    def event_dim(self) -> int:  # type: ignore[override]
        """The largest of the parts' event dimensions."""
        return max(part.event_dim for part in self.constraints)

    @property
    def is_discrete(self) -> bool:  # type: ignore[override]
        """Whether any part is discrete."""
        return any(part.is_discrete for part in self.constraints)

    def _checks(self, pieces: list[Array]) -> list[Array]:
        """Check each piece, events of the largest dimension at a time."""
        pairs = zip(self.constraints, pieces, strict=True)
        return [event_all(p.check(x), self.event_dim - p.event_dim) for p, x in pairs]

    @property
    def _axis_of_checks(self) -> int:
        return self.axis if self.axis >= 0 else self.axis + self.event_dim


class Cat(_Pieces):
    """Constraints on consecutive pieces of an array, all to hold where they lie within one event.

    Attributes:
      constraints: one for each piece.
      axis: the axis along which the pieces lie.
      lengths: the length of each piece along `axis`; all one by default.
    """

    lengths: tuple[int, ...] | None = static(default=None)

    def _split(self, value: ArrayLike) -> list[Array]:
        lengths = self.lengths or (1,) * len(self.constraints)
        return jnp.split(jnp.asarray(value), np.cumsum(lengths)[:-1], self.axis)

    def check(self, value: ArrayLike) -> Array:
        checks = self._checks(self._split(value))
        if self.axis < 0 <= self._axis_of_checks:
            return functools.reduce(jnp.logical_and, checks)
        return jnp.concatenate(checks, self._axis_of_checks)

    def feasible_like(self, value: ArrayLike) -> Array:
        pairs = zip(self.constraints, self._split(value), strict=True)
        return jnp.concatenate([part.feasible_like(piece) for part, piece in pairs], self.axis)


class Stack(_Pieces):
    """Constraints on the slices of an array along `axis`, which is left of the event axes."""

    def _slices(self, value: ArrayLike) -> list[Array]:
        return list(jnp.moveaxis(jnp.asarray(value), self.axis, 0))

    def check(self, value: ArrayLike) -> Array:
        return jnp.stack(self._checks(self._slices(value)), self._axis_of_checks)

    def feasible_like(self, value: ArrayLike) -> Array:
        pairs = zip(self.constraints, self._slices(value), strict=True)
        return jnp.stack([part.feasible_like(piece) for part, piece in pairs], self.axis)


class MixtureSameFamily(Constraint):
    """The union of the supports of a mixture's components, which lie along an axis.

    Attributes:
      base_constraint: the support of the components, whose rightmost batch axis is theirs.
    """

    base_constraint: Constraint

    @property
    def event_dim(self) -> int:  # type: ignore[override]
        """Axes of one event."""
        return self.base_constraint.event_dim

    @property
    def is_discrete(self) -> bool:  # type: ignore[override]
        """Whether the components are discrete."""
        return self.base_constraint.is_discrete

    def _per_component(self, value: ArrayLike) -> Array:
        return jnp.expand_dims(jnp.asarray(value), -1 - self.event_dim)

    def check(self, value: ArrayLike) -> Array:
        return jnp.any(self.base_constraint.check(self._per_component(value)), -1)

    def feasible_like(self, value: ArrayLike) -> Array:
        axis = -1 - self.event_dim

        def of_first_component(bound: ArrayLike) -> Array:
            values = jnp.asarray(bound)
            return values if values.ndim < -axis else jnp.take(values, jnp.array([0]), axis)

        first = jax.tree.map(of_first_component, self.base_constraint)
        return jnp.squeeze(first.feasible_like(self._per_component(value)), axis)


class Union(Constraint):
    """The union of sets, all discrete or all continuous, whose values have one shape.

    Attributes:
      constraints: the sets.
    """

    constraints: tuple[Constraint, ...]

    @property
    def event_dim(self) -> int:  # type: ignore[override]
        """Axes of one event."""
        return self.constraints[0].event_dim

    @property
    def is_discrete(self) -> bool:  # type: ignore[override]
        """Whether the sets are discrete."""
        return self.constraints[0].is_discrete

    def check(self, value: ArrayLike) -> Array:
        return functools.reduce(jnp.logical_or, (part.check(value) for part in self.constraints))

    def feasible_like(self, value: ArrayLike) -> Array:
        return self.constraints[0].feasible_like(value)


def into(constraint: Constraint, x: Array) -> Array:
    """Move what rounding put on or beyond the bounds of a range of floats back into it.

    Args:
      constraint: a range, or independent ones; values of others are returned as they are.
      x: any shape broadcastable with the bounds.
    """
    while isinstance(constraint, Independent):
        constraint = constraint.base_constraint
    if not isinstance(constraint, Range) or not jnp.issubdtype(x.dtype, jnp.floating):
        return x
    lower, upper = constraint.bounds
    if not (isinstance(lower, float) and lower == -math.inf):
        least = _next(lower, x, 1) if constraint.open_below else jnp.asarray(lower, x.dtype)
        x = jnp.maximum(x, least)
    if not (isinstance(upper, float) and upper == math.inf):
        most = _next(upper, x, -1) if constraint.open_above else jnp.asarray(upper, x.dtype)
        x = jnp.minimum(x, most)
    return x


def _next(bound: ArrayLike, like: Array, direction: int) -> Array:
    """The first normal number beyond a bound (subnormal ones count as zero on most devices)."""
    info = jnp.finfo(like.dtype)
    bound = jnp.asarray(bound, like.dtype)
    return bound + direction * jnp.maximum(jnp.abs(bound) * info.eps, info.tiny)
