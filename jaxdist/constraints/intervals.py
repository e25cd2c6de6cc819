"""Constraints on single numbers: intervals of reals or of integers."""

from __future__ import annotations

import math
from typing import Any, ClassVar

import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.typing import ArrayLike

from jaxdist.constraints.constraint import Constraint, check_bounds


def is_constant(bound: Any, value: float) -> bool:
    """Test whether a bound is a Python number equal to `value`: traced bounds may change."""
    return isinstance(bound, int | float) and bound == value


def _flush(x: Any) -> Any:
    """Replace subnormal numbers by 0, as programs on devices do: no scale may be one."""
    if x.dtype.kind != "f" and x.dtype.name != "bfloat16":
        return x
    tiny = np.finfo(np.float64 if x.dtype == np.float64 else np.float32).tiny
    return np.where(np.abs(x) < tiny, np.zeros((), x.dtype), x)


class Range(Constraint):
    """The real numbers, or the integers, between two bounds.

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

    def includes(self, numbers: Any) -> bool:
        if any(isinstance(bound, Array) for bound in self.bounds):
            return False
        with np.errstate(invalid="ignore"):  # comparisons of NaN in half precision
            return bool(self._check(_flush(numbers)).all())

    def _check(self, x: Array) -> Array:
        lower, upper = self.bounds
        above = x > lower if self.open_below else x >= lower
        below = x < upper if self.open_above else x <= upper
        # The comparison with the lower bound excludes NaN already.
        unbounded = is_constant(upper, math.inf) and not self.open_above
        inside = above if unbounded else above & below
        floor = jnp.floor if isinstance(x, Array) else np.floor
        return inside & (x == floor(x)) if self.is_discrete else inside

    def _feasible_like(self, x: Array) -> Array:
        lower, upper = (jnp.asarray(bound, jnp.result_type(float, x)) for bound in self.bounds)
        above, below = (lower, upper) if self.is_discrete else (lower + 1, upper - 1)
        member = jnp.where(jnp.isfinite(lower), above, jnp.where(jnp.isfinite(upper), below, 0))
        if not self.is_discrete:
            bounded = jnp.isfinite(lower) & jnp.isfinite(upper)
            middle = jnp.where(bounded, lower, 0) / 2 + jnp.where(bounded, upper, 0) / 2
            member = jnp.where(bounded, middle, member)
        return jnp.broadcast_to(member, x.shape).astype(x.dtype)


class Real(Range):
    """All numbers except NaN; the infinities are included."""

    _name = "real"


class Integer(Range):
    """All integers."""

    _name = "integer"
    is_discrete = True


class Boolean(Range):
    """`{0, 1}`."""

    _name = "boolean"
    is_discrete = True

    @property
    def bounds(self) -> tuple[ArrayLike, ArrayLike]:
        return 0, 1


class Interval(Range):
    """`[lower_bound, upper_bound]`."""

    lower_bound: ArrayLike
    upper_bound: ArrayLike

    def __post_init__(self) -> None:
        """Check that the bounds are numbers."""
        check_bounds(self)

    @property
    def bounds(self) -> tuple[ArrayLike, ArrayLike]:
        return self.lower_bound, self.upper_bound


class HalfOpenInterval(Interval):
    """`[lower_bound, upper_bound)`."""

    open_above = True


class Within(Range):
    """The real numbers whose size is at most `radius`, as an interval around 0.

    Attributes:
      radius: positive, shape `(...)`.
    """

    radius: ArrayLike

    def __post_init__(self) -> None:
        """Check that the radius is a number."""
        check_bounds(self)

    @property
    def bounds(self) -> tuple[ArrayLike, ArrayLike]:
        """The negative radius, and the radius."""
        return -jnp.asarray(self.radius), self.radius


class IntegerInterval(Interval):
    """The integers of `[lower_bound, upper_bound]`."""

    is_discrete = True


class GreaterThanEq(Range):
    """`[lower_bound, inf]`."""

    lower_bound: ArrayLike

    def __post_init__(self) -> None:
        """Check that the bound is a number."""
        check_bounds(self)

    @property
    def bounds(self) -> tuple[ArrayLike, ArrayLike]:
        return self.lower_bound, math.inf


class GreaterThan(GreaterThanEq):
    """`(lower_bound, inf]`."""

    open_below = True


class IntegerGreaterThan(GreaterThanEq):
    """The integers from `lower_bound` on, which is included, as in torch."""

    is_discrete = True


class LessThanEq(Range):
    """`[-inf, upper_bound]`."""

    upper_bound: ArrayLike

    def __post_init__(self) -> None:
        """Check that the bound is a number."""
        check_bounds(self)

    @property
    def bounds(self) -> tuple[ArrayLike, ArrayLike]:
        return -math.inf, self.upper_bound


class LessThan(LessThanEq):
    """`[-inf, upper_bound)`."""

    open_above = True


class IntegerLessThan(LessThanEq):
    """The integers up to `upper_bound`, which is included, as in torch."""

    is_discrete = True
