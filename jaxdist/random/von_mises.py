"""Von Mises angles, by rejection."""

from __future__ import annotations

import math

import jax.numpy as jnp
from jax import Array, lax

from jaxdist.random.rejection import first_accepted
from jaxdist.random.sampler import sampler
from jaxdist.random.uniform import positive_uniform_from, random_sign
from jaxdist.random.words import Shape
from jaxdist.special import arctan, cotpi


@sampler
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
        t = cotpi(positive_uniform_from(first) / 2)
        s = jnp.minimum(t * t, 1e30)
        slope = (1 - b) / 2 * (1 - (1 + b) * s / (1 + b * s))
        ratio = (1 + s) / (1 + b * s) * ((1 + b) / 2)
        accepted = jnp.log(positive_uniform_from(second) / ratio) <= slope
        return jnp.where(accepted, random_sign(first, t), math.nan)

    t = first_accepted(key, propose, (b,), shape, b.dtype)
    return jnp.where(valid, 2 * arctan(jnp.sqrt(b) * t), math.nan)
