"""Constraints on vectors."""

from __future__ import annotations

import math
from typing import ClassVar

import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

from jaxdist.constraints.constraint import Constraint, all_rightmost, check_bounds, tolerance


class _Vector(Constraint):
    """A set of vectors."""

    event_dim = 1


class Simplex(_Vector):
    """Non-negative vectors that sum to one, up to rounding."""

    _name = "simplex"

    def _check(self, x: Array) -> Array:
        total = jnp.sum(x, -1, dtype=jnp.promote_types(x.dtype, jnp.float32))
        return all_rightmost(x >= 0, 1) & (jnp.abs(total - 1) <= tolerance(x, x.shape[-1]))

    def _feasible_like(self, x: Array) -> Array:
        return jnp.full_like(x, 1 / max(x.shape[-1], 1))


class Ordered(_Vector):
    """Strictly increasing vectors."""

    _name: ClassVar[str | None] = "ordered"

    def _check(self, x: Array) -> Array:
        return all_rightmost(x[..., 1:] > x[..., :-1], 1) & all_rightmost(x == x, 1)

    def _feasible_like(self, x: Array) -> Array:
        return jnp.broadcast_to(jnp.arange(x.shape[-1], dtype=x.dtype), x.shape)


class PositiveOrderedVector(Ordered):
    """Strictly increasing vectors of positive numbers."""

    _name = "positive_ordered_vector"

    def _check(self, x: Array) -> Array:
        return super()._check(x) & all_rightmost(x > 0, 1)

    def _feasible_like(self, x: Array) -> Array:
        return super()._feasible_like(x) + 1


class Permutation(_Vector):
    """Vectors of the integers 0, ..., K - 1 in any order."""

    _name = "permutation"
    is_discrete = True

    def _check(self, x: Array) -> Array:
        return all_rightmost(jnp.sort(x, -1) == jnp.arange(x.shape[-1], dtype=x.dtype), 1)

    def _feasible_like(self, x: Array) -> Array:
        return jnp.broadcast_to(jnp.arange(x.shape[-1], dtype=x.dtype), x.shape)


class ZeroSum(_Vector):
    """Vectors that sum to zero, up to rounding."""

    _name = "zero_sum"

    def _check(self, x: Array) -> Array:
        working = x.astype(jnp.promote_types(x.dtype, jnp.float32))
        size = jnp.sum(jnp.abs(working), -1)
        return jnp.abs(jnp.sum(working, -1)) <= tolerance(x, x.shape[-1]) * size

    def _feasible_like(self, x: Array) -> Array:
        return jnp.zeros_like(x)


class Sphere(_Vector):
    """Vectors of Euclidean norm one, up to rounding."""

    _name = "sphere"

    def _check(self, x: Array) -> Array:
        working = x.astype(jnp.promote_types(x.dtype, jnp.float32))
        return jnp.abs(jnp.sum(working**2, -1) - 1) <= 2 * tolerance(x, x.shape[-1])

    def _feasible_like(self, x: Array) -> Array:
        return jnp.full_like(x, 1 / math.sqrt(max(x.shape[-1], 1)))


class L1Ball(_Vector):
    """Vectors whose absolute values sum to at most one, up to rounding."""

    _name = "l1_ball"

    def _check(self, x: Array) -> Array:
        total = jnp.sum(jnp.abs(x), -1, dtype=jnp.promote_types(x.dtype, jnp.float32))
        return total <= 1 + tolerance(x, x.shape[-1])

    def _feasible_like(self, x: Array) -> Array:
        return jnp.zeros_like(x)


class PositiveDefiniteCirculantVector(_Vector):
    """First rows of positive definite circulant matrices: even, with a positive spectrum."""

    _name = "positive_definite_circulant_vector"

    def _check(self, x: Array) -> Array:
        working = x.astype(jnp.promote_types(x.dtype, jnp.float32))
        odd = jnp.abs(working[..., 1:] - jnp.flip(working[..., 1:], -1))
        is_even = all_rightmost(odd <= tolerance(x, 1) * jnp.abs(working[..., :1]), 1)
        return is_even & all_rightmost(jnp.fft.rfft(working).real > 0, 1)

    def _feasible_like(self, x: Array) -> Array:
        first = jnp.arange(x.shape[-1]) == 0
        return jnp.broadcast_to(first, x.shape).astype(x.dtype)


class Logits(_Vector):
    """Vectors of unnormalized log-probabilities: `-inf` masks an entry; one must be finite."""

    _name = "logits (below inf, and not all -inf)"

    def _check(self, x: Array) -> Array:
        return all_rightmost(x < math.inf, 1) & jnp.any(x > -math.inf, -1)

    def _feasible_like(self, x: Array) -> Array:
        return jnp.zeros_like(x)


class OneHot(_Vector):
    """Vectors with one entry 1 and all others 0."""

    _name = "one_hot"
    is_discrete = True

    def _check(self, x: Array) -> Array:
        return all_rightmost((x == 0) | (x == 1), 1) & (jnp.sum(x == 1, -1) == 1)

    def _feasible_like(self, x: Array) -> Array:
        return jnp.broadcast_to(jnp.arange(x.shape[-1]) == 0, x.shape).astype(x.dtype)


class Multinomial(_Vector):
    """Vectors of counts whose sum is at most `upper_bound`, as in torch.

    Attributes:
      upper_bound: the largest sum, shape `(...)`.
    """

    upper_bound: ArrayLike
    is_discrete = True

    def __post_init__(self) -> None:
        """Check that the bound is a number."""
        check_bounds(self)

    def _check(self, x: Array) -> Array:
        counts = all_rightmost((x >= 0) & (x == jnp.floor(x)), 1)
        return counts & (jnp.sum(x, -1) <= self.upper_bound)

    def _feasible_like(self, x: Array) -> Array:
        total = jnp.asarray(self.upper_bound)[..., None]
        first = jnp.arange(x.shape[-1]) == 0
        return jnp.broadcast_to(jnp.where(first, total, 0), x.shape).astype(x.dtype)
