from collections import deque

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from agents.experience import replay

pytestmark = pytest.mark.fast


def rows(first, length):
    """Numbered rows, whose leaves contain the number."""
    number = jnp.arange(first, first + length)
    return {"number": number, "twice": 2.0 * jnp.stack([number, number], -1)}


def like():
    return jax.eval_shape(lambda: jax.tree.map(lambda leaf: leaf[0], rows(0, 1)))


add = jax.jit(replay.add, donate_argnums=0)
sample = jax.jit(replay.sample)


def stored(buffer):
    """All rows of a buffer."""
    return replay.unpack(buffer.words, buffer)


def bits(seed, size):
    return jax.random.bits(jax.random.key(seed), (size,), jnp.uint32)


def test_the_latest_rows_are_kept():
    """Against a `deque`, with batches of any length."""
    buffer, queue, first = replay.empty(like(), 7), deque(maxlen=7), 0
    for length in (3, 3, 3, 7, 1, 3, 1):
        buffer = add(buffer, rows(first, length))
        queue.extend(range(first, first + length))
        first += length
        number = np.asarray(stored(buffer)["number"])
        assert buffer.size == len(queue)
        assert buffer.position == first % 7
        assert set(number[: len(queue)]) == set(queue)
        filled = slice(0, len(queue))
        np.testing.assert_array_equal(
            stored(buffer)["twice"][filled], 2.0 * number[filled, None] * np.ones(2)
        )


def test_a_donated_buffer_is_updated_in_place():
    before = replay.empty(like(), 7)
    after = add(before, rows(0, 3))
    assert before.words.is_deleted()
    assert after.capacity == 7


def test_samples_are_uniform_over_the_rows():
    """Five of seven places are filled; chi-square with 4 degrees of freedom: 99.99% below 24."""
    buffer = add(replay.empty(like(), 7), rows(1, 5))
    drawn = sample(bits(0, 10_000), buffer)
    values, counts = np.unique(np.asarray(drawn["number"]), return_counts=True)
    np.testing.assert_array_equal(values, np.arange(1, 6))
    assert np.sum((counts - 2000) ** 2 / 2000) < 24
    np.testing.assert_array_equal(drawn["twice"][:, 1], 2.0 * drawn["number"])
    assert np.any(np.asarray(sample(bits(1, 10_000), buffer)["number"] != drawn["number"]))


DTYPES = ("bool", "uint8", "int8", "int16", "float16", "bfloat16", "int32", "float32")


@pytest.mark.parametrize("shape", [(), (1,), (5,), (3, 2)], ids=str)
@pytest.mark.parametrize("dtype", DTYPES)
def test_rows_keep_their_bits(dtype, shape):
    """Beside another leaf, whose words they must not touch."""
    noise = np.random.default_rng(0).integers(0, 256, (4, *shape, 4), np.uint8)
    if dtype == "bool":
        leaf = jnp.asarray(noise[..., 0] % 2 == 1)
    else:
        size = jnp.dtype(dtype).itemsize
        leaf = jnp.asarray(noise[..., :size].copy().view(jnp.dtype(dtype))[..., 0])
    batch = {"leaf": leaf, "other": jnp.arange(4)}
    buffer = add(replay.empty(jax.tree.map(lambda x: x[0], batch), 6), batch)
    rows = stored(buffer)
    assert rows["leaf"].dtype == dtype
    assert rows["leaf"].shape == (6, *shape)
    assert np.asarray(rows["leaf"][:4]).tobytes() == np.asarray(leaf).tobytes()
    np.testing.assert_array_equal(rows["other"][:4], batch["other"])


def test_rows_of_double_precision_keep_their_bits():
    with jax.enable_x64(True):
        batch = {"leaf": jnp.asarray([[1 / 3, -0.0], [2e300, 1e-300]]), "flag": jnp.ones(2, bool)}
        buffer = add(replay.empty(jax.tree.map(lambda x: x[0], batch), 3), batch)
        np.testing.assert_array_equal(stored(buffer)["leaf"][:2], batch["leaf"])
        assert stored(buffer)["flag"][:2].all()


def test_adding_more_rows_than_the_capacity_is_an_error():
    with pytest.raises(
        ValueError, match="batch of 8 rows does not fit into a buffer of capacity 7"
    ):
        replay.add(replay.empty(like(), 7), rows(0, 8))
