"""Transforms of vectors, along the last axis."""

from __future__ import annotations

import math
from collections.abc import Sequence

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array, lax

from jaxdist import constraints
from jaxdist.parameters import Param, param
from jaxdist.pytree import static
from jaxdist.special import log_or_masked
from jaxdist.transforms.elementwise import above_zero
from jaxdist.transforms.transform import Transform
from jaxdist.validation import Shape


class SoftmaxTransform(Transform):
    """y = exp(x) / sum(exp(x)); the inverse returns the x with log-normaliser 0."""

    domain = constraints.real_vector
    codomain = constraints.simplex

    def _forward(self, x: Array) -> Array:
        return jax.nn.softmax(x)

    def _inverse(self, y: Array) -> Array:
        return log_or_masked(y)


def _offset(size: int, dtype: np.dtype) -> Array:
    return jnp.log(jnp.arange(size, 0, -1, dtype=dtype))


def log_break(x: Array) -> Array:
    """Return the logarithms of the n + 1 pieces of the stick that `StickBreakingTransform` breaks.

    Args:
      x: shape `(..., n)`.
    """
    logits = x - _offset(x.shape[-1], x.dtype)
    rest = jnp.cumsum(-jax.nn.softplus(logits), -1)
    one = jnp.zeros_like(x[..., :1])
    shares = jnp.concatenate([-jax.nn.softplus(-logits), one], -1)
    return shares + jnp.concatenate([one, rest], -1)


def log_mend(log_y: Array) -> Array:
    """Invert `log_break`: return x, from each piece's share of what was left.

    Args:
      log_y: shape `(..., n + 1)`.
    """
    left = lax.cumlogsumexp(log_y, axis=log_y.ndim - 1, reverse=True)
    return log_y[..., :-1] - left[..., 1:] + _offset(log_y.shape[-1] - 1, log_y.dtype)


class StickBreakingTransform(Transform):
    r"""From n numbers to the simplex of n + 1, by breaking a stick.

    .. math:: y_i = v_i \prod_{j < i} (1 - v_j), \quad
              v_i = \mathrm{sigmoid}(x_i - \log(n + 1 - i)), \quad v_{n + 1} = 1

    x = 0 is mapped to the centre. The log-determinant is that of the first n of y, the sum of the
    logarithms of all n + 1.
    """

    domain = constraints.real_vector
    codomain = constraints.simplex
    bijective = True

    def _forward_shape(self, shape: Shape) -> Shape:
        return (*shape[:-1], shape[-1] + 1)

    def _inverse_shape(self, shape: Shape) -> Shape:
        if shape[-1] < 1:
            raise self._bad_shape(shape, "a vector that is not empty")
        return (*shape[:-1], shape[-1] - 1)

    def _forward(self, x: Array) -> Array:
        return above_zero(jnp.exp(log_break(x)))

    def _inverse(self, y: Array) -> Array:
        return log_mend(jnp.log(above_zero(y)))

    def _log_det(self, x: Array, y: Array) -> Array:
        return jnp.sum(log_break(x), -1)

    def _forward_and_log_det(self, x: Array) -> tuple[Array, Array]:
        log_y = log_break(x)
        return above_zero(jnp.exp(log_y)), jnp.sum(log_y, -1)

    def _inverse_and_log_det(self, y: Array) -> tuple[Array, Array]:
        log_y = jnp.log(above_zero(y))
        return log_mend(log_y), -jnp.sum(log_y, -1)


class OrderedTransform(Transform):
    r"""To increasing vectors.

    .. math:: y_1 = x_1, \quad y_i = y_{i - 1} + e^{x_i}
    """

    domain = constraints.real_vector
    codomain = constraints.ordered
    bijective = True
    _log_det_is_affine = True

    def _forward(self, x: Array) -> Array:
        return jnp.cumsum(jnp.concatenate([x[..., :1], jnp.exp(x[..., 1:])], -1), -1)

    def _inverse(self, y: Array) -> Array:
        return jnp.concatenate([y[..., :1], jnp.log(jnp.diff(y))], -1)

    def _log_det(self, x: Array, y: Array) -> Array:
        return jnp.sum(x[..., 1:], -1)


