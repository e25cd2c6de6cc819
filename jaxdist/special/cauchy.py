r"""Tails of the Cauchy distribution, as angles: no square in their derivatives overflows.

.. math:: P(X > x) = \frac1\pi \arctan_2(\mathrm{scale}, x), \quad
          P(|X| \le x) = \frac2\pi \arctan_2(x, \mathrm{scale})

for the median 0. The functions take the distance x from the median, any shape broadcastable with
the positive `scale`.
"""

from __future__ import annotations

import math

import jax.numpy as jnp
from jax import Array

from jaxdist.promotion import custom_jvp
from jaxdist.special.hyperbolic import cosine_and_sine, hypot
from jaxdist.special.of_arrays import of_arrays
from jaxdist.special.quotient import log_quotient, quotient

_POWER = 1e8  # times the scale: beyond it the tail is a power, in float64 too


@of_arrays()
def cauchy_sf(x: Array, scale: Array) -> Array:
    """Probability that a Cauchy variable exceeds any x."""
    return _angle(scale, x) / math.pi


@of_arrays()
def log_cauchy_sf(x: Array, scale: Array) -> Array:
    """Logarithm of `cauchy_sf`, finite where that underflows."""
    below = x < 0
    size = jnp.where(below, -x, x)
    far = size / _POWER > scale
    tail = _angle(scale, size) / math.pi
    power = log_quotient(scale, jnp.where(far, size, 1)) - math.log(math.pi)
    upper = jnp.where(far, power, jnp.log(jnp.where(far, 1, tail)))
    return jnp.where(below, jnp.log1p(-tail), upper)


@of_arrays()
def half_cauchy_cdf(x: Array, scale: Array) -> Array:
    """Probability that the absolute value of a Cauchy variable is at most x >= 0."""
    return 2 / math.pi * _angle(x, scale)


@custom_jvp
def _angle(y: Array, x: Array) -> Array:
    return jnp.arctan2(y, x)


@_angle.defjvp
def _angle_jvp(primals: tuple[Array, Array], tangents: tuple[Array, Array]) -> tuple[Array, Array]:
    (y, x), (y_dot, x_dot) = primals, tangents
    cosine, sine = cosine_and_sine(x, y)
    return _angle(y, x), quotient(cosine * y_dot - sine * x_dot, hypot(x, y))
