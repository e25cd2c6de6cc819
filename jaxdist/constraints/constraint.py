"""Constraint: a set of values, which may depend on the parameters of an instance."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from typing import Any, ClassVar

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.typing import ArrayLike

from jaxdist.arguments import Shape, as_real_numbers, broadcasts_to
from jaxdist.promotion import numpy_promotion
from jaxdist.pytree import Pytree


class Constraint(Pytree):
    """A set of values.

    A subclass writes `_check(x)` and `_feasible_like(x)`, which receive arrays.

    Attributes:
      event_dim: number of axes of one value; the axes left of them are batch axes.
      is_discrete: whether the set is countable.

    Example:
      >>> from jaxdist import constraints
      >>> constraints.positive.check([-1.0, 2.0]).tolist()
      [False, True]
      >>> bool(constraints.simplex.check([0.2, 0.3, 0.5]))
      True
    """

    event_dim: ClassVar[int] = 0
    is_discrete: ClassVar[bool] = False
    # The name in `jaxdist.constraints` of a set without parameters, printed by `repr`.
    _name: ClassVar[str | None] = None

    @numpy_promotion
    def check(self, value: ArrayLike) -> Array:
        """Test for each value whether it is in the set; NaN is in none.

        Args:
          value: shape `(..., *event)`, where `event` has `event_dim` axes.

        Returns:
          Booleans of shape `(...)`, broadcast with the constraint's parameters.
        """
        x = self._as_value(value)
        shapes = (x.shape[: x.ndim - self.event_dim], *self._bound_shapes())
        try:
            jnp.broadcast_shapes(*shapes)
        except ValueError as error:
            raise self._bad_shape(x.shape, "broadcast with") from error
        return self._check(x)

    def includes(self, numbers: Any) -> bool:
        """Tell whether numbers in the host's memory are all in the set, without calling a device.

        Args:
          numbers: a NumPy array of shape `(..., *event)`.

        Returns:
          False also if only `check` can tell.
        """
        return False

    @numpy_promotion
    def feasible_like(self, value: ArrayLike) -> Array:
        """Return members of the set.

        Args:
          value: shape `(..., *event)`.

        Returns:
          An array with the shape and dtype of `value`.
        """
        x = self._as_value(value)
        batch_shape = x.shape[: x.ndim - self.event_dim]
        if not all(broadcasts_to(shape, batch_shape) for shape in self._bound_shapes()):
            raise self._bad_shape(x.shape, "have the axes of")
        return self._feasible_like(x)

    def _as_value(self, value: ArrayLike) -> Array:
        """Check that a value is an array of real numbers with the axes of an event."""
        x = jnp.asarray(as_real_numbers(repr(self), "the value", value))
        if x.ndim < self.event_dim:
            raise ValueError(
                f"{self!r}: a value needs at least {self.event_dim} axes; got shape {x.shape}"
            )
        return x

    def _bound_shapes(self) -> list[Shape]:
        """The shapes of its own bounds, which are batch axes."""
        bounds = vars(self).values()
        return [bound.shape for bound in bounds if isinstance(bound, Array | np.ndarray)]

    def _bad_shape(self, shape: Shape, verb: str) -> ValueError:
        return ValueError(
            f"{self!r}: the value's shape {shape} must {verb} the bounds' {self._bound_shapes()}"
        )

    def _check(self, x: Array) -> Array:
        raise NotImplementedError(f"{type(self).__name__} has no `check`")

    def _feasible_like(self, x: Array) -> Array:
        raise NotImplementedError(f"{type(self).__name__} has no `feasible_like`")

    def __repr__(self) -> str:
        return self._name or super().__repr__()


def check_constraint(what: str, value: Any, alternative: str = "") -> None:
    """Raise a TypeError unless a value is an instance of `Constraint`.

    Args:
      what: what must be a constraint, for the error.
      value: the value.
      alternative: what else is valid, for the error.
    """
    if isinstance(value, Constraint):
        return
    found = repr(value)
    if isinstance(value, property):
        found = "a property: read it from an instance, not from the class"
    if isinstance(value, type) and issubclass(value, Constraint):
        arguments = ", ".join(field.name for field in dataclasses.fields(value))
        found = f"a class: write an instance, `{value.__name__}({arguments})`"
    raise TypeError(
        f"{what} must be a Constraint, such as `constraints.positive`{alternative}; got {found}"
    )


def check_bounds(constraint: Constraint) -> None:
    """Check that the bounds of a new constraint are numbers, and convert lists to arrays.

    Those of an abstract distribution, as of `jax.eval_shape`, are abstract.
    """
    name = type(constraint).__name__
    bounds = vars(constraint)
    for key, bound in bounds.items():
        if not isinstance(bound, jax.ShapeDtypeStruct):
            bounds[key] = as_real_numbers(name, key, bound)


class Dependent(Constraint):
    """Placeholder on a class for a constraint that depends on the parameters of an instance."""

    _name = "dependent"

    def check(self, value: ArrayLike) -> Array:
        raise ValueError(
            "this constraint depends on the distribution's parameters: read `support` or "
            "`arg_constraints` from an instance, not from the class"
        )


class dependent_property(property):
    """A property that returns a constraint, and what is known of it without an instance.

    Args:
      fget: the property's getter; omit it to pass the other arguments to the decorator.
      is_discrete: whether the set is countable; None if that depends on the instance.
      event_dim: number of axes of one value; None if that depends on the instance.
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
    """Test whether a constraint read from a class depends on the instance."""
    return isinstance(constraint, Dependent | property)


def all_rightmost(x: Array, ndims: int) -> Array:
    """Test whether all entries along the last `ndims` axes are true."""
    return jnp.all(x, axis=tuple(range(-ndims, 0)))


def tolerance(value: Array, size: int) -> float:
    """Bound the rounding error of a sum of `size` terms near one in the precision of `value`.

    The bound for float64 is that for float32, since many float64 values were computed in float32.
    """
    floating = jnp.issubdtype(value.dtype, jnp.floating)
    eps = float(jnp.finfo(value.dtype if floating else jnp.float32).eps)
    return max(eps, float(jnp.finfo(jnp.float32).eps)) * (8 + math.sqrt(size))
