r"""The lower tail of the sum of a normal and an exponential variable.

With the scores z and s of `exponentially_modified_gaussian` and Mills' ratio m,

.. math:: P(X \le x) = \Phi(z) - G, \quad G = \frac{p(x)}{\lambda} = \phi(z)\, m(s - z)

so that its slopes are G in s z, and :math:`\lambda (\phi(z) - s G)` in the scale.
"""

from __future__ import annotations

import math

import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxdist.numerics.quadrature import integrate, negligible_exponent
from jaxdist.promotion import custom_jvp
from jaxdist.special.constants import LOG_TWO_PI
from jaxdist.special.exponentially_modified_gaussian import emg_scores, log_mills_slope
from jaxdist.special.infinite_slopes import along
from jaxdist.special.location_scale import offset_and_scale
from jaxdist.special.normal import mills_ratio, ndtr, scaled_mills_ratio
from jaxdist.special.quotient import log1p_quotient, quotient

_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(8)
_NARROW = 1.0  # width up to which eight nodes integrate the normal density
_SMALL = 1e-20  # s, up to which half of its square is nothing
_FAR = 1e9  # -z from which Mills' ratio is one over its argument, in float32 and float64


@custom_jvp
def emg_log_cdf(x: Array, loc: Array, scale: Array, rate: Array) -> Array:
    """Evaluate log P(X <= x), exact where that is small.

    Args:
      x: any shape broadcastable with the others.
      loc: location of the normal variable.
      scale: positive scale of the normal variable.
      rate: positive rate λ.
    """
    z, s = emg_scores(x, loc, scale, rate)
    is_right, is_far = z > s / 2, z < -_FAR
    size = jnp.where(is_far, -z, 1)
    far = -log1p_quotient(size, s) - jnp.log(size)
    near = jnp.log(_lower(x, loc, scale, rate))
    value = jnp.where(is_far, far, near)
    return value - jnp.where(is_right, 0, z * (z / 2) + LOG_TWO_PI / 2)


@emg_log_cdf.defjvp
def _emg_log_cdf_jvp(
    primals: tuple[Array, ...], tangents: tuple[Array, ...]
) -> tuple[Array, Array]:
    (x, loc, scale, rate), (x_dot, loc_dot, scale_dot, rate_dot) = primals, tangents
    z, s = emg_scores(x, loc, scale, rate)
    is_right, is_far = z > s / 2, z < -_FAR
    lower = _lower(x, loc, scale, rate)
    lower = jnp.where(lower > 0, lower, jnp.finfo(lower.dtype).tiny)
    # In units of the normal density on the left, where that underflows: φ, G, s G, and -dG / ds.
    density = jnp.where(is_right, jnp.exp(-z * (z / 2) - LOG_TWO_PI / 2), 1)
    beyond = z > s
    y = jnp.where(beyond | is_far, 1, s - z)
    g = density * scaled_mills_ratio(y) / (1 + y)
    s_g = density * scaled_mills_ratio(y) * (s / (1 + y))
    fall = -g * log_mills_slope(y)
    exponent = jnp.where(beyond, s * (z - s / 2), 0)
    of_right = jnp.exp(-exponent) * ndtr(jnp.where(beyond, z - s, 0))
    g = jnp.where(beyond, of_right, g)
    s_g = jnp.where(beyond, jnp.where(g > 0, s, 0) * g, s_g)
    fall = jnp.where(beyond, jnp.where(g > 0, z - s, 0) * g + density, fall)
    of_z, of_s = s_g / lower, fall / lower
    size = jnp.where(is_far, -z, 1)
    of_z, of_s = jnp.where(is_far, size, of_z), jnp.where(is_far, 1 / (s + s * (s / size)), of_s)
    is_small = s < _SMALL  # which may underflow
    of_x = jnp.where(is_small & ~is_far, rate * (g / lower), quotient(of_z, scale))
    of_rate = jnp.where(is_small & ~is_far, fall * scale / lower, of_s * scale)
    by_terms = of_s * rate - quotient(of_z, scale) * z
    cancels = (s < 1 + 2 * jnp.abs(z)) & ~is_far
    of_scale = jnp.where(cancels, rate * ((density - s_g) / lower), by_terms)
    dot = along(of_x, x_dot - loc_dot) + along(of_rate, rate_dot) + along(of_scale, scale_dot)
    return emg_log_cdf(x, loc, scale, rate), dot


