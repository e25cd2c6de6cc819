"""Constraints made of other constraints: independent, cat, stack, unions."""

from __future__ import annotations

import functools
import math
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.typing import ArrayLike

from jaxdist.arguments import Shape, as_integer, as_integers, as_shape, as_tuple
from jaxdist.constraints.constraint import Constraint, all_rightmost, check_constraint
from jaxdist.constraints.intervals import Range
from jaxdist.constraints.vectors import Ordered
from jaxdist.pytree import must_define, static


class _Combinator(Constraint):
    """A constraint made of other constraints."""

    @property
    def _components(self) -> tuple[Constraint, ...]:
        """The constraints that it is made of."""
        raise must_define(self, "_components")

    @property
    def event_dim(self) -> int:  # type: ignore[override]
        """Number of axes of one value: the largest of the constraints'."""
        return max(constraint.event_dim for constraint in self._components)

    @property
    def is_discrete(self) -> bool:  # type: ignore[override]
        """Whether any of the constraints is discrete."""
        return any(constraint.is_discrete for constraint in self._components)


def _as_constraints(owner: str, values: Any) -> tuple[Constraint, ...]:
    """Return a sequence of constraints, at least one, as a tuple."""
    constraints = as_tuple(owner, "cseq", values)
    if not constraints:
        raise ValueError(f"{owner}: cseq must hold at least one constraint")
    for constraint in constraints:
        check_constraint(f"{owner}: every entry of cseq", constraint)
    return constraints


class Independent(_Combinator):
    """A constraint that reinterprets the rightmost batch axes of another as event axes.

    Attributes:
      base_constraint: the constraint on each entry.
      reinterpreted_batch_ndims: number of batch axes to reinterpret.
    """

    base_constraint: Constraint
    reinterpreted_batch_ndims: int = static()

    def __post_init__(self) -> None:
        """Check the arguments."""
        check_constraint("Independent: base_constraint", self.base_constraint)
        name = "reinterpreted_batch_ndims"
        vars(self)[name] = as_integer("Independent", name, vars(self)[name], minimum=0)

    @property
    def _components(self) -> tuple[Constraint, ...]:
        return (self.base_constraint,)

    @property
    def event_dim(self) -> int:  # type: ignore[override]
        """Number of axes of one value."""
        return self.base_constraint.event_dim + self.reinterpreted_batch_ndims

    def includes(self, numbers: Any) -> bool:
        return self.base_constraint.includes(numbers)

    def _check(self, x: Array) -> Array:
        return all_rightmost(self.base_constraint.check(x), self.reinterpreted_batch_ndims)

    def _feasible_like(self, x: Array) -> Array:
        return self.base_constraint.feasible_like(x)


class OrderedWithin(Ordered):
    """Strictly increasing vectors whose entries are between two bounds.

    Attributes:
      base_constraint: the constraint on each entry, a `Range` of reals. Its bounds have an axis for
        the entries, which may be of length one.
    """

    _name = None
    base_constraint: Range

    def __post_init__(self) -> None:
        """Check the argument."""
        base = self.base_constraint
        if not isinstance(base, Range) or base.is_discrete:
            raise TypeError(
                "OrderedWithin: base_constraint must be an interval of reals, such as "
                f"`constraints.unit_interval`; got {base!r}"
            )

    def _check(self, x: Array) -> Array:
        return super()._check(x) & all_rightmost(self.base_constraint.check(x), 1)

    def _feasible_like(self, x: Array) -> Array:
        """Divide a bounded interval evenly; of a half-line, begin at its end."""
        low, high = (jnp.asarray(b, jnp.result_type(float, x)) for b in self.base_constraint.bounds)
        size = x.shape[-1]
        step = jnp.arange(1, size + 1) / (size + 1)
        bounded = jnp.isfinite(low) & jnp.isfinite(high)
        below, above = jnp.where(jnp.isfinite(low), low, 0), jnp.where(jnp.isfinite(high), high, 0)
        from_low = below + (1 + jnp.abs(below)) * size * step
        from_high = above - (1 + jnp.abs(above)) * size * (1 - step)
        from_an_end = jnp.where(jnp.isfinite(high), from_high, from_low)
        member = jnp.where(bounded, below * (1 - step) + above * step, from_an_end)
        return jnp.broadcast_to(member, x.shape).astype(x.dtype)


