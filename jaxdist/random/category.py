"""Categories: by inversion, with one uniform variate a draw, or two where categories are many."""

from __future__ import annotations

import itertools
import math

import jax.numpy as jnp
from jax import Array, lax

from jaxdist.random.continuous import uniform, unit, word_of
from jaxdist.random.words import Shape, two_bits

_UNROLLED = 32  # up to so many categories a comparison with each beats a search


def categorical(key: Array, logits: Array, shape: Shape) -> Array:
    """Draw category indices.

    Many categories are drawn in two steps, a block of them and one of the block, which is faster
    and resolves rare categories.

    Args:
      key: a PRNG key.
      logits: unnormalised log-probabilities, shape `(*batch, categories)`; `-inf` is never drawn.
      shape: shape of the draws, which ends in `batch`.

    Returns:
      Indices of type int32; -1 where every category is masked.
    """
    logits = lax.stop_gradient(logits)
    if logits.shape[-1] <= _UNROLLED:
        u = uniform(key, shape, logits.dtype)
        return categorical_icdf(logits, u, strict=True)
    number, batch = math.prod(shape), logits.shape[:-1]
    if number == 0:
        return jnp.zeros(shape, jnp.int32)
    block, place = (unit(word) for word in two_bits(key, shape, word_of(logits.dtype)))
    if number > math.prod(batch):
        return _from_tables(logits, block, place)
    return _from_rows(logits, block.reshape(batch), place.reshape(batch)).reshape(shape)


def categorical_icdf(logits: Array, q: Array, *, strict: bool = False) -> Array:
    """Invert the cumulative distribution function of a categorical distribution.

    Args:
      logits: unnormalised log-probabilities, shape `(*batch, categories)`.
      q: probabilities, shape `(..., *batch)`.
      strict: find the smallest k with `cdf(k) > q`, for `q` in [0, 1), instead of `cdf(k) >= q`.

    Returns:
      Indices of the shape of `q`, type int32; -1 where every category is masked.
    """
    cdf = _cumulative(weights_of(logits))
    total = cdf[..., -1]
    target = q * total
    if not strict:
        target = jnp.maximum(target, jnp.finfo(cdf.dtype).tiny)
    return jnp.where(total > 0, _count_below(cdf, target, or_equal=strict), -1)


def weights_of(logits: Array) -> Array:
    """Probabilities up to a factor, the largest being one."""
    largest = lax.stop_gradient(jnp.max(logits, -1, keepdims=True))
    return jnp.exp(logits - jnp.where(jnp.isfinite(largest), largest, 0))


def _cumulative(weights: Array) -> Array:
    """Running sums that do not move at a weight of zero, however they are rounded."""
    if weights.shape[-1] <= _UNROLLED:
        columns = jnp.moveaxis(weights, -1, 0)
        return jnp.stack(list(itertools.accumulate(columns)), -1)
    return _running_sums(weights)


def _running_sums(weights: Array) -> Array:
    """Return what `_cumulative` does: slower for few weights, and sooner compiled."""

    def add(total: Array, weight: Array) -> tuple[Array, Array]:
        return total + weight, total + weight

    columns = jnp.moveaxis(weights, -1, 0)
    _, sums = lax.scan(add, 0 * columns[0], columns)
    return jnp.moveaxis(sums, 0, -1)


def _count_below(cdf: Array, target: Array, *, or_equal: bool) -> Array:
    """Count the entries of `cdf` (the last one apart) below `target`, or equal to it."""
    below = jnp.less_equal if or_equal else jnp.less
    if cdf.shape[-1] <= _UNROLLED:
        count = jnp.zeros(target.shape, jnp.int32)
        for k in range(cdf.shape[-1] - 1):
            count = count + below(cdf[..., k], target)
        return count
    if cdf.ndim == 1:
        side = "right" if or_equal else "left"
        return jnp.searchsorted(cdf[:-1], target, side=side).astype(jnp.int32)
    return jnp.sum(below(cdf[..., :-1], target[..., None]), -1, dtype=jnp.int32)


# --- many categories -----------------------------------------------------------------------------


def _in_blocks(weights: Array, length: int) -> Array:
    """Arrange weights in blocks of a length, of which the last may end empty."""
    padding = [(0, 0)] * (weights.ndim - 1) + [(0, -weights.shape[-1] % length)]
    return jnp.pad(weights, padding).reshape(*weights.shape[:-1], -1, length)


def _from_rows(logits: Array, block: Array, place: Array) -> Array:
    """Draw once from each row of logits, looking closely at the block drawn alone.

    Args:
      logits: shape `(*batch, categories)`.
      block: uniform, shape `batch`.
      place: uniform, shape `batch`.
    """
    categories = logits.shape[-1]
    length = math.isqrt(categories)
    weights = weights_of(logits)
    window = (1,) * (logits.ndim - 1) + (length,)
    padding = [(0, 0)] * (logits.ndim - 1) + [(0, -categories % length)]
    sums = lax.reduce_window(
        weights, jnp.zeros((), weights.dtype), lax.add, window, window, padding
    )
    cdf = _cumulative(sums)
    total = cdf[..., -1]
    chosen = _count_below(cdf, block * total, or_equal=True)
    index = chosen[..., None] * length + jnp.arange(length)
    row = jnp.take_along_axis(logits, jnp.minimum(index, categories - 1), -1)
    row = jnp.where(index < categories, row, -math.inf)
    found = categorical_icdf(row, place, strict=True)
    return jnp.where(total > 0, chosen * length + found, -1)


def _from_tables(logits: Array, block: Array, place: Array) -> Array:
    """Draw several times from each row of logits, by two searches in tables.

    Args:
      logits: shape `(*batch, categories)`.
      block: uniform, shape `(..., *batch)`.
      place: uniform, shape `(..., *batch)`.
    """
    length = _next_power_of_2(math.isqrt(logits.shape[-1]))
    inner = _running_sums(_in_blocks(weights_of(logits), length))
    outer = _running_sums(inner[..., -1])
    total = outer[..., -1]
    batch, blocks = inner.shape[:-2], inner.shape[-2]
    row = jnp.arange(math.prod(batch), dtype=jnp.int32).reshape(batch)
    chosen = _search(outer, row * blocks, block * total)
    which = row * blocks + chosen
    found = _search(inner, which * length, place * inner[..., -1].ravel()[which])
    return jnp.where(total > 0, chosen * length + found, -1)


def _next_power_of_2(n: int) -> int:
    return 1 << max(n - 1, 0).bit_length()


def _search(table: Array, start: Array, target: Array) -> Array:
    """Count the entries of a row, the last one apart, that are at most `target`.

    Args:
      table: rows along the last axis, of running sums.
      start: where a row begins in the flattened table, of a shape that `target` ends in.
      target: what to look for.
    """
    entries, last = table.ravel(), table.shape[-1] - 1
    steps = last.bit_length()

    def halve(i: Array, count: Array) -> Array:
        there = jnp.minimum(count + (1 << (steps - 1 - i)), last)
        return jnp.where(entries[start + there - 1] <= target, there, count)

    return lax.fori_loop(0, steps, halve, jnp.zeros_like(target, jnp.int32))
