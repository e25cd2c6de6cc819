"""Modified Bessel functions of the first kind, and the von Mises distribution function.

.. math:: I_n(\\kappa) = \\frac{1}{\\pi} \\int_0^\\pi e^{\\kappa \\cos t} \\cos n t \\, dt

For moderate kappa the trapezoidal rule evaluates it, which converges geometrically; for large
kappa the asymptotic series of the ratio of I_1 to I_0.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array, lax

from jaxdist.special.approximation import (
    elementwise,
    horner,
    integrate,
    negligible,
    weighted_sum,
)

_LARGE = 40.0
_ANGLES = np.linspace(0, math.pi, 33)
_WEIGHTS = np.r_[0.5, np.ones(31), 0.5] / 32
_COSINES = np.cos(_ANGLES)
_VERSINES = 2 * np.sin(_ANGLES / 2) ** 2


def _asymptotic_ratio(count: int) -> list[float]:
    """Expand `I_1 / I_0` in powers of 1 / kappa, by its equation r' = 1 - r / kappa - r^2."""
    c = [1.0]
    for m in range(1, count):
        c.append(((m - 2) * c[-1] - sum(c[i] * c[m - i] for i in range(1, m))) / 2)
    return c


_RATIO = _asymptotic_ratio(20)
_COMPLEMENT = [-c for c in _RATIO[1:]]
_LOG_I0E = [-c / (k + 1) for k, c in enumerate(_RATIO[2:])]


def _mean(function: Callable[[Array, Array], Any], kappa: Array) -> Any:
    """Average a function of the cosine and the versine of an angle in [0, pi]."""
    return weighted_sum(function, _WEIGHTS, _COSINES, _VERSINES, dtype=kappa.dtype)


def _split(kappa: Array) -> tuple[Array, Array, Array]:
    """Return a small, a moderate and a large kappa, harmless where kappa is not so."""
    large = jnp.where(kappa > _LARGE, kappa, _LARGE)
    return jnp.where(kappa < 1, kappa, 0), jnp.where(kappa > _LARGE, 1, kappa), large


@elementwise
def log_i0(kappa: Array) -> Array:
    """Logarithm of the modified Bessel function `I_0`.

    Args:
      kappa: non-negative, any shape.
    """
    return jnp.where(kappa < 1, _log_i0_small(_split(kappa)[0]), kappa + log_i0e(kappa))


def _log_i0_small(kappa: Array) -> Array:
    return jnp.log1p(_mean(lambda cosine, _: 2 * jnp.sinh(cosine / 2 * kappa) ** 2, kappa))


@elementwise
def log_i0e(kappa: Array) -> Array:
    """Logarithm of the scaled Bessel function, `log(I_0(kappa) exp(-kappa))`, without cancellation.

    Args:
      kappa: non-negative, any shape.
    """
    small, moderate, large = _split(kappa)
    mean = _mean(lambda _, versine: jnp.exp(-versine * moderate), kappa)
    far = horner(_LOG_I0E, 1 / large) / large - jnp.log(2 * math.pi * large) / 2
    near = jnp.where(kappa < 1, _log_i0_small(small) - small, jnp.log(mean))
    return jnp.where(kappa > _LARGE, far, near)


@elementwise
def bessel_ratio(kappa: Array) -> Array:
    """Ratio `I_1(kappa) / I_0(kappa)`: the mean resultant length of a von Mises distribution.

    Args:
      kappa: non-negative, any shape.
    """
    small = _split(kappa)[0]

    def of_angle(cosine: Array, _: Array) -> tuple[Array, Array]:
        return cosine * jnp.sinh(cosine * small), jnp.cosh(cosine * small)

    order_one, order_zero = _mean(of_angle, kappa)
    return jnp.where(kappa < 1, order_one / order_zero, 1 - bessel_ratio_complement(kappa))


