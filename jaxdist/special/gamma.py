"""The gamma function, and densities built on it without the cancellation of large logarithms."""

from __future__ import annotations

import math

import jax
import jax.numpy as jnp
import jax.scipy.special as jsp
from jax import Array

from jaxdist.special.approximation import chebyshev, elementwise, horner
from jaxdist.special.elementary import log1pmx, xlogx, xlogy

_HALF_LOG_TWO_PI = math.log(2 * math.pi) / 2

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

# n stirling_error(n) as a Chebyshev series in (n - 1) / (n + 1), for 1/2 <= n <= 10.
# Interpolated at 60 nodes with mpmath.
_STIRLING_MIDDLE = (
    0.08126052198913784, 0.002982610245298973, -0.0011876792413052434, 0.00030179206983097705,
    -6.119178161439371e-05, 1.1376607412163408e-05, -2.1448089013265958e-06, 4.183261232399735e-07,
    -8.296170751984976e-08, 1.6738222845470862e-08, -3.440654084916472e-09, 7.16199614797732e-10,
    -1.508825974857086e-10, 3.214717988377085e-11, -6.907966751168633e-12, 1.4970283547435322e-12,
    -3.2681724548692277e-13, 7.178785923483371e-14, -1.5865861789123252e-14, 3.5243908832413414e-15,
    -7.866237279897557e-16, 1.7636149304794394e-16, -3.968958698960776e-17, 8.966084330783574e-18,
    -2.0321700395910575e-18, 4.620012795520178e-19,
)  # fmt: skip

# Stirling's series: B_{2 k} / (2 k (2 k - 1)), from k = 1.
_STIRLING_LARGE = (
    1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188, -691 / 360360, 1 / 156, -3617 / 122400,
    43867 / 244188,
)  # fmt: skip


# Derivatives are given as functions, not found by differentiating polynomials: programs that
# differentiate twice would compile for seconds.


@jax.custom_jvp
def lgamma1p(z: Array) -> Array:
    """Logarithm of the gamma function of 1 + z, for -1/2 <= z <= 3/2."""
    return z * (z - 1) * chebyshev(_LGAMMA1P, z / (z + 2), -1 / 3, 3 / 7)


@lgamma1p.defjvp
def _lgamma1p_jvp(primals: tuple[Array], tangents: tuple[Array]) -> tuple[Array, Array]:
    (z,), (z_dot,) = primals, tangents
    return lgamma1p(z), jsp.digamma(1 + z) * z_dot


@elementwise
@jax.custom_jvp
def lgamma(x: Array) -> Array:
    r"""Logarithm of the gamma function, exact also around its zeros 1 and 2.

    Args:
      x: positive, any shape; infinite at 0.
    """
    small, large = x < 0.5, x >= 2.5
    z = jnp.where(large, 0, jnp.where(small, x, x - 1))
    near = lgamma1p(z) - jnp.log(jnp.where(small, x, 1))
    n = jnp.where(large, x, 2.5)
    far = n * (jnp.log(n) - 1) - jnp.log(n) / 2 + _HALF_LOG_TWO_PI + _stirling_error_regular(n)
    return jnp.where(large, far, near)


@lgamma.defjvp
def _lgamma_jvp(primals: tuple[Array], tangents: tuple[Array]) -> tuple[Array, Array]:
    (x,), (x_dot,) = primals, tangents
    return lgamma(x), jsp.digamma(x) * x_dot


@elementwise
def digamma(x: Array) -> Array:
    """Derivative of `lgamma`, of a positive `x` of any shape."""
    return jsp.digamma(x)


@elementwise
def trigamma(x: Array) -> Array:
    """Second derivative of `lgamma`, of a positive `x` of any shape."""
    return jsp.polygamma(1, x)


@elementwise
@jax.custom_jvp
def stirling_error(n: Array) -> Array:
    r"""Error of Stirling's formula, without cancellation.

    .. math:: \delta(n) = \log n! - \left(n + \tfrac12\right) \log n + n - \tfrac12 \log 2 \pi

    Loader, Fast and Accurate Computation of Binomial Probabilities (2000).

    Args:
      n: positive, any shape.
    """
    small = n < 0.5
    z, m = jnp.where(small, n, 0.5), jnp.where(small, 1, n)
    little = lgamma1p(z) - (z + 0.5) * jnp.log(z) + z - _HALF_LOG_TWO_PI
    return jnp.where(small, little, _stirling_series(m))


@stirling_error.defjvp
def _stirling_error_jvp(primals: tuple[Array], tangents: tuple[Array]) -> tuple[Array, Array]:
    (n,), (n_dot,) = primals, tangents
    return stirling_error(n), stirling_slope(n) * n_dot


@jax.custom_jvp
def _stirling_error_regular(n: Array) -> Array:
    """Compute `stirling_error` of an n that is at least 1/2."""
    return _stirling_series(n)


@_stirling_error_regular.defjvp
def _stirling_error_regular_jvp(
    primals: tuple[Array], tangents: tuple[Array]
) -> tuple[Array, Array]:
    (n,), (n_dot,) = primals, tangents
    return _stirling_series(n), stirling_slope(n) * n_dot


@elementwise
@jax.custom_jvp
def stirling_slope(n: Array) -> Array:
    r"""Derivative of `stirling_error`, without cancellation.

    .. math:: \delta'(n) = \psi(n) - \log n + \frac{1}{2 n}

    Args:
      n: positive, any shape.
    """
    small = n < 0.5
    z, m = jnp.where(small, n, 0.5), jnp.where(small, 1, n)
    little = jsp.digamma(z) - jnp.log(z) + 0.5 / z
    return jnp.where(small, little, jax.jvp(_stirling_series, (m,), (jnp.ones_like(m),))[1])


