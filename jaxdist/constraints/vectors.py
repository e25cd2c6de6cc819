"""Sets of vectors."""

from __future__ import annotations

import math

import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

from jaxdist.constraints.constraint import Constraint, event_all, tolerance


class Simplex(Constraint):
    """Non-negative vectors that sum to one."""

    event_dim = 1

    def check(self, value: ArrayLike) -> Array:
        x = jnp.asarray(value)
        total = jnp.sum(x, -1, dtype=jnp.promote_types(x.dtype, jnp.float32))
        return event_all(x >= 0, 1) & (jnp.abs(total - 1) <= tolerance(x, x.shape[-1]))

    def feasible_like(self, value: ArrayLike) -> Array:
        x = jnp.asarray(value)
        return jnp.full_like(x, 1 / x.shape[-1])

    def __repr__(self) -> str:
        return "simplex"


class Ordered(Constraint):
    """Vectors whose entries increase."""

    event_dim = 1

    def check(self, value: ArrayLike) -> Array:
        x = jnp.asarray(value)
        return event_all(x[..., 1:] > x[..., :-1], 1) & event_all(x == x, 1)

    def feasible_like(self, value: ArrayLike) -> Array:
        x = jnp.asarray(value)
        return jnp.broadcast_to(jnp.arange(x.shape[-1], dtype=x.dtype), x.shape)

    def __repr__(self) -> str:
        return "ordered"


class ZeroSum(Constraint):
    """Vectors whose entries sum to zero, up to rounding."""

    event_dim = 1

    def check(self, value: ArrayLike) -> Array:
        x = jnp.asarray(value)
        working = x.astype(jnp.promote_types(x.dtype, jnp.float32))
        size = jnp.sum(jnp.abs(working), -1)
        return jnp.abs(jnp.sum(working, -1)) <= tolerance(x, x.shape[-1]) * size

    def feasible_like(self, value: ArrayLike) -> Array:
        return jnp.zeros_like(value)

    def __repr__(self) -> str:
        return "zero_sum"


class Logits(Constraint):
    """Vectors of unnormalised log-probabilities: `-inf` masks an entry, but never all of them."""

    event_dim = 1

    def check(self, value: ArrayLike) -> Array:
        x = jnp.asarray(value)
        return event_all(x < math.inf, 1) & jnp.any(x > -math.inf, -1)

    def feasible_like(self, value: ArrayLike) -> Array:
        return jnp.zeros_like(value)

    def __repr__(self) -> str:
        return "logits (below inf, and not all -inf)"


class OneHot(Constraint):
    """Vectors with one entry 1 and all others 0."""

    event_dim = 1
    is_discrete = True

    def check(self, value: ArrayLike) -> Array:
        x = jnp.asarray(value)
        return event_all((x == 0) | (x == 1), 1) & (jnp.sum(x == 1, -1) == 1)

    def feasible_like(self, value: ArrayLike) -> Array:
        x = jnp.asarray(value)
        return jnp.broadcast_to(jnp.arange(x.shape[-1]) == 0, x.shape).astype(x.dtype)

    def __repr__(self) -> str:
        return "one_hot"


class Multinomial(Constraint):
    """Vectors of counts that sum to `upper_bound`, as in torch at most that."""

    upper_bound: ArrayLike
    event_dim = 1
    is_discrete = True

    def check(self, value: ArrayLike) -> Array:
        x = jnp.asarray(value)
        return event_all((x >= 0) & (x == jnp.floor(x)), 1) & (jnp.sum(x, -1) <= self.upper_bound)

    def feasible_like(self, value: ArrayLike) -> Array:
        x = jnp.asarray(value)
        total = jnp.asarray(self.upper_bound)[..., None]
        first = jnp.arange(x.shape[-1]) == 0
        return jnp.broadcast_to(jnp.where(first, total, 0), x.shape).astype(x.dtype)
