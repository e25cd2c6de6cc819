"""The angle of the gamma function on a line parallel to the imaginary axis."""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array

from jaxdist.numerics.polynomials import horner
from jaxdist.special import arctan, hypot

_SHIFT = 8  # after which Stirling's series is exact
_STIRLING = [
    1 / 12,
    -1 / 360,
    1 / 1260,
    -1 / 1680,
    1 / 1188,
    -691 / 360360,
    1 / 156,
    -3617 / 122400,
]


def gamma_angle(x: Array) -> Array:
    r"""Return the angle of :math:`\Gamma(1 + i x)`, continuous in x.

    .. math:: \Im \log \Gamma(n + 1 + i x) - \sum_{k=1}^{n} \arctan \frac{x}{k}

    with Stirling's series of the first term.

    Args:
      x: any shape.
    """
    real = _SHIFT + 1.0
    radius = hypot(x, real)
    turn = arctan(x / real)
    rest = jnp.exp(-1j * turn) / radius  # 1 / z
    series = (rest * horner(_STIRLING, rest * rest)).imag
    passed = jnp.sum(arctan(x[..., None] / jnp.arange(1, _SHIFT + 1, dtype=x.dtype)), -1)
    return (real - 0.5) * turn + x * (jnp.log(radius) - 1) + series - passed
