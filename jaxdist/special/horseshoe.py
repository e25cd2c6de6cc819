r"""The standard horseshoe distribution: of a normal variable times a half-Cauchy one.

.. math:: p(z) = \frac{e^y E_1(y)}{\sqrt{2 \pi^3}}, \quad y = z^2 / 2, \quad
          P(Z > z) = \frac{2}{\pi} \int_0^\infty \frac{\Phi(-s z)}{1 + s^2} ds

with the exponential integral :math:`E_1`. The integrals are those of analytic functions of log s,
for which the trapezoidal rule is exact.
"""

from __future__ import annotations

import math

import jax.numpy as jnp
from jax import Array

from jaxdist.numerics.loop_carries import vary_with
from jaxdist.numerics.quadrature import weighted_sum
from jaxdist.numerics.root_finding import bisection_steps, find_root
from jaxdist.promotion import custom_jvp
from jaxdist.special.elementwise import elementwise
from jaxdist.special.exponential_integral import SMALL, expint_of_small, log_spaced, tail_sum
from jaxdist.special.normal import ndtr

_FARTHEST = 85.0  # |log z| of a quantile


@elementwise
def log_horseshoe_density(z: Array) -> Array:
    """Logarithm of the density of the standard horseshoe distribution, for z >= 0.

    Infinite at 0. Accurate to 4 eps.

    Args:
      z: non-negative, any shape.
    """
    is_small, y, integral, outer, total = _exponential_integral(z)
    log_density = jnp.where(is_small, y + jnp.log(integral), jnp.log(total) - 2 * jnp.log(outer))
    return log_density - math.log(2 * math.pi**3) / 2


def _density_along(z: Array, z_dot: Array, log_z_dot: Array) -> Array:
    """Return the density times a change of z, or that of log z times a change of it.

    It is computed without its logarithm, whose rounding is that of a small density.
    """
    is_small, y, integral, outer, total = _exponential_integral(z)
    near, far = jnp.exp(y) * integral * z_dot, total / outer * (math.sqrt(2) * log_z_dot)
    return jnp.where(is_small, near, far) / math.sqrt(2 * math.pi**3)


def _exponential_integral(z: Array) -> tuple[Array, ...]:
    r"""Return the parts of :math:`e^y E_1(y)`, for y = z^2 / 2.

    Returns:
      Whether y is small; y and :math:`E_1(y)` there; elsewhere a number, by whose square another
      one is divided.
    """
    half = z * math.sqrt(0.5)
    is_small = half * half < SMALL
    inner = jnp.where(is_small, half, math.sqrt(SMALL))
    y = inner * inner
    log_y = 2 * jnp.log(jnp.where(is_small, jnp.maximum(half, 0), 1))
    outer = jnp.where(is_small, math.sqrt(SMALL), half)
    return is_small, y, expint_of_small(y, log_y), outer, tail_sum(outer)


@elementwise
@custom_jvp
def horseshoe_sf(z: Array, log_z: Array) -> Array:
    """Probability that a standard horseshoe variable exceeds z, for z >= 0.

    Accurate to 4 eps.

    Args:
      z: non-negative, any shape broadcastable with `log_z`.
      log_z: its logarithm, which carries the derivative where z is large: there the density
        underflows before z times the density does.
    """
    z, _ = vary_with((z, log_z))
    scale = 1 / jnp.maximum(z, 1)
    reduced = jnp.minimum(z, 1)
    nodes, weights = log_spaced(z.dtype, -17.5, 17.5, 0.28)

    def term(s: Array) -> Array:
        return ndtr(-reduced * s) / (1 + (scale * s) ** 2)

    return 2 / math.pi * scale * weighted_sum(term, weights, nodes, dtype=z.dtype)


@horseshoe_sf.defjvp
def _horseshoe_sf_jvp(
    primals: tuple[Array, Array], tangents: tuple[Array, Array]
) -> tuple[Array, Array]:
    return horseshoe_sf(*primals), -_density_along(primals[0], *tangents)


@elementwise
def horseshoe_isf(p: Array) -> Array:
    """Inverse of `horseshoe_sf`, for p up to 1/2; it has no derivative.

    Args:
      p: probability, any shape.
    """
    possible = p > 0
    inside = jnp.where(possible, p, 0.25)

    def excess(t: Array) -> tuple[Array, Array]:
        z = jnp.exp(t)
        tail = horseshoe_sf(z, t)
        slope = jnp.exp(log_horseshoe_density(z) + t) / tail
        return jnp.log(inside / tail), slope

    end = jnp.full_like(p, _FARTHEST)
    steps = bisection_steps(p.dtype)
    z = jnp.exp(find_root(excess, -end, end, steps=steps))
    return jnp.where(possible, jnp.where(p < 0.5, z, 0), math.inf)
