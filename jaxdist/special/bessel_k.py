r"""The modified Bessel function of the second kind, of a given order.

.. math:: K_\nu(z) = \tfrac12 e^{-R + \nu t} \int_{-\infty}^\infty
              e^{-R (\cosh y - 1) - \nu (\sinh y - y)} dy, \quad
          R = \sqrt{\nu^2 + z^2}, \; t = \operatorname{arsinh}(\nu / z)

The integrand is an analytic function, which the trapezoidal rule integrates exactly. K of order 0
is a power series below 1, and that of order 1/2 elementary.
"""

from __future__ import annotations

import math

import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxdist.numerics.polynomials import horner
from jaxdist.numerics.quadrature import weighted_sum
from jaxdist.special.exp_log import expm1mx
from jaxdist.special.hyperbolic import hypot

_TERMS = 14  # of the power series, enough for float64
_I0 = [math.factorial(k) ** -2.0 for k in range(_TERMS)]
_K0 = [c * math.fsum(1 / j for j in range(1, k + 1)) for k, c in enumerate(_I0)]


def log_kve(order: float, z: Array) -> Array:
    r"""Logarithm of the exponentially scaled function, :math:`\log (K_\nu(z) e^z)`.

    Accurate to 4 eps; infinite at 0.

    Args:
      order: ν, 0 or at least 1/2.
      z: non-negative, any shape.
    """
    if order == 0.5:
        return (math.log(math.pi / 2) - jnp.log(z)) / 2
    if order > 0:
        return _by_quadrature(order, z)
    is_small = z < 1
    small = jnp.where(is_small, z, 0.5)
    quarter = small * small / 4
    series = horner(_K0, quarter) - (jnp.log(small / 2) + np.euler_gamma) * horner(_I0, quarter)
    return jnp.where(
        is_small, small + jnp.log(series), _by_quadrature(0.0, jnp.where(is_small, 1, z))
    )


def _by_quadrature(order: float, z: Array) -> Array:
    is_single = jnp.finfo(z.dtype).eps > 1e-10
    reach, step = (8.0, 0.6) if is_single else (12.0, 0.3)
    low = reach + (2.5 * reach / order if order else 0)
    nodes = np.arange(-low, reach, step)
    radius = hypot(z, order)
    width = 1 / jnp.sqrt(1 + radius)

    excess = z / (radius + order) * z  # R - ν

    def term(u: Array) -> Array:
        y = width * jnp.abs(u)
        cosh = 2 * jnp.sinh(y / 2) ** 2  # less 1
        ahead = radius * cosh + order * (jnp.sinh(y) - y)
        behind = excess * cosh + order * expm1mx(-y)
        return jnp.exp(-jnp.where(u < 0, behind, ahead))

    total = weighted_sum(term, np.full_like(nodes, step), nodes, dtype=z.dtype)
    power = order * (jnp.arcsinh(order / z) - order / (radius + z)) if order else 0
    return power + jnp.log(width * total / 2)
