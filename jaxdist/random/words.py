"""Counter-based random bits: an unrolled threefry that XLA fuses with its consumers.

Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3". Threefry maps a key and a counter
(two 32-bit words) to two random words. On CPUs JAX computes it in a loop that writes to memory;
here it is unrolled, so that words are computed where they are used. They equal `jax.random.bits`.

Keys of other kinds ("rbg", "unsafe_rbg") draw by `jax.random.bits`, with the generator of the
hardware; only rejection on CPUs, which has to number its attempts, goes on from two of their words
by threefry. As for all draws with such keys, those under `jax.vmap` over keys are not those of each
key alone, and platforms differ.
"""

from __future__ import annotations

import math

import jax
import jax.numpy as jnp
from jax import Array, lax
from jax.typing import ArrayLike, DTypeLike

from jaxdist.random.sampler import sampler

Shape = tuple[int, ...]
Words = tuple[Array, Array]

_ROTATIONS = ((13, 15, 26, 6), (17, 29, 16, 24))
_PARITY = 0x1BD11BDA
_NO_ATTEMPT = 2**31 - 1  # an attempt number that rejection sampling never reaches


def threefry(key: Words, count: Words) -> Words:
    """Apply 20 rounds of threefry to a counter of two words.

    Args:
      key: two words of type uint32.
      count: two words of any shape.

    Returns:
      Two words, which are random and independent.
    """
    first, second = key
    schedule = (first, second, first ^ second ^ jnp.uint32(_PARITY))
    x, y = count[0] + first, count[1] + second
    for group in range(5):
        for rotation in _ROTATIONS[group % 2]:
            x = x + y
            y = (y << rotation | y >> (32 - rotation)) ^ x
        x = x + schedule[(group + 1) % 3]
        y = y + schedule[(group + 2) % 3] + jnp.uint32(group + 1)
    return x, y


def threefry_key(key: Array) -> Words:
    """Return a threefry key as two words; for other key types, draw the words from the key."""
    if not jnp.issubdtype(key.dtype, jax.dtypes.prng_key):
        key = jax.random.wrap_key_data(key)
    if jax.random.key_impl(key) == "threefry2x32":
        data = jax.random.key_data(key)
    else:
        data = jax.random.bits(key, (2,), jnp.uint32)
    return data[0], data[1]


@sampler
def bits(key: Array, shape: Shape, dtype: DTypeLike = jnp.uint32) -> Array:
    """Draw the same random words as `jax.random.bits`, in a third of the time on a CPU.

    Args:
      key: a PRNG key.
      shape: shape of the draws.
      dtype: uint32, or uint64 where 64 bits are enabled.
    """
    partitionable = getattr(jax.config, "jax_threefry_partitionable", True)
    if not (partitionable and _is_numbered(key, shape)):
        return jax.random.bits(key, shape, dtype)
    first, second = threefry(threefry_key(key), (jnp.uint32(0), _numbers(shape)))
    return first ^ second if dtype == jnp.uint32 else _join(first, second)


def two_bits(key: Array, shape: Shape, dtype: DTypeLike = jnp.uint32) -> Words:
    """Draw two random words per element; two 32-bit words take the time of one.

    Args:
      key: a PRNG key.
      shape: shape of the draws.
      dtype: uint32, or uint64 where 64 bits are enabled.
    """
    if not _is_numbered(key, shape):
        first, second = jax.random.bits(key, (2, *shape), dtype)
        return first, second
    return numbered_bits(threefry_key(key), 0, _numbers(shape), dtype)


def attempt_bits(key: Array, attempt: ArrayLike, shape: Shape, dtype: DTypeLike) -> Words:
    """Draw the two random words per element of an attempt.

    Args:
      key: a PRNG key.
      attempt: the index of the attempt, an integer.
      shape: shape of the draws.
      dtype: uint32, or uint64 where 64 bits are enabled.
    """
    if not _is_numbered(key, shape):
        return two_bits(jax.random.fold_in(key, attempt), shape, dtype)
    return numbered_bits(threefry_key(key), attempt, _numbers(shape), dtype)


def extra_bits(key: Array, shape: Shape, dtype: DTypeLike) -> Array:
    """Draw random words independent of those that `jaxdist.random.rejection` uses.

    Args:
      key: a PRNG key of any kind.
      shape: shape of the draws.
      dtype: uint32, or uint64 where 64 bits are enabled.
    """
    return attempt_bits(key, _NO_ATTEMPT, shape, dtype)[0]


def numbered_bits(key: Words, attempt: ArrayLike, number: Array, dtype: DTypeLike) -> Words:
    """Return the two random words of an attempt, for elements given by index.

    Args:
      key: two words, by `threefry_key`.
      attempt: the index of the attempt, an integer; one for all or one for each element.
      number: indices of the elements, uint32, any shape.
      dtype: uint32, or uint64 where 64 bits are enabled.
    """
    attempt = jnp.asarray(attempt, jnp.uint32)
    if dtype == jnp.uint32:
        return threefry(key, (attempt, number))
    once, again = (threefry(key, (2 * attempt + i, number)) for i in (jnp.uint32(0), 1))
    return _join(*once), _join(*again)


def _is_numbered(key: Array, shape: Shape) -> bool:
    """Whether threefry makes the words, of counters that fit in one word."""
    if not jnp.issubdtype(key.dtype, jax.dtypes.prng_key):
        key = jax.random.wrap_key_data(key)
    return jax.random.key_impl(key) == "threefry2x32" and math.prod(shape) < 2**32


def _numbers(shape: Shape) -> Array:
    return lax.iota(jnp.uint32, math.prod(shape)).reshape(shape)


def _join(high: Array, low: Array) -> Array:
    return high.astype(jnp.uint64) << 32 | low.astype(jnp.uint64)
