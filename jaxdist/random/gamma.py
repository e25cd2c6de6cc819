"""Gamma variates and their logarithms, by rejection."""

from __future__ import annotations

import math

import jax.numpy as jnp
from jax import Array, lax

from jaxdist.promotion import custom_jvp
from jaxdist.random.implicit import attach_derivatives
from jaxdist.random.normal import normal_from
from jaxdist.random.rejection import first_accepted
from jaxdist.random.sampler import sampler
from jaxdist.random.uniform import positive_uniform_from
from jaxdist.random.words import Shape
from jaxdist.special import log_gamma_implicit_derivative


@sampler
def gamma(key: Array, concentration: Array, shape: Shape) -> Array:
    """Draw from standard gamma distributions, with the derivative in the concentration.

    Args:
      key: a PRNG key.
      concentration: positive, broadcastable to `shape`; draws are NaN where it is not.
      shape: shape of the draws.

    Returns:
      The exponential of what `log_gamma` draws; 0 where that underflows.
    """
    scale, log_ratio = _draw(key, lax.stop_gradient(concentration), shape)
    log_draw = jnp.log(scale) + log_ratio
    return _with_derivative(concentration, log_draw, scale * jnp.exp(log_ratio))


@sampler
def log_gamma(key: Array, concentration: Array, shape: Shape) -> Array:
    """Draw logarithms of standard gamma variates, with the derivative in the concentration.

    Args:
      key: a PRNG key.
      concentration: positive, broadcastable to `shape`; draws are NaN where it is not.
      shape: shape of the draws.
    """
    scale, log_ratio = _draw(key, lax.stop_gradient(concentration), shape)
    lowest = float(jnp.finfo(log_ratio.dtype).min) / 4
    log_draw = jnp.maximum(jnp.log(scale) + log_ratio, lowest)
    return attach_derivatives(_log_derivatives, log_draw, concentration)


def _log_derivatives(log_draw: Array, a: Array) -> tuple[Array]:
    return (log_gamma_implicit_derivative(a, log_draw),)


@custom_jvp
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
    below 1 one is added, and the draw multiplied by a power of a uniform variate (section 6): by
    how much an accepted proposal has passed is exponential and independent of it, and so provides
    the logarithm of the latter.
    """
    valid = (a > 0) & (a < math.inf)

    def scale(a: Array) -> Array:
        return jnp.where(a < 1, a + 1, a) - 1 / 3

    def propose(first: Array, second: Array, a: Array) -> Array:
        x, d = normal_from(first), scale(a)
        v = (1 + x * (1 / (3 * jnp.sqrt(d)))) ** 3
        log_v = jnp.log(jnp.maximum(v, 1e-30))
        margin = x * x / 2 + d * (1 - v + log_v) - jnp.log(positive_uniform_from(second))
        log_power = jnp.where(a < 1, margin * (-1 / a), 0)
        return jnp.where((v > 0) & (margin > 0), log_v + log_power, math.nan)

    a = jnp.where(valid, a, 1)
    log_ratio = first_accepted(key, propose, (a,), shape, a.dtype)
    return scale(a), jnp.where(valid, log_ratio, math.nan)
