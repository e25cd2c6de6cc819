"""Counts, by inversion where the mean is small, and else by transformed rejection.

Hoermann, The Transformed Rejection Method for Generating Poisson Random Variables (1993).
"""

from __future__ import annotations

import math
from collections.abc import Callable

import jax.numpy as jnp
from jax import Array, lax

from jaxdist.random.rejection import first_accepted
from jaxdist.random.uniform import centered_uniform_from, positive_uniform_from, word_dtype
from jaxdist.random.words import Shape, extra_bits, where_any
from jaxdist.special import artanh_series

SMALL_MEAN = 10.0  # counts of smaller means are drawn by inversion
STEPS = 36  # beyond which such counts are never found: P < 2^-32


def invert_or_reject(
    key: Array, small: Array, invert: Callable[[], Array], reject: Callable[[], Array], shape: Shape
) -> Array:
    """Draw in one way where means are small and in the other elsewhere, if any is not small.

    Args:
      key: of the draws.
      small: whether the mean is small, broadcastable to `shape`.
      invert: returns draws that are right where means are small.
      reject: returns draws that are right elsewhere.
      shape: shape of the draws.
    """
    draws = where_any(key, small, invert, shape)
    return lax.cond(jnp.all(small), lambda: draws, lambda: jnp.where(small, draws, reject()))


def steps_by_rejection(
    key: Array,
    propose: Callable[..., Array],
    small: Array,
    parameters: tuple[Array, ...],
    shape: Shape,
) -> Array:
    """Draw whole numbers, some of them negative, by rejection where means are not small."""
    dtype = parameters[0].dtype
    decided = jnp.where(small, 0, math.nan).astype(dtype)
    return first_accepted(key, propose, parameters, shape, dtype, decided).astype(jnp.int32)


def count_by_inversion(
    key: Array,
    prob_of_zero: Array,
    ratio: Callable[[int], Array],
    shape: Shape,
    steps: int = STEPS,
) -> Array:
    """Invert a uniform draw in the upper tails, which are summed from their ends.

    Args:
      key: a PRNG key.
      prob_of_zero: the probability of 0.
      ratio: maps a count k to p(k) / p(k - 1).
      shape: shape of the draws.
      steps: a count that is beyond all draws.
    """
    q = positive_uniform_from(extra_bits(key, shape, word_dtype(prob_of_zero.dtype)))
    probs = [prob_of_zero]
    for k in range(1, steps):
        probs.append(probs[-1] * ratio(k))
    tail, count = jnp.zeros_like(prob_of_zero), jnp.zeros(shape, jnp.int32)
    for prob in reversed(probs[1:]):
        tail = tail + prob
        count = count + (q <= tail)
    return count


def propose_step(
    first: Array, second: Array, center: Array, a: Array, b: Array
) -> tuple[Array, Array]:
    """Propose a whole number, and a uniform point below a hat of unit height there.

    Args:
      first: random words.
      second: random words.
      center: location of the proposals.
      a: shape of the proposals.
      b: scale of the proposals.
    """
    u = centered_uniform_from(first)
    inverse = 1 / jnp.maximum(0.5 - jnp.abs(u), 2.0**-32)
    step = jnp.floor((2 * a * inverse + b) * u + center)
    return step, positive_uniform_from(second) / (a * inverse * inverse + b)


def log_poisson_weight(k: Array, difference: Array, rate: Array) -> tuple[Array, Array]:
    """Split the log-probability of a count into s and m of `s - log(m) / 2`; -inf below 0.

    Args:
      k: the count.
      difference: `rate - k`, which may be known more exactly than by them.
      rate: the mean.
    """
    n = jnp.maximum(k, 1)
    d = jnp.where(k > 0, difference, 0)
    w = 1 / n
    stirling = w * (1 / 12 - w * w * (1 / 360 - w * w * (1 / 1260 - w * w / 1680)))
    # n log(1 + d / n) - d: by a series in r = d / (2 n + d) where that cancels.
    r = d * (1 / (2 * n + d))
    near = r * (2 * n * (r * r) * artanh_series(jnp.minimum(r * r, 1 / 9)) - d)
    far = n * jnp.log((n + d) * w) - d
    positive = jnp.where(jnp.abs(r) < 1 / 3, near, far) - stirling
    log_weight = jnp.where(k > 0, positive, jnp.where(k == 0, -rate, -math.inf))
    return log_weight, jnp.where(k > 0, 2 * math.pi * n, 1)
