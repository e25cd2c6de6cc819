"""Sine and cotangent of fractions of pi, the arc tangent, and differences from pi."""

from __future__ import annotations

import math

import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxdist.numerics.polynomials import horner, odd_chebyshev
from jaxdist.special.of_arrays import of_arrays

_HALF_PI = math.pi / 2
_SINE = [(-1) ** k * _HALF_PI ** (2 * k + 1) / math.factorial(2 * k + 1) for k in range(13)]

# cot(pi x) pi x / (1 - 4 x^2) in 8 x^2 - 1: its poles are far, and the zero is divided out.
# Interpolated at 17 nodes with mpmath.
_COTANGENT = (
    *(1.1008195932917916, 0.11457789555774124, 0.015706591069919786, 0.0022260976504708037),
    *(3.1747954864156799e-4, 4.5337425996689316e-5, 6.4762391614453664e-6, 9.2515981590266186e-7),
    *(1.3216513387513504e-7, 1.8880702496638793e-8, 2.6972426379064132e-9, 3.853450434490724e-10),
    *(5.5049291322162938e-11, 7.8376004155698762e-12, 1.1196572016008527e-12),
    *(1.7514190860775004e-13, 2.5020272657598414e-14),
)
_ARCTAN = [2 * (-1) ** k * (math.sqrt(2) - 1) ** (2 * k + 1) / (2 * k + 1) for k in range(22)]


@of_arrays()
def sinpi(x: Array) -> Array:
    r"""Evaluate :math:`\sin(\pi x)` for :math:`|x| \le 1/2`, by the power series of the sine.

    Args:
      x: any shape.
    """
    return 2 * x * horner(_SINE, 4 * x * x)


@of_arrays()
def cotpi(x: Array) -> Array:
    r"""Evaluate :math:`\cot(\pi x)` for :math:`0 < x \le 1/2`, without cancellation at either end.

    Args:
      x: any shape.
    """
    y = 2 * x
    ratio = (1 - y) * (1 + y) * horner(_COTANGENT, 2 * y * y - 1)
    return ratio / (_HALF_PI * y)


@of_arrays()
def arctan(x: Array) -> Array:
    r"""Evaluate the arc tangent, several times cheaper than `jnp.arctan` on CPUs.

    .. math:: \arctan x = 2 \sum_k (-1)^k \frac{(\sqrt2 - 1)^{2 k + 1}}{2 k + 1} T_{2 k + 1}(x),
              \quad |x| \le 1

    Args:
      x: any shape.
    """
    steep = jnp.abs(x) > 1
    z = jnp.where(steep, 1 / jnp.where(steep, x, 1), x)
    small = z * odd_chebyshev(_ARCTAN, z)
    return jnp.where(steep, jnp.copysign(_HALF_PI, x) - small, small)


@of_arrays()
def pi_minus(x: Array) -> Array:
    r"""Return :math:`\pi - x`, also where x is so close to pi that the rounding of pi matters.

    Args:
      x: any shape.
    """
    rounding = math.sin(float(np.asarray(math.pi, x.dtype)))  # of pi: pi less its float
    # The factor x / pi hides that both terms have a constant part, which XLA would add up first.
    return (math.pi - x) + x * (rounding / math.pi)


def wrap_angle(x: Array) -> Array:
    """Add multiples of 2 pi such that angles lie in [-pi, pi)."""
    below_pi = math.pi * (1 - float(jnp.finfo(x.dtype).epsneg))
    return jnp.clip(x - 2 * math.pi * jnp.floor(x / (2 * math.pi) + 0.5), -below_pi, below_pi)
