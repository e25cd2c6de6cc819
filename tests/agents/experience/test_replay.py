from collections import deque

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from agents.experience import replay

pytestmark = pytest.mark.fast


STREAMS = 2


def steps(first, length):
    """Numbered rows of every stream at some steps, whose leaves contain the number."""
    number = jnp.arange(first, first + length)[:, None] * STREAMS + jnp.arange(STREAMS)
    return {"number": number, "twice": 2.0 * jnp.stack([number, number], -1)}


def empty(capacity):
    row = jax.eval_shape(lambda: jax.tree.map(lambda leaf: leaf[0, 0], steps(0, 1)))
    return replay.empty(row, capacity, STREAMS)


add = jax.jit(replay.add, donate_argnums=0)
sample = jax.jit(replay.sample)


def stored(buffer):
    """All rows of a buffer."""
    return replay.unpack(buffer.words.reshape(-1, buffer.words.shape[-1]), buffer)


def bits(seed, *shape):
    return jax.random.bits(jax.random.key(seed), shape, jnp.uint32)


def test_the_latest_steps_are_kept():
    """Against a `deque`, with batches of any length."""
    buffer, queue, first = empty(7), deque(maxlen=7), 0
    for length in (3, 3, 3, 7, 1, 3, 1):
        buffer = add(buffer, steps(first, length))
        queue.extend(range(first, first + length))
        first += length
        number = np.asarray(stored(buffer)["number"]).reshape(7, STREAMS)[: len(queue)]
        assert buffer.size == len(queue)
        assert buffer.position == first % 7
        assert set(number[:, 0] // STREAMS) == set(queue)
        np.testing.assert_array_equal(number % STREAMS, [[0, 1]] * len(queue))
        filled = slice(0, number.size)
        np.testing.assert_array_equal(
            stored(buffer)["twice"][filled], 2.0 * number.reshape(-1, 1) * np.ones(2)
        )


def test_a_donated_buffer_is_updated_in_place():
    before = empty(7)
    after = add(before, steps(0, 3))
    assert before.words.is_deleted()
    assert after.capacity == 7


@pytest.mark.parametrize("groups", [1, 2])
def test_samples_are_uniform_over_the_rows(groups):
    """Five of seven places are filled; chi-square with 9 degrees of freedom: 99.99% below 34."""
    buffer = add(empty(7), steps(1, 5))
    drawn = sample(bits(0, groups, 10_000 // groups), buffer)
    values, counts = np.unique(np.asarray(drawn["number"]), return_counts=True)
    np.testing.assert_array_equal(values, np.arange(2, 12))
    assert np.sum((counts - 1000) ** 2 / 1000) < 34
    np.testing.assert_array_equal(drawn["twice"][:, 1], 2.0 * drawn["number"])
    other = sample(bits(1, groups, 10_000 // groups), buffer)
    assert np.any(np.asarray(other["number"] != drawn["number"]))


def test_every_group_of_streams_has_its_share_of_a_sample():
    buffer = add(empty(7), steps(0, 5))
    number = np.asarray(sample(bits(0, 2, 50), buffer)["number"]).reshape(2, 50)
    np.testing.assert_array_equal(number % STREAMS, np.repeat([[0], [1]], 50, axis=1))


@pytest.mark.parametrize("groups", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_sequences_are_successive_steps_of_a_stream(groups):
    """Also across the end of the array; every start is drawn."""
    buffer = empty(7)
    for first in (0, 3, 6):  # of nine steps, the last seven
        buffer = add(buffer, steps(first, 3))
    sequences = jax.jit(replay.sample_sequences, static_argnums=2)
    number = np.asarray(sequences(bits(0, groups, 200), buffer, 3)["number"])
    np.testing.assert_array_equal(np.diff(number, axis=1), STREAMS)
    assert set(number[:, 0]) == set(range(2 * STREAMS, 7 * STREAMS))


@pytest.mark.slow
@pytest.mark.parametrize("length", [3, 6, 9])
def test_rows_in_order_end_with_the_latest(length):
    buffer = empty(7)
    for first in range(0, length, 3):
        buffer = add(buffer, steps(first, 3))
    size = min(length, 7)
    number = np.asarray(replay.in_order(buffer)["number"])[7 - size :]
    expected = np.arange((length - size) * STREAMS, length * STREAMS).reshape(-1, STREAMS)
    np.testing.assert_array_equal(number, expected)


DTYPES = ("bool", "uint8", "int8", "int16", "float16", "bfloat16", "int32", "float32")


def with_streams(batch):
    """Steps of one stream."""
    return jax.tree.map(lambda leaf: leaf[:, None], batch)


SHAPES = ((), (1,), (5,), (3, 2))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.bits
def test_rows_keep_their_bits(dtype):
    """Of every shape, beside each other and another leaf, whose words they must not touch."""

    def leaf_of(shape):
        noise = np.random.default_rng(0).integers(0, 256, (4, *shape, 4), np.uint8)
        if dtype == "bool":
            return jnp.asarray(noise[..., 0] % 2 == 1)
        size = jnp.dtype(dtype).itemsize
        return jnp.asarray(noise[..., :size].copy().view(jnp.dtype(dtype))[..., 0])

    batch = {str(shape): leaf_of(shape) for shape in SHAPES} | {"other": jnp.arange(4)}
    buffer = add(replay.empty(jax.tree.map(lambda x: x[0], batch), 6, 1), with_streams(batch))
    rows = stored(buffer)
    for shape in SHAPES:
        leaf = rows[str(shape)]
        assert leaf.dtype == dtype
        assert leaf.shape == (6, *shape)
        assert np.asarray(leaf[:4]).tobytes() == np.asarray(batch[str(shape)]).tobytes()
    np.testing.assert_array_equal(rows["other"][:4], batch["other"])


def test_rows_of_double_precision_keep_their_bits():
    with jax.enable_x64(True):
        batch = {"leaf": jnp.asarray([[1 / 3, -0.0], [2e300, 1e-300]]), "flag": jnp.ones(2, bool)}
        row = jax.tree.map(lambda x: x[0], batch)
        buffer = add(replay.empty(row, 3, 1), with_streams(batch))
        np.testing.assert_array_equal(stored(buffer)["leaf"][:2], batch["leaf"])
        assert stored(buffer)["flag"][:2].all()


def test_adding_more_steps_than_the_capacity_is_an_error():
    with pytest.raises(
        ValueError, match="8 steps do not fit into a buffer with a capacity of 7 steps"
    ):
        replay.add(empty(7), steps(0, 8))
