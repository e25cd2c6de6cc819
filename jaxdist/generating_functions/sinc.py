"""The sine over its argument, and what it lacks to 1."""

from __future__ import annotations

import math

import jax.numpy as jnp
from jax import Array

from jaxdist.numerics.polynomials import horner

_SERIES = [(-1) ** k / math.factorial(2 * k + 3) for k in range(10)]


def one_minus_sinc(x: Array) -> Array:
    r"""Return :math:`1 - \sin(x) / x`, for :math:`|x| \le 2` by the power series of the sine.

    Args:
      x: any shape.
    """
    near = jnp.abs(x) <= 2
    square = jnp.where(near, x, 0) ** 2
    far = jnp.where(near, 2, x)
    return jnp.where(near, square * horner(_SERIES, square, 4), 1 - jnp.sin(far) / far)


def sinc_excess(x: Array) -> Array:
    r"""Return :math:`(x - \sin x) / x^2`, for :math:`|x| \le 2` by the power series of the sine.

    Args:
      x: any shape.
    """
    near = jnp.abs(x) <= 2
    z = jnp.where(near, x, 0)
    far = jnp.where(near, 2, x)
    return jnp.where(near, z * horner(_SERIES, z * z, 4), (1 - jnp.sin(far) / far) / far)
