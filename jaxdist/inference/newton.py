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


class _State(NamedTuple):
    x: Array
    value: Array
    damping: Array
    step: Array
    number: Array


def minimize(function: Callable[[Array], Array], start: Array) -> Array:
    r"""Minimize a smooth function of a vector, by the method of Levenberg and Marquardt.

    .. math:: x \leftarrow x - (H + \mu D)^{-1} g

    with the gradient g, the Hessian H and D its diagonal in size; the damping μ falls after a step
    that does not increase the function, and grows after one that does.

    Args:
      function: maps a vector to a number; infinite or NaN where it is not defined.
      start: shape `(n,)`, where the function is finite.

    Returns:
      Shape `(n,)`: the minimum, or where damping found no further step.
    """

    def propose(x: Array, damping: Array) -> Array:
        gradient, hessian = jax.grad(function)(x), jax.hessian(function)(x)
        size = jnp.maximum(jnp.abs(jnp.diagonal(hessian)), jnp.finfo(x.dtype).eps)
        factor = cholesky(hessian + damping * jnp.diag(size))
        return -matvec(inverse_of_gram(factor), gradient)

    def is_open(state: _State) -> Array:
        is_small = jnp.max(jnp.abs(state.step) / (1 + jnp.abs(state.x))) < _CONVERGED
        has_converged = is_small & (state.damping < 1)
        return ~has_converged & (state.damping < _LARGEST_DAMPING) & (state.number < _STEPS)

    def advance(state: _State) -> _State:
        step = propose(state.x, state.damping)
        x = state.x + step
        value = function(x)
        slack = 8 * jnp.finfo(value.dtype).eps * jnp.abs(state.value)
        accepted = jnp.isfinite(value) & (value <= state.value + slack)
        damping = jnp.where(accepted, state.damping / 8, 8 * jnp.maximum(state.damping, 1e-3))
        return _State(
            jnp.where(accepted, x, state.x),
            jnp.where(accepted, value, state.value),
            damping,
            jnp.where(accepted, step, jnp.inf),
            state.number + 1,
        )

    one = jnp.ones((), start.dtype)
    first = _State(start, function(start), 1e-2 * one, jnp.inf * jnp.ones_like(start), jnp.array(0))
    return lax.while_loop(is_open, advance, first).x
