"""Category indices: by inversion of one uniform variate, or of two where categories are many."""

from __future__ import annotations

import functools
import itertools
import math

import jax.numpy as jnp
from jax import Array, lax

from jaxdist.numerics.loop_carries import vary_with
from jaxdist.random.sampler import sampler
from jaxdist.random.uniform import uniform, uniform_from, word_dtype
from jaxdist.random.words import Shape, two_bits

_UNROLLED = 32  # up to so many categories a comparison with each beats a search


@sampler
def categorical(key: Array, logits: Array, shape: Shape) -> Array:
    """Draw category indices.

    Many categories are drawn in two steps, a block of them and one of the block, which is faster
    and resolves rare categories.

    Args:
      key: a PRNG key.
      logits: unnormalized log-probabilities, shape `(*batch, categories)`; `-inf` is never drawn.
      shape: shape of the draws, which ends in `batch`.

    Returns:
      Indices of type int32; -1 where every category is masked, and any category where a logit is
      NaN.
    """
    logits = lax.stop_gradient(logits)
    if logits.shape[-1] <= _UNROLLED:
        u = uniform(key, shape, logits.dtype)
        return categorical_icdf(logits, u, strict=True)
    number, batch = math.prod(shape), logits.shape[:-1]
    if number == 0:
        return jnp.zeros(shape, jnp.int32)
    words = two_bits(key, shape, word_dtype(logits.dtype))
    u_block, u_inside = map(uniform_from, words)

    def with_gathers(logits: Array, u_block: Array, u_inside: Array) -> Array:
        if number > math.prod(batch):
            return _from_tables(logits, u_block, u_inside)
        return _from_rows(logits, u_block.reshape(batch), u_inside.reshape(batch)).reshape(shape)

    if logits.shape[-1] > _UNROLLED**2:
        return with_gathers(logits, u_block, u_inside)
    return lax.platform_dependent(
        logits, u_block, u_inside, cpu=with_gathers, default=_without_gathers
    )


@sampler
def categorical_icdf(logits: Array, q: Array, *, strict: bool = False) -> Array:
    """Invert the cumulative distribution function of a categorical distribution.

    Args:
      logits: unnormalized log-probabilities, shape `(*batch, categories)`.
      q: probabilities, shape `(..., *batch)`.
      strict: find the smallest k with `cdf(k) > q`, for `q` in [0, 1), instead of `cdf(k) >= q`.

    Returns:
      Indices of the shape of `q`, type int32; -1 where every category is masked.
    """
    cdf = _cumulative(unnormalized_probs(logits))
    if q.size > math.prod(logits.shape[:-1]):  # otherwise XLA sums a shared table in two kernels
        cdf = lax.optimization_barrier(cdf)
    total = cdf[..., -1]
    target = q * total
    if not strict:
        target = jnp.maximum(target, jnp.finfo(cdf.dtype).tiny)
    return jnp.where(total == 0, -1, _count_below(cdf, target, or_equal=strict))


def unnormalized_probs(logits: Array) -> Array:
    """Probabilities up to a factor, the largest being one."""
    largest = lax.stop_gradient(_largest(logits))[..., None]
    return jnp.exp(logits - jnp.where(jnp.isfinite(largest), largest, 0))


def _largest(logits: Array) -> Array:
    if logits.shape[-1] <= _UNROLLED:  # no reduction, so that it is fused with what follows
        return functools.reduce(jnp.maximum, jnp.moveaxis(logits, -1, 0))
    return jnp.max(logits, -1)


def _cumulative(weights: Array) -> Array:
    """Running sums that stay the same at a weight of zero, however they are rounded."""
    if weights.shape[-1] <= _UNROLLED:
        columns = jnp.moveaxis(weights, -1, 0)
        return jnp.stack(list(itertools.accumulate(columns)), -1)
    return _running_sums(weights)


def _running_sums(weights: Array) -> Array:
    """Compute `_cumulative` by a scan: slower for few weights, and faster to compile."""

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


