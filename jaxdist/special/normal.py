"""The normal distribution function, its logarithm and their inverses."""

from __future__ import annotations

import math

import jax
import jax.numpy as jnp
from jax import Array
from jax.scipy.special import ndtr, ndtri

_ASYMPTOTIC = -10.0  # below it the series of the Mills ratio is exact in float32 and float64


@jax.custom_jvp
def log_ndtr(x: Array) -> Array:
    r"""Logarithm of the standard normal cumulative distribution function.

    .. math:: \log \Phi(x) = \log \int_{-\infty}^x e^{-t^2 / 2} dt / \sqrt{2 \pi}

    Near zero from above, it is `log1p` of the upper tail; far below, the asymptotic series of the
    Mills ratio (Abramowitz and Stegun 26.2.12).

    Args:
      x: any shape.

    Returns:
      The shape of `x`.
    """
    upper = jnp.log1p(-ndtr(-jnp.maximum(x, -1)))
    middle = jnp.log(ndtr(jnp.clip(x, _ASYMPTOTIC, -1)))
    z = jnp.minimum(x, _ASYMPTOTIC)
    lower = -z * z / 2 - jnp.log(-z) - math.log(2 * math.pi) / 2 + jnp.log1p(_mills_series(z))
    return jnp.where(x > -1, upper, jnp.where(x > _ASYMPTOTIC, middle, lower))


@log_ndtr.defjvp
def _log_ndtr_jvp(primals: tuple[Array], tangents: tuple[Array]) -> tuple[Array, Array]:
    (x,), (x_dot,) = primals, tangents
    return log_ndtr(x), inverse_mills(x) * x_dot


def inverse_mills(x: Array) -> Array:
    r"""Derivative of `log_ndtr`: the normal density over its cumulative distribution function.

    Args:
      x: any shape.

    Returns:
      The shape of `x`.
    """
    near = jnp.maximum(x, _ASYMPTOTIC)
    density = jnp.exp(-near * near / 2) / math.sqrt(2 * math.pi)
    z = jnp.minimum(x, _ASYMPTOTIC)
    return jnp.where(x > _ASYMPTOTIC, density / ndtr(near), -z / (1 + _mills_series(z)))


def _mills_series(z: Array) -> Array:
    """1 - 1/z^2 + 3/z^4 - 15/z^6 ... without its leading 1, for z <= -10."""
    w = 1 / (z * z)
    terms = jnp.zeros_like(w)
    for odd in range(21, 0, -2):
        terms = -odd * w * (1 + terms)
    return terms


def ndtri_exp(log_p):
    """Return the x with `log_ndtr(x) = log_p`."""
    x = -jnp.sqrt(-2 * jnp.minimum(log_p, -1e-30))
    for _ in range(8):
        x = x - (log_ndtr(x) - log_p) / inverse_mills(x)
    near = jnp.maximum(log_p, -5.0)
    middle = jnp.where(log_p < -0.5, ndtri(jnp.exp(near)), -ndtri(-jnp.expm1(near)))
    return jnp.where(log_p < -5, x, middle)


log_ndtri = ndtri_exp


def log_ndtr_difference(a, b):
    """Return `log(ndtr(b) - ndtr(a))` for a < b."""
    flip = a > 0
    low, high = jnp.where(flip, -b, a), jnp.where(flip, -a, b)
    top = log_ndtr(high)
    return top + jnp.log(-jnp.expm1(log_ndtr(low) - top))