def _lower(x: Array, loc: Array, scale: Array, rate: Array) -> Array:
    """Evaluate P(X <= x), on the left over the normal density; not where z is below `-_FAR`."""
    z, s = emg_scores(x, loc, scale, rate)
    is_right = z > s / 2
    offset, _, unit = offset_and_scale(x, loc, scale)
    # Where s underflows, its product with z may not.
    exponent = jnp.where(s < _SMALL, unit * (rate * offset), s * (z - s / 2))
    right = _lower_right(jnp.where(is_right, z, s), s, jnp.where(is_right, exponent, 0))
    return jnp.where(is_right, right, _lower_left(z, s, is_right | (z < -_FAR)))


def _lower_right(z: Array, s: Array, exponent: Array) -> Array:
    r"""Evaluate P(X <= x) for z > s / 2, as a sum of two positive terms.

    .. math:: P(X \le x) = \int_{z - s}^z \phi(y)\, dy
              + \Phi(z - s) \left(1 - e^{-s (z - s / 2)}\right)
    """
    nodes, weights = ((1 + _NODES) / 2, _WEIGHTS / 2)
    is_narrow = s < _NARROW
    width = jnp.where(is_narrow, s, 0)
    density = sum(
        weight * jnp.exp(-((z - width * node) ** 2) / 2)
        for node, weight in zip(nodes.tolist(), weights.tolist(), strict=True)
    )
    narrow = width * density / math.sqrt(2 * math.pi)
    between = jnp.where(is_narrow, narrow, ndtr(z) - ndtr(z - s))
    return between + ndtr(z - s) * -jnp.expm1(-exponent)


def _lower_left(z: Array, s: Array, beyond: Array) -> Array:
    r"""Evaluate P(X <= x) over the normal density, for z <= s / 2.

    .. math:: m(-z) - m(s - z) = \int_0^\infty e^{z t - t^2 / 2} (1 - e^{-s t})\, dt

    Args:
      z: the score.
      s: rate times scale.
      beyond: where it is not needed.
    """
    a, d = jnp.where(beyond, 0, -z), jnp.where(beyond, 1, s)
    is_close = d < 1 + jnp.abs(a)
    near_a, near_d = jnp.where(is_close, a, 1), jnp.where(is_close, d, 1)
    exponent = negligible_exponent(z.dtype)
    root = jnp.sqrt(near_a**2 + 2 * exponent)
    # Both forms of the larger root of t^2 / 2 + a t = exponent, of which one does not cancel.
    reach = jnp.where(near_a > 0, 2 * exponent / (jnp.abs(near_a) + root), root - near_a)
    integral = integrate(lambda t: jnp.exp(-t * (near_a + t / 2)) * -jnp.expm1(-near_d * t), reach)
    far_a, far_d = jnp.where(is_close, 1, a), jnp.where(is_close, 3, d)
    difference = _mills_ratio(far_a) - mills_ratio(jnp.maximum(far_a + far_d, 0))
    return jnp.where(is_close, integral, difference)


def _mills_ratio(x: Array) -> Array:
    """Evaluate Mills' ratio also for negative x."""
    size = jnp.abs(x)
    inverse = jnp.exp(jnp.where(x < 0, size**2 / 2, 0) + LOG_TWO_PI / 2)
    return jnp.where(x < 0, inverse - mills_ratio(size), mills_ratio(size))
