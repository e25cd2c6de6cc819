"""Expected values under a distribution of one number: from its quantiles, or by sums over integers.

A rule is made once; `average` is then called for each function, with its values at the nodes.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jax import Array, lax

_SLOWEST = 0.999  # exponent of a tail from which the integral is infinite
_SLOW = 0.2  # exponent from which what lies beyond the last node matters
_COUNT = 2048  # number of integers that are summed one by one
_FROM_EACH_END = 1280  # nodes: five eighths of as many strides as integers are summed one by one
_CORRECTED = 6  # nodes at an end whose weights differ
_LOST = 1e-4  # probability that nodes may miss
_ROUNDED = 1e-6  # probability that sums lose by rounding
_ONE_BY_ONE = 64  # integers next to a mode, before strides grow
_STRIDES = 32  # in each of the blocks beyond, of which one is as long as all before it
_FARTHEST = 2**31 - 2  # distance from a mode


class Rule(NamedTuple):
    """Nodes and weights for expected values.

    Attributes:
      x: nodes, shape `(nodes, *batch_shape)`; for an integral ascending.
      weights: of the same shape.
      below: probability below the first two nodes, shape `(2, *batch_shape)`, or None; 0 where
        nothing that matters is beyond.
      above: probability above the last node and the one before it.
      unit: a width of the distribution, shape `batch_shape`, positive.
      share: the part of the outermost probabilities that no weight stands for.
    """

    x: Array
    weights: Array
    below: Array | None
    above: Array | None
    unit: Array
    share: float = 1.0

    def average(self, values: Array) -> Array:
        """Average a function, given its values at the nodes.

        Infinite where the integral is, by the power of the probability with which the values grow.
        """
        total = _pairwise_sum(self.weights * values)
        if self.below is None or self.above is None:
            return total
        for outermost, u in ((values[:2], self.below), (values[:-3:-1], self.above)):
            total += _beyond(outermost, u, self.share)
        return total


def _pairwise_sum(terms: Array) -> Array:
    """Sum over the first axis; XLA makes a less exact matrix product of a sum of products."""
    while terms.shape[0] > 1:
        half = terms.shape[0] // 2
        rest = terms[2 * half :]
        terms = terms[:half] + terms[half : 2 * half]
        terms = jnp.concatenate([terms, rest]) if rest.shape[0] else terms
    return terms[0]


def _beyond(values: Array, u: Array, share: float) -> Array:
    r"""Integrate from probability 0 to a share c of the first node's a power of the probability.

    .. math:: \int_0^{c u_0} f_0 (u / u_0)^{-r}\, du = f_0 u_0 \frac{c^{1 - r}}{1 - r}, \quad
              r = \frac{\log |f_0 / f_1|}{\log (u_1 / u_0)}
    """
    (outer, inner), (u_outer, u_inner) = values, u
    grows = (jnp.abs(outer) > jnp.abs(inner)) & (inner != 0) & jnp.isfinite(outer)
    grows &= (u_outer > 0) & (u_inner > u_outer)
    ratio = jnp.where(grows, outer, 1) / jnp.where(grows, inner, 1)
    u_ratio = jnp.where(grows, u_inner, 2) / jnp.where(grows, u_outer, 1)
    exponent = jnp.log(jnp.abs(ratio)) / jnp.log(u_ratio)
    matters = grows & (exponent > _SLOW)
    is_infinite = matters & (exponent >= _SLOWEST)
    rest = 1 - jnp.where(matters & ~is_infinite, exponent, 0)
    beyond = jnp.where(grows, outer, 0) * u_outer * share**rest / rest
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
    return Rule(x, weight, u[:2], v[:-3:-1], unit, _half_step(below.dtype))


def integer_rule(
    log_prob: Callable[[Array], Array],
    tails: Callable[[Array], Array],
    matters: tuple[Array, Array],
    center: Array,
    support: tuple[Array, Array],
    dtype: np.dtype,
) -> Rule:
    """Return the rule of the sum over integers: at even strides, or at strides that grow.

    It is whichever loses less probability; the average is NaN where both lose some, since the
    probabilities vary too fast.

    Args:
      log_prob: of integers, shape `(nodes, *batch_shape)`.
      tails: the probability below and above integers, stacked along a new first axis.
      matters: the first integer that matters and the last one, int32, shape `batch_shape`; even
        strides lie between them.
      center: the mode, from which strides may grow.
      support: the ends of the support.
      dtype: of the weights.
    """
    matters, center, support = lax.stop_gradient((matters, center, support))
    even_k, even = _even_integers(*matters, dtype)
    down_k, down = _growing_integers(center, center, -1, support[0], dtype)
    up_k, up = _growing_integers(center + 1, center, 1, support[1], dtype)
    k = jnp.concatenate([down_k[::-1], even_k, up_k])
    growing = jnp.concatenate([down[::-1], jnp.zeros_like(even), up])
    even = jnp.concatenate([jnp.zeros_like(down), even, jnp.zeros_like(up)])
    p = jnp.exp(log_prob(k).astype(dtype))
    outermost = lax.stop_gradient(tails(jnp.concatenate([k[:2], k[:-3:-1]])).astype(dtype))
    below = jnp.where(down[:-3:-1] > 0, outermost[0, :2], 0)
    above = jnp.where(up[:-3:-1] > 0, outermost[1, 2:], 0)

    def lost(weights: Array) -> Array:
        return jnp.abs(1 - lax.stop_gradient(_pairwise_sum(jnp.where(weights > 0, weights * p, 0))))

    lost_of_even, lost_of_growing = lost(even), lost(growing)
    is_even = lost_of_even <= jnp.maximum(lost_of_growing, _ROUNDED)
    weights = jnp.where(is_even, even, growing)
    below, above = jnp.where(is_even, 0, below), jnp.where(is_even, 0, above)
    valid = jnp.where(is_even, lost_of_even, lost_of_growing) < _LOST
    p = jnp.where(weights > 0, weights * p, 0)
    x = k.astype(dtype)
    center = _pairwise_sum(p * x)
    width = jnp.sqrt(_pairwise_sum(p * (x - center) ** 2))
    unit = lax.stop_gradient(jnp.where(width > 0, width, 1))
    return Rule(x, jnp.where(valid, p, jnp.nan), below, above, unit)


def _even_integers(low: Array, high: Array, dtype: np.dtype) -> tuple[Array, Array]:
    r"""Return integers between two ends, and weights for sums over all of them.

    Up to 2,048 of them are summed one by one. Of more of them the first and the last are, and of
    those between every k-th one: from each end to beyond the middle, where weights that sum to one
    fall smoothly to 0. At the ends the weights are those of Euler and Maclaurin's formula, with
    derivatives from six nodes, so that the probabilities there need not be small:

    .. math:: \sum_{i \ge 0} f(i) = k \sum_{j \ge 0} f(k j) - \frac{k - 1}{2} f(0)
              + \sum_r \frac{B_{2 r}}{(2 r)!} (k^{2 r} - 1) f^{(2 r - 1)}(0)

    Args:
      low: the first integers, int32, shape `batch_shape`.
      high: the last integers.
      dtype: of the weights.
    """
    length = high - low - 2  # from the second integer to the last but one
    stride = jnp.maximum(length, 0) // _COUNT + 1
    steps = jnp.arange(_FROM_EACH_END, dtype=low.dtype).reshape((-1,) + (1,) * low.ndim)
    inside = steps <= length // stride
    distance = stride * jnp.where(inside, steps, 0)
    share = distance.astype(dtype) / jnp.maximum(length, 1).astype(dtype)
    from_end = _end_weights(steps, stride.astype(dtype)) * _smooth_step(
        jnp.where(length > 0, share, 0.5)
    )
    from_end = jnp.where(inside, from_end, 0)
    k = jnp.concatenate([low[None], low + 1 + distance, (high - 1 - distance)[::-1], high[None]])
    one = jnp.ones((1, *low.shape), dtype)
    last = jnp.where(high > low, one, 0)
    weights = jnp.concatenate([one, from_end, from_end[::-1], last])
    return jnp.clip(k, low, high), weights


@functools.cache
def _growing_strides() -> tuple[np.ndarray, np.ndarray]:
    """Return distances from 0 to the largest, in blocks of doubled strides, and their weights.

    The weights of each block are those of Euler and Maclaurin's formula at both of its ends.
    """
    start, stride, number = 0, 1, _ONE_BY_ONE - 1
    distances, weights = [], []
    first, of_slopes = _end_coefficients()
    while start + number * stride <= _FARTHEST:
        of_block = np.full(number + 1, float(stride))
        at_end = np.zeros(number + 1)
        at_end[0] = first * (stride - 1)
        for power, row in of_slopes.items():
            at_end[:_CORRECTED] += row * (stride - float(stride) ** (1 - power))
        weights.append(of_block + at_end + at_end[::-1])
        distances.append(start + stride * np.arange(number + 1))
        start, stride, number = start + number * stride + 1, 2 * stride, _STRIDES
    return np.concatenate(distances), np.concatenate(weights)


def _growing_integers(
    start: Array, center: Array, sign: int, end: Array, dtype: np.dtype
) -> tuple[Array, Array]:
    """Return integers on one side of a center, and weights for sums over all on this side.

    For probabilities that vary as smoothly as functions of the logarithm of the distance.

    Args:
      start: the first integer of this side, int32.
      center: the center, a possible integer, which stands where the support has ended.
      sign: of the direction, 1 or -1.
      end: the end of the support on this side.
      dtype: of the weights.
    """
    distances, of_distances = _growing_strides()
    column = (-1,) + (1,) * start.ndim
    distance = jnp.asarray(distances, jnp.uint32).reshape(column)
    weights = jnp.asarray(of_distances, dtype).reshape(column)
    reach = (sign * (end - start)).astype(jnp.uint32)
    inside = (distance <= reach) & (sign * (end.astype(dtype) - start.astype(dtype)) >= 0)
    k = start + sign * jnp.where(inside, distance, 0).astype(jnp.int32)
    return jnp.where(inside, k, center), jnp.where(inside, weights, 0)


def _end_weights(steps: Array, stride: Array) -> Array:
    """Return the weights of every k-th integer from an end on, by their number and by k."""
    weights = jnp.broadcast_to(stride, jnp.broadcast_shapes(steps.shape, stride.shape))
    first, of_slopes = _end_coefficients()
    corrections = first * (stride - 1)
    for power, row in of_slopes.items():
        column = jnp.asarray(row, stride.dtype).reshape((-1,) + (1,) * stride.ndim)
        of_end = column * (stride - stride ** (1.0 - power))
        weights = weights.at[:_CORRECTED].add(of_end)
    return weights.at[0].add(corrections)


@functools.cache
def _end_coefficients() -> tuple[float, dict[int, np.ndarray]]:
    """Return that of the first value, and for each even power those of the first nodes.

    They are Bernoulli's number of the power over its factorial, times the weights of the derivative
    of one order less from the values at 0, 1, 2 ...
    """
    nodes = np.arange(_CORRECTED)
    powers = np.vander(nodes, increasing=True).T.astype(float)  # of the nodes, a row each
    bernoulli = {2: 1 / 6, 4: -1 / 30}
    rows = {}
    for power, number in bernoulli.items():
        order = power - 1
        derivative = np.linalg.solve(powers, math.factorial(order) * (nodes == order))
        rows[power] = number / math.factorial(power) * derivative
    return -0.5, rows


def _smooth_step(share: Array) -> Array:
    """Return 1 up to three eighths, 0 from five eighths on, and between them a polynomial.

    Its values at a number and at 1 less the number sum to 1.
    """
    t = jnp.clip((share - 0.375) * 4, 0, 1)
    near = jnp.minimum(t, 1 - t)
    step = near**4 * (35 + near * (-84 + near * (70 - 20 * near)))
    return jnp.where(t < 0.5, 1 - step, step)


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
