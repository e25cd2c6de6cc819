"""IndependentTransform: batch axes of a transform reinterpreted as event axes."""

from __future__ import annotations

from typing import Any, Self

from jax import Array

from jaxdist.arguments import Shape, as_integer
from jaxdist.constraints import Constraint
from jaxdist.pytree import static
from jaxdist.transforms.compose import with_event_dim
from jaxdist.transforms.transform import (
    CombinedTransform,
    Transform,
    require_transform,
    sum_rightmost,
)


class IndependentTransform(CombinedTransform):
    """A transform that reinterprets batch axes of another as event axes.

    The map is the same; the log-determinant is summed over these axes.

    Args:
      base_transform: the transform.
      reinterpreted_batch_ndims: number of rightmost batch axes to reinterpret.
    """

    base_transform: Transform
    reinterpreted_batch_ndims: int = static()

    def __post_init__(self, validate_args: bool | None) -> None:
        """Check the arguments."""
        name = "IndependentTransform"
        require_transform(name, "base_transform", self.base_transform)
        vars(self)["reinterpreted_batch_ndims"] = as_integer(
            name, "reinterpreted_batch_ndims", self.reinterpreted_batch_ndims, minimum=0
        )

    @property
    def _components(self) -> tuple[Transform, ...]:
        return (self.base_transform,)

    def _with_more_axes(self, constraint: Constraint) -> Constraint:
        return with_event_dim(constraint, constraint.event_dim + self.reinterpreted_batch_ndims)

    @property
    def domain(self) -> Constraint:
        """The domain of the base transform, with more event axes."""
        return self._with_more_axes(self.base_transform.domain)

    @property
    def codomain(self) -> Constraint:
        """The codomain of the base transform, with more event axes."""
        return self._with_more_axes(self.base_transform.codomain)

    @property
    def sign(self) -> Any:
        """The sign of the base transform."""
        return self.base_transform.sign

    def _forward_shape(self, shape: Shape) -> Shape:
        return self.base_transform._forward_shape(shape)

    def _inverse_shape(self, shape: Shape) -> Shape:
        return self.base_transform._inverse_shape(shape)

    def _align(self, batch_shape: Shape, event_ndim: int) -> Self:
        return self._with(base_transform=self.base_transform._align(batch_shape, event_ndim))

    def _forward(self, x: Array) -> Array:
        return self.base_transform._forward(x)

    def _inverse(self, y: Array) -> Array:
        return self.base_transform._inverse(y)

    def _log_det(self, x: Array, y: Array) -> Array:
        log_det = self.base_transform._log_det(x, y)
        return sum_rightmost(log_det, self.reinterpreted_batch_ndims)

    def _forward_and_log_det(self, x: Array) -> tuple[Array, Array]:
        y, log_det = self.base_transform._forward_and_log_det(x)
        return y, sum_rightmost(log_det, self.reinterpreted_batch_ndims)

    def _inverse_and_log_det(self, y: Array) -> tuple[Array, Array]:
        x, log_det = self.base_transform._inverse_and_log_det(y)
        return x, sum_rightmost(log_det, self.reinterpreted_batch_ndims)
