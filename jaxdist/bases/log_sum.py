"""Logarithms of sums over the integers, of terms that are given by their logarithms."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import jax.numpy as jnp
from jax import Array
from jax.custom_derivatives import SymbolicZero

from jaxdist.numerics.differentiation import derivative
from jaxdist.numerics.summation import sum_over, sum_over_sides
from jaxdist.promotion import custom_jvp
from jaxdist.special.infinite_slopes import along


def log_sum_over(
    log_term: Callable[..., Array],
    start: Array,
    stop: Array,
    mode: Array | None,
    log_largest: Array,
    *parameters: Array,
) -> Array:
    """Return the logarithm of a sum of positive terms over the integers `start <= k < stop`.

    Its derivative is the mean of those of the logarithms of the terms: the derivatives of the terms
    themselves may have a sum that overflows.

    Args:
      log_term: a differentiable elementwise function of k and the parameters, without tracers in
        its closure.
      start: the first integers, as floats.
      stop: the integers before which to stop, as floats of the same shape.
      mode: where the terms are largest, as for `sum_over_sides`; None if that is at an end.
      log_largest: the logarithm of the largest term, of the same shape, without a derivative.
      *parameters: floats of the same shape.
    """
    return _log_sum_and_sum(log_term, start, stop, mode, log_largest, *parameters)[0]


@functools.partial(custom_jvp, nondiff_argnums=(0,))
def _log_sum_and_sum(
    log_term: Callable[..., Array],
    start: Array,
    stop: Array,
    mode: Array | None,
    log_largest: Array,
    *parameters: Array,
) -> tuple[Array, Array]:
    """Return the logarithm of the sum, and the sum over the largest term."""
    term = functools.partial(_share, log_term)
    one = jnp.ones_like(log_largest)
    total = _sum(term, start, stop, mode, log_largest, one, *parameters)
    return log_largest + jnp.log(total), total


@functools.partial(_log_sum_and_sum.defjvp, symbolic_zeros=True)
def _log_sum_and_sum_jvp(
    log_term: Callable[..., Array], primals: tuple[Any, ...], tangents: tuple[Any, ...]
) -> tuple[tuple[Array, Array], tuple[Array, Array]]:
    log_sum, total = _log_sum_and_sum(log_term, *primals)
    divisor = jnp.where(total > 0, total, 1)
    arguments = (*primals[:4], divisor, *primals[4:])
    term, dot = functools.partial(_share, log_term), jnp.zeros_like(total)
    for i, tangent in enumerate(tangents[4:]):
        if not isinstance(tangent, SymbolicZero):
            dot += along(_sum(derivative(term, i + 3), *arguments), tangent)
    return (log_sum, total), (dot, total * dot)


def _sum(
    term: Callable[..., Array], start: Array, stop: Array, mode: Array | None, *parameters: Array
) -> Array:
    if mode is None:
        return sum_over(term, start, stop, *parameters)
    return sum_over_sides(term, start, stop, mode, *parameters)


def _share(
    log_term: Callable[..., Array], k: Array, log_largest: Array, total: Array, *parameters: Array
) -> Array:
    """Return a term over the sum, which is that over the largest term."""
    return jnp.exp(log_term(k, *parameters) - log_largest) / total
