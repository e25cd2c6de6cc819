"""Variates with a log-concave density or probability, by rejection from three pieces."""

from __future__ import annotations

import math
from collections.abc import Callable

import jax
import jax.numpy as jnp
from jax import Array

from jaxdist.random.rejection import first_accepted
from jaxdist.random.uniform import positive_uniform_from
from jaxdist.random.words import Shape


def log_concave(
    key: Array,
    log_density: Callable[..., Array],
    width: float | Array,
    parameters: tuple[Array, ...],
    shape: Shape,
) -> Array:
    r"""Draw x, whose density is log-concave and largest at 0.

    The density is at most its value at 0, and at most the exponentials that touch it at `width` on
    both sides: with `width` about 1.3 standard deviations, four of five proposals are accepted.
    Devroye, Non-Uniform Random Variate Generation (1986), chapter VII.2.

    Args:
      key: a PRNG key.
      log_density: maps x and the parameters, elementwise, to the logarithm of the density over
        that at 0.
      width: distance of the points of contact, positive.
      parameters: arrays of at least float32, broadcastable to `shape`.
      shape: shape of the draws.
    """
    first, *others = jnp.broadcast_arrays(*parameters)
    at = jnp.full_like(first, width)

    def tangent(x: Array) -> tuple[Array, Array]:
        """Return where the tangent at x has the height of the maximum, and its scale."""
        value, slope = jax.jvp(lambda x: log_density(x, first, *others), (x,), (jnp.ones_like(x),))
        return x - value / slope, 1 / jnp.abs(slope)

    (low, left), (high, right) = tangent(-at), tangent(at)

    return _from_three_pieces(key, log_density, (low, high, left, right), (first, *others), shape)


def discrete_log_concave(
    key: Array,
    log_weight: Callable[..., Array],
    prob_of_mode: Array,
    parameters: tuple[Array, ...],
    shape: Shape,
) -> Array:
    r"""Draw an integer whose probability is log-concave and largest at 0.

    With p the largest one, the others are at most :math:`p \min(1, e^{1 + p / 2 - p |y|})` for
    every y that rounds to the integer. One of five proposals is accepted, or more. Devroye, A
    simple generator for discrete log-concave distributions (1987).

    Args:
      key: a PRNG key.
      log_weight: maps floats that are whole numbers, and the parameters, elementwise, to the
        logarithm of the probability over that of 0; `-inf` where it is 0.
      prob_of_mode: p, broadcastable to `shape`.
      parameters: arrays of at least float32, broadcastable to `shape`.
      shape: shape of the draws.

    Returns:
      Whole numbers as floats.
    """
    scale = 1 / prob_of_mode
    high = scale + 0.5

    def log_density(y: Array, *given: Array) -> Array:
        return log_weight(jnp.round(y), *given)

    pieces = (-high, high, scale, scale)
    return jnp.round(_from_three_pieces(key, log_density, pieces, parameters, shape))


def _from_three_pieces(
    key: Array,
    log_density: Callable[..., Array],
    pieces: tuple[Array, Array, Array, Array],
    parameters: tuple[Array, ...],
    shape: Shape,
) -> Array:
    """Draw by rejection from a constant between two points, and exponentials beyond them.

    Args:
      key: a PRNG key.
      log_density: at most 0 between the points.
      pieces: the points, and the scales of the exponentials below and above.
      parameters: of the density.
      shape: shape of the draws.
    """

    def propose(
        word: Array, other: Array, low: Array, high: Array, left: Array, right: Array, *given: Array
    ) -> Array:
        v = positive_uniform_from(word) * (left + right + (high - low))
        is_left, is_tail = v < left, v < left + right
        log_t = jnp.log(jnp.where(is_left, v / left, jnp.where(is_tail, (v - left) / right, 1)))
        inside = low + (v - left - right)
        x = jnp.where(is_left, low + left * log_t, jnp.where(is_tail, high - right * log_t, inside))
        accepted = jnp.log(positive_uniform_from(other)) + log_t < log_density(x, *given)
        return jnp.where(accepted, x, math.nan)

    return first_accepted(key, propose, (*pieces, *parameters), shape, parameters[0].dtype)