class SimplexToOrderedTransform(Transform):
    r"""From the simplex of n to n - 1 increasing cut points.

    .. math:: y_i = \mathrm{anchor} + \mathrm{logit}\left(\sum_{j \le i} x_j\right)

    If a logistic variable with mean `anchor` is cut there, the pieces have probabilities x: so
    that a Dirichlet distribution is a prior for ordinal regression (Betancourt, 2019, "Ordinal
    regression"). The log-determinant is that of the first n - 1 of x.

    Args:
      anchor: any shape broadcastable with the batch of the values.
    """

    anchor: Param = param(constraints.real, default=0.0)

    domain = constraints.simplex
    codomain = constraints.ordered
    bijective = True
    _value_ndim = 1

    def _forward_shape(self, shape: Shape) -> Shape:
        if shape[-1] < 2:
            raise self._bad_shape(shape, "a vector of at least two")
        return super()._forward_shape((*shape[:-1], shape[-1] - 1))

    def _inverse_shape(self, shape: Shape) -> Shape:
        return super()._forward_shape((*shape[:-1], shape[-1] + 1))

    def _log_tails(self, x: Array) -> tuple[Array, Array]:
        """Logarithms of the probabilities below and above each cut point."""
        log_x, axis = jnp.log(above_zero(x)), x.ndim - 1
        below = lax.cumlogsumexp(log_x, axis=axis)[..., :-1]
        return below, lax.cumlogsumexp(log_x, axis=axis, reverse=True)[..., 1:]

    def _forward(self, x: Array) -> Array:
        below, above = self._log_tails(x)
        return self.anchor[..., None] + below - above

    def _inverse(self, y: Array) -> Array:
        z = y - self.anchor[..., None]
        gaps = jnp.exp(
            -jax.nn.softplus(-z[..., 1:])
            - jax.nn.softplus(z[..., :-1])
            + jnp.log(-jnp.expm1(-jnp.diff(z)))
        )
        first, last = jax.nn.sigmoid(z[..., :1]), jax.nn.sigmoid(-z[..., -1:])
        return above_zero(jnp.concatenate([first, gaps, last], -1))

    def _log_det(self, x: Array, y: Array) -> Array:
        below, above = self._log_tails(x)
        log_det = -jnp.sum(below + above, -1)
        return jnp.broadcast_to(log_det, jnp.broadcast_shapes(log_det.shape, self.batch_shape))


class ZeroSumTransform(Transform):
    r"""From n - 1 numbers to n that sum to zero, without changing lengths.

    .. math:: y_i = x_i - \frac{s}{n + \sqrt{n}} \ (i < n), \quad y_n = -\frac{s}{\sqrt{n}}, \quad
              s = \sum_i x_i

    It is an isometry onto the plane of vectors with sum zero (a reflection of the last axis), so
    that the log-determinant is 0, and independent standard normal numbers are mapped to normal
    ones without a preferred entry.

    Args:
      event_dim: how many axes, from the right, get the sum zero.
    """

    event_dim: int = static(default=1)

    bijective = True
    _affine = True
    _log_det_is_affine = True

    def __post_init__(self, validate_args: bool | None) -> None:
        """Check that there is an axis."""
        if self.event_dim < 1:
            raise ValueError(f"ZeroSumTransform: event_dim must be positive; got {self.event_dim}")

    @property
    def domain(self) -> constraints.Constraint:
        """Arrays of real numbers."""
        return constraints.independent(constraints.real, self.event_dim)

    @property
    def codomain(self) -> constraints.Constraint:
        """Arrays whose sums along the last axis are zero."""
        if self.event_dim == 1:
            return constraints.zero_sum
        return constraints.independent(constraints.zero_sum, self.event_dim - 1)

    def _changed(self, shape: Shape, by: int) -> Shape:
        cut = len(shape) - self.event_dim
        event = tuple(n + by for n in shape[cut:])
        if min(event) < 1 and by < 0:
            raise self._bad_shape(shape, "vectors of at least one")
        return shape[:cut] + event

    def _forward_shape(self, shape: Shape) -> Shape:
        return self._changed(shape, 1)

    def _inverse_shape(self, shape: Shape) -> Shape:
        return self._changed(shape, -1)

    def _forward(self, x: Array) -> Array:
        for axis in range(-self.event_dim, 0):
            x = jnp.moveaxis(_extend(jnp.moveaxis(x, axis, -1)), -1, axis)
        return x

    def _inverse(self, y: Array) -> Array:
        for axis in range(-self.event_dim, 0):
            y = jnp.moveaxis(_contract(jnp.moveaxis(y, axis, -1)), -1, axis)
        return y

    def _log_det(self, x: Array, y: Array) -> Array:
        return jnp.zeros(x.shape[: x.ndim - self.event_dim], x.dtype)