def _block_length(categories: int) -> int:
    return _next_power_of_2(math.isqrt(categories))


def _without_gathers(logits: Array, u_block: Array, u_inside: Array) -> Array:
    """Draw by comparisons with every category, which accelerators prefer to looking up a few.

    Args:
      logits: shape `(*batch, categories)`.
      u_block: uniform, shape `(..., *batch)`.
      u_inside: uniform, shape `(..., *batch)`.
    """
    length = _block_length(logits.shape[-1])
    weights = _in_blocks(unnormalized_probs(logits), length)
    cdf = _cumulative(jnp.sum(weights, -1))
    total = cdf[..., -1]
    chosen = _count_below(cdf, u_block * total, or_equal=True)
    own = chosen[..., None] == jnp.arange(cdf.shape[-1])
    inner = _cumulative(jnp.sum(jnp.where(own[..., None], weights, 0), -2))
    found = _count_below(inner, u_inside * inner[..., -1], or_equal=True)
    return jnp.where(total == 0, -1, chosen * length + found)


def _from_rows(logits: Array, u_block: Array, u_inside: Array) -> Array:
    """Draw once from each row of logits; cumulate only the block drawn.

    Args:
      logits: shape `(*batch, categories)`.
      u_block: uniform, shape `batch`.
      u_inside: uniform, shape `batch`.
    """
    categories = logits.shape[-1]
    length = _block_length(categories)
    weights = unnormalized_probs(logits)
    window = (1,) * (logits.ndim - 1) + (length,)
    padding = [(0, 0)] * (logits.ndim - 1) + [(0, -categories % length)]
    sums = lax.reduce_window(
        weights, jnp.zeros((), weights.dtype), lax.add, window, window, padding
    )
    cdf = _cumulative(sums)
    total = cdf[..., -1]
    chosen = _count_below(cdf, u_block * total, or_equal=True)
    index = chosen[..., None] * length + jnp.arange(length)
    row = jnp.take_along_axis(logits, jnp.minimum(index, categories - 1), -1)
    row = jnp.where(index < categories, row, -math.inf)
    found = jnp.maximum(categorical_icdf(row, u_inside, strict=True), 0)  # -1 if a logit is NaN
    return jnp.where(total == 0, -1, chosen * length + found)


def _from_tables(logits: Array, u_block: Array, u_inside: Array) -> Array:
    """Draw several times from each row of logits, by two searches in tables.

    Args:
      logits: shape `(*batch, categories)`.
      u_block: uniform, shape `(..., *batch)`.
      u_inside: uniform, shape `(..., *batch)`.
    """
    length = _block_length(logits.shape[-1])
    inner = _running_sums(_in_blocks(unnormalized_probs(logits), length))
    outer = _running_sums(inner[..., -1])
    total = outer[..., -1]
    batch, blocks = inner.shape[:-2], inner.shape[-2]
    row = jnp.arange(math.prod(batch), dtype=jnp.int32).reshape(batch)
    chosen = _search(outer, row * blocks, u_block * total)
    block = row * blocks + chosen
    found = _search(inner, block * length, u_inside * inner[..., -1].ravel()[block])
    return jnp.where(total == 0, -1, chosen * length + found)


def _next_power_of_2(n: int) -> int:
    return 1 << max(n - 1, 0).bit_length()


def _search(table: Array, start: Array, target: Array) -> Array:
    """Count the entries of a row, the last one apart, that are at most `target`.

    Args:
      table: rows along the last axis, of running sums.
      start: where a row begins in the flattened table, of a shape that `target` ends in.
      target: any shape.
    """
    entries, last = table.ravel(), table.shape[-1] - 1
    steps = last.bit_length()

    def halve(i: Array, count: Array) -> Array:
        larger = jnp.minimum(count + (1 << (steps - 1 - i)), last)
        return jnp.where(entries[start + larger - 1] <= target, larger, count)

    count = vary_with(jnp.zeros_like(target, jnp.int32), entries, start)
    return lax.fori_loop(0, steps, halve, count)