@elementwise
def bessel_ratio_complement(kappa: Array) -> Array:
    """Complement `1 - bessel_ratio(kappa)`: the circular variance of a von Mises distribution.

    Args:
      kappa: non-negative, any shape.
    """
    _, moderate, large = _split(kappa)

    def of_angle(_: Array, versine: Array) -> tuple[Array, Array]:
        density = jnp.exp(-versine * moderate)
        return versine * density, density

    versine, total = _mean(of_angle, kappa)
    near = versine / total
    return jnp.where(kappa > _LARGE, horner(_COMPLEMENT, 1 / large) / large, near)


@elementwise
def von_mises_cdf(x: Array, kappa: Array) -> Array:
    r"""Cumulative distribution function of the von Mises distribution around 0.

    .. math:: F(x; \kappa) = \int_{-\pi}^x \frac{e^{\kappa \cos t}}{2 \pi I_0(\kappa)} dt

    Differentiable in both arguments; `1 - F(x)` is `F(-x)`.

    Args:
      x: in [-pi, pi], any shape broadcastable with `kappa`.
      kappa: non-negative concentration.
    """
    return _von_mises_cdf(x, kappa)


@jax.custom_jvp
def _von_mises_cdf(x: Array, kappa: Array) -> Array:
    tail = jnp.exp(_log_tail(jnp.abs(x), kappa))
    return jnp.where(x < 0, tail, 1 - tail)


@_von_mises_cdf.defjvp
def _von_mises_cdf_jvp(
    primals: tuple[Array, Array], tangents: tuple[Array, Array]
) -> tuple[Array, Array]:
    (x, kappa), (x_dot, kappa_dot) = primals, tangents
    log_tail, slope = jax.jvp(lambda k: _log_tail(jnp.abs(x), k), (kappa,), (kappa_dot,))
    along_kappa = jnp.where(x < 0, 1, -1) * jnp.exp(log_tail) * slope
    return von_mises_cdf(x, kappa), along_kappa + jnp.exp(_log_density(x, kappa)) * x_dot


@elementwise
def log_von_mises_cdf(x: Array, kappa: Array) -> Array:
    """Logarithm of `von_mises_cdf`, finite where that underflows."""
    return _log_von_mises_cdf(x, kappa)


@jax.custom_jvp
def _log_von_mises_cdf(x: Array, kappa: Array) -> Array:
    log_tail = _log_tail(jnp.abs(x), kappa)
    return jnp.where(x < 0, log_tail, jnp.log1p(-jnp.exp(jnp.where(x < 0, -1, log_tail))))


@_log_von_mises_cdf.defjvp
def _log_von_mises_cdf_jvp(
    primals: tuple[Array, Array], tangents: tuple[Array, Array]
) -> tuple[Array, Array]:
    (x, kappa), (x_dot, kappa_dot) = primals, tangents
    log_cdf = log_von_mises_cdf(x, kappa)
    log_tail, slope = jax.jvp(lambda k: _log_tail(jnp.abs(x), k), (kappa,), (kappa_dot,))
    inside = log_cdf > -math.inf
    log_scale = jnp.where(inside, log_cdf, 0)
    along_kappa = jnp.where(x < 0, 1, -jnp.exp(log_tail - log_scale)) * slope
    hazard = jnp.exp(_log_density(x, kappa) - log_scale)
    return log_cdf, jnp.where(inside, along_kappa + hazard * x_dot, 0)


def _log_density(x: Array, kappa: Array) -> Array:
    return -2 * kappa * jnp.sin(x / 2) ** 2 - math.log(2 * math.pi) - log_i0e(kappa)


def _log_tail(x: Array, kappa: Array) -> Array:
    """Logarithm of the probability beyond `0 <= x`: the density there times a positive integral."""
    much = negligible(kappa.dtype) / jnp.maximum(2 * kappa, 1e-3)
    end = 2 * jnp.arcsin(jnp.sqrt(jnp.minimum(jnp.sin(x / 2) ** 2 + much, 1)))
    width = jnp.where(x < math.pi, lax.stop_gradient(end) - x, 0)
    some = width > 0
    integral = integrate(
        lambda u: jnp.exp(-2 * kappa * jnp.sin(u / 2) * jnp.sin(x + u / 2)),
        jnp.where(some, width, 1),
    )
    return jnp.where(some, _log_density(x, kappa) + jnp.log(integral), -math.inf)
