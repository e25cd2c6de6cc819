"""Constraints: sets of values, as pytrees.

A constraint tells whether values lie in a set. Sets without parameters are ready-made objects
(`real`, `positive`, `simplex` ...); sets with parameters are classes under their lower-case names
(`interval(low, high)`, `greater_than(low)` ...), whose bounds are leaves. Names and meaning are
those of `torch.distributions.constraints`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, ClassVar

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.typing import ArrayLike

from jaxdist.pytree import Pytree, static

__all__ = [
    "Constraint",
    "boolean",
    "cat",
    "corr_cholesky",
    "dependent",
    "dependent_property",
    "greater_than",
    "greater_than_eq",
    "half_open_interval",
    "independent",
    "integer_greater_than",
    "integer_interval",
    "integer_less_than",
    "interval",
    "is_dependent",
    "less_than",
    "logits",
    "lower_cholesky",
    "lower_triangular",
    "mixture_same_family",
    "multinomial",
    "nonnegative",
    "nonnegative_integer",
    "one_hot",
    "positive",
    "positive_definite",
    "positive_integer",
    "positive_semidefinite",
    "real",
    "real_vector",
    "simplex",
    "square",
    "stack",
    "symmetric",
    "unit_interval",
]


class Constraint(Pytree):
    """A set of values.

    Attributes:
      event_dim: how many axes, at the right, belong to one value.
      is_discrete: whether the set is countable.
    """

    event_dim: ClassVar[int] = 0
    is_discrete: ClassVar[bool] = False

    def check(self, value: ArrayLike) -> Array:
        """Tell for each value whether it lies in the set; NaN lies in none.

        Args:
          value: shape `(..., *event)`, where `event` has `event_dim` axes.

        Returns:
          Booleans of shape `(...)`, broadcast with the constraint's parameters.
        """
        raise NotImplementedError(f"{type(self).__name__} has no `check`")

    def feasible_like(self, value: ArrayLike) -> Array:
        """Return members of the set with the shape and dtype of `value`.

        Args:
          value: shape `(..., *event)`.
        """
        raise NotImplementedError(f"{type(self).__name__} has no `feasible_like`")


def _event_all(truth: Array, ndims: int) -> Array:
    return jnp.all(truth, axis=tuple(range(-ndims, 0)))


def _tolerance(value: Array, size: int) -> float:
    """Rounding of a sum over `size` terms near one, in the precision of `value`."""
    dtype = jnp.promote_types(value.dtype, jnp.bfloat16)
    return float(jnp.finfo(dtype).eps) * (8 + math.sqrt(size))


# --- numbers -------------------------------------------------------------------------------------


class Range(Constraint):
    """The numbers, or the integers, between two bounds.

    Attributes:
      bounds: the lower and the upper bound, infinite where there is none.
      open_below: whether the lower bound is excluded.
      open_above: whether the upper bound is excluded.
    """

    open_below: ClassVar[bool] = False
    open_above: ClassVar[bool] = False

    @property
    def bounds(self) -> tuple[ArrayLike, ArrayLike]:
        """The lower and the upper bound."""
        return -math.inf, math.inf

    def check(self, value: ArrayLike) -> Array:
        x = jnp.asarray(value)
        lower, upper = self.bounds
        above = x > lower if self.open_below else x >= lower
        below = x < upper if self.open_above else x <= upper
        inside = above & below
        return inside & (x == jnp.floor(x)) if self.is_discrete else inside

    def feasible_like(self, value: ArrayLike) -> Array:
        x = jnp.asarray(value)
        lower, upper = (jnp.asarray(bound, jnp.result_type(float, x)) for bound in self.bounds)
        above, below = (lower, upper) if self.is_discrete else (lower + 1, upper - 1)
        one_sided = jnp.where(jnp.isfinite(lower), above, jnp.where(jnp.isfinite(upper), below, 0))
        if not self.is_discrete:
            both = jnp.isfinite(lower) & jnp.isfinite(upper)
            middle = jnp.where(both, lower, 0) / 2 + jnp.where(both, upper, 0) / 2
            one_sided = jnp.where(both, middle, one_sided)
        return jnp.broadcast_to(one_sided, x.shape).astype(x.dtype)


class Real(Range):
    """Every number but NaN; the infinities are allowed."""

    def __repr__(self) -> str:
        return "real"


class Interval(Range):
    """`[lower_bound, upper_bound]`."""

    lower_bound: ArrayLike
    upper_bound: ArrayLike

    @property
    def bounds(self) -> tuple[ArrayLike, ArrayLike]:
        return self.lower_bound, self.upper_bound


class HalfOpenInterval(Interval):
    """`[lower_bound, upper_bound)`."""

    open_above = True


class IntegerInterval(Interval):
    """The integers of `[lower_bound, upper_bound]`."""

    is_discrete = True


class GreaterThanEq(Range):
    """`[lower_bound, inf]`."""

    lower_bound: ArrayLike

    @property
    def bounds(self) -> tuple[ArrayLike, ArrayLike]:
        return self.lower_bound, math.inf


class GreaterThan(GreaterThanEq):
    """`(lower_bound, inf]`."""

    open_below = True


class IntegerGreaterThan(GreaterThanEq):
    """The integers from `lower_bound` up, which is included as in torch."""

    is_discrete = True


class LessThan(Range):
    """`[-inf, upper_bound)`."""

    upper_bound: ArrayLike
    open_above = True

    @property
    def bounds(self) -> tuple[ArrayLike, ArrayLike]:
        return -math.inf, self.upper_bound


class IntegerLessThan(LessThan):
    """The integers up to `upper_bound`, which is included as in torch."""

    is_discrete = True
    open_above = False


class Boolean(Range):
    """`{0, 1}`."""

    is_discrete = True

    @property
    def bounds(self) -> tuple[ArrayLike, ArrayLike]:
        return 0, 1

    def __repr__(self) -> str:
        return "boolean"


# --- vectors -------------------------------------------------------------------------------------


class Simplex(Constraint):
    """Non-negative vectors that sum to one."""

    event_dim = 1

    def check(self, value: ArrayLike) -> Array:
        x = jnp.asarray(value)
        total = jnp.sum(x, -1, dtype=jnp.promote_types(x.dtype, jnp.float32))
        return _event_all(x >= 0, 1) & (jnp.abs(total - 1) <= _tolerance(x, x.shape[-1]))

    def feasible_like(self, value: ArrayLike) -> Array:
        x = jnp.asarray(value)
        return jnp.full_like(x, 1 / x.shape[-1])

    def __repr__(self) -> str:
        return "simplex"


class Logits(Constraint):
    """Vectors of unnormalised log-probabilities: `-inf` masks an entry, but never all of them."""

    event_dim = 1

    def check(self, value: ArrayLike) -> Array:
        x = jnp.asarray(value)
        return _event_all(x < math.inf, 1) & jnp.any(x > -math.inf, -1)

    def feasible_like(self, value: ArrayLike) -> Array:
        return jnp.zeros_like(value)

    def __repr__(self) -> str:
        return "logits (below inf, and not all -inf)"


class OneHot(Constraint):
    """Vectors with one entry 1 and all others 0."""

    event_dim = 1
    is_discrete = True

    def check(self, value: ArrayLike) -> Array:
        x = jnp.asarray(value)
        return _event_all((x == 0) | (x == 1), 1) & (jnp.sum(x == 1, -1) == 1)

    def feasible_like(self, value: ArrayLike) -> Array:
        x = jnp.asarray(value)
        return jnp.broadcast_to(jnp.arange(x.shape[-1]) == 0, x.shape).astype(x.dtype)

    def __repr__(self) -> str:
        return "one_hot"


class Multinomial(Constraint):
    """Vectors of counts that sum to `upper_bound`, as in torch at most that."""

    upper_bound: ArrayLike
    event_dim = 1
    is_discrete = True

    def check(self, value: ArrayLike) -> Array:
        x = jnp.asarray(value)
        return _event_all((x >= 0) & (x == jnp.floor(x)), 1) & (jnp.sum(x, -1) <= self.upper_bound)

    def feasible_like(self, value: ArrayLike) -> Array:
        x = jnp.asarray(value)
        total = jnp.asarray(self.upper_bound)[..., None]
        first = jnp.arange(x.shape[-1]) == 0
        return jnp.broadcast_to(jnp.where(first, total, 0), x.shape).astype(x.dtype)


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
        return _event_all(self.base_constraint.check(x), self.reinterpreted_batch_ndims)

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


class Cat(_Pieces):
    """Constraints on consecutive pieces of an array.

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
        pairs = zip(self.constraints, self._split(value), strict=True)
        return jnp.concatenate([part.check(piece) for part, piece in pairs], self.axis)

    def feasible_like(self, value: ArrayLike) -> Array:
        pairs = zip(self.constraints, self._split(value), strict=True)
        return jnp.concatenate([part.feasible_like(piece) for part, piece in pairs], self.axis)


