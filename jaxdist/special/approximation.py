"""What the special functions share: promotion, polynomials, Chebyshev series and quadrature."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array, lax
from jax.typing import ArrayLike


class elementwise:
    """Promote the arguments to one float dtype and shape, and compile: a decorator."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function: Any = function
        functools.update_wrapper(self, function)

    @functools.cached_property
    def compiled(self) -> Callable[..., Any]:
        """The function, jitted when it is first called: most programs call few of them."""
        return jax.jit(self.function)

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
    return _horner(_significant(coefficients, x.dtype), x)


def _horner(coefficients: Sequence[float], x: Array) -> Array:
    *others, last = coefficients
    total = jnp.full_like(x, last)
    for c in reversed(others):
        total = total * x + c
    return total


def chebyshev(coefficients: Sequence[float], x: Array, low: float, high: float) -> Array:
    r"""Evaluate a Chebyshev series.

    .. math:: \sum_k c_k T_k(t), \quad t = \frac{2 x - \mathrm{high} - \mathrm{low}}
              {\mathrm{high} - \mathrm{low}}

    Its terms fall so fast that powers of t do not cancel; they take half the operations.

    Args:
      coefficients: of which as many are used as the dtype of `x` resolves.
      x: any shape, in `[low, high]`.
      low: where t = -1.
      high: where t = 1.
    """
    powers = np.polynomial.chebyshev.cheb2poly(_significant(coefficients, x.dtype))
    t = (x - (low + high) / 2) * (2 / (high - low))
    return _horner(powers.tolist(), t)


def odd_chebyshev(coefficients: Sequence[float], x: Array) -> Array:
    r"""Evaluate :math:`\sum_k c_k T_{2 k + 1}(x) / x` for :math:`|x| \le 1`, as `chebyshev`."""
    t = 4 * x * x - 2  # twice T_2
    last = before = jnp.zeros_like(x)
    for c in reversed(_significant(coefficients, x.dtype)):
        last, before = t * last - before + c, last
    return last - before


def negligible(dtype: np.dtype) -> float:
    """Return the exponent x for which `exp(-x)` is well below the resolution of a dtype."""
    return 3 - math.log(float(jnp.finfo(dtype).eps))


def weighted_sum(
    function: Callable[..., Any], weights: np.ndarray, *nodes: np.ndarray, dtype: np.dtype
) -> Any:
    """Sum `weight * function(*node)`, one node after another.

    As a sum over an axis of all nodes XLA makes a matrix product of it, which on CPUs is slow, and
    wrong for some shapes with two axes (jaxlib 0.10).

    Args:
      function: maps numbers to arrays, or a tree of arrays.
      weights: one for each node.
      *nodes: the arguments of the function, of the shape of `weights`.
      dtype: of the numbers.

    Returns:
      What the function returns, summed.
    """
    columns = [jnp.asarray(column, dtype) for column in (weights, *nodes)]

    def term(weight: Array, *node: Array) -> Any:
        return jax.tree.map(lambda x: weight * x, function(*node))

    def add(carry: Any, column: list[Array]) -> tuple[Any, None]:
        # Kahan's sum: what rounding took from the total is given back with the next term.
        total, lost = carry
        more = jax.tree.map(jnp.subtract, term(*column), lost)
        new = jax.tree.map(jnp.add, total, more)
        return (new, jax.tree.map(lambda n, t, m: (n - t) - m, new, total, more)), None

    start = term(*(column[0] for column in columns))
    nothing = jax.tree.map(jnp.zeros_like, start)
    rest = [column[1:] for column in columns]
    return lax.scan(add, (start, nothing), rest)[0][0]


def average(function: Callable[[Array], Any], upper: Array, points: int) -> Any:
    r"""Average a function over `[0, upper]` by the rule of Gauss and Legendre.

    Args:
      function: maps an array of the shape of `upper` to one of the same shape, or a tree of them.
      upper: any shape.
      points: number of nodes.
    """
    nodes, weights = np.polynomial.legendre.leggauss(points)
    return weighted_sum(
        lambda t: function(upper * t), weights / 2, (1 + nodes) / 2, dtype=upper.dtype
    )


def integrate(function: Callable[[Array], Array], upper: Array) -> Array:
    r"""Integrate from 0 to `upper` by quadrature.

    It is exact to the dtype where the logarithm of the function is smooth and falls by no more
    than some `negligible`.

    Args:
      function: maps an array of the shape of `upper` to one of the same shape.
      upper: any shape.
    """
    points = 24 if jnp.finfo(upper.dtype).eps > 1e-10 else 56
    return upper * average(function, upper, points)
