"""Counts, by inversion where the mean is small, and else by transformed rejection.

Hoermann, The Transformed Rejection Method for Generating Poisson Random Variables (1993).
"""

from __future__ import annotations

import math
from collections.abc import Callable

import jax.numpy as jnp
from jax import Array, lax

from jaxdist.random.rejection import Propose, Schedule, accepted_by_lanes, accepted_by_rounds
from jaxdist.random.uniform import centered_uniform_from, positive_uniform_from, word_dtype
from jaxdist.random.words import Shape, extra_bits, threefry_key
from jaxdist.special import artanh_series

SMALL_MEAN = 10.0  # counts of smaller means are drawn by inversion
STEPS = 36  # beyond which such counts are never found: P < 2^-32
FEW_STEPS = 12


def invert_or_reject(
    key: Array,
    small: Array,
    invert: Callable[[int], Array],
    count: Callable[[Array], Array],
    propose: Propose,
    parameters: tuple[Array, ...],
    shape: Shape,
    few: Array | None = None,
) -> Array:
    """Draw counts by inversion where means are small, and by rejection elsewhere.

    On CPUs only what is needed is computed; accelerators, which would have to wait for the
    decision, compute both.

    Args:
      key: a PRNG key.
      small: whether the mean is small, broadcastable to `shape`.
      invert: maps a count that is beyond all draws to draws that are right where means are small.
      count: maps an accepted step, an int32, to a draw that is right elsewhere.
      propose: proposes steps, as in `first_accepted`.
      parameters: of `propose`.
      shape: shape of the draws.
      few: whether `FEW_STEPS` are enough to invert, for the draws together.

    Returns:
      Draws of type int32.
    """
    dtype = parameters[0].dtype

    def inverted() -> Array:
        if few is None:
            return invert(STEPS)
        return lax.cond(few, lambda: invert(FEW_STEPS), lambda: invert(STEPS))

    def joined(draws: Array, schedule: Schedule, zero: Array) -> Array:
        decided = jnp.where(small, zero, math.nan).astype(dtype)
        steps = schedule(key, propose, parameters, shape, dtype, decided)
        return jnp.where(small, draws, count(steps.astype(jnp.int32)))

    def with_branches(key: Array) -> Array:
        # `jax.shard_map` must see that zeros depend on what the draws depend on.
        zero = 0 * (small + threefry_key(key)[0].astype(jnp.int32))
        draws = lax.cond(jnp.any(small), inverted, lambda: jnp.broadcast_to(zero, shape))
        return lax.cond(
            jnp.all(small), lambda: draws, lambda: joined(draws, accepted_by_lanes, zero)
        )

    def without_branches(key: Array) -> Array:
        return joined(invert(STEPS), accepted_by_rounds, jnp.int32(0))

    return lax.platform_dependent(key, cpu=with_branches, default=without_branches)


def count_by_inversion(
    key: Array,
    prob_of_zero: Array,
    ratio: Callable[[int], Array],
    shape: Shape,
    steps: int,
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
