"""From constraints to transforms onto them.

`biject_to(constraint)` is a bijection from unconstrained values, with a log-determinant.
`transform_to(constraint)` need not be one, and is the better behaved for optimisation: they differ
for the simplex. Both take a constraint of `jaxdist.constraints`, and both can be extended:
`@biject_to.register(MyConstraint)` decorates a function of a constraint that returns a transform.

So parameters of any distribution are optimised over unconstrained numbers: `d.arg_constraints`
holds their constraints.

  >>> import jaxdist as jd
  >>> scale = jd.transform_to(jd.Normal.arg_constraints["scale"])
  >>> scale
  ExpTransform()
  >>> bool(scale(scale.inv(2.0)) == 2.0)
  True
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, overload

from jaxdist import constraints as c
from jaxdist.constraints import Constraint, Range
from jaxdist.transforms import (
    CatTransform,
    CorrCholeskyTransform,
    ExpTransform,
    GreaterThanTransform,
    IndependentTransform,
    IntervalTransform,
    LessThanTransform,
    LowerCholeskyTransform,
    OrderedTransform,
    PositiveDefiniteTransform,
    SigmoidTransform,
    SoftmaxTransform,
    StackTransform,
    StickBreakingTransform,
    Transform,
    ZeroSumTransform,
    identity_transform,
)

Factory = Callable[[Any], Transform]


class ConstraintRegistry:
    """A table from classes of constraints to functions that make transforms onto them.

    Classes are looked up as they are: a transform onto a set need not lead onto a subset. Ranges
    of numbers are an exception, since all of them are known by their bounds.

    Args:
      name: how the table is called in messages.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.factories: dict[type[Constraint], Factory] = {}

    def __repr__(self) -> str:
        return self.name

    @overload
    def register(
        self, constraint: Constraint | type[Constraint]
    ) -> Callable[[Factory], Factory]: ...

    @overload
    def register(self, constraint: Constraint | type[Constraint], factory: Factory) -> Factory: ...

    def register(
        self, constraint: Constraint | type[Constraint], factory: Factory | None = None
    ) -> Any:
        """Enter a function for a class of constraints: a decorator.

        Args:
          constraint: the class, or an instance of it.
          factory: a function of a constraint that returns a transform onto it; left out if used as
            a decorator.

        Returns:
          The factory.

        Raises:
          TypeError: for what is no constraint.

        Example:
          >>> import jaxdist as jd
          >>> class Even(jd.constraints.Constraint):
          ...     pass
          >>> @jd.transform_to.register(Even)
          ... def _(constraint):
          ...     return jd.AffineTransform(0.0, 2.0)
          >>> float(jd.transform_to(Even())(3.0))
          6.0
        """
        if factory is None:
            return lambda factory: self.register(constraint, factory)
        kind = constraint if isinstance(constraint, type) else type(constraint)
        if not issubclass(kind, Constraint):
            raise TypeError(f"{self.name}.register: expected a Constraint; got {constraint!r}")
        self.factories[kind] = factory
        return factory

    def __call__(self, constraint: Constraint) -> Transform:
        """Return a transform from unconstrained values onto a constraint.

        Args:
          constraint: an instance; its bounds may be traced.

        Raises:
          NotImplementedError: where there is no such transform, or none is registered.
        """
        if isinstance(constraint, Constraint) and constraint.is_discrete:
            raise NotImplementedError(
                f"{self.name}: {constraint!r} is discrete: no continuous transform leads onto it"
            )
        kind = type(constraint)
        ranges = kind.__mro__ if isinstance(constraint, Range) else ()
        factory = next(
            (self.factories[cls] for cls in (kind, *ranges) if cls in self.factories), None
        )
        if factory is None:
            raise NotImplementedError(
                f"{self.name}: no transform is registered for {constraint!r}; register one with "
                f"@{self.name}.register({type(constraint).__name__})"
            )
        return factory(constraint)


biject_to = ConstraintRegistry("biject_to")
transform_to = ConstraintRegistry("transform_to")


def _register(*kinds: Constraint | type[Constraint]) -> Callable[[Factory], Factory]:
    """Enter a function in both tables."""

    def decorate(factory: Factory) -> Factory:
        for kind in kinds:
            biject_to.register(kind, factory)
            transform_to.register(kind, factory)
        return factory

    return decorate


def _is(bound: Any, number: float) -> bool:
    """Whether a bound is known to be a number, not a leaf that may change."""
    return isinstance(bound, int | float) and bound == number


@_register(c.Range)
def _to_range(constraint: Any) -> Transform:
    """Real numbers and intervals of all kinds, which are known by their bounds."""
    lower, upper = constraint.bounds
    if _is(upper, math.inf):
        if _is(lower, -math.inf):
            return identity_transform
        return ExpTransform() if _is(lower, 0) else GreaterThanTransform(lower)
    if _is(lower, -math.inf):
        return LessThanTransform(upper)
    unit = _is(lower, 0) and _is(upper, 1)
    return SigmoidTransform() if unit else IntervalTransform(lower, upper)


@_register(c.logits)
def _to_logits(constraint: Constraint) -> Transform:
    return IndependentTransform(identity_transform, 1)


@_register(c.square)
def _to_square(constraint: Constraint) -> Transform:
    return IndependentTransform(identity_transform, 2)


@biject_to.register(c.simplex)
def _break_to_simplex(constraint: Constraint) -> Transform:
    return StickBreakingTransform()


@transform_to.register(c.simplex)
def _normalize_to_simplex(constraint: Constraint) -> Transform:
    return SoftmaxTransform()


@_register(c.ordered)
def _to_ordered(constraint: Constraint) -> Transform:
    return OrderedTransform()


@_register(c.zero_sum)
def _to_zero_sum(constraint: Constraint) -> Transform:
    return ZeroSumTransform()


@_register(c.lower_cholesky)
def _to_lower_cholesky(constraint: Constraint) -> Transform:
    return LowerCholeskyTransform()


@_register(c.positive_definite, c.positive_semidefinite)
def _to_positive_definite(constraint: Constraint) -> Transform:
    return PositiveDefiniteTransform()


@_register(c.corr_cholesky)
def _to_corr_cholesky(constraint: Constraint) -> Transform:
    return CorrCholeskyTransform()


def _register_combined(registry: ConstraintRegistry) -> None:
    """Enter constraints made of constraints, whose transforms are made by the same table."""

    @registry.register(c.independent)
    def _to_independent(constraint: Any) -> Transform:
        base = registry(constraint.base_constraint)
        return IndependentTransform(base, constraint.reinterpreted_batch_ndims)

    @registry.register(c.cat)
    def _to_cat(constraint: Any) -> Transform:
        parts = [registry(part) for part in constraint.constraints]
        return CatTransform(parts, constraint.axis, _lengths_before(parts, constraint))

    @registry.register(c.stack)
    def _to_stack(constraint: Any) -> Transform:
        return StackTransform([registry(part) for part in constraint.constraints], constraint.axis)


def _lengths_before(parts: list[Transform], constraint: Any) -> tuple[int, ...] | None:
    """The lengths of the unconstrained pieces, for those of the constrained ones."""
    axis, lengths = constraint.axis, constraint.lengths
    if lengths is None or axis >= 0:
        return lengths
    pairs = zip(parts, lengths, strict=True)
    ndims = [(part, length, max(part.codomain.event_dim, -axis)) for part, length in pairs]
    return tuple(part.inverse_shape((length,) * ndim)[axis] for part, length, ndim in ndims)


_register_combined(biject_to)
_register_combined(transform_to)
