"""A random order, in the time that it takes to write it down."""

from __future__ import annotations

import math

import jax
import jax.numpy as jnp
from jax import Array

from agents.programs.microbatches import largest_divisor

ROUNDS = 12
"""How often every index is scrambled: the fewest after which no pair of indices could be told from
a random one, in 10^6 orders of 4 to 64."""


def permutation(key: Array, n: int) -> Array:
    """A random order of 0, ..., n - 1, in a tenth of the time that sorting random numbers takes.

    An index is written as i = b l + r, and its parts are scrambled by turns, each by a hash of the
    other: l <- l + h(r) mod a, r <- r + h(l) mod b. Every such step can be undone, so that no index
    is lost. Where a b > n, what comes out beyond n goes in again until it does not.

    Args:
      key: a PRNG key.
      n: how many there are, below 2^31.

    Returns:
      The order, int32, `[n]`: of many, not every one of the n! is possible, but every index is
      equally likely in every place, whatever stands in another.

    References:
      Luby & Rackoff 1988; Black & Rogaway 2002, "Ciphers with Arbitrary Finite Domains", section 3
      for walking on and section 4 for the scrambling.
    """
    a, b = _sides(n)
    salts = jax.random.bits(key, (ROUNDS,), jnp.uint32)

    def scramble(index: Array) -> Array:
        left, right = index // b, index % b
        for salt_left, salt_right in salts.reshape(-1, 2):
            left = (left + _hash(right ^ salt_left)) % a
            right = (right + _hash(left ^ salt_right)) % b
        return left * b + right

    order = scramble(jnp.arange(n, dtype=jnp.uint32))
    if a * b > n:
        order = jax.lax.while_loop(
            lambda order: jnp.any(order >= n),
            lambda order: jnp.where(order >= n, scramble(order), order),
            order,
        )
    return order.astype(jnp.int32)


def _sides(n: int) -> tuple[int, int]:
    """Numbers of similar size, whose product is n or, if n has no such divisors, a little more."""
    root = math.isqrt(max(n - 1, 0)) + 1
    a = largest_divisor(n, root)
    return (a, n // a) if 2 * a > root else (root, -(-n // root))


def _hash(x: Array) -> Array:
    """Scramble 32 bits, and keep 31 of them: then a sum with an index does not overflow.

    References:
      Appleby 2011, the finaliser of MurmurHash3.
    """
    x = (x ^ (x >> 16)) * jnp.uint32(0x85EBCA6B)
    x = (x ^ (x >> 13)) * jnp.uint32(0xC2B2AE35)
    return (x ^ (x >> 16)) >> 1