def _extend(x: Array) -> Array:
    n = x.shape[-1] + 1
    total = jnp.sum(x, -1, keepdims=True)
    return jnp.concatenate([x - total / (n + math.sqrt(n)), -total / math.sqrt(n)], -1)


def _contract(y: Array) -> Array:
    return y[..., :-1] - y[..., -1:] / (1 + math.sqrt(y.shape[-1]))


class ReshapeTransform(Transform):
    """Give an event another shape.

    Args:
      in_shape: event shape of x.
      out_shape: event shape of y, of as many numbers.
    """

    in_shape: Shape = static()
    out_shape: Shape = static()

    bijective = True
    _affine = True
    _coordinatewise = True
    _log_det_is_affine = True

    def __post_init__(self, validate_args: bool | None) -> None:
        """Make both shapes tuples and compare their sizes."""
        vars(self).update(in_shape=tuple(self.in_shape), out_shape=tuple(self.out_shape))
        if math.prod(self.in_shape) != math.prod(self.out_shape):
            raise ValueError(
                f"ReshapeTransform: in_shape {self.in_shape} and out_shape {self.out_shape} have "
                "different numbers of elements"
            )

    @property
    def domain(self) -> constraints.Constraint:
        """Arrays with as many axes as `in_shape`."""
        return constraints.independent(constraints.real, len(self.in_shape))

    @property
    def codomain(self) -> constraints.Constraint:
        """Arrays with as many axes as `out_shape`."""
        return constraints.independent(constraints.real, len(self.out_shape))

    def _reshaped(self, shape: Shape, before: Shape, after: Shape) -> Shape:
        cut = len(shape) - len(before)
        if shape[cut:] != before:
            raise self._bad_shape(shape, f"events of shape {before}")
        return shape[:cut] + after

    def _forward_shape(self, shape: Shape) -> Shape:
        return self._reshaped(shape, self.in_shape, self.out_shape)

    def _inverse_shape(self, shape: Shape) -> Shape:
        return self._reshaped(shape, self.out_shape, self.in_shape)

    def _forward(self, x: Array) -> Array:
        return jnp.reshape(x, self._forward_shape(x.shape))

    def _inverse(self, y: Array) -> Array:
        return jnp.reshape(y, self._inverse_shape(y.shape))

    def _log_det(self, x: Array, y: Array) -> Array:
        return jnp.zeros(x.shape[: x.ndim - len(self.in_shape)], x.dtype)


class PermuteTransform(Transform):
    """Put the entries of a vector in another order: y[i] = x[permutation[i]].

    Args:
      permutation: the numbers 0 ... n - 1 in any order.
    """

    permutation: Sequence[int] = static()

    domain = constraints.real_vector
    codomain = constraints.real_vector
    bijective = True
    _affine = True
    _coordinatewise = True
    _log_det_is_affine = True

    def __post_init__(self, validate_args: bool | None) -> None:
        """Make the permutation a tuple of integers and check it."""
        order = tuple(map(int, self.permutation))
        if sorted(order) != list(range(len(order))):
            raise ValueError(
                f"PermuteTransform: permutation must hold 0 ... {len(order) - 1} once; got {order}"
            )
        vars(self)["permutation"] = order

    def _forward_shape(self, shape: Shape) -> Shape:
        if shape[-1] != len(self.permutation):
            raise self._bad_shape(shape, f"vectors of {len(self.permutation)}")
        return shape

    def _forward(self, x: Array) -> Array:
        return x[..., np.array(self.permutation)]

    def _inverse(self, y: Array) -> Array:
        return y[..., np.argsort(self.permutation)]

    def _log_det(self, x: Array, y: Array) -> Array:
        return jnp.zeros(x.shape[:-1], x.dtype)