class Stack(_Pieces):
    """Constraints on the slices of an array along `axis`."""

    def _slices(self, value: ArrayLike) -> list[Array]:
        return list(jnp.moveaxis(jnp.asarray(value), self.axis, 0))

    def check(self, value: ArrayLike) -> Array:
        pairs = zip(self.constraints, self._slices(value), strict=True)
        return jnp.stack([part.check(piece) for part, piece in pairs], self.axis)

    def feasible_like(self, value: ArrayLike) -> Array:
        pairs = zip(self.constraints, self._slices(value), strict=True)
        return jnp.stack([part.feasible_like(piece) for part, piece in pairs], self.axis)


# --- matrices ------------------------------------------------------------------------------------


class _Matrix(Constraint):
    """Sets of matrices to which the identity belongs."""

    event_dim = 2
    name: ClassVar[str]

    def feasible_like(self, value: ArrayLike) -> Array:
        x = jnp.asarray(value)
        return jnp.broadcast_to(jnp.eye(x.shape[-2], x.shape[-1], dtype=x.dtype), x.shape)

    def __repr__(self) -> str:
        return self.name


class LowerTriangular(_Matrix):
    """Lower-triangular square matrices."""

    name = "lower_triangular"

    def check(self, value: ArrayLike) -> Array:
        x = jnp.asarray(value)
        return _event_all(jnp.tril(x) == x, 2)


