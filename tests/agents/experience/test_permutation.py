import functools

import jax
import numpy as np
import pytest
from scipy import stats

from agents.experience.permutation import permutation

KEY = jax.random.key(0)


@functools.cache
def orders(n, number):
    """Random orders, `[number, n]`."""
    draw = jax.jit(jax.vmap(lambda key: permutation(key, n)))
    return np.asarray(draw(jax.random.split(KEY, number)))


@pytest.mark.parametrize("n", [1, 2, 3, 7, 512, 1000, 1009])
def test_a_permutation_has_every_index_once(n):
    np.testing.assert_array_equal(np.sort(permutation(KEY, n)), np.arange(n))


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
