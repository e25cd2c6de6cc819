"""Sets that are known only from an instance."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from jax import Array
from jax.typing import ArrayLike

from jaxdist.constraints.constraint import Constraint


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
