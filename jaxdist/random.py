"""Samplers that are missing from jax.random, or lose there."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import jax
import jax.numpy as jnp
from jax import Array, lax
from jax.typing import ArrayLike, DTypeLike

from jaxdist.special import binomial_log_prob, poisson_log_prob

_UNROLLED = 32  # up to so many categories a comparison with each beats a search


def uniform_open(key: Array, shape: tuple[int, ...], dtype: DTypeLike) -> Array:
    """Draw from (0, 1], as fine near 0 as 32 random bits allow (64 in float64).

    Args:
      key: a PRNG key.
      shape: shape of the draws.
      dtype: float32 or float64.

    Returns:
      Positive numbers, of which the smallest is half a unit of the last bit.
    """
    size = jnp.finfo(dtype).bits
    bits = jax.random.bits(key, shape, f"uint{size}")
    return (bits.astype(dtype) + jnp.asarray(0.5, dtype)) * jnp.asarray(2.0**-size, dtype)


def categorical(key: Array, logits: Array, shape: tuple[int, ...]) -> Array:
    """Draw category indices by inversion: one uniform a draw.

    Args:
      key: a PRNG key.
      logits: unnormalised log-probabilities, shape `(*batch, categories)`; `-inf` is never drawn.
      shape: shape of the draws, which ends in `batch`.

    Returns:
      Indices of type int32; -1 where every category is masked.
    """
    u = jax.random.uniform(key, shape, logits.dtype)
    return categorical_icdf(logits, u, strict=True)


def categorical_icdf(logits: Array, q: Array, *, strict: bool = False) -> Array:
    """Invert the cumulative distribution function of a categorical distribution.

    Args:
      logits: unnormalised log-probabilities, shape `(*batch, categories)`.
      q: probabilities, shape `(..., *batch)`.
      strict: find the smallest k with `cdf(k) > q`, for `q` in [0, 1), instead of `cdf(k) >= q`.

    Returns:
      Indices of the shape of `q`, type int32; -1 where every category is masked.
    """
    weights = _weights(logits)
    cdf = _cumulative(weights)
    total = cdf[..., -1]
    target = q * total
    if not strict:
        target = jnp.maximum(target, jnp.finfo(cdf.dtype).tiny)
    index = _count_below(cdf, target, "right" if strict else "left")
    return jnp.where(total > 0, index, -1)


def _weights(logits: Array) -> Array:
    largest = lax.stop_gradient(jnp.max(logits, -1, keepdims=True))
    return jnp.exp(logits - jnp.where(jnp.isfinite(largest), largest, 0))


def _cumulative(weights: Array) -> Array:
    """Running sums that do not move at a weight of zero, however they are rounded."""
    if weights.shape[-1] <= _UNROLLED:
        columns = jnp.moveaxis(weights, -1, 0)
        return jnp.stack(list(itertools.accumulate(columns)), -1)
    sums = jnp.cumsum(weights, -1)
    return lax.cummax(jnp.where(weights > 0, sums, 0), axis=weights.ndim - 1)


def _count_below(cdf: Array, target: Array, side: str) -> Array:
    """Count the entries of `cdf` (the last one apart) below `target`, or equal if side is right."""
    inner = cdf[..., :-1]
    if cdf.ndim == 1 and cdf.shape[0] > _UNROLLED:
        return jnp.searchsorted(inner, target, side=side).astype(jnp.int32)
    below = inner <= target[..., None] if side == "right" else inner < target[..., None]
    return jnp.sum(below, -1, dtype=jnp.int32)


# --- counts --------------------------------------------------------------------------------------

_RARE = 10.0  # means below it are drawn by stepping through the counts
_NEVER = 1e-10  # probability at which the steps end


def poisson(key: Array, rate: Array, shape: tuple[int, ...]) -> Array:
    """Draw from Poisson distributions, exactly for large rates too.

    Args:
      key: a PRNG key of any kind.
      rate: non-negative, broadcastable to `shape`; beyond 2e9 it counts as that.
      shape: shape of the draws.

    Returns:
      Counts of type int32.
    """
    rate = lax.stop_gradient(jnp.broadcast_to(jnp.minimum(rate, 2e9), shape))
    rare = rate < _RARE
    low, high = jnp.where(rare, rate, 0), jnp.where(rare, _RARE, rate)
    few = _by_stepping(key, jnp.exp(-low), lambda k: low / k)
    b = 0.931 + 2.53 * jnp.sqrt(high)
    many = _by_rejection(
        key,
        rare,
        centre=high + 0.43,
        a=0.02483 * b - 0.059,
        b=b,
        height=1.1239 + 1.1328 / (b - 3.4),
        log_weight=lambda k: poisson_log_prob(k, high),
        largest=jnp.inf,
    )
    return jnp.where(rare, few, many)


def binomial(
    key: Array, total_count: Array, probs: Array, failure: Array, shape: tuple[int, ...]
) -> Array:
    """Draw from binomial distributions, exactly for large counts too.

    Args:
      key: a PRNG key of any kind.
      total_count: number of trials, broadcastable to `shape`.
      probs: probability of success.
      failure: its complement, which `1 - probs` may not be where it is small.
      shape: shape of the draws.

    Returns:
      Counts of type int32.
    """
    arrays = (jnp.broadcast_to(x, shape) for x in (total_count, probs, failure))
    n, p, q = lax.stop_gradient(tuple(arrays))
    p, q, flipped = jnp.minimum(p, q), jnp.maximum(p, q), p > q
    rare = n * p < _RARE
    low, odds = jnp.where(rare, n, 0), jnp.where(rare, p / q, 0)
    few = _by_stepping(key, jnp.exp(-low * jnp.log1p(odds)), lambda k: (low - k + 1) / k * odds)
    high, half = jnp.where(rare, 4 * _RARE, n), jnp.where(rare, 0.5, p)
    stddev = jnp.sqrt(high * half * (1 - half))
    b = 1.15 + 2.53 * stddev
    mode = jnp.floor((high + 1) * half)
    at_mode = binomial_log_prob(mode, high, probs=half)
    many = _by_rejection(
        key,
        rare,
        centre=high * half + 0.5,
        a=0.0248 * b - 0.0873 + 0.01 * half,
        b=b,
        height=(2.83 + 5.1 / b) * stddev,
        log_weight=lambda k: binomial_log_prob(k, high, probs=half) - at_mode,
        largest=high,
    )
    total = n.astype(jnp.int32)
    successes = jnp.clip(jnp.where(rare, few, many), 0, total)
    return jnp.where(flipped, total - successes, successes)


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
    weights = jnp.moveaxis(jnp.broadcast_to(_weights(logits), shape), -1, 0)
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


def _by_stepping(key: Array, first: Array, ratio: Callable[[Array], Array]) -> Array:
    """Invert a uniform draw by stepping up from 0.

    Args:
      key: a PRNG key.
      first: the probability of 0.
      ratio: from a count k to p(k) / p(k - 1).
    """
    u = jax.random.uniform(key, first.shape, first.dtype)

    def searching(state: tuple[Array, Array, Array]) -> Array:
        _, p, left = state
        return (left >= p) & (p > _NEVER)

    def step(state: tuple[Array, Array, Array]) -> tuple[Array, Array, Array]:
        k, p, left = state
        onwards = searching(state)
        next_p = p * ratio(k + 1)
        return k + onwards, jnp.where(onwards, next_p, p), jnp.where(onwards, left - p, left)

    start = (jnp.zeros_like(first), first, u)
    k, _, _ = lax.while_loop(lambda state: jnp.any(searching(state)), step, start)
    return k.astype(jnp.int32)


def _by_rejection(
    key: Array,
    skip: Array,
    *,
    centre: Array,
    a: Array,
    b: Array,
    height: Array,
    log_weight: Callable[[Array], Array],
    largest: ArrayLike,
) -> Array:
    """Draw bell-shaped counts by transformed rejection (Hoermann 1993, PTRS and BTRS).

    Where to draw is computed as a whole number apart from a small offset, so that every count can
    be drawn even where floats are no longer fine enough to hold them all.

    Args:
      key: a PRNG key.
      skip: where no draw is needed.
      centre: location of the proposals.
      a: shape of the proposals.
      b: scale of the proposals.
      height: of the hat.
      log_weight: from a count to its log-probability, up to the constant that `height` goes with.
      largest: the largest count.
    """
    base = jnp.floor(centre)

    def propose(state: tuple[Array, Array, Array]) -> tuple[Array, Array, Array]:
        key, offset, done = state
        key, u_key, v_key = jax.random.split(key, 3)
        u = 0.5 - uniform_open(u_key, done.shape, base.dtype)
        v = uniform_open(v_key, done.shape, base.dtype)
        tail = jnp.maximum(0.5 - jnp.abs(u), jnp.finfo(base.dtype).tiny)
        proposed = jnp.floor((2 * a / tail + b) * u + (centre - base))
        k = base + proposed
        possible = (k >= 0) & (k <= largest)
        log_hat = jnp.log(v * height / (a / (tail * tail) + b))
        accepted = possible & (log_hat <= log_weight(jnp.where(possible, k, base)))
        return key, jnp.where(done, offset, proposed), done | accepted

    start = (key, jnp.zeros_like(base), skip)
    _, offset, _ = lax.while_loop(lambda state: ~jnp.all(state[2]), propose, start)
    return base.astype(jnp.int32) + offset.astype(jnp.int32)
