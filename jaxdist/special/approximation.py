"""What the special functions share: promotion, polynomials, Chebyshev series and quadrature."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.typing import ArrayLike


class elementwise:
    """Promote the arguments to one float dtype and shape, and compile: a decorator."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function: Any = function
        self.compiled = jax.jit(function)
        functools.update_wrapper(self, function)

    def __call__(self, *args: ArrayLike) -> Any:
        """Evaluate the function at numbers or arrays that broadcast."""
        dtype = jnp.result_type(float, *args)
        return self.compiled(*jnp.broadcast_arrays(*(jnp.asarray(x, dtype) for x in args)))

    def defjvp(self, rule: Callable[..., Any]) -> Callable[..., Any]:
        """Set the derivative of a function that `jax.custom_jvp` wraps."""
        return self.function.defjvp(rule)


def _significant(coefficients: Sequence[float], dtype: np.dtype) -> Sequence[float]:
    """Drop the last coefficients where they are far below the resolution of a dtype."""
    least = float(jnp.finfo(dtype).eps) / 256 * max(map(abs, coefficients))
    last = max(i for i, c in enumerate(coefficients) if abs(c) > least)
    return coefficients[: last + 1]


def horner(coefficients: Sequence[float], x: Array) -> Array:
    """Evaluate a power series in `|x| <= 1`, lowest order first.

    Args:
      coefficients: of which as many are used as the dtype of `x` resolves.
      x: any shape.
    """
    total = jnp.zeros_like(x)
    for c in reversed(_significant(coefficients, x.dtype)):
        total = total * x + c
    return total


def chebyshev(coefficients: Sequence[float], x: Array, low: float, high: float) -> Array:
    r"""Evaluate a Chebyshev series by Clenshaw's recurrence.

    .. math:: \sum_k c_k T_k(t), \quad t = \frac{2 x - \mathrm{high} - \mathrm{low}}
              {\mathrm{high} - \mathrm{low}}

    Args:
      coefficients: of which as many are used as the dtype of `x` resolves.
      x: any shape, in `[low, high]`.
      low: where t = -1.
      high: where t = 1.
    """
    t = (x - (low + high) / 2) * (2 / (high - low))
    last = before = jnp.zeros_like(t)
    first, *others = _significant(coefficients, x.dtype)
    for c in reversed(others):
        last, before = 2 * t * last - before + c, last
    return t * last - before + first


def negligible(dtype: np.dtype) -> float:
    """Return the exponent x for which `exp(-x)` is well below the resolution of a dtype."""
    return 3 - math.log(float(jnp.finfo(dtype).eps))


def integrate(function: Callable[[Array], Array], upper: Array) -> Array:
    r"""Integrate from 0 to `upper` by the rule of Gauss and Legendre.

    It is exact to the dtype where the logarithm of the function is smooth and falls by no more
    than some `negligible`.

    Args:
      function: maps an array of shape `(nodes,) + shape` to one of the same shape.
      upper: of shape `shape`.
    """
    count = 24 if jnp.finfo(upper.dtype).eps > 1e-10 else 56
    nodes, weights = np.polynomial.legendre.leggauss(count)
    column = (count,) + (1,) * upper.ndim
    u = upper * np.reshape((1 + nodes) / 2, column).astype(upper.dtype)
    values = function(u) * np.reshape(weights / 2, column).astype(upper.dtype)
    return upper * jnp.sum(values, 0)
