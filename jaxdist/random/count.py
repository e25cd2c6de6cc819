"""Counts: by inversion where they are small, and by rejection."""

from __future__ import annotations

import math
from collections.abc import Callable

import jax
import jax.numpy as jnp
from jax import Array, lax

from jaxdist.random.category import weights_of
from jaxdist.random.continuous import centred_unit, positive_unit, word_of
from jaxdist.random.gamma import gamma
from jaxdist.random.rejection import first_accepted
from jaxdist.random.words import Shape, further_bits, where_any
from jaxdist.special.polynomials import horner

_RARE = 10.0  # counts of which fewer are expected are drawn by inversion
_STEPS = 36  # beyond which such counts are never found: P < 2^-32
_FEW_STEPS = 12
_LARGEST = 2.0e9  # the largest rate: counts are of 31 bits
_ARTANH = [1 / (2 * k + 3) / 9**k for k in range(16)]  # artanh(r) / r^3 - 1 / r^2, in 9 r^2


def poisson(key: Array, rate: Array, shape: Shape) -> Array:
    """Draw from Poisson distributions, exactly for large rates too.

    Hoermann, The Transformed Rejection Method for Generating Poisson Random Variables (1993).

    Args:
      key: a PRNG key of any kind.
      rate: non-negative, broadcastable to `shape`; beyond 2e9 it counts as that, and below 0, or
        where it is NaN, as 0.
      shape: shape of the draws.

    Returns:
      Counts of type int32.
    """
    rate = lax.stop_gradient(jnp.where(rate > 0, jnp.minimum(rate, _LARGEST), 0))
    rate = lax.optimization_barrier(rate)
    rare = rate < _RARE
    low, high = jnp.where(rare, rate, 0), jnp.where(rare, _RARE, rate)

    def few() -> Array:
        return _by_inversion(key, jnp.exp(-low), lambda k: low * (1 / k), shape)

    def many() -> Array:
        steps = _where_common(key, propose, rare, (high,), shape)
        return jnp.floor(high).astype(jnp.int32) + steps

    def propose(first: Array, second: Array, rate: Array) -> Array:
        b = 0.931 + 2.53 * jnp.sqrt(rate)
        base = jnp.floor(rate)
        step, point = _below_hat(first, second, rate - base + 0.43, 0.02483 * b - 0.059, b)
        log_weight, square = _log_poisson(base + step, (rate - base) - step, rate)
        point = point * (1.1239 + 1.1328 / (b - 3.4)) * jnp.sqrt(square)
        return jnp.where(jnp.log(point) <= log_weight, step, math.nan)

    return _few_or_many(key, rare, few, many, shape)


def binomial(key: Array, total_count: Array, probs: Array, failure: Array, shape: Shape) -> Array:
    """Draw from binomial distributions, exactly for large counts too.

    Hoermann, The Generation of Binomial Random Variates (1993), algorithm BTRS.

    Args:
      key: a PRNG key of any kind.
      total_count: number of trials, broadcastable to `shape`.
      probs: probability of success.
      failure: its complement, which `1 - probs` may not be where it is small.
      shape: shape of the draws.

    Returns:
      Counts of type int32.
    """
    n, p, q = lax.stop_gradient((total_count, probs, failure))
    p, q, flipped = jnp.minimum(p, q), jnp.maximum(p, q), p > q
    rare = ~(n * p >= _RARE)
    low, odds = jnp.where(rare, n, 0), jnp.where(rare, p / q, 0)

    total = n.astype(jnp.int32)

    def turned(successes: Array) -> Array:
        return jnp.where(flipped, total - successes, successes)

    def few() -> Array:
        none = jnp.exp(-low * jnp.log1p(odds))

        def by_inversion(steps: int) -> Array:
            ratio = lambda k: odds * ((low + (1 - k)) * (1 / k))
            return turned(_by_inversion(key, none, ratio, shape, steps))

        # Of n trials no more than n succeed: further steps would change nothing.
        return lax.cond(
            jnp.all(low < _FEW_STEPS),
            lambda: by_inversion(_FEW_STEPS),
            lambda: by_inversion(_STEPS),
        )

    def propose(first: Array, second: Array, n: Array, p: Array, at_mode: Array) -> Array:
        mean, stddev = n * p, jnp.sqrt(n * p * (1 - p))
        b = 1.15 + 2.53 * stddev
        base = jnp.floor(mean)
        a = 0.0248 * b - 0.0873 + 0.01 * p
        step, point = _below_hat(first, second, mean - base + 0.5, a, b)
        log_weight, square = _log_binomial(base + step, n, mean, (mean - base) - step)
        point = point * (2.83 + 5.1 / b) * stddev * jnp.sqrt(square)
        return jnp.where(jnp.log(point) <= log_weight - at_mode, step, math.nan)

    high, half = jnp.where(rare, 4 * _RARE, n), jnp.where(rare, 0.5, p)
    mode = jnp.floor((high + 1) * half)
    log_weight, square = _log_binomial(mode, high, high * half, high * half - mode)
    at_mode = log_weight - jnp.log(square) / 2

    def many() -> Array:
        steps = _where_common(key, propose, rare, (high, half, at_mode), shape)
        return turned(jnp.clip(jnp.floor(high * half).astype(jnp.int32) + steps, 0, total))

    return _few_or_many(key, rare, few, many, shape)


