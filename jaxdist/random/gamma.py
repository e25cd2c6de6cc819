"""Gamma variates and their logarithms, and what is made of them."""

from __future__ import annotations

import math

import jax
import jax.numpy as jnp
from jax import Array, lax

from jaxdist.random.continuous import (
    centred_unit,
    normal_from,
    positive_unit,
    sinpi,
    word_of,
)
from jaxdist.random.rejection import first_accepted
from jaxdist.random.words import Shape, further_bits, two_bits, where_any
from jaxdist.special.polynomials import horner
from jaxdist.special.incomplete_beta import logit_beta_implicit_derivative
from jaxdist.special.incomplete_gamma import log_gamma_implicit_derivative
from jaxdist.special.student_t import student_t_implicit_derivative

_LARGE = 1e9  # its square has no last bit left for one
_EXPM1 = [0.5**k / math.factorial(k + 1) for k in range(16)]  # (exp(2 x) - 1) / (2 x), in 4 x


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
    return _with_path(concentration, log_draw, scaled * jnp.exp(log_boost))


def log_gamma(key: Array, concentration: Array, shape: Shape) -> Array:
    """Draw logarithms of standard gamma variates, with the derivative in the concentration.

    Args:
      key: a PRNG key.
      concentration: positive, broadcastable to `shape`; draws are NaN where it is not.
      shape: shape of the draws.
    """
    scaled, log_boost = _draw(key, lax.stop_gradient(concentration), shape)
    lowest = float(jnp.finfo(scaled.dtype).min) / 4
    return _log_path(concentration, jnp.maximum(jnp.log(scaled) + log_boost, lowest))


def logit_beta(key: Array, a: Array, b: Array, shape: Shape) -> Array:
    """Draw logits of beta variates, with the derivatives in a and b.

    Args:
      key: a PRNG key.
      a: positive, broadcastable to `shape`; draws are NaN where it is not.
      b: likewise.
      shape: shape of the draws.
    """
    above, below = jax.random.split(key)
    logit = log_gamma(above, a, shape) - log_gamma(below, b, shape)
    return _logit_path(a, b, lax.stop_gradient(logit))


def student_t(key: Array, df: Array, shape: Shape) -> Array:
    r"""Draw from Student's t distributions, with the derivative in df.

    .. math:: t = \sqrt{\nu (u^{-2 / \nu} - 1)} \sin(\pi w), \quad
              u \in (0, 1], w \in [-1/2, 1/2]

    Bailey, Polar Generation of Random Variates with the t-Distribution (1994).

    Args:
      key: a PRNG key.
      df: positive degrees of freedom, broadcastable to `shape`.
      shape: shape of the draws.

    Returns:
      Draws; infinite where they overflow.
    """
    return _t_path(df, _student_t(key, lax.stop_gradient(df), shape))


def _student_t(key: Array, df: Array, shape: Shape) -> Array:
    length, angle = two_bits(key, shape, word_of(df.dtype))
    half = -jnp.log(positive_unit(length)) * (1 / df)
    growth = jnp.exp(half)
    far = growth > _LARGE  # there one is negligible, and the square may overflow
    close = 2 * half * horner(_EXPM1, 4 * jnp.minimum(half, 0.25))
    surplus = jnp.where(half < 0.25, close, jnp.where(far, 1, growth * growth - 1))
    return jnp.sqrt(df * surplus) * jnp.where(far, growth, 1) * sinpi(centred_unit(angle))


@jax.custom_jvp
def _log_path(a: Array, log_draw: Array) -> Array:
    """Give the logarithm of a gamma variate its derivative in the concentration."""
    return log_draw


@_log_path.defjvp
def _log_path_jvp(
    primals: tuple[Array, Array], tangents: tuple[Array, Array]
) -> tuple[Array, Array]:
    (a, log_draw), (a_dot, _) = primals, tangents
    log_draw = _log_path(a, log_draw)
    return log_draw, log_gamma_implicit_derivative(a, log_draw) * a_dot


@jax.custom_jvp
def _with_path(a: Array, log_draw: Array, draw: Array) -> Array:
    """Give a gamma variate its derivative in the concentration, by its logarithm."""
    return draw


@_with_path.defjvp
def _with_path_jvp(primals: tuple[Array, ...], tangents: tuple[Array, ...]) -> tuple[Array, Array]:
    (a, log_draw, draw), (a_dot, _, _) = primals, tangents
    draw, log_draw = _with_path(a, log_draw, draw), _log_path(a, log_draw)
    return draw, draw * log_gamma_implicit_derivative(a, log_draw) * a_dot


@jax.custom_jvp
def _logit_path(a: Array, b: Array, logit: Array) -> Array:
    """Give the logit of a beta variate its derivatives in a and b."""
    return logit


@_logit_path.defjvp
def _logit_path_jvp(primals: tuple[Array, ...], tangents: tuple[Array, ...]) -> tuple[Array, Array]:
    (a, b, logit), (a_dot, b_dot, _) = primals, tangents
    logit = _logit_path(a, b, logit)
    along_a, along_b = logit_beta_implicit_derivative(a, b, logit)
    return logit, along_a * a_dot + along_b * b_dot


@jax.custom_jvp
def _t_path(df: Array, t: Array) -> Array:
    """Give a Student's t variate its derivative in df."""
    return t


@_t_path.defjvp
def _t_path_jvp(primals: tuple[Array, Array], tangents: tuple[Array, Array]) -> tuple[Array, Array]:
    (df, t), (df_dot, _) = primals, tangents
    t = _t_path(df, t)
    size = jnp.abs(t)
    finite = size < math.inf
    path = jnp.where(finite, student_t_implicit_derivative(df, jnp.where(finite, size, 0)), 0)
    return t, jnp.sign(t) * path * df_dot


def _draw(key: Array, a: Array, shape: Shape) -> tuple[Array, Array]:
    """Draw a variate in two parts: a factor, and the logarithm of another.

    Marsaglia and Tsang, A Simple Method for Generating Gamma Variables (2000). A concentration
    below 1 is raised by one, and the draw lowered by a power of a uniform variate (section 6).
    """
    valid = (a > 0) & (a < math.inf)
    small = a < 1
    d = jnp.where(valid, a + small, 1) - 1 / 3

    def propose(first: Array, second: Array, d: Array) -> Array:
        x = normal_from(first)
        v = (1 + x / (3 * jnp.sqrt(d))) ** 3
        log_v = jnp.log(jnp.maximum(v, 1e-30))
        log_ratio = x * x / 2 + d * (1 - v + log_v)
        return jnp.where((v > 0) & (jnp.log(positive_unit(second)) < log_ratio), v, math.nan)

    v = first_accepted(key, propose, (d,), shape, a.dtype)

    def boost() -> Array:
        u = positive_unit(further_bits(key, shape, word_of(a.dtype)))
        return jnp.where(small, jnp.log(u) / jnp.where(small & valid, a, 1), 0)

    return jnp.where(valid, d * v, math.nan), where_any(key, small, boost, shape)
