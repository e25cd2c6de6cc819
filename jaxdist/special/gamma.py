"""The logarithm of the gamma function, and of its ratios."""

from __future__ import annotations

import math

import jax.numpy as jnp
from jax import Array

from jaxdist.numerics.polynomials import chebyshev, chebyshev_difference, horner
from jaxdist.promotion import custom_jvp
from jaxdist.special.constants import LOG_TWO_PI
from jaxdist.special.deviance import log_ratio
from jaxdist.special.elementwise import elementwise
from jaxdist.special.exp_log import log1pmx
from jaxdist.special.polygamma import digamma, digamma_difference_remainder
from jaxdist.special.quotient import log1p_quotient
from jaxdist.special.stirling import stirling_series, stirling_series_difference, stirling_slope

# lgamma(1 + z) / (z (z - 1)) as a Chebyshev series in z / (z + 2), for -1/2 <= z <= 3/2.
# Interpolated at 50 nodes with mpmath.
_LGAMMA1P = (
    0.5625528284503647, -0.1893689044127905, 0.008608347221881559, -0.0023661764192259233,
    0.0001987522292786992, -5.159925719078749e-05, 5.135054086276842e-06, -1.3298032145498196e-06,
    1.4177605562140854e-07, -3.727417547923327e-08, 4.0760705642513034e-09, -1.0998804985694681e-09,
    1.2028514931829237e-10, -3.361970255752434e-11, 3.6106468157331424e-12, -1.0549005186753061e-12,
    1.095427864295715e-13, -3.379061264226067e-14, 3.3419092895134977e-15, -1.1010505164154491e-15,
    1.0204907807327636e-16, -3.641054371177607e-17, 3.1041283484996555e-18,
)  # fmt: skip
_LGAMMA1P_DOMAIN = -1 / 3, 3 / 7


@custom_jvp
def lgamma1p(z: Array) -> Array:
    r"""Compute :math:`\log \Gamma(1 + z)` for -1/2 <= z <= 3/2."""
    return z * _lgamma1p_over_z(z)


def _lgamma1p_over_z(z: Array) -> Array:
    return (z - 1) * chebyshev(_LGAMMA1P, z / (z + 2), *_LGAMMA1P_DOMAIN)


@lgamma1p.defjvp
def _lgamma1p_jvp(primals: tuple[Array], tangents: tuple[Array]) -> tuple[Array, Array]:
    (z,), (z_dot,) = primals, tangents
    return lgamma1p(z), digamma(1 + z) * z_dot


@elementwise
@custom_jvp
def lgamma(x: Array) -> Array:
    r"""Logarithm of the gamma function, :math:`\log \Gamma(x)` for x > 0.

    By Stirling's formula (DLMF 5.11.1) from 5/2 on, and below by a Chebyshev series that vanishes
    at 1 and 2, where the function does. Accurate to 4 eps.

    Args:
      x: positive, any shape; infinite at 0.
    """
    small, large = x < 0.5, x >= 2.5
    log_x = jnp.log(jnp.where(small | large, x, 1))
    far = (x - 0.5) * log_x - x + LOG_TWO_PI / 2 + stirling_series(jnp.where(large, x, 2.5))
    near = lgamma1p(jnp.where(large, 0, jnp.where(small, x, x - 1))) - log_x
    return jnp.where(large, far, near)


@lgamma.defjvp
def _lgamma_jvp(primals: tuple[Array], tangents: tuple[Array]) -> tuple[Array, Array]:
    (x,), (x_dot,) = primals, tangents
    return lgamma(x), digamma(x) * x_dot


@elementwise
def lgamma1p_ratio(z: Array) -> Array:
    r"""Return :math:`\log \Gamma(1 + z) / z` for z > -1, which is minus Euler's constant at z = 0.

    Accurate to 4 eps of the larger of the value and the condition number, derivatives too.

    Args:
      z: above -1, any shape.
    """
    near = (z >= -0.5) & (z <= 1.5)
    far = jnp.where(near, 2, z)
    return jnp.where(near, _lgamma1p_over_z(jnp.where(near, z, 0)), lgamma(1 + far) / far)


