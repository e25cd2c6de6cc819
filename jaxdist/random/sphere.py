"""Points of the unit sphere."""

from __future__ import annotations

import functools
import math

import jax.numpy as jnp
from jax import Array, lax
from jax.typing import DTypeLike

from jaxdist.random.implicit import attach_derivatives
from jaxdist.random.log_concave import log_concave
from jaxdist.random.normal import normal
from jaxdist.random.words import Shape
from jaxdist.special import sigmoid
from jaxdist.special.sphere import sphere_angle_derivative


def unit_vector(key: Array, shape: Shape, dtype: DTypeLike) -> Array:
    """Draw uniform points of the unit sphere.

    Args:
      key: a PRNG key.
      shape: shape of the draws, of which the last axis is that of a point.
      dtype: type of the draws, float32 or float64.
    """
    z = normal(key, shape, dtype)
    norm = jnp.sqrt(jnp.sum(z * z, -1, keepdims=True))
    return z / jnp.maximum(norm, jnp.finfo(z.dtype).tiny)


def log_tan_half_angle(key: Array, concentration: Array, dim: int, shape: Shape) -> Array:
    r"""Draw the angle θ of von Mises-Fisher points with their mean direction, as a logarithm.

    .. math:: s = 2 \log \tan(\theta / 2), \quad
              p(s) \propto \mathrm{sech}(s/2)^{n - 1}\, e^{-\kappa \tanh(s / 2)}

    which is log-concave, with the mode :math:`-\operatorname{arsinh}(2 \kappa / (n - 1))`.

    Args:
      key: a PRNG key.
      concentration: κ, non-negative, broadcastable to `shape`.
      dim: the number n of dimensions, at least 2.
      shape: shape of the draws.

    Returns:
      s, with a derivative in κ.
    """
    kappa = lax.stop_gradient(concentration)
    power = (dim - 1) / 2
    mode = -jnp.arcsinh(kappa / power)
    pull = 2 * power * kappa / (kappa + power + jnp.hypot(kappa, power))  # κ (1 - cos θ) there

    def log_density(d: Array, mode: Array, pull: Array) -> Array:
        sech = jnp.log1p(2 * jnp.sinh(d / 4) ** 2 + jnp.tanh(mode / 2) * jnp.sinh(d / 2))
        return -2 * power * sech - pull * sigmoid(-mode - d) * jnp.expm1(d)

    d = log_concave(key, log_density, 1.3 / math.sqrt(power), (mode, pull), shape)
    derivatives = functools.partial(_derivatives, dim)
    return attach_derivatives(derivatives, mode + d, concentration)


def _derivatives(dim: int, s: Array, concentration: Array) -> tuple[Array]:
    """Differentiate: ds / dθ is 2 / sin(θ)."""
    angle = 2 * jnp.arctan(jnp.exp(s / 2))
    kappa = jnp.broadcast_to(concentration, s.shape)
    return (2 * sphere_angle_derivative(dim, angle, kappa) * jnp.cosh(s / 2),)


def cosine_and_sine(s: Array) -> tuple[Array, Array]:
    r"""Return cosine and sine of :math:`\theta = 2 \arctan(e^{s/2})`."""
    return -jnp.tanh(s / 2), 1 / jnp.cosh(s / 2)
