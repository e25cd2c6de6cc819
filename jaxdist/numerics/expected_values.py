"""Expected values under a distribution of one number: from its quantiles, or by sums over integers.

A rule is made once; `average` is then called for each function, with its values at the nodes.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jax import Array, lax

_SLOWEST = 0.999  # exponent of a tail from which the integral is infinite
_SLOW = 0.2  # exponent from which what lies beyond the last node matters
_COUNT = 2048  # number of integers that are summed one by one
_RESOLVED = 3  # strides in half of the width of a bell that the sum over every k-th integer needs


class Rule(NamedTuple):
    """Nodes and weights for expected values.

    Attributes:
      x: nodes, shape `(nodes, *batch_shape)`, ascending.
      weights: of the same shape.
      below: probability below the first two nodes, shape `(2, *batch_shape)`; None for a sum.
      above: probability above the last node and the one before it.
      unit: a width of the distribution, shape `batch_shape`, positive.
    """

    x: Array
    weights: Array
    below: Array | None
    above: Array | None
    unit: Array

    def average(self, values: Array) -> Array:
        """Average a function, given its values at the nodes.

        Infinite where the integral is, by the power of the probability with which the values grow.
        """
        total = _pairwise_sum(self.weights * values)
        if self.below is None or self.above is None:
            return total
        return total + _beyond(values[:2], self.below) + _beyond(values[:-3:-1], self.above)


def _pairwise_sum(terms: Array) -> Array:
    """Sum over the first axis; XLA makes a less exact matrix product of a sum of products."""
    while terms.shape[0] > 1:
        half = terms.shape[0] // 2
        rest = terms[2 * half :]
        terms = terms[:half] + terms[half : 2 * half]
        terms = jnp.concatenate([terms, rest]) if rest.shape[0] else terms
    return terms[0]


def _beyond(values: Array, u: Array) -> Array:
    r"""Integrate from probability 0 to halfway to the first node a power of the probability.

    .. math:: \int_0^{c u_0} f_0 (u / u_0)^{-r}\, du = f_0 u_0 \frac{c^{1 - r}}{1 - r}, \quad
              r = \frac{\log |f_0 / f_1|}{\log (u_1 / u_0)}
    """
    (outer, inner), (u_outer, u_inner) = values, u
    grows = (jnp.abs(outer) > jnp.abs(inner)) & (inner != 0) & jnp.isfinite(outer)
    ratio = jnp.where(grows, outer, 1) / jnp.where(grows, inner, 1)
    exponent = jnp.log(jnp.abs(ratio)) / (jnp.log(u_inner) - jnp.log(u_outer))
    matters = grows & (exponent > _SLOW)
    is_infinite = matters & (exponent >= _SLOWEST)
    rest = 1 - jnp.where(matters & ~is_infinite, exponent, 0)
    beyond = jnp.where(grows, outer, 0) * u_outer * _half_step(outer.dtype) ** rest / rest
    return jnp.where(
        is_infinite, jnp.sign(outer) * jnp.inf, jnp.where(matters & ~is_infinite, beyond, 0)
    )


@functools.cache
def _double_exponential(exact: bool) -> tuple[np.ndarray, np.ndarray]:
    """Return nodes in (0, 1) and weights of the tanh-sinh rule, ascending (Takahasi, Mori 1974)."""
    step, half = (0.12, 50) if exact else (0.24, 16)
    s = step * np.arange(-half, half + 1)
    w = 1 / (1 + np.exp(-np.pi * np.sinh(s)))
    return w, step * np.pi * np.cosh(s) * w * w[::-1]


def _half_step(dtype: np.dtype) -> float:
    """Return the probability halfway beyond the first node, relative to that of the node."""
    step, half = (0.12, 50) if jnp.finfo(dtype).eps < 1e-10 else (0.24, 16)
    ends = np.pi * np.sinh(step * np.array([half, half + 0.5]))
    return float(np.exp(ends[0] - ends[1]))


def quantile_rule(quantile: Callable[[Array, Array], Array], below: Array, above: Array) -> Rule:
    r"""Return the rule of :math:`E[f(X)] = \int_0^1 f(Q(u))\, du` for the quantile function Q.

    It is the tanh-sinh rule between each two of the given probabilities. It is exact to the dtype
    where Q is smooth but for these, also for tails that are powers, unless they reach further than
    probabilities of the dtype.

    Args:
      quantile: Q, of probabilities `below` and `above = 1 - below`, of which the smaller is exact;
        both of shape `(nodes, *batch_shape)`.
      below: probabilities below kinks and steep parts of Q, such as those below modes and between
        them; shape `(kinks, *batch_shape)`, ascending.
      above: `1 - below`.
    """
    nodes, of_nodes = _double_exponential(bool(jnp.finfo(below.dtype).eps < 1e-10))
    column = (-1,) + (1,) * (below.ndim - 1)
    w, reverse, weights = (
        jnp.asarray(x, below.dtype).reshape(column) for x in (nodes, nodes[::-1].copy(), of_nodes)
    )
    below, above = lax.stop_gradient((below, above))
    none, whole = jnp.zeros_like(below[:1]), jnp.ones_like(below[:1])
    below, above = jnp.concatenate([none, below, whole]), jnp.concatenate([whole, above, none])
    is_lower = below[1:] < 0.5
    width = jnp.where(is_lower, below[1:] - below[:-1], above[:-1] - above[1:])[:, None]
    panels = below[:-1, None] + width * w, above[1:, None] + width * reverse, width * weights
    u, v, weight = (x.reshape((-1, *below.shape[1:])) for x in panels)
    x = quantile(u, v)
    middle = nodes.size // 2
    reach = x[middle - nodes.size] - x[middle]
    unit = lax.stop_gradient(jnp.where((reach > 0) & jnp.isfinite(reach), reach, 1))
    return Rule(x, weight, u[:2], v[:-3:-1], unit)


def integer_rule(
    log_prob: Callable[[Array], Array], low: Array, high: Array, dtype: np.dtype
) -> Rule:
    """Return the rule of the sum over integers.

    Up to 2,048 of them are summed one by one. Of more of them every k-th one is, which is exact for
    bells; the average is NaN where the probabilities at an end matter, or vary too fast for that.

    Args:
      log_prob: of integers, shape `(nodes, *batch_shape)`.
      low: the first integers, int32, shape `batch_shape`.
      high: the last integers.
      dtype: of the weights.
    """
    low, high = lax.stop_gradient((low, high))
    first, last = low.astype(dtype), high.astype(dtype)
    stride = jnp.maximum(jnp.ceil((last - first) / (_COUNT - 1)), 1).astype(low.dtype)
    steps = jnp.arange(_COUNT, dtype=low.dtype).reshape((-1,) + (1,) * low.ndim)
    inside = steps <= (high - low) // stride
    k = jnp.where(inside, low + stride * jnp.where(inside, steps, 0), low)
    p = jnp.where(inside, jnp.exp(log_prob(k)).astype(dtype), 0) * stride.astype(dtype)
    x = k.astype(dtype)
    ends = p[0] + jnp.max(jnp.where(steps == (high - low) // stride, p, 0), 0)
    center = _pairwise_sum(p * x)
    width = jnp.sqrt(_pairwise_sum(p * (x - center) ** 2))
    valid = (stride == 1) | ((ends < 1e-6) & (width > _RESOLVED * stride.astype(dtype)))
    unit = lax.stop_gradient(jnp.where(width > 0, width, 1))
    return Rule(x, jnp.where(valid, p, jnp.nan), None, None, unit)


def mixed_moments(
    weights: Array, means: Array, variances: Array, skewnesses: Array, kurtoses: Array
) -> tuple[Array, Array, Array, Array]:
    r"""Return mean, variance, skewness and excess kurtosis of a mixture, from those of its parts.

    .. math:: E[(x - \mu)^3] = \sum_i w_i (s_i \sigma_i^3 + 3 \sigma_i^2 \delta_i + \delta_i^3),
              \quad \delta_i = \mu_i - \mu

    Args:
      weights: shape `(parts, *shape)`, summing to 1; the moments of a part of weight 0 have no
        effect.
      means: of the same shape, like the others.
      variances: 0 for a point, whose skewness and kurtosis have no effect.
      skewnesses: third standardized moments.
      kurtoses: excess kurtoses.
    """
    possible = weights > 0
    spreads = possible & (variances > 0)
    means, variances = (jnp.where(possible, x, 0) for x in (means, variances))
    skewnesses, kurtoses = (jnp.where(spreads, x, 0) for x in (skewnesses, kurtoses))
    mean = jnp.sum(weights * means, 0)
    delta = means - mean
    variance = jnp.sum(weights * (variances + delta**2), 0)
    unit = jnp.sqrt(jnp.where(variance > 0, variance, 1))
    share = variances / unit**2
    third = skewnesses * share * jnp.sqrt(jnp.where(spreads, share, 1))
    delta = delta / unit
    skewness = jnp.sum(weights * (third + (3 * share + delta**2) * delta), 0)
    fourth = (kurtoses + 3) * share**2 + 4 * third * delta + (6 * share + delta**2) * delta**2
    kurtosis = jnp.sum(weights * fourth, 0) - 3
    is_point = variance == 0
    return (
        mean,
        variance,
        jnp.where(is_point, jnp.nan, skewness),
        jnp.where(is_point, jnp.nan, kurtosis),
    )
