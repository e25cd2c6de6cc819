from collections import deque

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from agents.experience import replay

pytestmark = pytest.mark.fast

KEY = jax.random.key(0)


def rows(first, length):
    """Numbered rows, whose leaves contain the number."""
    number = jnp.arange(first, first + length)
    return {"number": number, "twice": 2.0 * jnp.stack([number, number], -1)}


def like():
    return jax.eval_shape(lambda: jax.tree.map(lambda leaf: leaf[0], rows(0, 1)))


add = jax.jit(replay.add, donate_argnums=0)
sample = jax.jit(replay.sample, static_argnums=2)


def test_the_latest_rows_are_kept():
    """Against a `deque`, with batches of any length."""
    buffer, queue, first = replay.empty(like(), 7), deque(maxlen=7), 0
    for length in (3, 3, 3, 7, 1, 3, 1):
        buffer = add(buffer, rows(first, length))
        queue.extend(range(first, first + length))
        first += length
        number = np.asarray(buffer.rows["number"])
        assert buffer.size == len(queue)
        assert buffer.position == first % 7
        assert set(number[: len(queue)]) == set(queue)
        filled = slice(0, len(queue))
        np.testing.assert_array_equal(
            buffer.rows["twice"][filled], 2.0 * number[filled, None] * np.ones(2)
        )


def test_a_donated_buffer_is_updated_in_place():
    before = replay.empty(like(), 7)
    after = add(before, rows(0, 3))
    assert before.rows["number"].is_deleted()
    assert after.capacity == 7


def test_samples_are_uniform_over_the_rows():
    """Five of seven places are filled; chi-square with 4 degrees of freedom: 99.99% below 24."""
    buffer = add(replay.empty(like(), 7), rows(1, 5))
    drawn = sample(KEY, buffer, 10_000)
    values, counts = np.unique(np.asarray(drawn["number"]), return_counts=True)
    np.testing.assert_array_equal(values, np.arange(1, 6))
    assert np.sum((counts - 2000) ** 2 / 2000) < 24
    np.testing.assert_array_equal(drawn["twice"][:, 1], 2.0 * drawn["number"])
    assert np.any(
        np.asarray(sample(jax.random.key(1), buffer, 10_000)["number"] != drawn["number"])
    )


def test_adding_more_rows_than_the_capacity_is_an_error():
    with pytest.raises(
        ValueError, match="batch of 8 rows does not fit into a buffer of capacity 7"
    ):
        replay.add(replay.empty(like(), 7), rows(0, 8))
