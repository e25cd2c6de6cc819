"""Transform: an invertible map with a log-determinant."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Sequence
from typing import Any, ClassVar, Self, dataclass_transform

import jax
import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

from jaxdist import constraints
from jaxdist.constraints import Constraint, into
from jaxdist.parameters import Parametric, param
from jaxdist.precision import narrow, widen
from jaxdist.pytree import static
from jaxdist.validation import Shape, as_shape


@dataclass_transform(eq_default=False, field_specifiers=(dataclasses.field, static, param))
class Transform(Parametric):
    """A map y = t(x): an immutable pytree of its parameters.

    A subclass writes the mathematics in `_forward(x)`, `_inverse(y)` and `_log_det(x, y)`, which
    see floats of at least float32. Where the map and its log-determinant share work, it writes
    `_forward_and_log_det` and `_inverse_and_log_det` too.

    Attributes:
      domain: the set that x lies in; its `event_dim` axes are mapped together.
      codomain: the set that y lies in.
      bijective: whether there is a log-determinant; without, `inv` is a right inverse at most.
    """

    domain: ClassVar[Any] = constraints.real
    codomain: ClassVar[Any] = constraints.real
    bijective: ClassVar[bool] = False

    # Whether y is linear in x up to a shift, so that E[t(X)] = t(E[X]).
    _affine: ClassVar[bool] = False
    # Whether each number of y depends on one number of x.
    _coordinatewise: ClassVar[bool] = False
    # Whether the log-determinant is affine in x, so that its mean is that at the mean of x.
    _log_det_is_affine: ClassVar[bool] = False
    # The axes of a value, at the right, that one set of parameters is for.
    _value_ndim: ClassVar[int] = 0

    # --- values ----------------------------------------------------------------------------------

    def __call__(self, x: ArrayLike) -> Array:
        """Map x to y.

        Args:
          x: shape `(..., *event)`, where `event` has `domain.event_dim` axes.

        Returns:
          y, of shape `forward_shape(x.shape)`.
        """
        return into(self.codomain, _call(self, "_forward", self._argument(x)))

    @property
    def inv(self) -> Transform:
        """The inverse transform; `t.inv.inv` is `t`."""
        return InverseTransform(self)

    def log_abs_det_jacobian(self, x: ArrayLike, y: ArrayLike) -> Array:
        """Evaluate log |det dy/dx|.

        Args:
          x: shape `(..., *event)`.
          y: what x is mapped to.

        Returns:
          Shape `(...)`, broadcast with the batch of the parameters.

        Raises:
          NotImplementedError: where the transform is not bijective.
        """
        self._require_bijective()
        image = self.inv._argument(y)
        return _call(self, "_log_det", self._argument(x), image)

    def forward_and_log_det(self, x: ArrayLike) -> tuple[Array, Array]:
        """Map x to y and evaluate log |det dy/dx|.

        Args:
          x: shape `(..., *event)`.

        Returns:
          y and the log-determinant.
        """
        self._require_bijective()
        y, log_det = _call(self, "_forward_and_log_det", self._argument(x))
        return into(self.codomain, y), log_det

    def inverse_and_log_det(self, y: ArrayLike) -> tuple[Array, Array]:
        """Map y back to x and evaluate log |det dx/dy|.

        Args:
          y: shape `(..., *event)`, where `event` has `codomain.event_dim` axes.

        Returns:
          x and the log-determinant of the inverse.
        """
        return self.inv.forward_and_log_det(y)

    @property
    def sign(self) -> Any:
        """1 where an increasing, -1 where a decreasing function of one number.

        Raises:
          NotImplementedError: where the transform is neither.
        """
        raise NotImplementedError(f"{type(self).__name__} is not a monotone function of one number")

    def _argument(self, x: ArrayLike) -> Array:
        """Check the shape of a value and make it float."""
        value = jnp.asarray(x)
        self.forward_shape(value.shape)
        return value.astype(jnp.result_type(float, value))

    def _require_bijective(self) -> None:
        if not self.bijective:
            raise NotImplementedError(
                f"{type(self).__name__} is not bijective and has no log-determinant"
            )

    # --- shapes ----------------------------------------------------------------------------------

    def forward_shape(self, shape: Sequence[int]) -> Shape:
        """Shape of y for a shape of x.

        Args:
          shape: shape of x.

        Raises:
          ValueError: if x has too few axes, or a wrong length.
        """
        return self._forward_shape(_with_event(self, self.domain, as_shape(shape)))

    def inverse_shape(self, shape: Sequence[int]) -> Shape:
        """Shape of x for a shape of y.

        Args:
          shape: shape of y.

        Raises:
          ValueError: if y has too few axes, or a wrong length.
        """
        return self._inverse_shape(_with_event(self, self.codomain, as_shape(shape)))

    def _forward_shape(self, shape: Shape) -> Shape:
        cut = len(shape) - self._value_ndim
        return jnp.broadcast_shapes(shape[:cut], self.batch_shape) + shape[cut:]

    def _inverse_shape(self, shape: Shape) -> Shape:
        return self._forward_shape(shape)

    def _bad_shape(self, shape: Shape, expected: str) -> ValueError:
        return ValueError(f"{type(self).__name__}: expected {expected}; got shape {shape}")

    def _align(self, batch_shape: Shape, event_ndim: int) -> Self:
        """Give every leaf the axes of a batch of values, in front.

        Args:
          batch_shape: shape of the batch, which the parameters' axes broadcast to.
          event_ndim: the axes of one value.
        """
        ndim = len(batch_shape) + event_ndim - self._value_ndim

        def align(leaf: Array, dim: int) -> Array:
            cut = leaf.ndim - dim
            own = (1,) * (ndim - cut) + leaf.shape[:cut]
            own = batch_shape + own[len(batch_shape) :]
            return jnp.broadcast_to(leaf, own + leaf.shape[cut:])

        return self._map_batch(align) if batch_shape else self

    # --- mathematics -----------------------------------------------------------------------------

    def _forward(self, x: Array) -> Array:
        raise NotImplementedError(f"{type(self).__name__} has no forward map")

    def _inverse(self, y: Array) -> Array:
        raise NotImplementedError(f"{type(self).__name__} has no inverse")

    def _log_det(self, x: Array, y: Array) -> Array:
        raise NotImplementedError(
            f"{type(self).__name__} is not bijective and has no log-determinant"
        )

    def _forward_and_log_det(self, x: Array) -> tuple[Array, Array]:
        y = self._forward(x)
        return y, self._log_det(x, y)

    def _inverse_and_log_det(self, y: Array) -> tuple[Array, Array]:
        x = self._inverse(y)
        return x, -self._log_det(x, y)


@functools.partial(jax.jit, static_argnums=1)
def _call(t: Transform, method: str, *values: Array) -> Any:
    """Call a method in at least float32, and return what it returns in the dtype of the inputs."""
    dtypes = [leaf.dtype for leaf in jax.tree.leaves(t)]
    floats = [dtype for dtype in dtypes if jnp.issubdtype(dtype, jnp.floating)]
    dtype = jnp.result_type(*values, *floats)
    results = getattr(widen(t), method)(*widen(values))
    return jax.tree.map(lambda result: narrow(result, dtype), results)


def _with_event(t: Transform, of: Constraint, shape: Shape) -> Shape:
    if len(shape) >= of.event_dim:
        return shape
    raise ValueError(
        f"{type(t).__name__}: a value needs at least {of.event_dim} axes; got shape {shape}"
    )


class InverseTransform(Transform):
    """The inverse of a transform; made by its `inv`.

    Args:
      transform: the transform to invert.
    """

    transform: Transform

    @property
    def domain(self) -> Constraint:
        """The codomain of the transform."""
        return self.transform.codomain

    @property
    def codomain(self) -> Constraint:
        """The domain of the transform."""
        return self.transform.domain

    @property
    def bijective(self) -> bool:  # type: ignore[override]
        """Whether the transform is."""
        return self.transform.bijective

    @property
    def sign(self) -> Any:
        """The sign of the transform."""
        return self.transform.sign

    @property
    def inv(self) -> Transform:
        """The transform itself."""
        return self.transform

    @property
    def _affine(self) -> bool:  # type: ignore[override]
        return self.transform._affine

    @property
    def _coordinatewise(self) -> bool:  # type: ignore[override]
        return self.transform._coordinatewise

    @property
    def _log_det_is_affine(self) -> bool:  # type: ignore[override]
        return self.transform._affine

    def _forward_shape(self, shape: Shape) -> Shape:
        return self.transform._inverse_shape(shape)

    def _inverse_shape(self, shape: Shape) -> Shape:
        return self.transform._forward_shape(shape)

    def _align(self, batch_shape: Shape, event_ndim: int) -> Self:
        change = self.codomain.event_dim - self.domain.event_dim
        return self._with(transform=self.transform._align(batch_shape, event_ndim + change))

    def _forward(self, x: Array) -> Array:
        return self.transform._inverse(x)

    def _inverse(self, y: Array) -> Array:
        return self.transform._forward(y)

    def _log_det(self, x: Array, y: Array) -> Array:
        return -self.transform._log_det(y, x)

    def _forward_and_log_det(self, x: Array) -> tuple[Array, Array]:
        return self.transform._inverse_and_log_det(x)

    def _inverse_and_log_det(self, y: Array) -> tuple[Array, Array]:
        return self.transform._forward_and_log_det(y)