class _Sequence(_Combinator):
    """A sequence of constraints, one for each part of an array along an axis."""

    cseq: tuple[Constraint, ...]
    dim: int = static(default=0)

    def __post_init__(self) -> None:
        """Check the arguments."""
        name = type(self).__name__
        vars(self)["cseq"] = _as_constraints(name, self.cseq)
        vars(self)["dim"] = as_integer(name, "dim", self.dim)

    @property
    def _components(self) -> tuple[Constraint, ...]:
        return self.cseq

    def _split(self, x: Array) -> list[Array]:
        raise must_define(self, "_split")

    def _join(self, arrays: list[Array], dim: int) -> Array:
        raise must_define(self, "_join")

    def _require_length(self, x: Array, length: int) -> None:
        """Raise a ValueError unless there is an axis `dim` of that length."""
        if not (-x.ndim <= self.dim < x.ndim and x.shape[self.dim] == length):
            raise ValueError(
                f"{type(self).__name__}: expected a value of length {length} along the axis "
                f"{self.dim}; got shape {x.shape}"
            )

    def _check(self, x: Array) -> Array:
        """Check each part; one event must satisfy all constraints if `dim` is an event axis."""
        event_dim = self.event_dim
        checks = [
            all_rightmost(constraint.check(part), event_dim - constraint.event_dim)
            for constraint, part in zip(self.cseq, self._split(x), strict=True)
        ]
        if self.dim < 0 <= self.dim + event_dim:
            return functools.reduce(jnp.logical_and, checks)
        return self._join(checks, self.dim if self.dim >= 0 else self.dim + event_dim)

    def _feasible_like(self, x: Array) -> Array:
        pairs = zip(self.cseq, self._split(x), strict=True)
        return self._join([constraint.feasible_like(part) for constraint, part in pairs], self.dim)


class Cat(_Sequence):
    """Constraints on consecutive slices of an array.

    Attributes:
      cseq: one constraint for each slice.
      dim: the axis along which the array is split.
      lengths: the length of each slice along `dim`; 1 by default.
    """

    lengths: tuple[int, ...] | None = static(default=None)

    def __post_init__(self) -> None:
        """Check the arguments, and that there are as many lengths as constraints."""
        super().__post_init__()
        if self.lengths is not None:
            vars(self)["lengths"] = as_integers("Cat", "lengths", self.lengths)
            if len(self.lengths) != len(self.cseq):
                raise ValueError(
                    f"Cat: {len(self.lengths)} lengths for {len(self.cseq)} constraints"
                )

    def _split(self, x: Array) -> list[Array]:
        lengths = self.lengths or (1,) * len(self.cseq)
        self._require_length(x, sum(lengths))
        return jnp.split(x, np.cumsum(lengths)[:-1], self.dim)

    def _join(self, arrays: list[Array], dim: int) -> Array:
        return jnp.concatenate(arrays, dim)


class Stack(_Sequence):
    """Constraints on the entries of an array along an axis left of the event axes.

    Attributes:
      cseq: one constraint for each entry.
      dim: the axis along which the entries are stacked.
    """

    def _split(self, x: Array) -> list[Array]:
        self._require_length(x, len(self.cseq))
        return list(jnp.moveaxis(x, self.dim, 0))

    def _join(self, arrays: list[Array], dim: int) -> Array:
        return jnp.stack(arrays, dim)


