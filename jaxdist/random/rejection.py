"""Rejection: attempts in parallel, until every element has had one accepted."""

from __future__ import annotations

import math
from collections.abc import Callable

import jax.numpy as jnp
from jax import Array, lax
from jax.typing import ArrayLike, DTypeLike

from jaxdist.random.uniform import word_dtype
from jaxdist.random.words import Shape, numbered_bits, threefry_key

_BLOCK = 8  # elements that are gathered together
_MANY = 1024  # from so many elements on, those left over are gathered
_LEFT_OVER = 8  # the share of the blocks, one in so many, that is small enough to gather

Propose = Callable[..., Array]
"""From two random words and the parameters to a value, NaN where it is refused."""
State = tuple[Array, Array]
"""The number of attempts made, and the values found by them."""


def first_accepted(
    key: Array,
    propose: Propose,
    parameters: tuple[Array, ...],
    shape: Shape,
    dtype: DTypeLike,
    decided: ArrayLike = math.nan,
) -> Array:
    """Draw by rejection: for every element the first of its proposals that is accepted.

    The randomness of a proposal is numbered by attempt and element, so that a draw does not depend
    on how the attempts are scheduled. Few elements are all tried again until none is left; of many,
    those left over after some attempts are gathered, and tried apart.

    Args:
      key: a PRNG key.
      propose: maps two words and the parameters, elementwise, to a value, or NaN to refuse.
      parameters: arrays that broadcast to `shape`, all valid: none may refuse for ever.
      shape: shape of the draws.
      dtype: type of the draws, float32 or float64.
      decided: values of the elements that need no draw, NaN elsewhere; broadcastable to `shape`.

    Returns:
      The values accepted, or decided before.
    """
    size = math.prod(shape)
    key_words = threefry_key(key)
    blocks = -(-size // _BLOCK)
    flat = tuple(_flatten(p, shape, blocks * _BLOCK) for p in parameters)
    every = lax.iota(jnp.uint32, blocks * _BLOCK)
    limit = blocks // _LEFT_OVER if size >= _MANY else 0

    def attempt(count: Array, values: Array, number: Array, parameters: tuple[Array, ...]) -> Array:
        # What depends on parameters or the key alone would be computed before the loop, and then
        # read from memory in every round, which takes longer than to compute it anew.
        count, words, parameters = lax.optimization_barrier((count, key_words, parameters))
        words = numbered_bits(words, count, number, word_dtype(dtype))
        return jnp.where(jnp.isnan(values), propose(*words, *parameters), values)

    def until(limit: int, state: State, number: Array, parameters: tuple[Array, ...]) -> State:
        return lax.while_loop(
            lambda state: jnp.sum(_unfinished(state[1]), dtype=jnp.int32) > limit,
            lambda state: (state[0] + 1, attempt(*state, number, parameters)),
            state,
        )

    before = _flatten(jnp.asarray(decided, dtype), shape, blocks * _BLOCK)
    # Made of all that the draws depend on, `before` keeps compilers from working out the loop, and
    # `jax.shard_map` knows of its dependence.
    seed = sum(flat, key_words[0].astype(dtype))
    before = jnp.where(jnp.isnan(before), seed * math.nan, before)
    start = jnp.uint32(0), jnp.broadcast_to(before, (blocks * _BLOCK,))
    count, values = until(limit, start, every, flat)
    if limit:
        gather, scatter = _left_over(values, limit)
        some = gather(every), tuple(gather(p) for p in flat)
        _, rest = until(0, (count, gather(values)), *some)
        values = scatter(rest)
    return values[:size].reshape(shape)


def _flatten(parameter: Array, shape: Shape, size: int) -> Array:
    """A parameter for each element, the last repeated up to a size; or one for all."""
    if parameter.size == 1:
        return parameter.reshape(())
    flat = jnp.broadcast_to(parameter, shape).ravel()
    return jnp.pad(flat, (0, size - flat.size), mode="edge")


def _unfinished(values: Array) -> Array:
    """Which blocks have elements without a value."""
    return jnp.any(jnp.isnan(values.reshape(-1, _BLOCK)), 1)


def _left_over(
    values: Array, limit: int
) -> tuple[Callable[[Array], Array], Callable[[Array], Array]]:
    """Return functions that gather the unfinished blocks, up to a limit, and that put them back."""
    blocks = values.reshape(-1, _BLOCK)
    unfinished = _unfinished(values)
    rank = jnp.cumsum(unfinished, dtype=jnp.int32)
    which = jnp.searchsorted(rank, lax.iota(jnp.int32, limit) + 1)  # past the end: none is left
    rows = jnp.minimum(which, len(blocks) - 1)

    def gather(x: Array) -> Array:
        return x if x.ndim == 0 else x.reshape(-1, _BLOCK)[rows].ravel()

    def scatter(some: Array) -> Array:
        found = some.reshape(-1, _BLOCK)[jnp.clip(rank - 1, 0, limit - 1)]
        return jnp.where(unfinished[:, None], found, blocks).ravel()

    return gather, scatter