@elementwise
def lgamma1p_curvature(z: Array) -> Array:
    r"""Return :math:`\log(\Gamma(1 + 2 z) / \Gamma(1 + z)^2) / z^2` for -1/4 <= z <= 3/4.

    At z = 0 it is :math:`\pi^2 / 6`. By a divided difference, so that neither it nor its
    derivatives cancel.

    Args:
      z: in [-1/4, 3/4], any shape.
    """
    series, slope = chebyshev_difference(_LGAMMA1P, z / (z + 1), z / (z + 2), *_LGAMMA1P_DOMAIN)
    return 2 * (series + (z - 1) * slope / ((z + 1) * (z + 2)))


@elementwise
@custom_jvp
def log_gamma_ratio(a: Array, b: Array) -> Array:
    r"""Logarithm of a ratio of gamma functions over its leading power, which tends to 0.

    .. math:: \log \frac{\Gamma(a + b)}{\Gamma(a)\, a^b}
              = a \left(\log(1 + \tfrac{b}{a}) - \tfrac{b}{a}\right)
              + (b - \tfrac{1}{2}) \log(1 + \tfrac{b}{a}) + \delta(a + b) - \delta(a)

    for a > 0 and b >= 0, where :math:`\delta` is `stirling_error`. Accurate to 4 eps.

    Args:
      a: positive, any shape broadcastable with `b`.
      b: non-negative.
    """
    small = a < 1
    n, z = jnp.where(small, a + 1, a), jnp.where(small, a, 1)
    shift = jnp.where(small, b * jnp.log1p(1 / z) - log1p_quotient(b, z), 0)  # by the recurrence
    leading = n * log1pmx(b / n) + (b - 0.5) * jnp.log1p(b / n)
    return shift + leading + stirling_series_difference(n, b)


@log_gamma_ratio.defjvp
def _log_gamma_ratio_jvp(
    primals: tuple[Array, Array], tangents: tuple[Array, Array]
) -> tuple[Array, Array]:
    (a, b), (a_dot, b_dot) = primals, tangents
    slope_a = log1pmx(b / a) + digamma_difference_remainder(a, b)
    slope_b = jnp.log1p(b / a) - 0.5 / (a + b) + stirling_slope(a + b)
    return log_gamma_ratio(a, b), slope_a * a_dot + slope_b * b_dot


def log_gamma_growth(n: Array, m: Array, step: Array) -> Array:
    r"""Compute :math:`\log \Gamma(m) - \log \Gamma(n) - (m - n) \log n`, given `step = m - n`.

    It is about :math:`(m - n)^2 / (2 n)`, without cancellation.

    Args:
      n: positive, of one shape and dtype with the others.
      m: positive.
      step: `m - n`, of either sign.
    """
    is_ahead = step >= 0
    growth = log_gamma_ratio(jnp.where(is_ahead, n, m), jnp.abs(step))
    behind = jnp.where(is_ahead, 0, step)
    return jnp.where(is_ahead, growth, behind * log_ratio(m, 1.0, n, behind) - growth)


def _zeta(k: int) -> float:
    """Riemann's zeta function, by Euler and Maclaurin from the 20th term on."""
    n = 20.0
    tail = n ** (1 - k) / (k - 1) + n**-k / 2 + k * n ** (-k - 1) / 12
    tail -= k * (k + 1) * (k + 2) * n ** (-k - 3) / 720
    return math.fsum(m**-k for m in range(1, 20)) + tail


_CENTRAL_BINOMIAL = [_zeta(k) * (-1) ** k * (2**k - 2) / k for k in range(2, 28)]


@elementwise
def log_central_binomial(t: Array) -> Array:
    r"""Logarithm of a central binomial coefficient, for real t >= 0.

    .. math:: \log \binom{2 t}{t} = \log \Gamma(1 + 2 t) - 2 \log \Gamma(1 + t)
              = \sum_{k \ge 2} \zeta(k) (-t)^k (2^k - 2) / k

    The series (from DLMF 5.7.3) is used below 1/8, where it is about :math:`(\pi t)^2 / 6`.
    Accurate to 8 eps up to t = 1e6.

    Args:
      t: non-negative, any shape.
    """
    near = t < 0.125
    far = jnp.where(near, 1, t)
    series = t * t * horner(_CENTRAL_BINOMIAL, jnp.where(near, t, 0))
    return jnp.where(near, series, lgamma(1 + 2 * far) - 2 * lgamma(1 + far))