class Union(_Combinator):
    """The union of sets with one event dimension, all discrete or all continuous.

    Attributes:
      cseq: the constraints, at least one.
    """

    cseq: tuple[Constraint, ...]

    def __post_init__(self) -> None:
        """Check that they are constraints."""
        vars(self)["cseq"] = _as_constraints("Union", self.cseq)

    @property
    def _components(self) -> tuple[Constraint, ...]:
        return self.cseq

    def _check(self, x: Array) -> Array:
        checks = (constraint.check(x) for constraint in self.cseq)
        return functools.reduce(jnp.logical_or, checks)

    def _feasible_like(self, x: Array) -> Array:
        return self.cseq[0].feasible_like(x)


class MixtureSameFamily(_Combinator):
    """The union of the supports of a mixture's components, which lie along a batch axis.

    Attributes:
      base_constraint: the support of the components, whose rightmost batch axis is theirs.
    """

    base_constraint: Constraint

    def __post_init__(self) -> None:
        """Check that it is a constraint."""
        check_constraint("MixtureSameFamily: base_constraint", self.base_constraint)

    @property
    def _components(self) -> tuple[Constraint, ...]:
        return (self.base_constraint,)

    def _per_component(self, x: Array) -> Array:
        return jnp.expand_dims(x, -1 - self.event_dim)

    def _check(self, x: Array) -> Array:
        return jnp.any(self.base_constraint.check(self._per_component(x)), -1)

    def _feasible_like(self, x: Array) -> Array:
        axis = -1 - self.event_dim

        def of_first_component(bound: ArrayLike) -> Array:
            values = jnp.asarray(bound)
            return values if values.ndim < -axis else jnp.take(values, jnp.array([0]), axis)

        first = jax.tree.map(of_first_component, self.base_constraint)
        return jnp.squeeze(first.feasible_like(self._per_component(x)), axis)


class Reshaped(_Combinator):
    """A constraint on arrays of one shape, for values of another shape.

    Attributes:
      base_constraint: the constraint.
      in_shape: event shape of its values.
      out_shape: event shape of the values, of as many entries.
    """

    base_constraint: Constraint
    in_shape: Shape = static()
    out_shape: Shape = static()

    def __post_init__(self) -> None:
        """Check the arguments."""
        check_constraint("Reshaped: base_constraint", self.base_constraint)
        vars(self).update(
            in_shape=as_shape(self.in_shape, "Reshaped: in_shape"),
            out_shape=as_shape(self.out_shape, "Reshaped: out_shape"),
        )
        if math.prod(self.in_shape) != math.prod(self.out_shape):
            raise ValueError(
                "Reshaped: in_shape and out_shape must have as many entries; "
                f"got {self.in_shape} and {self.out_shape}"
            )

    @property
    def _components(self) -> tuple[Constraint, ...]:
        return (self.base_constraint,)

    @property
    def event_dim(self) -> int:  # type: ignore[override]
        """Number of axes of one value."""
        return len(self.out_shape)

    def _as_value(self, value: ArrayLike) -> Array:
        x = super()._as_value(value)
        if x.shape[x.ndim - len(self.out_shape) :] != self.out_shape:
            raise ValueError(
                f"{self!r}: the last axes of a value must have the shape {self.out_shape}; "
                f"got shape {x.shape}"
            )
        return x

    def _change(self, x: Array, old: Shape, new: Shape) -> Array:
        return x.reshape(x.shape[: x.ndim - len(old)] + new)

    def _check(self, x: Array) -> Array:
        extra = len(self.in_shape) - self.base_constraint.event_dim
        inside = self.base_constraint.check(self._change(x, self.out_shape, self.in_shape))
        return all_rightmost(inside, extra)

    def _feasible_like(self, x: Array) -> Array:
        base = self._change(x, self.out_shape, self.in_shape)
        feasible = self.base_constraint.feasible_like(base)
        return self._change(feasible, self.in_shape, self.out_shape)
