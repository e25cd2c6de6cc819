"""ComposeTransform: one transform after another."""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Self

import jax.numpy as jnp
from jax import Array

from jaxdist import constraints
from jaxdist.arguments import Shape, as_tuple
from jaxdist.constraints import Constraint
from jaxdist.transforms.transform import (
    CombinedTransform,
    Transform,
    require_transform,
    sum_rightmost,
)

if TYPE_CHECKING:

    class Transforms:
        """A field read as a tuple and given as transforms, for type checkers only."""

        def __get__(self, instance: Any, owner: Any) -> tuple[Transform, ...]: ...
        def __set__(self, instance: Any, value: Transform | Sequence[Transform]) -> None: ...

else:
    Transforms = tuple


def require_transforms(owner: str, name: str, values: Any) -> tuple[Transform, ...]:
    """Return one or several transforms as a tuple, or raise a TypeError."""
    ts = (values,) if isinstance(values, Transform) else as_tuple(owner, name, values)
    for t in ts:
        require_transform(owner, f"every entry of {name}", t)
    return ts


def with_event_dim(constraint: Constraint, event_dim: int) -> Constraint:
    """Reinterpret batch axes of a constraint as event axes until it has `event_dim` of these."""
    missing = event_dim - constraint.event_dim
    return constraints.independent(constraint, missing) if missing else constraint


def change_of_event_dim(t: Transform) -> int:
    """Return how many more event axes y has than x."""
    return t.codomain.event_dim - t.domain.event_dim


class ComposeTransform(CombinedTransform):
    r"""Composition of transforms.

    .. math:: y = t_n(\ldots t_1(x)), \quad
              \log |\det dy / dx| = \sum_i \log |\det dt_i / dt_{i - 1}|

    Args:
      parts: the transforms in the order in which they are applied.

    Example:
      >>> import jaxdist as jd
      >>> t = jd.ComposeTransform([jd.AffineTransform(1.0, 2.0), jd.ExpTransform()])
      >>> y, log_det = t.forward_and_log_det(0.5)  # exp(1 + 2 x), log 2 + 1 + 2 x
      >>> print(f"{y:.4f} {log_det:.4f}")
      7.3891 2.6931
    """

    parts: Transforms

    def __post_init__(self, validate_args: bool | None) -> None:
        """Check that the parts are transforms."""
        parts = require_transforms("ComposeTransform", "parts", self.parts)
        if len({part._maps_trees for part in parts}) > 1:
            raise TypeError(
                "ComposeTransform: transforms of trees and transforms of arrays do not compose; "
                f"put the latter into a JointMapTransform. Got {parts}"
            )
        vars(self)["parts"] = parts

    @property
    def _components(self) -> tuple[Transform, ...]:
        return self.parts

    @property
    def domain(self) -> Constraint:
        """The domain of the first part, with the event axes that the later parts need."""
        if not self.parts:
            return constraints.real
        if self._maps_trees:
            return self.parts[0].domain
        event_dim = 0
        for part in reversed(self.parts):
            event_dim = max(part.domain.event_dim, event_dim - change_of_event_dim(part))
        return with_event_dim(self.parts[0].domain, event_dim)

    @property
    def codomain(self) -> Constraint:
        """The codomain of the last part, with the event axes of the whole."""
        if not self.parts:
            return constraints.real
        if self._maps_trees:
            return self.parts[-1].codomain
        event_dim = self.domain.event_dim + sum(map(change_of_event_dim, self.parts))
        return with_event_dim(self.parts[-1].codomain, event_dim)

    @property
    def sign(self) -> Any:
        """The product of the parts' signs."""
        return functools.reduce(operator.mul, (part.sign for part in self.parts), 1)

    @property
    def _log_det_is_affine(self) -> bool:  # type: ignore[override]
        """Whether at most one part is not affine, and that one's log-determinant is."""
        nonlinear = [part for part in self.parts if not part._affine]
        return not nonlinear or (len(nonlinear) == 1 and nonlinear[0]._log_det_is_affine)

    def _forward_shape(self, shape: Shape) -> Shape:
        for part in self.parts:
            shape = part.forward_shape(shape)
        return shape

    def _inverse_shape(self, shape: Shape) -> Shape:
        for part in reversed(self.parts):
            shape = part.inverse_shape(shape)
        return shape

    def _align(self, batch_shape: Shape, event_ndim: int) -> Self:
        aligned = []
        for part in self.parts:
            aligned.append(part._align(batch_shape, event_ndim))
            event_ndim += change_of_event_dim(part)
        return self._with(parts=tuple(aligned))

    def _forward(self, x: Array) -> Array:
        for part in self.parts:
            x = part._forward(x)
        return x

    def _inverse(self, y: Array) -> Array:
        for part in reversed(self.parts):
            y = part._inverse(y)
        return y

    def _log_det(self, x: Array, y: Array) -> Array:
        return self._forward_and_log_det(x)[1]

    def _forward_and_log_det(self, x: Array) -> tuple[Array, Array]:
        if self._maps_trees:
            return _chain([part._forward_and_log_det for part in self.parts], x)
        event_dim = self.domain.event_dim
        total = jnp.zeros(x.shape[: x.ndim - event_dim], x.dtype)
        for part in self.parts:
            x, log_det = part._forward_and_log_det(x)
            total = total + sum_rightmost(log_det, event_dim - part.domain.event_dim)
            event_dim += change_of_event_dim(part)
        return x, total

    def _inverse_and_log_det(self, y: Array) -> tuple[Array, Array]:
        if self._maps_trees:
            return _chain([part._inverse_and_log_det for part in reversed(self.parts)], y)
        event_dim = self.codomain.event_dim
        total = jnp.zeros(y.shape[: y.ndim - event_dim], y.dtype)
        for part in reversed(self.parts):
            y, log_det = part._inverse_and_log_det(y)
            total = total + sum_rightmost(log_det, event_dim - part.codomain.event_dim)
            event_dim -= change_of_event_dim(part)
        return y, total


def _chain(functions: list[Callable[[Any], tuple[Any, Array]]], x: Any) -> tuple[Any, Array]:
    """Apply transforms of trees in order, and add their log-determinants."""
    log_dets = []
    for function in functions:
        x, log_det = function(x)
        log_dets.append(log_det)
    return x, functools.reduce(jnp.add, log_dets)
