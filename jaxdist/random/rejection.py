"""Rejection: attempts in parallel, until every element has had one accepted."""

from __future__ import annotations

import math
from collections.abc import Callable

import jax.numpy as jnp
from jax import Array, lax
from jax.typing import ArrayLike, DTypeLike

from jaxdist.random.uniform import word_dtype
from jaxdist.random.words import Shape, attempt_bits, numbered_bits, threefry_key

_ATTEMPTS = 2  # of a round on accelerators, where the end of a round is waited for
_MANY = 1024  # from so many elements on, a CPU tries those that are left in lanes
_ROWS = 32  # elements of a lane on a CPU: bits of an int32
_LANES = 128  # fewer would not fill the vector registers

Propose = Callable[..., Array]
"""From two random words and the parameters to a value, NaN where it is refused."""
Schedule = Callable[..., Array]
"""A way to compute `first_accepted`, of the same arguments."""


def first_accepted(
    key: Array,
    propose: Propose,
    parameters: tuple[Array, ...],
    shape: Shape,
    dtype: DTypeLike,
    decided: Array | None = None,
) -> Array:
    """Draw by rejection: for every element the first of its proposals that is accepted.

    The randomness of a proposal is numbered by attempt and element, so that a draw does not depend
    on how the attempts are scheduled: by rounds on accelerators, and by lanes on CPUs.

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

    def by(schedule: Schedule) -> Callable[..., Array]:
        return lambda key, *given: schedule(key, propose, given, shape, dtype, decided)

    return lax.platform_dependent(
        key, *parameters, cpu=by(accepted_by_lanes), default=by(accepted_by_rounds)
    )


def accepted_by_rounds(
    key: Array,
    propose: Propose,
    parameters: tuple[Array, ...],
    shape: Shape,
    dtype: DTypeLike,
    decided: Array | None = None,
) -> Array:
    """Try all elements in every round, a `Schedule`.

    A round is one kernel, and its end is waited for: on accelerators that costs more than attempts
    in vain. The number of elements that are left is not computed by the kernel of the round, since
    the compiler of TPUs takes a minute for both together.
    """

    def attempt(count: ArrayLike, values: Array | None) -> Array:
        proposal = propose(*attempt_bits(key, count, shape, word_dtype(dtype)), *parameters)
        return proposal if values is None else jnp.where(jnp.isnan(values), proposal, values)

    def attempts(state: tuple[Array, Array]) -> tuple[Array, Array]:
        count, values = state
        for _ in range(_ATTEMPTS):
            values, count = attempt(count, values), count + 1
        return count, values

    start = jnp.uint32(1), attempt(0, decided)
    return lax.while_loop(lambda state: jnp.any(jnp.isnan(state[1])), attempts, start)[1]


def accepted_by_lanes(
    key: Array,
    propose: Propose,
    parameters: tuple[Array, ...],
    shape: Shape,
    dtype: DTypeLike,
    decided: Array | None = None,
) -> Array:
    """Try all elements once, and then one of each lane, a `Schedule`.

    Lane j has the elements j, j + lanes, j + 2 lanes ... Each works through those of its elements
    that the first attempt left, so that a step costs a fraction of an attempt for all.
    """
    if math.prod(shape) < _MANY:
        return accepted_by_rounds(key, propose, parameters, shape, dtype, decided)
    if math.prod(shape) >= 2**32:
        raise ValueError(f"a call draws fewer than 2^32 values by rejection; got shape {shape}")
    size, words, key_words = math.prod(shape), word_dtype(dtype), threefry_key(key)
    lanes = max(-(-size // _ROWS), _LANES)
    rows = -(-size // lanes)
    table = (rows, lanes)
    parameters = tuple(_in_lanes(p, shape, table) for p in parameters)
    number = lax.iota(jnp.uint32, rows * lanes).reshape(table)
    bit = 1 << lax.broadcasted_iota(jnp.int32, (rows, 1), 0)

    def proposals(count: ArrayLike, number: Array, parameters: tuple[Array, ...]) -> Array:
        return propose(*numbered_bits(key_words, count, number, words), *parameters)

    def first_proposals() -> Array:
        if decided is None:
            return proposals(0, number, parameters)
        before = _in_lanes(decided, shape, table)
        # As the result of a conditional, these are computed once: XLA would compute them both
        # where they are stored and where those that are refused are counted.
        return lax.cond(
            jnp.any(jnp.isnan(before)),
            lambda: jnp.where(jnp.isnan(before), proposals(0, number, parameters), before),
            lambda: jnp.broadcast_to(before, table),
        )

    def place(state: _Lanes) -> tuple[Array, Array, Array]:
        """Store what was proposed last, if it is accepted."""
        count, left, proposal, values = state
        row = jnp.where(jnp.isnan(proposal), 0, left & -left)
        values = jnp.where(bit == row, proposal, values)
        return jnp.where(row == 0, count + 1, 1), left ^ row, values

    def step(state: _Lanes) -> _Lanes:
        # The proposal is placed in the next step: XLA would compute it once more for every row.
        count, left, values = place(state)
        row = jnp.clip(_exponent(left & -left), 0, rows - 1).astype(jnp.uint32)
        element = row * lanes + lax.iota(jnp.uint32, lanes)
        own = tuple(p if p.ndim == 0 else _of(p, element) for p in parameters)
        return count, left, proposals(count, element, own), values

    def unfinished(state: _Lanes) -> Array:
        _, left, proposal, _ = state
        after = jnp.where(jnp.isnan(proposal), left, left & (left - 1))
        return jnp.sum(after != 0, dtype=jnp.int32) > 0

    values = first_proposals()
    left = jnp.sum(jnp.where(jnp.isnan(values) & (number < size), bit, 0), 0, dtype=jnp.int32)
    # Made of `left`, the others vary over the devices of `jax.shard_map` as it does.
    nothing = (0 * left).astype(dtype) * math.nan
    _, _, values = place(lax.while_loop(unfinished, step, (0 * left, left, nothing, values)))
    return values.ravel()[:size].reshape(shape)


_Lanes = tuple[Array, Array, Array, Array]
"""Of every lane the number of attempts at its element, a bit for each element left, the last
proposal; and all values, in rows."""


def _in_lanes(parameter: Array, shape: Shape, table: Shape) -> Array:
    """Arrange a parameter in rows of lanes, the last repeated; or one for all."""
    if parameter.size == 1:
        return parameter.reshape(())
    flat = jnp.broadcast_to(parameter, shape).ravel()
    return jnp.pad(flat, (0, math.prod(table) - flat.size), mode="edge").reshape(table)


def _of(parameter: Array, element: Array) -> Array:
    return parameter.ravel().at[element].get(mode="promise_in_bounds")


def _exponent(power: Array) -> Array:
    """Return k where only bit k of an int32 is set; negative for 0."""
    return (lax.bitcast_convert_type(power.astype(jnp.float32), jnp.int32) >> 23 & 255) - 127
