"""The support of a program, and the bijection onto it from unconstrained values."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
from jax import Array

from jaxdist import constraints
from jaxdist.bijections import biject_to
from jaxdist.constraints import Constraint
from jaxdist.pytree import static
from jaxdist.transforms import Transform


class ProgramSupport(Constraint):
    """The set of values of a program: each in the support that it has given those before it.

    Attributes:
      program: a `ConditionedProgram`, of whose other names these are the values.
    """

    program: Any

    @property
    def is_discrete(self) -> bool:  # type: ignore[override]
        """Whether any draw is discrete."""
        return bool(self.program.discrete_names)

    def check(self, value: Any) -> Array:
        """Test whether each value, which may have sample axes, is in its support."""
        return self.program.is_inside(value)

    def feasible_like(self, value: Any) -> Any:
        """Replace what is outside of its support."""
        return self.program.feasible_like(value)


class ProgramTransform(Transform):
    """The bijection from unconstrained values of the names of a program onto its support.

    Each value is mapped onto the support that it has given those before it. Values are dicts by
    name, and may have sample axes; the log-determinant is the sum over the names.

    Args:
      program: a `ConditionedProgram`.
      inverse: whether this is the inverse, from the support to unconstrained values.
    """

    program: Any
    inverse: bool = static(default=False)

    bijective = True

    def __post_init__(self, validate_args: bool | None) -> None:
        """Accept the arguments, which `biject_to` gives."""

    @property
    def batch_shape(self) -> tuple[int, ...]:
        """(): programs have no batch axes."""
        return ()

    @property
    def domain(self) -> Constraint:
        """Real numbers by name; the support for the inverse."""
        return ProgramSupport(self.program) if self.inverse else constraints.real

    @property
    def codomain(self) -> Constraint:
        """The support; real numbers by name for the inverse."""
        return constraints.real if self.inverse else ProgramSupport(self.program)

    @property
    def inv(self) -> ProgramTransform:
        """The inverse transform."""
        return ProgramTransform(self.program, not self.inverse)

    def __call__(self, x: Any) -> Any:
        """Transform a dict of values."""
        return self.forward_and_log_det(x)[0]

    def forward_and_log_det(self, x: Any) -> tuple[Any, Array]:
        """Transform a dict of values, and evaluate log abs det dy/dx."""
        if not self.inverse:
            return self.program.constrain_and_log_det(x)
        y = self.program.unconstrain(x)
        return y, -self.program.constrain_and_log_det(y)[1]

    def inverse_and_log_det(self, y: Any) -> tuple[Any, Array]:
        """Invert the transform at a dict of values, and evaluate log abs det dx/dy."""
        return self.inv.forward_and_log_det(y)

    def log_abs_det_jacobian(self, x: Any, y: Any) -> Array:
        """Evaluate log abs det dy/dx, shape that of the sample axes."""
        return self.forward_and_log_det(x)[1]


biject_to.register(ProgramSupport, lambda constraint: ProgramTransform(constraint.program))


def bijection_and_sum(support: Constraint, unconstrained: Array) -> tuple[Array, Array]:
    """Map unconstrained numbers onto a support; also return the whole log-determinant, a scalar."""
    x, log_det = biject_to(support).forward_and_log_det(unconstrained)
    return x, jnp.sum(log_det)
