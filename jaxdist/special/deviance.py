"""The Poisson deviance and logarithms of ratios, without cancellation where the ratio is near 1.

Loader, Fast and Accurate Computation of Binomial Probabilities (2000), calls the deviance `bd0`.
"""

from __future__ import annotations

import math
from typing import Any

import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

from jaxdist.promotion import custom_jvp
from jaxdist.special.elementwise import elementwise
from jaxdist.special.exp_log import artanh_remainder
from jaxdist.special.quotient import quotient, rescale

_NEAR = 1 / 3  # of artanh's argument, for quotients between 1/2 and 2


@elementwise
def deviance(x: Array, m: Array) -> Array:
    r"""Half of the Poisson deviance, without cancellation at x = m.

    .. math:: x \log \frac{x}{m} + m - x, \quad x, m \ge 0

    The derivative in x is 0 at x = 0, instead of infinite. Accurate to 4 eps.

    Args:
      x: non-negative, any shape broadcastable with `m`.
      m: non-negative.
    """
    return deviance_from_difference(x, m, x - m)


@custom_jvp
def deviance_from_difference(x: Array, m: Array, d: Array) -> Array:
    """Compute `deviance(x, m)`, given a difference `d = x - m` that is rounded less than x and m.

    Args:
      x: non-negative, of one shape and dtype with the others.
      m: non-negative.
      d: `x - m`.
    """
    total = x + m
    overflows = total == math.inf
    r = jnp.where(overflows, (d / 2) / (x / 2 + m / 2), d / jnp.where(overflows, 1, total))
    near = jnp.abs(r) < _NEAR
    return jnp.where(
        near, r * (d + x * (2 * artanh_remainder(r))), x * log_scaled_quotient(x, 1.0, m) - d
    )


@deviance_from_difference.defjvp
def _deviance_jvp(primals: tuple[Array, ...], tangents: tuple[Array, ...]) -> tuple[Array, Array]:
    (x, m, d), (x_dot, m_dot, _) = primals, tangents
    divisor = jnp.where(m > 0, m, 1)
    slope = jnp.where(x < m / 2, 1 - quotient(x, divisor), quotient(-d, divisor))
    slope = jnp.where(m > 0, slope, jnp.where(x > 0, -jnp.inf, 1))
    return deviance_from_difference(x, m, d), log_ratio(x, 1.0, m, d) * x_dot + slope * m_dot


def log_scaled_quotient(x: Array, s: ArrayLike, m: Array) -> Array:
    """Compute `log(s x / m)`, 0 where x = 0, also where a product or quotient is out of range."""
    (y, log_y), (n, log_n), (r, log_r) = (rescale(v) for v in (x, m, jnp.asarray(s, x.dtype)))
    return jnp.where(x > 0, jnp.log(r * y / n) + (log_y - log_n + log_r), 0)


def _difference_over_sum(d: Array, m: Array) -> Array:
    """Return `d / (d + 2 m)`, also where the sum overflows."""
    is_huge, half = m > float(jnp.finfo(m.dtype).max) / 8, d / 2
    return jnp.where(is_huge, half / (half + m), d / (d + 2 * m))


@custom_jvp
def log_ratio(x: Array, s: ArrayLike, m: Array, d: Array) -> Array:
    """Compute `log(s x / m)`, 0 where x = 0, given the difference `d = s x - m`."""
    r = _difference_over_sum(d, m)
    near = jnp.abs(r) < _NEAR
    return jnp.where(near, 2 * r * (1 + artanh_remainder(r)), log_scaled_quotient(x, s, m))


@log_ratio.defjvp
def _log_ratio_jvp(primals: tuple[Any, ...], tangents: tuple[Any, ...]) -> tuple[Array, Array]:
    (x, s, m, d), (x_dot, s_dot, m_dot, _) = primals, tangents
    positive = x > 0
    dot = x_dot / jnp.where(positive, x, 1) + s_dot / s - m_dot / jnp.where(m > 0, m, 1)
    return log_ratio(x, s, m, d), jnp.where(positive, dot, 0)


def log_gamma_kernel(k: Array, n: Array, x: Array, s: ArrayLike, d: Array) -> Array:
    r"""Compute :math:`\log((s x / n)^k e^{n - s x})` for k = n - 1, given `d = s x - n`.

    .. math:: k \log \frac{s x}{n} - d
              = r (2 k (\operatorname{artanh}(r) / r - 1) - d - 2), \quad r = d / (d + 2 n)

    of which the second form is used around d = 0. It is the logarithm of a gamma density at s x, up
    to terms that do not depend on x.
    """
    r = _difference_over_sum(d, n)
    near = r * (2 * (k * artanh_remainder(r)) - d - 2)
    return jnp.where(jnp.abs(r) < _NEAR, near, k * log_scaled_quotient(x, s, n) - d)
