"""Samplers that are missing from jax.random, or lose there."""

from __future__ import annotations

import itertools

import jax
import jax.numpy as jnp
from jax import Array, lax
from jax.typing import DTypeLike

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