class LowerCholesky(LowerTriangular):
    """Lower-triangular square matrices with a positive diagonal."""

    name = "lower_cholesky"

    def check(self, value: ArrayLike) -> Array:
        x = jnp.asarray(value)
        return super().check(x) & _event_all(jnp.diagonal(x, axis1=-2, axis2=-1) > 0, 1)


class CorrCholesky(LowerCholesky):
    """Lower-triangular square matrices with a positive diagonal and rows of length one."""

    name = "corr_cholesky"

    def check(self, value: ArrayLike) -> Array:
        x = jnp.asarray(value)
        squared = jnp.sum(x * x, -1, dtype=jnp.promote_types(x.dtype, jnp.float32))
        return super().check(x) & _event_all(
            jnp.abs(squared - 1) <= 2 * _tolerance(x, x.shape[-1]), 1
        )


class Square(_Matrix):
    """Square matrices."""

    name = "square"

    def check(self, value: ArrayLike) -> Array:
        x = jnp.asarray(value)
        return jnp.full(x.shape[:-2], x.shape[-2] == x.shape[-1])


class Symmetric(Square):
    """Symmetric matrices, up to rounding."""

    name = "symmetric"

    def check(self, value: ArrayLike) -> Array:
        x = jnp.asarray(value)
        square = super().check(x)
        if x.shape[-2] != x.shape[-1]:
            return square
        size = jnp.max(jnp.abs(x), (-2, -1), keepdims=True)
        return square & _event_all(
            jnp.abs(x - jnp.matrix_transpose(x)) <= _tolerance(x, x.shape[-1]) * size, 2
        )


