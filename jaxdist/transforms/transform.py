"""Transform: a map with an inverse and a log-determinant; InverseTransform, CombinedTransform."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Sequence
from typing import Any, ClassVar, Self, dataclass_transform

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.typing import ArrayLike

from jaxdist import constraints
from jaxdist.arguments import Shape, as_real_numbers, as_shape, describe
from jaxdist.constraints import Constraint
from jaxdist.constraints.clipping import clip_to_bounds
from jaxdist.parameters import Parametric, param
from jaxdist.precision import narrow, widen
from jaxdist.promotion import numpy_promotion, result_type
from jaxdist.pytree import is_concrete, must_define, static


@dataclass_transform(eq_default=False, field_specifiers=(dataclasses.field, static, param))
class Transform(Parametric):
    """A map y = t(x): an immutable pytree of its parameters.

    A subclass writes the mathematics in `_forward(x)`, `_inverse(y)` and `_log_det(x, y)`, which
    receive floats of at least float32. Where the map and its log-determinant share work, it also
    overrides `_forward_and_log_det` and `_inverse_and_log_det`.

    Attributes:
      domain: the set of x; its `event_dim` rightmost axes are transformed together.
      codomain: the set of y.
      bijective: whether the transform is a bijection and has a log-determinant. If not, `inv` is at
        most a right inverse.

    Example:
      >>> import jaxdist as jd
      >>> class Sinh(jd.Transform):
      ...     bijective = True
      ...     def _forward(self, x):
      ...         return jax.numpy.sinh(x)
      ...     def _inverse(self, y):
      ...         return jax.numpy.arcsinh(y)
      ...     def _log_det(self, x, y):
      ...         return jax.numpy.log(jax.numpy.cosh(x))
      >>> y, log_det = Sinh().forward_and_log_det(1.0)
      >>> print(f"{y:.4f} {log_det:.4f} {Sinh().inv(y):.4f}")
      1.1752 0.4338 1.0000
    """

    domain: ClassVar[Any] = constraints.real
    codomain: ClassVar[Any] = constraints.real
    bijective: ClassVar[bool] = False

    # Whether y is an affine function of x, so that E[t(X)] = t(E[X]).
    _affine: ClassVar[bool] = False
    # Whether each entry of y depends on one entry of x.
    _coordinatewise: ClassVar[bool] = False
    # Whether the log-determinant is affine in x, so that its mean is its value at the mean of x.
    _log_det_is_affine: ClassVar[bool] = False
    # Whether x and y are trees of arrays, and the domain and codomain trees of constraints.
    _maps_trees: ClassVar[bool] = False
    # Number of rightmost axes of a value that share one set of parameters.
    _value_ndim: ClassVar[int] = 0

    def __eq__(self, other: object) -> bool:
        """Whether the other is a transform of the same class with equal parameters."""
        structure: Any = jax.tree.structure(self)
        if type(self) is not type(other) or structure != jax.tree.structure(other):
            return False
        pairs = zip(jax.tree.leaves(self), jax.tree.leaves(other), strict=True)
        return all(
            a is b or (is_concrete(a) and is_concrete(b) and np.array_equal(a, b)) for a, b in pairs
        )

    def __hash__(self) -> int:
        return hash(jax.tree.structure(self))

    # --- values ----------------------------------------------------------------------------------

    def __call__(self, x: ArrayLike) -> Array:
        """Transform x.

        Args:
          x: shape `(..., *event)`, where `event` has `domain.event_dim` axes.

        Returns:
          y, shape `forward_shape(x.shape)`.
        """
        return self._clip(_call(self, "_forward", self._as_argument(x)))

    @property
    def inv(self) -> Transform:
        """The inverse transform; `t.inv.inv` is `t`."""
        return InverseTransform(self)

    def log_abs_det_jacobian(self, x: ArrayLike, y: ArrayLike) -> Array:
        """Evaluate log abs det dy/dx.

        Args:
          x: shape `(..., *event)`.
          y: the transformed x.

        Returns:
          The log-determinants, shape `(...)`, broadcast with the batch shape of the parameters.

        Raises:
          NotImplementedError: if the transform is not bijective.
        """
        self._require_bijective()
        image = self.inv._as_argument(y)
        return _call(self, "_log_det", self._as_argument(x), image)

    def forward_and_log_det(self, x: ArrayLike) -> tuple[Array, Array]:
        """Transform x, and evaluate log abs det dy/dx.

        Args:
          x: shape `(..., *event)`.

        Returns:
          y, shape `forward_shape(x.shape)`, and the log-determinants, shape `(...)`.

        Raises:
          NotImplementedError: if the transform is not bijective.
        """
        self._require_bijective()
        y, log_det = _call(self, "_forward_and_log_det", self._as_argument(x))
        return self._clip(y), log_det

    def inverse_and_log_det(self, y: ArrayLike) -> tuple[Array, Array]:
        """Invert the transform at y, and evaluate log abs det dx/dy.

        Args:
          y: shape `(..., *event)`, where `event` has `codomain.event_dim` axes.

        Returns:
          x, shape `inverse_shape(y.shape)`, and the log-determinants, shape `(...)`.

        Raises:
          NotImplementedError: if the transform is not bijective.
        """
        return self.inv.forward_and_log_det(y)

    @property
    def sign(self) -> Any:
        """1 for an increasing, -1 for a decreasing function of a single number.

        Raises:
          NotImplementedError: if the transform is neither.
        """
        raise NotImplementedError(f"{type(self).__name__} is not a monotone univariate transform")

    def _as_argument(self, x: ArrayLike) -> Array:
        """Check the shape of a value and convert it to floats."""

        def as_floats(x: ArrayLike) -> Array:
            value = jnp.asarray(as_real_numbers(type(self).__name__, "the value", x))
            return value.astype(result_type(float, value))

        value: Any = jax.tree.map(as_floats, x) if self._maps_trees else as_floats(x)
        self.forward_shape(shapes(value) if self._maps_trees else value.shape)
        return value

    def _clip(self, y: Any) -> Any:
        """Clip values that rounding moved out of the codomain."""
        if not self._maps_trees:
            return clip_to_bounds(self.codomain, y)
        return jax.tree.map(clip_to_bounds, self.codomain, y, is_leaf=_is_constraint)

    def _require_bijective(self) -> None:
        if not self.bijective:
            raise NotImplementedError(
                f"{type(self).__name__} is not bijective and has no log-determinant"
            )

    # --- shapes ----------------------------------------------------------------------------------

    def forward_shape(self, shape: Sequence[int]) -> Shape:
        """Return the shape of y.

        Args:
          shape: shape of x.

        Raises:
          ValueError: if the transform does not apply to x of that shape.
        """
        if self._maps_trees:
            return self._forward_shape(shape)  # type: ignore[arg-type]
        return self._forward_shape(_require_event_axes(self, self.domain, as_shape(shape)))

    def inverse_shape(self, shape: Sequence[int]) -> Shape:
        """Return the shape of x.

        Args:
          shape: shape of y.

        Raises:
          ValueError: if the transform has no y of that shape.
        """
        if self._maps_trees:
            return self._inverse_shape(shape)  # type: ignore[arg-type]
        return self._inverse_shape(_require_event_axes(self, self.codomain, as_shape(shape)))

    def _forward_shape(self, shape: Shape) -> Shape:
        cut = len(shape) - self._value_ndim
        try:
            return jnp.broadcast_shapes(shape[:cut], self.batch_shape) + shape[cut:]
        except ValueError as error:
            expected = f"a value that broadcasts with the batch shape {self.batch_shape}"
            raise self._bad_shape(shape, expected) from error

    def _inverse_shape(self, shape: Shape) -> Shape:
        return self._forward_shape(shape)

    def _bad_shape(self, shape: Shape, expected: str) -> ValueError:
        return ValueError(f"{type(self).__name__}: expected {expected}; got shape {shape}")

    def _align(self, batch_shape: Shape, event_ndim: int) -> Self:
        """Broadcast every leaf to have the axes of a batch of values in front.

        Args:
          batch_shape: shape of the batch.
          event_ndim: number of axes of one value.
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
@numpy_promotion
def _call(t: Transform, method: str, *values: Array) -> Any:
    """Call a method in at least float32 and cast the results to the dtype of the inputs."""
    dtypes = [leaf.dtype for leaf in jax.tree.leaves(t)]
    floats = [dtype for dtype in dtypes if jnp.issubdtype(dtype, jnp.floating)]
    dtype = jnp.result_type(*jax.tree.leaves(values), *floats)
    outputs = getattr(widen(t), method)(*widen(values))
    return jax.tree.map(lambda output: narrow(output, dtype), outputs)


