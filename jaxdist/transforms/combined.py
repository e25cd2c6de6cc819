"""Transforms made of transforms."""

from __future__ import annotations

import functools
import operator
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Self

import jax.numpy as jnp
from jax import Array

from jaxdist import constraints
from jaxdist.constraints import Constraint
from jaxdist.pytree import static
from jaxdist.transforms.transform import Transform
from jaxdist.validation import Shape

if TYPE_CHECKING:

    class Transforms:
        """A field read as a tuple and given as transforms, for type checkers only."""

        def __get__(self, instance: Any, owner: Any) -> tuple[Transform, ...]: ...
        def __set__(self, instance: Any, value: Transform | Sequence[Transform]) -> None: ...

else:
    Transforms = tuple


def require_transforms(owner: str, name: str, values: Any) -> tuple[Transform, ...]:
    """Return transforms as a tuple, or raise a TypeError."""
    parts = (values,) if isinstance(values, Transform) else tuple(values)
    for part in parts:
        if not isinstance(part, Transform):
            raise TypeError(f"{owner}: {name} must hold transforms; got {part!r}")
    return parts


def sum_event(x: Array, ndims: int) -> Array:
    """Sum over the last axes."""
    return jnp.sum(x, tuple(range(-ndims, 0))) if ndims else x


def _with_event_dim(constraint: Constraint, event_dim: int) -> Constraint:
    """Read batch axes as event axes until there are as many of these."""
    missing = event_dim - constraint.event_dim
    return constraints.independent(constraint, missing) if missing else constraint


def change_of_event_dim(part: Transform) -> int:
    """How many more event axes y has than x."""
    return part.codomain.event_dim - part.domain.event_dim


class ComposeTransform(Transform):
    r"""One transform after another.

    .. math:: y = t_n(\ldots t_1(x))

    Args:
      parts: the transforms, the first to be applied first.
    """

    parts: Transforms

    def __post_init__(self, validate_args: bool | None) -> None:
        """Check that the parts are transforms."""
        vars(self)["parts"] = require_transforms("ComposeTransform", "parts", self.parts)

    @property
    def domain(self) -> Constraint:
        """The domain of the first part, with all axes that any part maps together."""
        if not self.parts:
            return constraints.real
        event_dim = 0
        for part in reversed(self.parts):
            event_dim = max(part.domain.event_dim, event_dim - change_of_event_dim(part))
        return _with_event_dim(self.parts[0].domain, event_dim)

    @property
    def codomain(self) -> Constraint:
        """The codomain of the last part, with all axes that any part maps together."""
        if not self.parts:
            return constraints.real
        event_dim = self.domain.event_dim + sum(map(change_of_event_dim, self.parts))
        return _with_event_dim(self.parts[-1].codomain, event_dim)

    @property
    def bijective(self) -> bool:  # type: ignore[override]
        """Whether all parts are."""
        return all(part.bijective for part in self.parts)

    @property
    def sign(self) -> Any:
        """The product of the parts' signs."""
        return functools.reduce(operator.mul, (part.sign for part in self.parts), 1)

    @property
    def _affine(self) -> bool:  # type: ignore[override]
        return all(part._affine for part in self.parts)

    @property
    def _coordinatewise(self) -> bool:  # type: ignore[override]
        return all(part._coordinatewise for part in self.parts)

    @property
    def _log_det_is_affine(self) -> bool:  # type: ignore[override]
        """Affine parts keep it so."""
        bent = [i for i, part in enumerate(self.parts) if not part._affine]
        return not bent or (bent[0] == bent[-1] and self.parts[bent[0]]._log_det_is_affine)

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
        event_dim = self.domain.event_dim
        total = jnp.zeros(x.shape[: x.ndim - event_dim], x.dtype)
        for part in self.parts:
            x, log_det = part._forward_and_log_det(x)
            total = total + sum_event(log_det, event_dim - part.domain.event_dim)
            event_dim += change_of_event_dim(part)
        return x, total

    def _inverse_and_log_det(self, y: Array) -> tuple[Array, Array]:
        event_dim = self.codomain.event_dim
        total = jnp.zeros(y.shape[: y.ndim - event_dim], y.dtype)
        for part in reversed(self.parts):
            y, log_det = part._inverse_and_log_det(y)
            total = total + sum_event(log_det, event_dim - part.codomain.event_dim)
            event_dim -= change_of_event_dim(part)
        return y, total


class IndependentTransform(Transform):
    """A transform whose log-determinant is summed over further axes, read as one event.

    Args:
      base_transform: the transform of the parts.
      reinterpreted_batch_ndims: how many axes are joined to the event.
    """

    base_transform: Transform
    reinterpreted_batch_ndims: int = static()

    def __post_init__(self, validate_args: bool | None) -> None:
        """Check the arguments."""
        require_transforms("IndependentTransform", "base_transform", [self.base_transform])
        if self.reinterpreted_batch_ndims < 0:
            raise ValueError(
                "IndependentTransform: reinterpreted_batch_ndims must not be negative; got "
                f"{self.reinterpreted_batch_ndims}"
            )

    @property
    def domain(self) -> Constraint:
        """The product of the domains of the parts."""
        base = self.base_transform.domain
        return _with_event_dim(base, base.event_dim + self.reinterpreted_batch_ndims)

    @property
    def codomain(self) -> Constraint:
        """The product of the codomains of the parts."""
        base = self.base_transform.codomain
        return _with_event_dim(base, base.event_dim + self.reinterpreted_batch_ndims)

    @property
    def bijective(self) -> bool:  # type: ignore[override]
        """Whether the base transform is."""
        return self.base_transform.bijective

    @property
    def sign(self) -> Any:
        """The sign of the base transform."""
        return self.base_transform.sign

    @property
    def _affine(self) -> bool:  # type: ignore[override]
        return self.base_transform._affine

    @property
    def _coordinatewise(self) -> bool:  # type: ignore[override]
        return self.base_transform._coordinatewise

    @property
    def _log_det_is_affine(self) -> bool:  # type: ignore[override]
        return self.base_transform._log_det_is_affine

    def _forward_shape(self, shape: Shape) -> Shape:
        return self.base_transform._forward_shape(shape)

    def _inverse_shape(self, shape: Shape) -> Shape:
        return self.base_transform._inverse_shape(shape)

    def _align(self, batch_shape: Shape, event_ndim: int) -> Self:
        return self._with(base_transform=self.base_transform._align(batch_shape, event_ndim))

    def _sum(self, log_det: Array) -> Array:
        return sum_event(log_det, self.reinterpreted_batch_ndims)

    def _forward(self, x: Array) -> Array:
        return self.base_transform._forward(x)

    def _inverse(self, y: Array) -> Array:
        return self.base_transform._inverse(y)

    def _log_det(self, x: Array, y: Array) -> Array:
        return self._sum(self.base_transform._log_det(x, y))

    def _forward_and_log_det(self, x: Array) -> tuple[Array, Array]:
        y, log_det = self.base_transform._forward_and_log_det(x)
        return y, self._sum(log_det)

    def _inverse_and_log_det(self, y: Array) -> tuple[Array, Array]:
        x, log_det = self.base_transform._inverse_and_log_det(y)
        return x, self._sum(log_det)
