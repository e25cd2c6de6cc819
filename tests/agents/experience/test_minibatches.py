import jax
import jax.numpy as jnp
import numpy as np
import pytest

from agents.execution.shards import ALL_STREAMS
from agents.experience.minibatches import minibatch_rows, streams_per_group

SIZES = [(8, 4, 4), (2, 8, 8), (9, 6, 6), (1, 16, 4), (5, 3, 1), (3, 4, 12)]


def drawn(rows_per_stream, num_streams, num_minibatches, seed=0):
    key = jax.random.key(seed)
    sizes = rows_per_stream, num_streams, num_minibatches
    return np.asarray(jax.jit(lambda: minibatch_rows(key, *sizes, ALL_STREAMS))())


@pytest.mark.parametrize("sizes", SIZES)
def test_every_row_is_in_one_minibatch(sizes):
    rows_per_stream, num_streams, num_minibatches = sizes
    rows = drawn(*sizes)
    assert rows.shape == (num_minibatches, rows_per_stream * num_streams // num_minibatches)
    np.testing.assert_array_equal(np.sort(rows.ravel()), np.arange(rows_per_stream * num_streams))
    assert np.any(rows != drawn(*sizes, seed=1)) or num_minibatches * rows_per_stream == 1


@pytest.mark.parametrize("sizes", SIZES)
def test_every_minibatch_has_an_equal_share_of_every_group(sizes):
    rows_per_stream, num_streams, num_minibatches = sizes
    size = streams_per_group(rows_per_stream, num_minibatches)
    group = drawn(*sizes) % num_streams // size
    share = size * rows_per_stream // num_minibatches
    for minibatch in group:
        np.testing.assert_array_equal(np.bincount(minibatch, minlength=num_streams // size), share)


def test_groups_are_the_smallest_that_divide():
    for rows_per_stream in range(1, 13):
        for num_minibatches in range(1, 13):
            size = streams_per_group(rows_per_stream, num_minibatches)
            fitting = [n for n in range(1, 13) if n * rows_per_stream % num_minibatches == 0]
            assert size == fitting[0]


def test_a_row_is_equally_often_in_every_minibatch():
    keys = jax.random.split(jax.random.key(0), 4000)
    rows = jax.jit(jax.vmap(lambda key: minibatch_rows(key, 4, 4, 2, ALL_STREAMS)))(keys)
    first = jnp.zeros(16).at[rows[:, 0].ravel()].add(1) / 4000
    np.testing.assert_allclose(first, 0.5, atol=0.04)
