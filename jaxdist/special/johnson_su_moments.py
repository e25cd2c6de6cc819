r"""The mean and the standard deviation of Johnson's unbounded variable of location 0.

.. math:: E[x] = -s\, e^{u^2 / 2} \sinh r, \quad
          \mathrm{Var}[x] = \frac{s^2}{2} (w - 1) (w \cosh 2 r + 1), \quad
          u = \frac1b, \; r = \frac ab, \; w = e^{u^2}, \; s = \mathrm{scale}
"""

from __future__ import annotations

import math

import jax.numpy as jnp
from jax import Array

from jaxdist.promotion import custom_jvp
from jaxdist.special.infinite_slopes import along
from jaxdist.special.logistic import log_cosh
from jaxdist.special.quotient import quotient

_FAR = 40.0  # exponent, from which hyperbolic functions are half of exponentials
_LARGE = 1e8  # b beside which 1 / b^2 is nothing


@custom_jvp
def johnson_su_mean(scale: Array, skew: Array, tailweight: Array) -> Array:
    """Return the mean, which may be infinite.

    Args:
      scale: positive, of one shape with the others.
      skew: a, a real number.
      tailweight: positive b.
    """
    return -_sine_and_cosine(scale, skew, tailweight)[0]


@johnson_su_mean.defjvp
def _johnson_su_mean_jvp(
    primals: tuple[Array, ...], tangents: tuple[Array, ...]
) -> tuple[Array, Array]:
    (scale, a, b), (scale_dot, a_dot, b_dot) = primals, tangents
    sine, cosine = _sine_and_cosine(scale, a, b)
    of_scale, _ = _sine_and_cosine(jnp.ones_like(scale), a, b)
    of_b = _times(sine, quotient(1 / b, b) / b) + _times(cosine, quotient(a / b, b))
    dot = along(of_b, b_dot) - along(quotient(cosine, b), a_dot) - along(of_scale, scale_dot)
    return johnson_su_mean(*primals), dot


def _sine_and_cosine(scale: Array, a: Array, b: Array) -> tuple[Array, Array]:
    """Return those of r, times the scale and the exponential of half of u squared."""
    r, exponent = a / b, (1 / b) * (1 / b) / 2
    far = jnp.abs(r) + exponent > _FAR
    near_r, near_exponent = jnp.where(far, 0, r), jnp.where(far, 0, exponent)
    root = jnp.exp(near_exponent / 2)
    sine, cosine = scale * root * jnp.sinh(near_r) * root, scale * root * jnp.cosh(near_r) * root
    size = jnp.where(far, jnp.abs(r), 1)
    root = jnp.exp(size / 2 + jnp.where(far, exponent, 0) / 2)
    growth, shrinking = scale * root * (root / 2), jnp.exp(-2 * size)
    far_sine = jnp.sign(r) * _times(growth, -jnp.expm1(-2 * size))
    return jnp.where(far, far_sine, sine), jnp.where(far, growth * (1 + shrinking), cosine)


def _times(x: Array, y: Array) -> Array:
    """Multiply; 0 times infinity is 0."""
    is_zero = (x == 0) | (y == 0)
    return jnp.where(is_zero, 0, x) * jnp.where(is_zero, 0, y)


@custom_jvp
def johnson_su_stddev(scale: Array, skew: Array, tailweight: Array) -> Array:
    """Return the standard deviation, which may be infinite, of the same arguments."""
    r, u = skew / tailweight, 1 / tailweight
    exponent, is_large = u * u, tailweight > _LARGE
    near_u = jnp.where(is_large, 1, u)
    lead = jnp.where(is_large, quotient(scale, tailweight), scale)
    far = 2 * jnp.abs(r) + exponent > _FAR
    w, size = jnp.exp(jnp.where(far, 0, exponent)), 2 * jnp.where(far, 0, r)
    spread = jnp.sqrt(jnp.where(is_large, 1, jnp.expm1(jnp.where(far, 1, near_u**2))))
    near = lead * spread * jnp.sqrt((w * jnp.cosh(size) + 1) / 2)
    root = jnp.exp(jnp.where(far, jnp.abs(r) + exponent, 0) / 2)
    spread = jnp.sqrt(jnp.where(is_large, 1, -jnp.expm1(-(near_u * near_u))))
    beyond = jnp.where(root < math.inf, lead * root * spread * (root / 2), math.inf)
    return jnp.where(far, beyond, near)


@johnson_su_stddev.defjvp
def _johnson_su_stddev_jvp(
    primals: tuple[Array, ...], tangents: tuple[Array, ...]
) -> tuple[Array, Array]:
    r"""Differentiate the logarithm.

    .. math:: d \log \sigma = \frac{ds}{s} + T \tanh(2 r) \frac{da}{b}
              - \left(\frac{u^2}{1 - 1 / w} + T u^2 + T \tanh(2 r)\, r\right) \frac{db}{b}, \quad
              T = \frac{w \cosh 2 r}{w \cosh 2 r + 1}
    """
    (scale, a, b), (scale_dot, a_dot, b_dot) = primals, tangents
    r, square, is_large = a / b, (1 / b) * (1 / b), b > _LARGE
    share = 1 / (1 + jnp.exp(-square - log_cosh(2 * r)))
    near = jnp.where(is_large, 1, square)
    growth = jnp.where(is_large, 1, near / -jnp.expm1(-near)) + share * square
    of_a = share * jnp.tanh(2 * r)
    stddev = johnson_su_stddev(*primals)
    dot = along(quotient(stddev, scale), scale_dot)
    dot += along(_times(stddev, quotient(of_a, b)), a_dot)
    dot -= along(_times(stddev, quotient(growth + of_a * r, b)), b_dot)
    return stddev, dot
