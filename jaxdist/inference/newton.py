"""Minimization by a damped Newton's method, of functions of few numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import Array, lax

from jaxdist.linalg.triangular import cholesky, inverse_of_gram
from jaxdist.precision import matvec

_STEPS = 200
_LARGEST_DAMPING = 1e8
_CONVERGED = 1e-4  # a step of Newton's method after which the error is about its square


class Minimum(NamedTuple):
    """Where a function is least.

    Attributes:
      x: shape `(n,)`.
      value: of the function there.
      gradient: of the function there, shape `(n,)`.
      hessian: of the function there, shape `(n, n)`.
    """

    x: Array
    value: Array
    gradient: Array
    hessian: Array

    @property
    def is_strict(self) -> Array:
        """Whether the function grows in all directions: False where x runs off to infinity."""
        scale = jnp.sqrt(jnp.diagonal(self.hessian))
        factor = cholesky(self.hessian / (scale[:, None] * scale))
        return jnp.all(jnp.diagonal(factor) ** 2 > jnp.sqrt(jnp.finfo(scale.dtype).eps))


class _State(NamedTuple):
    best: Minimum
    damping: Array
    candidate: Array
    has_converged: Array
    number: Array


def minimize(function: Callable[[Array], Array], start: Array) -> Minimum:
    r"""Minimize a smooth function of a vector, by the method of Levenberg and Marquardt.

    .. math:: x \leftarrow x - (H + \mu D)^{-1} g

    with the gradient g, the Hessian H and D its diagonal in size; the damping μ falls after a step
    that does not increase the function, and grows after one that does. No entry of x changes by
    more than 1 and its own size at once: far from the minimum, the steps are of no use.

    Args:
      function: maps a vector to a number; infinite or NaN where it is not defined.
      start: shape `(n,)`, where the function is finite.

    Returns:
      The minimum, or where damping found no further step.
    """

    def propose(x: Array, gradient: Array, hessian: Array, damping: Array) -> Array:
        size = jnp.maximum(jnp.abs(jnp.diagonal(hessian)), jnp.finfo(x.dtype).eps)
        factor = cholesky(hessian + damping * jnp.diag(size))
        step = -matvec(inverse_of_gram(factor), gradient)
        return step / jnp.maximum(jnp.max(jnp.abs(step) / (1 + jnp.abs(x))), 1)

    def is_open(state: _State) -> Array:
        return ~state.has_converged & (state.damping < _LARGEST_DAMPING) & (state.number < _STEPS)

    # One copy of the function is compiled: at the start it is evaluated as at any candidate.
    def advance(state: _State) -> _State:
        best, x = state.best, state.candidate
        value, gradient, hessian = _evaluate(function, x)
        slack = 8 * jnp.finfo(value.dtype).eps * jnp.abs(best.value)
        accepted = (state.number == 0) | (jnp.isfinite(value) & (value <= best.value + slack))
        reduced = jnp.where(state.number == 0, state.damping, state.damping / 8)
        damping = jnp.where(accepted, reduced, 8 * jnp.maximum(state.damping, 1e-3))
        is_small = jnp.max(jnp.abs(x - best.x) / (1 + jnp.abs(best.x))) < _CONVERGED
        best = jax.tree.map(
            lambda new, old: jnp.where(accepted, new, old),
            Minimum(x, value, gradient, hessian),
            best,
        )
        return _State(
            best,
            damping,
            best.x + propose(best.x, best.gradient, best.hessian, damping),
            accepted & is_small & (damping < 1) & (state.number > 0),
            state.number + 1,
        )

    zero = jnp.zeros((), start.dtype)
    flat = jnp.zeros((start.size, start.size), start.dtype)
    nowhere = Minimum(start, zero, jnp.zeros_like(start), flat)
    first = _State(nowhere, zero + 1e-2, start, jnp.array(False), jnp.array(0))
    return lax.while_loop(is_open, advance, first).best


def _evaluate(function: Callable[[Array], Array], x: Array) -> tuple[Array, Array, Array]:
    """Return the value, the gradient and the Hessian of a function."""

    def along(direction: Array) -> tuple[tuple[Array, Array], tuple[Array, Array]]:
        return jax.jvp(jax.value_and_grad(function), (x,), (direction,))

    (value, gradient), (_, hessian) = jax.vmap(along, out_axes=(None, 0))(
        jnp.eye(x.size, dtype=x.dtype)
    )
    return value, gradient, hessian
