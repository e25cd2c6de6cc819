"""What the density of a transformed variable is made of: inverses and log-determinants of parts."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jax import Array, lax

from jaxdist import constraints
from jaxdist.constraints.constraint import all_rightmost
from jaxdist.transforms.compose import ComposeTransform
from jaxdist.transforms.transform import sum_rightmost


def invert_in_range(
    transform: ComposeTransform, y: Array, event_ndim: int
) -> tuple[Array, Array, Array]:
    """Map y to x; return x, log |det dx/dy|, and whether y is in the range of the transform.

    It is known that y is in the codomain of the last part. Values outside of the codomain of an
    earlier part are replaced before its inverse, so that they have finite gradients.
    """
    inside = jnp.ones(y.shape[: y.ndim - event_ndim], bool)
    total = jnp.zeros(inside.shape, y.dtype)
    for i, part in enumerate(reversed(transform.parts)):
        codomain = part.codomain
        extra = event_ndim - codomain.event_dim
        if i and not _is_real(codomain):
            inside &= all_rightmost(codomain.check(y), extra)
            valid = jnp.expand_dims(inside, tuple(range(-event_ndim, 0)))
            y = jnp.where(valid, y, codomain.feasible_like(y))
        y, log_det = part._inverse_and_log_det(y)
        total = total + sum_rightmost(log_det, extra)
        event_ndim += part.domain.event_dim - codomain.event_dim
    return y, total, inside


def _is_real(constraint: constraints.Constraint) -> bool:
    if isinstance(constraint, constraints.Independent):
        return _is_real(constraint.base_constraint)
    return constraint is constraints.real


def forward_at_fixed_output(
    transform: ComposeTransform, x: Array, event_ndim: int
) -> tuple[Array, Array, Array]:
    """Map x to y; return y, x and log |det dy/dx|, with derivatives for a constant y.

    The values are those for x itself: the inverse of y is less exact, since y is rounded.
    """
    values = [x]
    for part in transform.parts:
        values.append(lax.stop_gradient(part._forward(values[-1])))
    y = output = values.pop()
    total = jnp.zeros(y.shape[: y.ndim - event_ndim], y.dtype)
    has_derivative = False
    for part in reversed(transform.parts):
        has_derivative = has_derivative or bool(jax.tree.leaves(part))
        value = values.pop()
        input_ = add_gradient(value, part._inverse(output)) if has_derivative else value
        log_det = part._log_det(input_, output)
        total = total + sum_rightmost(log_det, event_ndim - part.codomain.event_dim)
        event_ndim += part.domain.event_dim - part.codomain.event_dim
        output = input_
    return y, output, total


def add_gradient(value: Array, other: Array) -> Array:
    """Return `value`, with the derivative of another array added to its own."""
    zero = other - lax.stop_gradient(other)
    return value + jnp.where(jnp.isfinite(other), zero, 0)
