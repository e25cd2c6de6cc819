"""Logarithm of the mean of an exponential over the unit interval."""

from __future__ import annotations

import math

import jax.numpy as jnp
from jax import Array

from jaxdist.numerics.polynomials import horner
from jaxdist.special.exp_log import log1mexp

_SINHC = [1 / math.factorial(2 * k + 3) for k in range(13)]


def log_expm1_ratio(l: Array) -> Array:
    r"""Return :math:`\log((e^l - 1) / l) = \log \int_0^1 e^{l x} dx`, which is 0 at l = 0.

    For :math:`|l| < 4` by the series of :math:`\sinh(l / 2)`.

    Args:
      l: any shape.
    """
    near = jnp.abs(l) < 4
    t = jnp.where(near, l, 0) / 2
    series = t + jnp.log1p(t * t * horner(_SINHC, t * t))
    size = jnp.abs(jnp.where(near, 4, l))
    return jnp.where(near, series, jnp.maximum(l, 0) + log1mexp(size) - jnp.log(size))