class PositiveSemidefinite(Symmetric):
    """Symmetric matrices without negative eigenvalues, up to rounding."""

    name = "positive_semidefinite"

    def check(self, value: ArrayLike) -> Array:
        x = jnp.asarray(value)
        symmetric = super().check(x)
        if x.shape[-2] != x.shape[-1]:
            return symmetric
        eigenvalues = jnp.linalg.eigvalsh(x.astype(jnp.promote_types(x.dtype, jnp.float32)))
        size = jnp.max(jnp.abs(eigenvalues), -1)
        return symmetric & (eigenvalues[..., 0] >= -_tolerance(x, x.shape[-1]) * size)


class PositiveDefinite(Symmetric):
    """Symmetric matrices with positive eigenvalues: those with a Cholesky factor."""

    name = "positive_definite"

    def check(self, value: ArrayLike) -> Array:
        x = jnp.asarray(value)
        symmetric = super().check(x)
        if x.shape[-2] != x.shape[-1]:
            return symmetric
        factor = jnp.linalg.cholesky(x.astype(jnp.promote_types(x.dtype, jnp.float32)))
        return symmetric & _event_all(jnp.isfinite(factor), 2)


# --- what depends on an instance -----------------------------------------------------------------


class Dependent(Constraint):
    """A set that depends on the parameters: ask an instance, not the class."""

    def check(self, value: ArrayLike) -> Array:
        raise ValueError(
            "this constraint depends on the distribution's parameters: read `support` or "
            "`arg_constraints` from an instance, not from the class"
        )

    def __repr__(self) -> str:
        return "dependent"


class dependent_property(property):
    """A property that returns a constraint, with what can be known of it without an instance.

    Args:
      fget: the property's getter; leave out to use the decorator with arguments.
      is_discrete: whether the set is countable, where known.
      event_dim: the axes of one value, where known.
    """

    def __init__(
        self,
        fget: Callable[[Any], Constraint] | None = None,
        *,
        is_discrete: bool | None = None,
        event_dim: int | None = None,
    ) -> None:
        super().__init__(fget)
        self.is_discrete = is_discrete
        self.event_dim = event_dim

    def __call__(self, fget: Callable[[Any], Constraint]) -> dependent_property:
        """Return the decorated property."""
        return dependent_property(fget, is_discrete=self.is_discrete, event_dim=self.event_dim)


def is_dependent(constraint: object) -> bool:
    """Tell whether a class-level constraint can only be known from an instance."""
    return isinstance(constraint, Dependent | property)


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


# --- names ---------------------------------------------------------------------------------------

real = Real()
boolean = Boolean()
interval = Interval
half_open_interval = HalfOpenInterval
greater_than = GreaterThan
greater_than_eq = GreaterThanEq
less_than = LessThan
integer_interval = IntegerInterval
integer_greater_than = IntegerGreaterThan
integer_less_than = IntegerLessThan
positive = GreaterThan(0.0)
nonnegative = GreaterThanEq(0.0)
unit_interval = Interval(0.0, 1.0)
nonnegative_integer = IntegerGreaterThan(0)
positive_integer = IntegerGreaterThan(1)

simplex = Simplex()
logits = Logits()
one_hot = OneHot()
multinomial = Multinomial
independent = Independent
real_vector = Independent(real, 1)
cat = Cat
stack = Stack

lower_triangular = LowerTriangular()
lower_cholesky = LowerCholesky()
corr_cholesky = CorrCholesky()
square = Square()
symmetric = Symmetric()
positive_semidefinite = PositiveSemidefinite()
positive_definite = PositiveDefinite()

dependent = Dependent()
mixture_same_family = MixtureSameFamily
