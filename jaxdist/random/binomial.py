"""Binomial counts."""

from __future__ import annotations

import math

import jax.numpy as jnp
from jax import Array, lax

from jaxdist.numerics.integers import add_steps, fits, to_count
from jaxdist.random.sampler import sampler
from jaxdist.random.transformed_rejection import (
    FEW_STEPS,
    SMALL_MEAN,
    count_by_inversion,
    invert_or_reject,
    log_poisson_weight,
    propose_step,
)
from jaxdist.random.words import Shape


@sampler
def binomial(key: Array, total_count: Array, probs: Array, failure: Array, shape: Shape) -> Array:
    """Draw from binomial distributions, exactly for large counts too.

    Hoermann, The Generation of Binomial Random Variates (1993), algorithm BTRS.

    Args:
      key: a PRNG key of any kind.
      total_count: number of trials, broadcastable to `shape`. An integer type keeps those exact
        that the type of `probs` rounds: no count is above, nor are all successes or failures lost.
      probs: probability of success.
      failure: its complement, which `1 - probs` may not be where it is small.
      shape: shape of the draws.

    Returns:
      Counts of type int32; a larger one becomes 2^31 - 2.
    """
    n, p, q = lax.stop_gradient((total_count, probs, failure))
    total, is_count, n = to_count(n), fits(n), n.astype(p.dtype)
    p, q, flipped = jnp.minimum(p, q), jnp.maximum(p, q), p > q
    small = ~(n * p >= SMALL_MEAN)
    low, odds = jnp.where(small, n, 0), jnp.where(small, p / q, 0)
    high, half = jnp.where(small, 4 * SMALL_MEAN, n), jnp.where(small, 0.5, p)

    def counted(start: Array | int, step: Array) -> Array:
        """Return the count of which that of the rarer outcome is `start + step`."""
        rarer = jnp.clip(jnp.asarray(start, jnp.int32) + step, 0, total)
        of_int32 = jnp.where(flipped, total - rarer, rarer)
        start, step = jnp.where(flipped, n - start, start), jnp.where(flipped, -step, step)
        return jnp.where(is_count, of_int32, add_steps(start, step))

    def invert(steps: int) -> Array:
        prob_of_zero = jnp.exp(-low * jnp.log1p(odds))
        ratio = lambda k: odds * ((low + (1 - k)) * (1 / k))
        return counted(0, count_by_inversion(key, prob_of_zero, ratio, shape, steps))

    def count(step: Array) -> Array:
        return counted(jnp.floor(high * half), step)

    def propose(first: Array, second: Array, n: Array, p: Array, at_mode: Array) -> Array:
        mean, stddev = n * p, jnp.sqrt(n * p * (1 - p))
        b = 1.15 + 2.53 * stddev
        base = jnp.floor(mean)
        a = 0.0248 * b - 0.0873 + 0.01 * p
        step, point = propose_step(first, second, mean - base + 0.5, a, b)
        log_weight, square = _log_binomial_weight(base + step, n, mean, (mean - base) - step)
        point = point * (2.83 + 5.1 / b) * stddev * jnp.sqrt(square)
        return jnp.where(point <= jnp.exp(log_weight - at_mode), step, math.nan)

    mode = jnp.floor((high + 1) * half)
    log_weight, square = _log_binomial_weight(mode, high, high * half, high * half - mode)
    at_mode = log_weight - jnp.log(square) / 2

    # Of n trials no more than n succeed: further steps would change nothing.
    few = jnp.all(low < FEW_STEPS)
    parameters = (high, half, at_mode)
    return invert_or_reject(key, small, invert, count, propose, parameters, shape, few)


def _log_binomial_weight(k: Array, n: Array, mean: Array, difference: Array) -> tuple[Array, Array]:
    """Log-probability of k successes up to a constant, as `log_poisson_weight`."""
    successes, square = log_poisson_weight(k, difference, mean)
    failures, other_square = log_poisson_weight(n - k, -difference, n - mean)
    return successes + failures, square * other_square
