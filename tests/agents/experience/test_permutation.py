import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats

from agents.experience.permutation import permutations

KEY = jax.random.key(0)


@functools.cache
def orders(n, number):
    """Random orders, `[number, n]`."""
    draw = jax.jit(jax.vmap(lambda key: permutations(key, jnp.arange(2), n)))
    pairs = draw(jax.random.split(KEY, number // 2))
    return np.asarray(pairs).swapaxes(0, 1).reshape(number, n)


@pytest.mark.parametrize("n", [1, 2, 3, 7, 512, 1000, 1009])
def test_a_permutation_has_every_index_once(n):
    np.testing.assert_array_equal(
        np.sort(permutations(KEY, jnp.arange(3), n)), np.tile(np.arange(n), (3, 1))
    )


def test_small_permutations_are_uniform():
    _, counts = np.unique(orders(4, 24_000), axis=0, return_counts=True)
    assert len(counts) == 24
    assert stats.chisquare(counts).pvalue > 1e-4


@pytest.mark.parametrize("n", [24, 37])
@pytest.mark.parametrize("places", [(0, 1), (0, 12), (6, 22)])
def test_pairs_of_indices_are_uniform(n, places):
    """37 has no divisors of similar size, so that some indices are scrambled again."""
    first, second = orders(n, 200_000)[:, places].T
    counts = np.bincount(first * n + second, minlength=n * n).reshape(n, n)
    assert np.trace(counts) == 0
    assert stats.chisquare(counts[~np.eye(n, dtype=bool)]).pvalue > 1e-4


@pytest.mark.parametrize("indices", [(0, 1), (0, 2048), (6, 7)])
def test_two_permutations_of_one_key_are_independent(indices):
    draw = jax.jit(jax.vmap(lambda key: permutations(key, jnp.array(indices), 24)))
    first, second = np.asarray(draw(jax.random.split(KEY, 100_000)))[:, :, 5].T
    counts = np.bincount(first * 24 + second, minlength=24**2)
    assert stats.chisquare(counts).pvalue > 1e-4