def _require_event_axes(t: Transform, constraint: Constraint, shape: Shape) -> Shape:
    if len(shape) >= constraint.event_dim:
        return shape
    raise ValueError(
        f"{type(t).__name__}: a value needs at least {constraint.event_dim} axes; got shape {shape}"
    )


def _is_constraint(node: object) -> bool:
    return isinstance(node, Constraint)


def is_shape(node: object) -> bool:
    """Return whether a node of a tree is the shape of an array."""
    return isinstance(node, tuple) and all(isinstance(n, int) for n in node)


def shapes(tree: Any) -> Any:
    """Return the tree of the shapes of arrays."""
    return jax.tree.map(jnp.shape, tree)


def sum_rightmost(x: Array, ndims: int) -> Array:
    """Sum over the last `ndims` axes."""
    return jnp.sum(x, tuple(range(-ndims, 0))) if ndims else x


def require_transform(owner: str, name: str, value: object) -> None:
    """Raise a TypeError unless an argument is a transform."""
    if not isinstance(value, Transform):
        raise TypeError(f"{owner}: {name} must be a Transform; got {describe(value)}")


class CombinedTransform(Transform):
    """A transform made of other transforms, with the properties that all of them have."""

    @property
    def _components(self) -> tuple[Transform, ...]:
        """The transforms that it is made of."""
        raise must_define(self, "_components")

    @property
    def bijective(self) -> bool:  # type: ignore[override]
        """Whether all of its transforms are."""
        return all(t.bijective for t in self._components)

    @property
    def _maps_trees(self) -> bool:  # type: ignore[override]
        return any(t._maps_trees for t in self._components)

    @property
    def _affine(self) -> bool:  # type: ignore[override]
        return all(t._affine for t in self._components)

    @property
    def _coordinatewise(self) -> bool:  # type: ignore[override]
        return all(t._coordinatewise for t in self._components)

    @property
    def _log_det_is_affine(self) -> bool:  # type: ignore[override]
        return all(t._log_det_is_affine for t in self._components)


class InverseTransform(CombinedTransform):
    """The inverse of a transform, returned by its `inv`.

    Args:
      transform: the transform to invert.
    """

    transform: Transform

    def __post_init__(self, validate_args: bool | None) -> None:
        """Check that it is a transform."""
        require_transform("InverseTransform", "transform", self.transform)

    @property
    def _components(self) -> tuple[Transform, ...]:
        return (self.transform,)

    @property
    def domain(self) -> Constraint:
        """The codomain of the transform."""
        return self.transform.codomain

    @property
    def codomain(self) -> Constraint:
        """The domain of the transform."""
        return self.transform.domain

    @property
    def sign(self) -> Any:
        """The sign of the transform."""
        return self.transform.sign

    @property
    def inv(self) -> Transform:
        """The transform itself."""
        return self.transform

    @property
    def _log_det_is_affine(self) -> bool:  # type: ignore[override]
        return self._affine

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
