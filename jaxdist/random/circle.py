"""Angles."""

from __future__ import annotations

import math

import jax.numpy as jnp
from jax import Array, lax

from jaxdist.random.continuous import cotpi, positive_unit, random_sign
from jaxdist.random.rejection import first_accepted
from jaxdist.random.words import Shape
from jaxdist.special.polynomials import odd_chebyshev


def von_mises(key: Array, concentration: Array, shape: Shape) -> Array:
    r"""Draw angles around 0 by rejection from a wrapped Cauchy distribution.

    Best and Fisher, Efficient Simulation of the von Mises Distribution (1979). With
    :math:`b = 1 / (2 \kappa + \sqrt{1 + 4 \kappa^2})` a Cauchy variate t proposes
    :math:`2 \arctan(\sqrt{b}\, t)`, and the ratio of the densities is largest at t = 1.

    Args:
      key: a PRNG key of any kind.
      concentration: non-negative, broadcastable to `shape`; draws are NaN where it is not.
      shape: shape of the draws.

    Returns:
      Angles in [-pi, pi], without a derivative.
    """
    concentration = lax.stop_gradient(concentration)
    valid = (concentration >= 0) & (concentration < math.inf)
    kappa = jnp.where(valid, concentration, 0)
    b = 1 / (2 * kappa + jnp.hypot(1, 2 * kappa))

    def propose(first: Array, second: Array, b: Array) -> Array:
        t = cotpi(positive_unit(first) / 2)
        s = jnp.minimum(t * t, 1e30)
        slope = (1 - b) / 2 * (1 - (1 + b) * s / (1 + b * s))
        ratio = (1 + s) / (1 + b * s) * ((1 + b) / 2)
        accepted = jnp.log(positive_unit(second) / ratio) <= slope
        return jnp.where(accepted, random_sign(first, t), math.nan)

    t = first_accepted(key, propose, (b,), shape, b.dtype)
    return jnp.where(valid, 2 * _arctan(jnp.sqrt(b) * t), math.nan)


_ARCTAN = [2 * (-1) ** k * (math.sqrt(2) - 1) ** (2 * k + 1) / (2 * k + 1) for k in range(22)]


def _arctan(x: Array) -> Array:
    r"""Evaluate the arc tangent, several times cheaper than by way of two arguments.

    .. math:: \arctan x = 2 \sum_k (-1)^k \frac{(\sqrt2 - 1)^{2 k + 1}}{2 k + 1} T_{2 k + 1}(x),
              \quad |x| \le 1
    """
    steep = jnp.abs(x) > 1
    z = jnp.where(steep, 1 / jnp.where(steep, x, 1), x)
    small = z * odd_chebyshev(_ARCTAN, z)
    return jnp.where(steep, jnp.copysign(math.pi / 2, x) - small, small)
