"""Numerical integration by fixed rules."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array, lax


def weighted_sum(
    function: Callable[..., Any], weights: np.ndarray, *nodes: np.ndarray, dtype: np.dtype
) -> Any:
    r"""Sum a function over the nodes of a rule, :math:`\sum_i w_i f(x_i, y_i, \dots)`.

    It adds one node after another, by Kahan's compensated summation. As a sum over an axis of all
    nodes XLA makes a matrix product of it, which on CPUs is slow, and wrong for some shapes with
    two axes (jaxlib 0.10).

    Args:
      function: maps numbers to an array, or to a pytree of arrays.
      weights: shape `(nodes,)`.
      *nodes: for each argument of the function its values, shape `(nodes,)`.
      dtype: of the weights and the nodes.

    Returns:
      What the function returns, summed.
    """
    columns = [jnp.asarray(column, dtype) for column in (weights, *nodes)]

    def term(weight: Array, *node: Array) -> Any:
        return jax.tree.map(lambda x: weight * x, function(*node))

    def add(carry: Any, column: list[Array]) -> tuple[Any, None]:
        total, rounding = carry
        increment = jax.tree.map(jnp.subtract, term(*column), rounding)
        new = jax.tree.map(jnp.add, total, increment)
        return (new, jax.tree.map(lambda n, t, i: (n - t) - i, new, total, increment)), None

    # Of the first term only the shape is used, so that one copy of the function is compiled.
    zeros = jax.tree.map(jnp.zeros_like, term(*(column[0] for column in columns)))
    return lax.scan(add, (zeros, zeros), columns)[0][0]


def gauss_legendre_average(function: Callable[[Array], Any], upper: Array, points: int) -> Any:
    r"""Average a function over an interval by the Gauss-Legendre rule.

    .. math:: \frac{1}{\mathrm{upper}} \int_0^{\mathrm{upper}} f(u) du

    Args:
      function: maps an array of the shape of `upper` to one of the same shape, or a pytree of them.
      upper: any shape.
      points: number of nodes.
    """
    nodes, weights = np.polynomial.legendre.leggauss(points)
    return weighted_sum(
        lambda t: function(upper * t), weights / 2, (1 + nodes) / 2, dtype=upper.dtype
    )


def negligible_exponent(dtype: np.dtype) -> float:
    """Return an x for which `exp(-x)` is well below the resolution of a dtype."""
    return 3 - math.log(float(jnp.finfo(dtype).eps))


def integrate(function: Callable[[Array], Array], upper: Array) -> Array:
    r"""Integrate a decreasing function, :math:`\int_0^{\mathrm{upper}} f(u) du`.

    It is exact to the dtype where log f is smooth and falls by at most a few times
    `negligible_exponent`.

    Args:
      function: maps an array of the shape of `upper` to one of the same shape.
      upper: any shape.
    """
    points = 24 if jnp.finfo(upper.dtype).eps > 1e-10 else 56
    return upper * gauss_legendre_average(function, upper, points)
