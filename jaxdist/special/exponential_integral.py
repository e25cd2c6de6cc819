"""The exponential integral E_1, times an exponential."""

from __future__ import annotations

import math

import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxdist.numerics.polynomials import horner
from jaxdist.numerics.quadrature import weighted_sum
from jaxdist.special.elementwise import elementwise

SMALL = 0.6  # y up to which the series of the exponential integral is used
_SERIES = [0.0] + [(-1) ** (k + 1) / (k * math.factorial(k)) for k in range(1, 24)]  # DLMF 6.6.2


@elementwise
def exp_times_expint(y: Array) -> Array:
    r"""Return the exponential integral without its decay, for y > 0.

    .. math:: e^y E_1(y) = \int_0^\infty \frac{e^{-s}}{s + y} ds

    Accurate to 4 eps.

    Args:
      y: positive, any shape.
    """
    is_small = y < SMALL
    near = jnp.where(is_small, y, SMALL)
    far = jnp.where(is_small, SMALL, y)
    return jnp.where(is_small, jnp.exp(near) * expint_of_small(near), tail_sum(jnp.sqrt(far)) / far)


def expint_of_small(y: Array, log_y: Array | None = None) -> Array:
    """Return E_1(y) for y up to `SMALL`, by its series.

    Args:
      y: non-negative.
      log_y: its logarithm, where y may underflow.
    """
    return horner(_SERIES, y) - np.euler_gamma - (jnp.log(y) if log_y is None else log_y)


def tail_sum(root: Array) -> Array:
    r"""Return :math:`y e^y E_1(y)` for y from `SMALL`, given its root.

    It is the integral of an analytic function of log s, for which the trapezoidal rule is exact.
    """
    nodes, weights = log_spaced(
        root.dtype, -18.0, 3.2 if jnp.finfo(root.dtype).eps > 1e-10 else 3.9, 0.45
    )
    weights = weights * np.exp(-nodes)

    def term(node: Array) -> Array:
        return 1 / (1 + (node / root) ** 2)

    return weighted_sum(term, weights, np.sqrt(nodes), dtype=root.dtype)


def log_spaced(
    dtype: np.dtype, low: float, high: float, step: float
) -> tuple[np.ndarray, np.ndarray]:
    """Return nodes s whose logarithms are evenly spaced, and their weights, for a dtype."""
    is_single = jnp.finfo(dtype).eps > 1e-10
    scale, step = (1.0, step) if is_single else (2.1, step / 2)
    s = np.exp(np.arange(scale * low, high if high < 6 else scale * high, step))
    return s, step * s
