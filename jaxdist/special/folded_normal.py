r"""The absolute value of a normal variable: density and tails whose slopes do not cancel.

With l = |loc| and :math:`t = 2 x l / \mathrm{scale}^2`, the density at -x is that at x times
:math:`e^{-t}`.
"""

from __future__ import annotations

import math

import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxdist.promotion import custom_jvp
from jaxdist.special.constants import LOG_TWO_PI
from jaxdist.special.location_scale import standardize
from jaxdist.special.logistic import sigmoid
from jaxdist.special.normal import ndtr
from jaxdist.special.of_arrays import of_arrays
from jaxdist.special.quotient import log_of_scale, quotient

_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(6)


def _exponent(x: Array, size: Array, scale: Array) -> Array:
    """Return t, which may overflow."""
    y = quotient(size, scale)
    return jnp.where(y == 0, 0, 2 * y * jnp.where(y == 0, 0, quotient(x, scale)))


@of_arrays()
@custom_jvp
def folded_normal_log_density(x: Array, loc: Array, scale: Array) -> Array:
    r"""Log-density of the absolute value of a normal variable, at x >= 0.

    .. math:: -\frac{(x - l)^2}{2 \mathrm{scale}^2} - \log(\mathrm{scale} \sqrt{2 \pi})
              + \log(1 + e^{-t})

    Args:
      x: non-negative, any shape broadcastable with the others.
      loc: mean of the normal variable.
      scale: positive standard deviation of the normal variable.
    """
    size = jnp.abs(loc)
    z, t = standardize(x, size, scale), _exponent(x, size, scale)
    return jnp.log1p(jnp.exp(-t)) - z * (z / 2) - log_of_scale(scale) - LOG_TWO_PI / 2


@folded_normal_log_density.defjvp
def _folded_normal_log_density_jvp(
    primals: tuple[Array, Array, Array], tangents: tuple[Array, Array, Array]
) -> tuple[Array, Array]:
    """Differentiate; the slope in x is that of z, with loc times tanh(t / 2)."""
    (x, loc, scale), (x_dot, loc_dot, scale_dot) = primals, tangents
    size = jnp.abs(loc)
    z, t = standardize(x, size, scale), _exponent(x, size, scale)
    tanh, rest = jnp.tanh(t / 2), 2 * sigmoid(-t)
    is_small = tanh < 0.5
    of_x = -jnp.where(
        is_small, standardize(x, size * tanh, scale), z + quotient(size * rest, scale)
    )
    of_size = jnp.where(is_small, standardize(x * tanh, size, scale), z - quotient(x * rest, scale))
    of_scale = z * z - 1 + jnp.where(rest > 0, t, 0) * rest
    dot = of_x * x_dot + jnp.sign(loc) * of_size * loc_dot + of_scale * scale_dot
    return folded_normal_log_density(x, loc, scale), quotient(dot, scale)


@of_arrays()
@custom_jvp
def folded_normal_tails(x: Array, loc: Array, scale: Array) -> tuple[Array, Array]:
    """Evaluate `P(|X| <= x)` and `P(|X| > x)` of a normal variable X, for x >= 0.

    Where x and t are small the density is integrated, by the Gauss-Legendre rule.

    Args:
      x: non-negative, any shape broadcastable with the others.
      loc: mean of the normal variable.
      scale: positive standard deviation of the normal variable.
    """
    size = jnp.abs(loc)
    a, b, t = standardize(x, size, scale), standardize(x, -size, scale), _exponent(x, size, scale)
    y, beyond = quotient(x, scale), ndtr(-a) + ndtr(-b)
    near = (y < 1) & (t < 2)
    narrow, u = jnp.where(near, y, 0), jnp.where(near, t, 0) / 2
    average = sum(
        w * jnp.exp(-((n * narrow) ** 2) / 2) * jnp.cosh(n * u)
        for n, w in zip((1 + _NODES) / 2, _WEIGHTS, strict=True)
    )
    integral = narrow * _density(quotient(size, scale)) * average
    lower = jnp.where(near, integral, jnp.where(a < 0, ndtr(a) - ndtr(-b), 1 - beyond))
    return lower, jnp.where(lower < 0.5, 1 - lower, beyond)


@folded_normal_tails.defjvp
def _folded_normal_tails_jvp(
    primals: tuple[Array, Array, Array], tangents: tuple[Array, Array, Array]
) -> tuple[tuple[Array, Array], tuple[Array, Array]]:
    """Differentiate, relative to the density at x of the normal variable with mean l."""
    (x, loc, scale), (x_dot, loc_dot, scale_dot) = primals, tangents
    size = jnp.abs(loc)
    a, b, t = standardize(x, size, scale), standardize(x, -size, scale), _exponent(x, size, scale)
    ratio, rest = jnp.exp(-t), -jnp.expm1(-t)
    is_small = t < 0.5
    by_ends = a + jnp.where(ratio > 0, b, 0) * ratio
    of_scale = jnp.where(
        is_small, quotient(x, scale) * (1 + ratio) - quotient(size, scale) * rest, by_ends
    )
    dot = (1 + ratio) * x_dot - jnp.sign(loc) * rest * loc_dot - of_scale * scale_dot
    density = _density(a)
    lower_dot = jnp.where(density > 0, density * quotient(dot, scale), 0)
    return folded_normal_tails(x, loc, scale), (lower_dot, -lower_dot)


def _density(z: Array) -> Array:
    return jnp.exp(-z * (z / 2)) / math.sqrt(2 * math.pi)
