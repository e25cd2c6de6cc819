"""Counts of Wallenius' noncentral hypergeometric distribution."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jax import Array, lax

from jaxdist.numerics.integers import LARGEST_COUNT, fits, to_count
from jaxdist.numerics.loop_carries import vary_with
from jaxdist.random.binomial import binomial
from jaxdist.random.hypergeometric import hypergeometric
from jaxdist.random.words import Shape

_STEPS = 64
_SHORT = 1e-6  # of a time: by then two balls leave in either order


def wallenius(
    key: Array, s: Array, f: Array, n: Array, odds: Array, guess: Array, shape: Shape
) -> Array:
    """Draw how many of the first n balls to leave an urn are successes.

    Balls leave after exponential times. How many of each kind leave in a part of an interval is
    binomial, given how many do in the interval: so the time of the n-th ball is narrowed, in few
    steps, until no choice is left.

    Args:
      key: a PRNG key of any kind.
      s: non-negative number of successes, broadcastable to `shape`.
      f: non-negative number of failures.
      n: number of balls that are taken, at most their sum.
      odds: positive rate of a success, where that of a failure is 1.
      guess: positive number near the time of the n-th ball.
      shape: shape of the draws.

    Returns:
      Counts of type int32; 2^31 - 2 where there are more balls than that, -1 where the odds are not
      positive and finite.
    """
    odds = lax.stop_gradient(odds)
    valid = (odds > 0) & (odds < jnp.inf)
    odds, guess = (jnp.broadcast_to(jnp.where(valid, x, 1), shape) for x in (odds, guess))
    is_count = fits(s + f)
    s, f, n = (jnp.broadcast_to(to_count(x), shape) for x in (s, f, n))
    length = jnp.full_like(odds, jnp.inf)
    # Successes and failures that leave in the interval, balls to choose of them, and the successes
    # before it; the length of the interval, and a part of it.
    start: tuple[Array, ...] = (
        jnp.zeros((), jnp.int32),
        key,
        s,
        f,
        n,
        jnp.zeros_like(s),
        length,
        guess,
    )
    start = vary_with(start, (s, f, n, odds, guess))

    def is_open(state: tuple[Array, ...]) -> Array:
        step, _, s, f, n, _, length, _ = state
        return (step < _STEPS) & jnp.any(_is_undecided(s, f, n, length, odds))

    def narrow(state: tuple[Array, ...]) -> tuple[Array, ...]:
        step, key, s, f, n, before, length, part = state
        key, own = jax.random.split(key)
        rates = jnp.stack([odds, jnp.ones_like(odds)])
        gone, left = -jnp.expm1(-rates * part), jnp.exp(-rates * part)
        of_all = -jnp.expm1(-rates * length)
        rest = -left * jnp.expm1(-rates * (length - part))
        first = binomial(own, jnp.stack([s, f]), gone / of_all, rest / of_all, (2, *shape))
        total = first[0] + first[1]
        is_first = total >= n
        after = (s - first[0], f - first[1], n - total, before + first[0], length - part)
        within = (first[0], first[1], n, before, part)
        open_ = _is_undecided(s, f, n, length, odds)
        s, f, n, before, length = (
            jnp.where(open_, jnp.where(is_first, x, y), z)
            for x, y, z in zip(within, after, (s, f, n, before, length), strict=True)
        )
        expected = (n.astype(odds.dtype) + 0.5) / (s + f + 1).astype(odds.dtype)
        rate = odds * s + f
        part = jnp.where(length < jnp.inf, length * expected, (n + 0.5) / jnp.maximum(rate, 0.5))
        return step + 1, key, s, f, n, before, length, part

    _, key, s, f, n, before, *_ = lax.while_loop(is_open, narrow, start)
    drawn = before + hypergeometric(key, s, f, n, shape)
    return jnp.where(valid, jnp.where(is_count, drawn, LARGEST_COUNT), -1)


def _is_undecided(s: Array, f: Array, n: Array, length: Array, odds: Array) -> Array:
    is_long = length * jnp.maximum(odds, 1) > _SHORT / (1 + jnp.minimum(s, f))
    return (s > 0) & (f > 0) & (n > 0) & (n < s + f) & is_long
