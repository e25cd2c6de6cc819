"""What the public methods of distributions compute: the hooks of a class, checked and compiled.

The functions take any distribution. They widen half precision, call the hook, check the shape of
what it returns, and mask values outside of the support.
"""

from __future__ import annotations

import functools
import math
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array, lax
from jax.typing import ArrayLike

from jaxdist import constraints
from jaxdist.arguments import Shape, broadcasts_to
from jaxdist.constraints import Constraint
from jaxdist.constraints.clipping import clip_to_positive
from jaxdist.constraints.constraint import check_constraint
from jaxdist.constraints.intervals import is_constant
from jaxdist.derivatives import of_numbers
from jaxdist.numerics.integers import integer_bounds
from jaxdist.numerics.log_quantile import quantile_of_log
from jaxdist.precision import narrow, widen
from jaxdist.promotion import numpy_promotion


@functools.partial(jax.jit, static_argnums=2)
@numpy_promotion
def sample(d: Any, key: Array, sample_shape: Shape) -> Array:
    """Draw, with the gradient stopped."""
    shape = sample_shape + d.batch_shape + d.event_shape
    x = narrow(draw(widen(d), key, shape, False), d.dtype)
    return lax.stop_gradient(d._clip_draw(x))


@functools.partial(jax.jit, static_argnums=2)
@numpy_promotion
def rsample(d: Any, key: Array, sample_shape: Shape) -> Array:
    """Draw, with a pathwise derivative."""
    shape = sample_shape + d.batch_shape + d.event_shape
    return d._clip_draw(narrow(draw(widen(d), key, shape, True), d.dtype))


@functools.partial(jax.jit, static_argnums=(2, 3))
@numpy_promotion
def joint(d: Any, key: Array, sample_shape: Shape, pathwise: bool) -> tuple[Array, Array]:
    """Draw, and evaluate the log-density of the draw."""
    shape = sample_shape + d.batch_shape + d.event_shape
    x, density = widen(d)._joint(key, shape, pathwise)
    return d._clip_draw(narrow(x, d.dtype)), narrow(density, d.dtype)


def draw(d: Any, key: Array, shape: Shape, pathwise: bool) -> Array:
    """Call the hook that draws an array of a shape, and check what it returns."""
    x = d._rsample(key, shape) if pathwise else lax.stop_gradient(d._sample(key, shape))
    _check_shape(d, "a draw", x, shape, "Return an array of the `shape` argument")
    if not any(jnp.issubdtype(x.dtype, kind) for kind in (jnp.floating, jnp.integer)):
        raise TypeError(
            f"{type(d).__name__}: draws must be floats or integers; got {x.dtype}. Convert them, "
            "for example by `.astype(jnp.int32)`"
        )
    return x


def log_density(d: Any, x: Array) -> Array:
    """Call the hook for the log-density, and check what it returns."""
    value = d._log_prob(x)
    shape = x.shape[: x.ndim - len(d.event_shape)]
    _check_shape(d, "what `_log_prob` returns", value, shape, "Return a number for each event")
    return value


def _check_shape(d: Any, what: str, x: Any, shape: Shape, advice: str) -> None:
    if getattr(x, "shape", None) != shape:
        found = f"has shape {x.shape}" if hasattr(x, "shape") else f"is {x!r}"
        raise ValueError(f"{type(d).__name__}: {what} {found}; expected shape {shape}. {advice}")


def _support(d: Any) -> Constraint:
    support: Constraint = d.support
    check_constraint(f"{type(d).__name__}.support", support)
    return support


def _as_value(support: Constraint, x: Array) -> Array:
    """Convert values to floats, unless they are integers of a discrete distribution."""
    if support.is_discrete and not jnp.issubdtype(x.dtype, jnp.floating):
        return x
    return x.astype(jnp.promote_types(jnp.result_type(float, x), jnp.float32))


def _widen_integers(x: Array) -> Array:
    """Convert other integers to int32: a small type need not hold the bounds of the support."""
    if jnp.issubdtype(x.dtype, jnp.floating) or x.dtype in (jnp.int32, jnp.int64):
        return x
    if x.dtype in (jnp.uint32, jnp.uint64):
        x = jnp.minimum(x, jnp.iinfo(jnp.int32).max)
    return x.astype(jnp.int32)


@jax.jit
@numpy_promotion
def log_prob(d: Any, value: Array) -> Array:
    """Evaluate the log-density; `-inf` outside of the support, NaN at NaN."""
    support = _support(d)
    value = _widen_integers(value)
    axes = tuple(range(-support.event_dim, 0))
    x = _as_value(support, value)
    size = jnp.max(jnp.abs(x), axes, initial=0) if axes else jnp.abs(x)  # NaN if any is
    inside = d._inside(value)
    x = jnp.where(jnp.expand_dims(inside, axes), x, lax.stop_gradient(widen(d)._typical(x)))
    if _is_positive(support):
        x = clip_to_positive(x)  # of subnormal numbers, some operations are those of 0
    outside = jnp.where(jnp.isnan(size), math.nan, -math.inf)
    evaluated = jnp.where(inside, log_density(widen(d), x), outside)
    return evaluated.astype(jnp.result_type(d.dtype, value))


