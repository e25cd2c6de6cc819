"""Transforms from unconstrained values onto the set of a constraint."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any, Protocol

import jax

from jaxdist import constraints
from jaxdist.constraints import Constraint, Range
from jaxdist.constraints.constraint import check_constraint
from jaxdist.constraints.intervals import is_constant
from jaxdist.transforms import (
    AffineTransform,
    CatTransform,
    CirculantTransform,
    ComposeTransform,
    CorrCholeskyTransform,
    CorrMatrixTransform,
    ExpTransform,
    GreaterThanTransform,
    IndependentTransform,
    IntervalTransform,
    JointMapTransform,
    L1BallTransform,
    LessThanTransform,
    LowerCholeskyTransform,
    OrderedTransform,
    PositiveDefiniteTransform,
    PositiveOrderedTransform,
    ReshapeTransform,
    SigmoidTransform,
    SoftmaxTransform,
    StackTransform,
    StickBreakingTransform,
    Transform,
    UnitVectorTransform,
    ZeroSumTransform,
    identity_transform,
)
from jaxdist.transforms.ordered import OrderedWithinTransform

Factory = Callable[[Any], Transform]


class ConstraintRegistry(Protocol):
    """A function from constraints to transforms, to which classes of constraints are added."""

    register: Callable[..., Any]

    def __call__(self, constraint: Constraint) -> Transform:
        """Return a transform onto the set of a constraint."""
        ...


def constraint_registry(function: Callable[[Constraint], Transform]) -> ConstraintRegistry:
    """Make a function dispatch on the class of its constraint.

    Unlike `functools.singledispatch` it ignores base classes, since a transform onto a set need not
    map into a subset. Subclasses of `Range` are the exception: their bounds define them.

    Args:
      function: returns the transform for constraints of a class that is not registered.

    Returns:
      The function, with a method `register`.
    """
    name = function.__name__
    factories: dict[type[Constraint], Factory] = {}

    @functools.wraps(function)
    def transform(constraint: Constraint) -> Transform:
        if _is_tree_of_constraints(constraint):
            tree = jax.tree.map(transform, constraint, is_leaf=_is_constraint)
            return JointMapTransform(tree)
        check_constraint(f"{name}: the argument", constraint)
        if constraint.is_discrete:
            raise NotImplementedError(
                f"{name}: {constraint!r} is discrete: no continuous transform leads onto it"
            )
        kind = type(constraint)
        candidates = kind.__mro__ if isinstance(constraint, Range) else (kind,)
        registered = (factories[cls] for cls in candidates if cls in factories)
        return next(registered, function)(constraint)

    def register(constraint: Constraint | type[Constraint], factory: Factory | None = None) -> Any:
        """Register the transform for a class of constraints; also a decorator.

        Args:
          constraint: the class, or an instance of it.
          factory: a function from a constraint of the class to a transform; omit it to use
            `register` as a decorator.

        Returns:
          The factory.

        Raises:
          TypeError: if the class is not one of constraints.
        """
        if factory is None:
            return functools.partial(register, constraint)
        kind = constraint if isinstance(constraint, type) else type(constraint)
        if not issubclass(kind, Constraint):
            raise TypeError(f"{name}.register: expected a Constraint; got {constraint!r}")
        factories[kind] = factory
        return factory

    registry: Any = transform
    registry.register = register
    return registry


def _is_constraint(node: object) -> bool:
    return isinstance(node, Constraint)


def _is_tree_of_constraints(tree: Any) -> bool:
    leaves = jax.tree.leaves(tree, is_leaf=_is_constraint)
    return bool(leaves) and leaves[0] is not tree and all(map(_is_constraint, leaves))


def _not_registered(name: str, constraint: Any) -> NotImplementedError:
    return NotImplementedError(
        f"{name}: no transform is registered for {constraint!r}; register one with "
        f"@{name}.register({type(constraint).__name__})"
    )


@constraint_registry
def biject_to(constraint: Constraint) -> Transform:
    """Return a bijection from unconstrained values onto the set of a constraint.

    It has a log-determinant, as a change of variables needs. For other constraints, register a
    function with `@biject_to.register(MyConstraint)`.

    Args:
      constraint: an instance; its bounds may be traced. Or a tree of instances, as the support of a
        `Joint` is: the result is a `JointMapTransform`.

    Returns:
      A transform t with `constraint.check(t(x))` for every x.

    Raises:
      NotImplementedError: if the constraint is discrete, or none is registered for its class.
      TypeError: if the argument is not an instance of `Constraint`.

    Example:
      >>> import jaxdist as jd
      >>> jd.biject_to(jd.constraints.simplex)
      StickBreakingTransform()
      >>> class Even(jd.constraints.Constraint):
      ...     pass
      >>> @jd.biject_to.register(Even)
      ... def _(constraint):
      ...     return jd.AffineTransform(0.0, 2.0)
      >>> float(jd.biject_to(Even())(3.0))
      6.0
    """
    raise _not_registered("biject_to", constraint)


@constraint_registry
def transform_to(constraint: Constraint) -> Transform:
    """Return a transform from unconstrained values onto the set of a constraint.

    It need not be a bijection, and is better suited to optimization than `biject_to`; they differ
    for the simplex. Use it to optimize the parameters of any distribution, whose constraints are
    its `arg_constraints`. For other constraints, register a function with
    `@transform_to.register(MyConstraint)`.

    Args:
      constraint: an instance; its bounds may be traced.

    Returns:
      A transform t with `constraint.check(t(x))` for every x.

    Raises:
      NotImplementedError: if the constraint is discrete, or none is registered for its class.
      TypeError: if the argument is not an instance of `Constraint`.

    Example:
      >>> import jaxdist as jd
      >>> t = jd.transform_to(jd.Normal.arg_constraints["scale"])
      >>> t
      ExpTransform()
      >>> float(t(t.inv(2.0)))
      2.0
      >>> jd.transform_to(jd.constraints.simplex)
      SoftmaxTransform()
    """
    raise _not_registered("transform_to", constraint)


biject_to.register(constraints.simplex, lambda _: StickBreakingTransform())
transform_to.register(constraints.simplex, lambda _: SoftmaxTransform())


def _no_bijection(constraint: Constraint) -> Transform:
    raise NotImplementedError(
        f"biject_to: {constraint!r}: a row of n entries is even, so that n // 2 + 1 real numbers "
        "determine it, from which n is not known. Use transform_to, which is no bijection, or the "
        "eigenvalues: a CirculantNormal may be given `covariance_rfft`, which is positive"
    )


biject_to.register(constraints.positive_definite_circulant_vector, _no_bijection)
transform_to.register(
    constraints.positive_definite_circulant_vector, lambda _: CirculantTransform()
)


def _range_transform(constraint: Any) -> Transform:
    """Return the transform onto real numbers between two bounds."""
    lower, upper = constraint.bounds
    if is_constant(upper, math.inf):
        if is_constant(lower, -math.inf):
            return identity_transform
        return ExpTransform() if is_constant(lower, 0) else GreaterThanTransform(lower)
    if is_constant(lower, -math.inf):
        return LessThanTransform(upper)
    unit = is_constant(lower, 0) and is_constant(upper, 1)
    return SigmoidTransform() if unit else IntervalTransform(lower, upper)


def _ordered_transform(constraint: Any) -> Transform:
    """Return the transform onto increasing vectors of numbers between two bounds."""
    base = constraint.base_constraint
    lower, upper = base.bounds
    if is_constant(upper, math.inf):
        if is_constant(lower, -math.inf):
            return OrderedTransform()
        from_zero = PositiveOrderedTransform()
        if is_constant(lower, 0):
            return from_zero
        return OrderedWithinTransform([from_zero, AffineTransform(lower, 1.0)], constraint)
    onto = _range_transform(base)
    turned = [AffineTransform(0.0, -1.0)] if is_constant(lower, -math.inf) else []
    return OrderedWithinTransform([OrderedTransform(), *turned, onto], constraint)


def _unconstrained_lengths(transforms: list[Transform], constraint: Any) -> tuple[int, ...] | None:
    """The lengths along `dim` of the unconstrained slices, from those of the constrained ones."""
    dim, lengths = constraint.dim, constraint.lengths
    if lengths is None or dim >= 0:
        return lengths
    return tuple(
        t.inverse_shape((length,) * max(t.codomain.event_dim, -dim))[dim]
        for t, length in zip(transforms, lengths, strict=True)
    )


def _register_for_both(registry: ConstraintRegistry) -> None:
    """Register the constraints for which `biject_to` and `transform_to` agree."""

    def independent(constraint: Any) -> Transform:
        base = registry(constraint.base_constraint)
        return IndependentTransform(base, constraint.reinterpreted_batch_ndims)

    def cat(constraint: Any) -> Transform:
        transforms = [registry(part) for part in constraint.cseq]
        lengths = _unconstrained_lengths(transforms, constraint)
        return CatTransform(transforms, constraint.dim, lengths)

    def stack(constraint: Any) -> Transform:
        return StackTransform([registry(part) for part in constraint.cseq], constraint.dim)

    def reshaped(constraint: Any) -> Transform:
        base = registry(constraint.base_constraint)
        missing = len(constraint.in_shape) - base.codomain.event_dim
        to_base = IndependentTransform(base, missing) if missing else base
        return ComposeTransform(
            [to_base, ReshapeTransform(constraint.in_shape, constraint.out_shape)]
        )

    registry.register(Range, _range_transform)
    registry.register(constraints.ordered_within, _ordered_transform)
    registry.register(constraints.logits, lambda _: IndependentTransform(identity_transform, 1))
    registry.register(constraints.square, lambda _: IndependentTransform(identity_transform, 2))
    registry.register(constraints.ordered, lambda _: OrderedTransform())
    registry.register(constraints.positive_ordered_vector, lambda _: PositiveOrderedTransform())
    registry.register(constraints.zero_sum, lambda _: ZeroSumTransform())
    registry.register(constraints.sphere, lambda _: UnitVectorTransform())
    registry.register(constraints.l1_ball, lambda _: L1BallTransform())
    registry.register(constraints.lower_cholesky, lambda _: LowerCholeskyTransform())
    registry.register(constraints.positive_definite, lambda _: PositiveDefiniteTransform())
    registry.register(constraints.positive_semidefinite, lambda _: PositiveDefiniteTransform())
    registry.register(constraints.corr_cholesky, lambda _: CorrCholeskyTransform())
    registry.register(constraints.corr_matrix, lambda _: CorrMatrixTransform())
    registry.register(constraints.independent, independent)
    registry.register(constraints.cat, cat)
    registry.register(constraints.stack, stack)
    registry.register(constraints.reshaped, reshaped)


_register_for_both(biject_to)
_register_for_both(transform_to)
