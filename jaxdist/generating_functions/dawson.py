"""Dawson's function."""

from __future__ import annotations

import math

import jax.numpy as jnp
from jax import Array

from jaxdist.numerics.polynomials import horner

_NEAR, _FAR = 1.5, 10.0
_SERIES = [1 / (math.factorial(k) * (2 * k + 1)) for k in range(26)]
_ASYMPTOTE = [math.prod(range(1, 2 * k, 2)) / 2**k for k in range(16)]  # in 1 / x^2
_STEP = 0.25
_REACH = 27  # steps from the nearest sample


def dawson(x: Array) -> Array:
    r"""Return :math:`D(x) = e^{-x^2} \int_0^x e^{y^2} dy`.

    Near 0 by the power series of the integral, whose terms are positive; far from it by the
    asymptotic one. In between by samples of a Gaussian, whose error is below float64's rounding:

    .. math:: D(x) = \frac{1}{\sqrt{\pi}} \sum_{n\,\mathrm{odd}} \frac{e^{-(x - n h)^2}}{n}

    Args:
      x: any shape.

    References:
      Rybicki 1989, "Dawson's integral and the sampling theorem".
    """
    size = jnp.abs(x)
    near, far = size < _NEAR, size > _FAR
    of_near = jnp.where(near, x, 0)
    square = of_near * of_near
    by_series = of_near * jnp.exp(-square) * horner(_SERIES, square, _NEAR**2)
    inverse = 1 / jnp.where(far, x, _FAR)
    by_asymptote = inverse / 2 * horner(_ASYMPTOTE, inverse * inverse)
    between = jnp.where(near | far, _NEAR, size)
    number = 2 * jnp.round(between / (2 * _STEP))  # the even one nearest to x / h
    odd = jnp.arange(-_REACH, _REACH + 1, 2, dtype=x.dtype)
    offset = (between - number * _STEP)[..., None] - _STEP * odd
    terms = jnp.exp(-offset * offset) / (number[..., None] + odd)
    by_samples = jnp.sign(x) * jnp.sum(terms, -1) / math.sqrt(math.pi)
    return jnp.where(near, by_series, jnp.where(far, by_asymptote, by_samples))