@functools.partial(jax.jit, static_argnums=(2, 3, 4))
@numpy_promotion
def cumulative(d: Any, value: Array, method: str, below: float, above: float) -> Array:
    """Evaluate one of the four tails; beyond the support it is `below` or `above`."""
    support = _support(d)
    x = _as_value(support, value)
    if support.is_discrete:  # as floats: the next larger integer need not exist
        x = jnp.floor(x.astype(jnp.promote_types(d.dtype, jnp.float32)))
    lower, upper = support.bounds if isinstance(support, constraints.Range) else (-jnp.inf, jnp.inf)
    inside = (x < upper) & _is_above(d, x, lower)
    if d._is_smooth_at_ends:
        if method != "_log_cdf":
            inside |= (x == lower) & (x > -math.inf)
        if method != "_log_survival_function":
            inside |= (x == upper) & (x < math.inf)
    point = jnp.where(inside, x, lax.stop_gradient(widen(d)._typical(x)))
    p = of_numbers(method, widen(d), point, inside)
    _check_shape(d, f"what `{method}` returns", p, x.shape, "Return a number for each value")
    p = jnp.where(inside, p, jnp.where(x < upper, below, above))
    return jnp.where(jnp.isnan(value), math.nan, p).astype(jnp.result_type(d.dtype, value))


def _is_positive(support: Constraint) -> bool:
    return (
        isinstance(support, constraints.Range)
        and support.open_below
        and is_constant(support.bounds[0], 0)
    )


def _is_above(d: Any, x: Array, lower: ArrayLike) -> Array:
    """Return where P(X <= x) is evaluated: at the end of a density its derivatives may not exist.

    Subnormal numbers count as 0, because of them some operations are those of 0.
    """
    if _support(d).is_discrete or d._has_atoms:
        return (x >= lower) & (x > -math.inf)
    return x >= jnp.finfo(x.dtype).tiny if is_constant(lower, 0) else x > lower


@functools.partial(jax.jit, static_argnums=2)
@numpy_promotion
def quantile(d: Any, value: Array, method: str) -> Array:
    """Evaluate the inverse of a tail; NaN where `value` is not a probability."""
    q = _as_value(constraints.unit_interval, value)
    valid = (q >= 0) & (q <= 1)
    wide, is_discrete = widen(d), _support(d).is_discrete
    q = jnp.where(valid, q, 1.0 if is_discrete else 0.5)
    x = getattr(wide, method)(q) if is_discrete else of_numbers(method, wide, q, valid)
    _check_shape(d, f"what `{method}` returns", x, q.shape, "Return a number for each value")
    if jnp.issubdtype(x.dtype, jnp.floating):
        return jnp.where(valid, x, math.nan).astype(jnp.result_type(d.dtype, value))
    return x


@functools.partial(jax.jit, static_argnums=2)
@numpy_promotion
def log_quantile(d: Any, value: Array, is_lower: bool) -> Array:
    """Evaluate the inverse of the logarithm of a tail; NaN where `value` is above 0."""
    log_p = _as_value(constraints.real, value)
    valid = log_p <= 0
    wide = widen(d)
    x = quantile_of_log(wide, jnp.where(valid, log_p, -1.0), is_lower)
    if jnp.issubdtype(x.dtype, jnp.floating):
        return jnp.where(valid, x, math.nan).astype(jnp.result_type(d.dtype, value))
    return jnp.where(valid, x, integer_bounds(wide)[1])


@functools.partial(jax.jit, static_argnums=1)
@numpy_promotion
def moment(d: Any, method: str) -> Array:
    """Return a moment of every entry of an event, shape `batch_shape + event_shape`."""
    return _broadcast(d, method, 1)


@functools.partial(jax.jit, static_argnums=1)
@numpy_promotion
def summary(d: Any, method: str) -> Array:
    """Return a number for each distribution, shape `batch_shape`."""
    return _broadcast(d, method, 0)


def _broadcast(d: Any, method: str, events: int) -> Array:
    """Return what a method computes, in the shape of the batch and of so many events."""
    value = getattr(widen(d), method)()
    shape = d.batch_shape + events * d.event_shape
    if not broadcasts_to(jnp.shape(value), shape):
        advice = "Return an array that broadcasts to it"
        _check_shape(d, f"what `{method}` returns", value, shape, advice)
    return narrow(jnp.broadcast_to(value, shape), d.dtype)


@functools.partial(jax.jit, static_argnums=1)
@numpy_promotion
def matrix(d: Any, method: str) -> Array:
    """Return a matrix over the entries of an event, shape `batch_shape + 2 * event_shape`."""
    return _broadcast(d, method, 2)


@numpy_promotion
def enumerate_support(d: Any, expand: bool) -> Array:
    """List the values of a finite support along a new first axis."""
    values = narrow(widen(d)._enumerate_support(), d.dtype)
    if jnp.issubdtype(values.dtype, jnp.integer):
        values = values.astype(jnp.int32)  # in 64 bits too, as draws are
    batch_shape = d.batch_shape
    values = jnp.reshape(values, values.shape[:1] + (1,) * len(batch_shape) + d.event_shape)
    if not expand:
        return values
    return jnp.broadcast_to(values, values.shape[:1] + batch_shape + d.event_shape)
