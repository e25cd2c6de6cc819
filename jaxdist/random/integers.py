"""Integers of an interval."""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array, lax

from jaxdist.random.sampler import sampler
from jaxdist.random.words import Shape, two_bits


@sampler
def integers(key: Array, low: Array, high: Array, shape: Shape) -> Array:
    r"""Draw integers of closed intervals, with the same probability but for one part in 2^32.

    .. math:: \mathrm{low} + \lfloor w n / 2^{64} \rfloor, \quad
              n = \mathrm{high} - \mathrm{low} + 1, w \in \{0, \dots, 2^{64} - 1\}

    Lemire, Fast Random Integer Generation in an Interval (2019), with 64 bits, whose remainders
    need not be refused.

    Args:
      key: a PRNG key.
      low: smallest value, int32, broadcastable to `shape`.
      high: largest value, int32, at least `low`, broadcastable to `shape`.
      shape: shape of the draws.

    Returns:
      Numbers of type int32.
    """
    first, second = two_bits(key, shape)
    start = lax.bitcast_convert_type(low, jnp.uint32)
    number = lax.bitcast_convert_type(high, jnp.uint32) - start + 1  # 0 where it is 2^32
    fraction = first * number
    carry = fraction + _upper_half(second, number) < fraction
    steps = jnp.where(number == 0, first, _upper_half(first, number) + carry)
    return lax.bitcast_convert_type(start + steps, jnp.int32)


def _upper_half(a: Array, b: Array) -> Array:
    """Multiply words of 32 bits, and return the upper 32 bits of the product."""
    a_low, a_high, b_low, b_high = a & 0xFFFF, a >> 16, b & 0xFFFF, b >> 16
    inner = a_high * b_low + (a_low * b_low >> 16)
    outer = a_low * b_high + (inner & 0xFFFF)
    return a_high * b_high + (inner >> 16) + (outer >> 16)