@stirling_slope.defjvp
def _stirling_slope_jvp(primals: tuple[Array], tangents: tuple[Array]) -> tuple[Array, Array]:
    (n,), (n_dot,) = primals, tangents
    return stirling_slope(n), (trigamma(n) - (1 + 0.5 / n) / n) * n_dot


def _stirling_series(n: Array) -> Array:
    """Compute `stirling_error` of an n that is at least 1/2, and no more than that."""
    large = n > 10
    m = jnp.where(large, 1, n)
    middle = chebyshev(_STIRLING_MIDDLE, (m - 1) / (m + 1), -1 / 3, 9 / 11) / m
    w = 1 / jnp.where(large, n, 10)
    return jnp.where(large, w * horner(_STIRLING_LARGE, w * w), middle)


def stirling_error_split(n: Array) -> tuple[Array, Array]:
    r"""Split the logarithm of `n! / (n / e)^n`, which is 0 at 0, into d and m of `d + log(m) / 2`.

    For `n >= 1/2` they are `stirling_error(n)` and :math:`2 \pi n`: small, and exact. Sums of such
    logarithms lose least where the m are multiplied before the logarithm is taken.
    """
    small = n < 0.5
    z, m = jnp.where(small, n, 0), jnp.where(small, 0.5, n)
    little = lgamma1p(z) - xlogx(z) + z - math.log(math.pi) / 2
    return jnp.where(small, little, _stirling_error_regular(m)), 2 * math.pi * m


@elementwise
def deviance(x: Array, m: Array) -> Array:
    r"""Poisson deviance (half of it), `x log(x / m) + m - x`, without cancellation at x = m.

    The derivative in `x` is 0 at x = 0, instead of infinite.

    Args:
      x: non-negative, any shape broadcastable with `m`.
      m: non-negative.
    """
    return deviance_of(x, m, x - m)


@jax.custom_jvp
def deviance_of(x: Array, m: Array, d: Array) -> Array:
    """Deviance, where the difference `d = x - m` is known more exactly than x and m tell."""
    log_odds = log_ratio(x, m, d)
    near = (m < 2 * x) & (x < 2 * m)
    return jnp.where(
        near, -x * log1pmx(jnp.where(near, -d / jnp.where(near, x, 1), 0)), x * log_odds - d
    )


@deviance_of.defjvp
def _deviance_jvp(primals: tuple[Array, ...], tangents: tuple[Array, ...]) -> tuple[Array, Array]:
    (x, m, d), (x_dot, m_dot, _) = primals, tangents
    positive = m > 0
    slope = jnp.where(positive, -d / jnp.where(positive, m, 1), jnp.where(x > 0, -jnp.inf, 1))
    return deviance_of(x, m, d), log_ratio(x, m, d) * x_dot + slope * m_dot


@jax.custom_jvp
def log_ratio(x: Array, m: Array, d: Array) -> Array:
    """Compute `log(x / m)`, 0 where x = 0, given the difference `d = x - m`."""
    near = (m < 2 * x) & (x < 2 * m)
    close = jnp.log1p(jnp.where(near, d / jnp.where(near, m, 1), 0))
    some = (x > 0) & ~near
    x, m = jnp.where(some, x, 1), jnp.where(some, m, 1)
    ratio = x / m
    moderate = (ratio > 1e-30) & (ratio < 1e30)
    apart = jnp.where(moderate, jnp.log(jnp.where(moderate, ratio, 1)), jnp.log(x) - jnp.log(m))
    return jnp.where(near, close, apart)


@log_ratio.defjvp
def _log_ratio_jvp(primals: tuple[Array, ...], tangents: tuple[Array, ...]) -> tuple[Array, Array]:
    (x, m, d), (x_dot, m_dot, _) = primals, tangents
    some = x > 0
    dot = x_dot / jnp.where(some, x, 1) - m_dot / jnp.where(m > 0, m, 1)
    return log_ratio(x, m, d), jnp.where(some, dot, 0)


@elementwise
def poisson_log_prob(k: Array, rate: Array) -> Array:
    r"""Logarithm of `rate^k exp(-rate) / k!`, by Loader's saddle-point form.

    Args:
      k: non-negative, any shape broadcastable with `rate`; need not be an integer.
      rate: non-negative.
    """
    small = k < 0.5
    z, n = jnp.where(small, k, 0), jnp.where(small, 1, k)
    m = jnp.where(small, 1, rate)
    large = -_stirling_error_regular(n) - jnp.log(2 * math.pi * n) / 2 - deviance(n, m)
    return jnp.where(small, xlogy(z, rate) - rate - lgamma1p(z), large)


@elementwise
def gamma_log_prob(concentration: Array, rate: Array, x: Array) -> Array:
    r"""Log-density of the gamma distribution.

    .. math:: \log \frac{\mathrm{rate}^c x^{c - 1} e^{-\mathrm{rate} x}}{\Gamma(c)}, \quad
              c = \mathrm{concentration}

    Args:
      concentration: positive, any shape broadcastable with the others.
      rate: positive, in one over the units of `x`.
      x: non-negative.
    """
    c = concentration
    small = c < 1
    z, n = jnp.where(small, c, 0.5), jnp.where(small, 1, c)
    y = jnp.where(small, x, 1)
    little = z * jnp.log(rate) + (z - 1) * jnp.log(y) - rate * y - lgamma(z)
    return jnp.where(small, little, jnp.log(rate) + poisson_log_prob(n - 1, rate * x))
