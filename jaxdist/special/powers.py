"""Exponentials and logarithms that meet at a limit, or whose parts leave the range of floats."""

from __future__ import annotations

import math

import jax.numpy as jnp
from jax import Array

from jaxdist.special.approximation import elementwise, horner
from jaxdist.special.elementary import log1mexp
from jaxdist.special.gamma import lgamma

_VANISHED = 80.0  # exp(-exp(80)) is 0 in float32 and float64, and exp(80) is finite in both
_NEAR = 0.1  # below it the series are exact in float64
_LOG1P = [(-1) ** k / (k + 1) for k in range(17)]
_SINHC = [1 / math.factorial(2 * k + 3) for k in range(7)]
_EXPM1 = [1 / math.factorial(k + 1) for k in range(11)]


@elementwise
def log1p_square(x: Array) -> Array:
    """Return `log(1 + x**2)`, also where the square overflows.

    Args:
      x: any shape.
    """
    far = jnp.abs(x) > 1
    inverse = jnp.where(far, 1 / jnp.where(far, x, 1), x)
    size = jnp.abs(jnp.where(far, x, 1))
    return jnp.log1p(inverse * inverse) + 2 * jnp.log(size)


@elementwise
def expexp(x: Array) -> Array:
    """Return `exp(-exp(x))`: the complement of what a complementary log-log link inverts.

    Args:
      x: any shape. The derivative is 0, not NaN, where the value is.
    """
    return jnp.exp(-jnp.exp(jnp.minimum(x, _VANISHED)))


@elementwise
def expm1exp(x: Array) -> Array:
    """Return `1 - exp(-exp(x))`: the inverse of the complementary log-log link.

    Args:
      x: any shape.
    """
    return -jnp.expm1(-jnp.exp(jnp.minimum(x, _VANISHED)))


@elementwise
def log1mexpexp(x: Array) -> Array:
    r"""Return `log(1 - exp(-exp(x)))`: x far below zero, 0 far above.

    .. math:: \log(1 - e^{-e^x}) = x - \tfrac12 e^x + \log \frac{\sinh(e^x / 2)}{e^x / 2}

    Args:
      x: any shape.
    """
    low = x < 0
    z = jnp.where(low, x, 0)
    half = jnp.exp(z) / 2
    below = z - half + jnp.log1p(half * half * horner(_SINHC, half * half))
    above = log1mexp(jnp.exp(jnp.clip(x, 0, _VANISHED)))
    return jnp.where(low, below, above)


@elementwise
def log1p_ratio(c: Array, x: Array) -> Array:
    """Return `log(1 + c x) / c`, which is x at c = 0.

    Args:
      c: any shape broadcastable with `x`.
      x: any number with `c x > -1`.
    """
    y = c * x
    near = jnp.abs(y) < _NEAR
    far = jnp.log1p(jnp.where(near, 1, y)) / jnp.where(near, 1, c)
    return jnp.where(near, x * horner(_LOG1P, jnp.where(near, y, 0)), far)


@elementwise
def expm1_ratio(c: Array, x: Array) -> Array:
    """Return `(exp(c x) - 1) / c`, which is x at c = 0: the inverse of `log1p_ratio`.

    Args:
      c: any shape broadcastable with `x`.
      x: any number, or infinity.
    """
    y = c * jnp.where((c == 0) & jnp.isinf(x), 0, x)
    near = jnp.abs(y) < _NEAR
    far = jnp.expm1(jnp.where(near, 1, y)) / jnp.where(near, 1, c)
    return jnp.where(near, x * horner(_EXPM1, jnp.where(near, y, 0)), far)


def _zeta(k: int) -> float:
    """Riemann's zeta function, by Euler and Maclaurin from the 20th term on."""
    n = 20.0
    tail = n ** (1 - k) / (k - 1) + n**-k / 2 + k * n ** (-k - 1) / 12
    tail -= k * (k + 1) * (k + 2) * n ** (-k - 3) / 720
    return math.fsum(m**-k for m in range(1, 20)) + tail


_SPREAD = [_zeta(k) * (-1) ** k * (2**k - 2) / k for k in range(2, 28)]


@elementwise
def lgamma_spread(t: Array) -> Array:
    r"""Return `lgamma(1 + 2 t) - 2 lgamma(1 + t)`, about `(pi t)^2 / 6` near 0.

    .. math:: \sum_{k \ge 2} \zeta(k) (-t)^k (2^k - 2) / k

    Args:
      t: non-negative, any shape.
    """
    near = t < 0.125
    far = jnp.where(near, 1, t)
    series = t * t * horner(_SPREAD, jnp.where(near, t, 0))
    return jnp.where(near, series, lgamma(1 + 2 * far) - 2 * lgamma(1 + far))