def multinomial(key: Array, total_count: Array, logits: Array, shape: tuple[int, ...]) -> Array:
    """Draw counts of categories, one category after another, each binomial given those before.

    Args:
      key: a PRNG key of any kind.
      total_count: number of trials, broadcastable to `shape[:-1]`.
      logits: unnormalised log-probabilities, broadcastable to `shape`; `-inf` is never drawn.
      shape: shape of the draws, which ends in the number of categories.

    Returns:
      Counts of type int32 that sum to `total_count`; zeros where every category is masked.
    """
    weights = jnp.moveaxis(jnp.broadcast_to(weights_of(logits), shape), -1, 0)
    tails = jnp.flip(jnp.cumsum(jnp.flip(weights, 0), 0), 0)
    beyond = jnp.concatenate([tails[1:], jnp.zeros_like(tails[:1])])
    scale = 1 / jnp.where(tails > 0, tails, 1)
    failure = jnp.where(tails > 0, beyond * scale, 1)

    def one(left: Array, category: tuple[Array, Array, Array]) -> tuple[Array, Array]:
        key, p, q = category
        draw = binomial(key, left.astype(p.dtype), p, q, left.shape)
        return left - draw, draw

    total = jnp.broadcast_to(total_count, shape[:-1]).astype(jnp.int32)
    keys = jax.random.split(key, shape[-1])
    _, draws = lax.scan(one, lax.stop_gradient(total), (keys, weights * scale, failure))
    return jnp.moveaxis(draws, 0, -1)


def negative_binomial(key: Array, total_count: Array, odds: Array, shape: Shape) -> Array:
    """Draw the number of successes before so many failures: Poisson counts of gamma rates.

    Args:
      key: a PRNG key of any kind.
      total_count: number of failures, non-negative, broadcastable to `shape`.
      odds: of success, broadcastable to `shape`.
      shape: shape of the draws.

    Returns:
      Counts of type int32.
    """
    gamma_key, poisson_key = jax.random.split(key)
    some = total_count > 0
    standard = gamma(gamma_key, jnp.where(some, total_count, 1), shape)
    return poisson(poisson_key, jnp.where(some, standard * odds, 0), shape)


def _few_or_many(
    key: Array, rare: Array, few: Callable[[], Array], many: Callable[[], Array], shape: Shape
) -> Array:
    """Draw in one way where counts are rare and in the other elsewhere, if there is such a place.

    Args:
      key: of the draws.
      rare: which counts are, broadcastable to `shape`.
      few: returns draws that are right where counts are rare.
      many: returns draws that are right elsewhere.
      shape: shape of the draws.
    """
    drawn = where_any(key, rare, few, shape)
    return lax.cond(jnp.all(rare), lambda: drawn, lambda: jnp.where(rare, drawn, many()))


def _where_common(
    key: Array,
    propose: Callable[..., Array],
    rare: Array,
    parameters: tuple[Array, ...],
    shape: Shape,
) -> Array:
    """Draw by rejection where counts are not rare; whole numbers, of which some are negative."""
    dtype = parameters[0].dtype
    decided = jnp.where(rare, 0, math.nan).astype(dtype)
    return first_accepted(key, propose, parameters, shape, dtype, decided).astype(jnp.int32)


def _by_inversion(
    key: Array,
    none: Array,
    ratio: Callable[[int], Array],
    shape: Shape,
    steps: int = _STEPS,
) -> Array:
    """Invert a uniform draw in the upper tails, which are summed from their ends.

    Args:
      key: a PRNG key.
      none: the probability of 0.
      ratio: from a count k to p(k) / p(k - 1).
      shape: shape of the draws.
      steps: a count that is beyond all draws.
    """
    q = positive_unit(further_bits(key, shape, word_of(none.dtype)))
    masses = [none]
    for k in range(1, steps):
        masses.append(masses[-1] * ratio(k))
    tail, count = jnp.zeros_like(none), jnp.zeros(shape, jnp.int32)
    for mass in reversed(masses[1:]):
        tail = tail + mass
        count = count + (q <= tail)
    return count


def _below_hat(
    first: Array, second: Array, centre: Array, a: Array, b: Array
) -> tuple[Array, Array]:
    """Propose a whole number, and a uniform point below a hat of unit height there.

    Args:
      first: random words.
      second: random words.
      centre: location of the proposals.
      a: shape of the proposals.
      b: scale of the proposals.
    """
    u = centred_unit(first)
    inverse = 1 / jnp.maximum(0.5 - jnp.abs(u), 2.0**-32)
    step = jnp.floor((2 * a * inverse + b) * u + centre)
    return step, positive_unit(second) / (a * inverse * inverse + b)


def _log_binomial(k: Array, n: Array, mean: Array, deviation: Array) -> tuple[Array, Array]:
    """Log-probability of k successes up to a constant, as `_log_poisson`."""
    successes, square = _log_poisson(k, deviation, mean)
    failures, other_square = _log_poisson(n - k, -deviation, n - mean)
    return successes + failures, square * other_square


def _log_poisson(k: Array, deviation: Array, rate: Array) -> tuple[Array, Array]:
    """Split the log-probability of a count into s and m of `s - log(m) / 2`; -inf below 0.

    Args:
      k: the count.
      deviation: `rate - k`, which may be known more exactly than they tell.
      rate: the mean.
    """
    n = jnp.maximum(k, 1)
    d = jnp.where(k > 0, deviation, 0)
    w = 1 / n
    stirling = w * (1 / 12 - w * w * (1 / 360 - w * w * (1 / 1260 - w * w / 1680)))
    # n log(1 + d / n) - d: by a series in r = d / (2 n + d) where that cancels.
    r = d * (1 / (2 * n + d))
    series = horner(_ARTANH, 9 * jnp.minimum(r * r, 1 / 9))
    close = r * (2 * n * (r * r) * series - d)
    some = jnp.where(jnp.abs(r) < 1 / 3, close, n * jnp.log((n + d) * w) - d) - stirling
    log_weight = jnp.where(k > 0, some, jnp.where(k == 0, -rate, -math.inf))
    return log_weight, jnp.where(k > 0, 2 * math.pi * n, 1)
