"""Tails of the gamma distribution at a product, or a quotient, that may underflow.

At y = rate x below the numbers of float32 the lower tail is a power of y, of which the logarithm is
known.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxdist.promotion import custom_jvp
from jaxdist.special.exp_log import log1mexp
from jaxdist.special.gamma import lgamma, lgamma1p
from jaxdist.special.incomplete_gamma import gammainc, gammaincc, log_gammainc, log_gammaincc
from jaxdist.special.infinite_slopes import along, finite
from jaxdist.special.of_arrays import of_arrays
from jaxdist.special.quotient import over

_SMALLEST = 1e-30
LOG_SMALLEST = math.log(_SMALLEST)


@of_arrays()
def gamma_cdf(a: Array, y: Array, log_y: Array) -> Array:
    """Compute `gammainc(a, y)`.

    Args:
      a: positive, of one shape and dtype with the others.
      y: non-negative, may underflow.
      log_y: its logarithm.
    """
    return _extend(gammainc, jnp.exp, a, y, log_y)


@of_arrays()
def gamma_sf(a: Array, y: Array, log_y: Array) -> Array:
    """Compute `gammaincc(a, y)`: see `gamma_cdf`."""
    return _extend(gammaincc, lambda log_p: -jnp.expm1(log_p), a, y, log_y)


@of_arrays()
def log_gamma_cdf(a: Array, y: Array, log_y: Array) -> Array:
    """Compute `log_gammainc(a, y)`: see `gamma_cdf`."""
    return _extend(log_gammainc, lambda log_p: log_p, a, y, log_y)


@of_arrays()
def log_gamma_sf(a: Array, y: Array, log_y: Array) -> Array:
    """Compute `log_gammaincc(a, y)`: see `gamma_cdf`."""
    return _extend(log_gammaincc, lambda log_p: log1mexp(-log_p), a, y, log_y)


def _extend(
    tail: Callable[[Array, Array], Array],
    of_log_cdf: Callable[[Array], Array],
    a: Array,
    y: Array,
    log_y: Array,
) -> Array:
    """Evaluate a tail, below the smallest y by the logarithm of the lower one (DLMF 8.7.1)."""
    is_power = (y < _SMALLEST) & jnp.isfinite(log_y)
    inside = jnp.where(is_power, log_y, -1)
    of_tiny = a * (inside + np.euler_gamma)  # the logarithm of the gamma function may underflow
    log_cdf = jnp.where(a < _SMALLEST, of_tiny, a * inside - _log_gamma1p(a))
    log_cdf = jnp.where(is_power, jnp.minimum(log_cdf, 0), -1)
    return jnp.where(is_power, of_log_cdf(log_cdf), tail(a, jnp.where(is_power, 1, y)))


@of_arrays()
@custom_jvp
def log_small_quantile(a: Array, log_p: Array) -> Array:
    """Return the logarithm of the y with `log_gammainc(a, y) = log_p`, if p is a power of y.

    It is one where the result is below `LOG_SMALLEST`.
    """
    return (log_p + _log_gamma1p(a)) / a


@log_small_quantile.defjvp
def _log_small_quantile_jvp(
    primals: tuple[Array, Array], tangents: tuple[Array, Array]
) -> tuple[Array, Array]:
    """As one slope in a, whose terms would be infinite and cancel where they are multiplied."""
    (a, log_p), (a_dot, log_p_dot) = primals, tangents
    log_y = log_small_quantile(a, log_p)
    _, growth = jax.jvp(_log_gamma1p, (a,), (jnp.ones_like(a),))
    dot = along(over(growth - finite(log_y), a), a_dot)
    return log_y, dot + along(over(jnp.ones_like(a), a), log_p_dot)


def _log_gamma1p(a: Array) -> Array:
    """Logarithm of Gamma(1 + a), exact also for small a."""
    small = a < 0.5
    return jnp.where(small, lgamma1p(jnp.where(small, a, 0)), jnp.log(a) + lgamma(a))
