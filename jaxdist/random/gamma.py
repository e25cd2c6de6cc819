"""Gamma variates and their logarithms, by rejection."""

from __future__ import annotations

import math

import jax
import jax.numpy as jnp
from jax import Array, lax

from jaxdist.random.implicit import attach_derivatives
from jaxdist.random.normal import normal_from
from jaxdist.random.rejection import first_accepted
from jaxdist.random.uniform import positive_uniform_from, word_dtype
from jaxdist.random.words import Shape, extra_bits, where_any
from jaxdist.special import log_gamma_implicit_derivative


def gamma(key: Array, concentration: Array, shape: Shape) -> Array:
    """Draw from standard gamma distributions, with the derivative in the concentration.

    Args:
      key: a PRNG key.
      concentration: positive, broadcastable to `shape`; draws are NaN where it is not.
      shape: shape of the draws.

    Returns:
      The exponential of what `log_gamma` draws; 0 where that underflows.
    """
    scaled, log_boost = _draw(key, lax.stop_gradient(concentration), shape)
    log_draw = jnp.log(scaled) + log_boost
    return _with_derivative(concentration, log_draw, scaled * jnp.exp(log_boost))


def log_gamma(key: Array, concentration: Array, shape: Shape) -> Array:
    """Draw logarithms of standard gamma variates, with the derivative in the concentration.

    Args:
      key: a PRNG key.
      concentration: positive, broadcastable to `shape`; draws are NaN where it is not.
      shape: shape of the draws.
    """
    scaled, log_boost = _draw(key, lax.stop_gradient(concentration), shape)
    lowest = float(jnp.finfo(scaled.dtype).min) / 4
    log_draw = jnp.maximum(jnp.log(scaled) + log_boost, lowest)
    return attach_derivatives(_log_derivatives, log_draw, concentration)


def _log_derivatives(log_draw: Array, a: Array) -> tuple[Array]:
    return (log_gamma_implicit_derivative(a, log_draw),)


@jax.custom_jvp
def _with_derivative(a: Array, log_draw: Array, draw: Array) -> Array:
    """Give a gamma variate its derivative in the concentration, by its logarithm."""
    return draw


@_with_derivative.defjvp
def _with_derivative_jvp(
    primals: tuple[Array, ...], tangents: tuple[Array, ...]
) -> tuple[Array, Array]:
    (a, log_draw, draw), (a_dot, _, _) = primals, tangents
    draw = _with_derivative(a, log_draw, draw)
    log_draw = attach_derivatives(_log_derivatives, log_draw, a)
    return draw, draw * log_gamma_implicit_derivative(a, log_draw) * a_dot


def _draw(key: Array, a: Array, shape: Shape) -> tuple[Array, Array]:
    """Draw a variate in two parts: a factor, and the logarithm of another.

    Marsaglia and Tsang, A Simple Method for Generating Gamma Variables (2000). To a concentration
    below 1 one is added, and the draw multiplied by a power of a uniform variate (section 6).
    """
    valid = (a > 0) & (a < math.inf)
    small = a < 1
    d = jnp.where(valid, a + small, 1) - 1 / 3

    def propose(first: Array, second: Array, d: Array) -> Array:
        x = normal_from(first)
        v = (1 + x / (3 * jnp.sqrt(d))) ** 3
        log_v = jnp.log(jnp.maximum(v, 1e-30))
        log_ratio = x * x / 2 + d * (1 - v + log_v)
        accepted = (v > 0) & (jnp.log(positive_uniform_from(second)) < log_ratio)
        return jnp.where(accepted, v, math.nan)

    v = first_accepted(key, propose, (d,), shape, a.dtype)

    def boost() -> Array:
        u = positive_uniform_from(extra_bits(key, shape, word_dtype(a.dtype)))
        return jnp.where(small, jnp.log(u) / jnp.where(small & valid, a, 1), 0)

    return jnp.where(valid, d * v, math.nan), where_any(key, small, boost, shape)
