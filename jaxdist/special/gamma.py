"""The gamma function, and densities built on it without the cancellation of large logarithms."""

from __future__ import annotations

import math
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

from jaxdist.special.approximation import chebyshev, elementwise
from jaxdist.special.elementary import artanh_tail, xlogx
from jaxdist.special.stirling import digamma, digamma_less_log, raised, stirling_series

_HALF_LOG_TWO_PI = math.log(2 * math.pi) / 2
_NEAR = 1 / 3  # of artanh's argument, for quotients between 1/2 and 2

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


@jax.custom_jvp
def lgamma1p(z: Array) -> Array:
    """Logarithm of the gamma function of 1 + z, for -1/2 <= z <= 3/2."""
    return z * (z - 1) * chebyshev(_LGAMMA1P, z / (z + 2), -1 / 3, 3 / 7)


@lgamma1p.defjvp
def _lgamma1p_jvp(primals: tuple[Array], tangents: tuple[Array]) -> tuple[Array, Array]:
    (z,), (z_dot,) = primals, tangents
    return lgamma1p(z), digamma(1 + z) * z_dot


@elementwise
@jax.custom_jvp
def lgamma(x: Array) -> Array:
    r"""Logarithm of the gamma function, exact also around its zeros 1 and 2.

    Args:
      x: positive, any shape; infinite at 0.
    """
    small, large = x < 0.5, x >= 2.5
    log_x = jnp.log(jnp.where(small | large, x, 1))
    far = (x - 0.5) * log_x - x + _HALF_LOG_TWO_PI + stirling_series(jnp.where(large, x, 2.5))
    near = lgamma1p(jnp.where(large, 0, jnp.where(small, x, x - 1))) - log_x
    return jnp.where(large, far, near)


@lgamma.defjvp
def _lgamma_jvp(primals: tuple[Array], tangents: tuple[Array]) -> tuple[Array, Array]:
    (x,), (x_dot,) = primals, tangents
    return lgamma(x), digamma(x) * x_dot


def stirling_error_split(n: Array) -> tuple[Array, Array]:
    r"""Split the logarithm of `n! / (n / e)^n`, which is 0 at 0, into d and m of `d + log(m) / 2`.

    For `n >= 1/2` they are `stirling_error(n)` and :math:`2 \pi n`: small, and exact. Sums of such
    logarithms lose least where the m are multiplied before the logarithm is taken.
    """
    small = n < 0.5
    z, m = jnp.where(small, n, 0), jnp.where(small, 0.5, n)
    little = lgamma1p(z) - xlogx(z) + z - math.log(math.pi) / 2
    return jnp.where(small, little, stirling_series(m)), 2 * math.pi * m


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
    r = d / (x + m)
    near = jnp.abs(r) < _NEAR
    return jnp.where(near, r * (d + 2 * x * artanh_tail(r)), x * log_quotient(x, 1.0, m) - d)


@deviance_of.defjvp
def _deviance_jvp(primals: tuple[Array, ...], tangents: tuple[Array, ...]) -> tuple[Array, Array]:
    (x, m, d), (x_dot, m_dot, _) = primals, tangents
    positive = m > 0
    slope = jnp.where(positive, -d / jnp.where(positive, m, 1), jnp.where(x > 0, -jnp.inf, 1))
    return deviance_of(x, m, d), log_ratio(x, 1.0, m, d) * x_dot + slope * m_dot


def log_quotient(x: Array, s: ArrayLike, m: Array) -> Array:
    """Compute `log(s x / m)`, 0 where x = 0, also where `x / m` leaves the range of floats."""
    (y, above), (n, below) = _moderate(x), _moderate(m)
    return jnp.where(x > 0, jnp.log(s * y / n) + (above - below), 0)


def _moderate(x: Array) -> tuple[Array, Array]:
    """Return a number whose square is finite and positive, and what log(x) exceeds its log by."""
    power = 2.0 ** (jnp.finfo(x.dtype).maxexp // 2)
    tiny, huge, step = x < 1 / power, x > power, math.log(power)
    factor = jnp.where(tiny, power, jnp.where(huge, 1 / power, 1))
    return factor * x, jnp.where(tiny, -step, jnp.where(huge, step, 0))


@jax.custom_jvp
def log_ratio(x: Array, s: ArrayLike, m: Array, d: Array) -> Array:
    """Compute `log(s x / m)`, 0 where x = 0, given the difference `d = s x - m`."""
    r = d / (d + 2 * m)
    near = jnp.abs(r) < _NEAR
    return jnp.where(near, 2 * r * (1 + artanh_tail(r)), log_quotient(x, s, m))


@log_ratio.defjvp
def _log_ratio_jvp(primals: tuple[Any, ...], tangents: tuple[Any, ...]) -> tuple[Array, Array]:
    (x, s, m, d), (x_dot, s_dot, m_dot, _) = primals, tangents
    some = x > 0
    dot = x_dot / jnp.where(some, x, 1) + s_dot / s - m_dot / jnp.where(m > 0, m, 1)
    return log_ratio(x, s, m, d), jnp.where(some, dot, 0)


# --- densities -----------------------------------------------------------------------------------


def tilted(k: Array, n: Array, x: Array, s: ArrayLike, d: Array) -> Array:
    r"""Compute `k log(s x / n) - d` for k = n - 1, given the difference `d = s x - n`.

    .. math:: r (2 k (\operatorname{artanh}(r) / r - 1) - d - 2), \quad r = d / (d + 2 n)

    around d = 0. A gamma density at s x is its exponential, times what does not depend on x.
    """
    r = d / (d + 2 * n)
    near = r * (2 * k * artanh_tail(r) - d - 2)
    return jnp.where(jnp.abs(r) < _NEAR, near, k * log_quotient(x, s, n) - d)


@elementwise
@jax.custom_jvp
def poisson_log_prob(k: Array, rate: Array) -> Array:
    r"""Logarithm of `rate^k exp(-rate) / k!`, by the error of Stirling's formula.

    Args:
      k: non-negative, any shape broadcastable with `rate`; need not be an integer.
      rate: non-negative.
    """
    n = k + 1
    some = tilted(k, n, rate, 1.0, rate - n) - jnp.log(2 * math.pi * n) / 2 - stirling_series(n)
    return jnp.where(k == 0, -rate, jnp.where(rate == 0, -math.inf, some))


@poisson_log_prob.defjvp
def _poisson_log_prob_jvp(
    primals: tuple[Array, Array], tangents: tuple[Array, Array]
) -> tuple[Array, Array]:
    """Give log(rate) - psi(k + 1) in k, and k / rate - 1 in the rate."""
    (k, rate), (k_dot, rate_dot) = primals, tangents
    n = k + 1
    slope = log_ratio(rate, 1.0, n, rate - n) - digamma_less_log(n)
    held = jnp.maximum(rate, jnp.finfo(rate.dtype).tiny)
    return poisson_log_prob(k, rate), slope * k_dot + (k / held - 1) * rate_dot


@elementwise
@jax.custom_jvp
def gamma_log_prob(concentration: Array, rate: Array, x: Array) -> Array:
    r"""Log-density of the gamma distribution, by the error of Stirling's formula.

    .. math:: \log \frac{\mathrm{rate}^c x^{c - 1} e^{-\mathrm{rate} x}}{\Gamma(c)}, \quad
              c = \mathrm{concentration}

    Args:
      concentration: positive, any shape broadcastable with the others.
      rate: positive, in one over the units of `x`.
      x: non-negative.
    """
    c = concentration
    small, n, _ = raised(c)
    k = jnp.where(small, c, c - 1)
    factor = jnp.where(small, c / x, rate) / jnp.sqrt(2 * math.pi * n)
    inside = jnp.log(factor) + tilted(k, n, x, rate, rate * x - n) - stirling_series(n)
    at_zero = jnp.where(c < 1, math.inf, jnp.where(c > 1, -math.inf, jnp.log(rate)))
    return jnp.where(x == 0, at_zero, inside)


@gamma_log_prob.defjvp
def _gamma_log_prob_jvp(
    primals: tuple[Array, ...], tangents: tuple[Array, ...]
) -> tuple[Array, Array]:
    """Give log(rate x) - psi(c) in c, c / rate - x in the rate, and (c - 1) / x - rate in x."""
    (c, rate, x), (c_dot, rate_dot, x_dot) = primals, tangents
    _, n, inverse = raised(c)
    slope = log_ratio(x, rate, n, rate * x - n) - digamma_less_log(n) + inverse
    held = jnp.maximum(x, jnp.finfo(x.dtype).tiny)
    along = slope * c_dot + (c / rate - x) * rate_dot + ((c - 1) / held - rate) * x_dot
    return gamma_log_prob(c, rate, x), along
