"""Divergences: values, zero to themselves, gradients, and how a pair is found."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxdist as jd
from tests.kl_catalog import PAIRS

EPS = float(np.finfo(np.float32).eps)


@jax.jit
def value_and_gradients(p, q):
    def total(p, q):
        value = jd.kl_divergence(p, q)
        return jnp.sum(jnp.where(jnp.isfinite(value), value, 0)), value

    (_, value), gradients = jax.value_and_grad(total, argnums=(0, 1), has_aux=True)(p, q)
    return value, gradients


def listable_only_outside(p):
    """Whether the values of p can be listed only where a count is known."""
    return isinstance(p, jd.BetaBinomial)


@pytest.mark.parametrize("pair", PAIRS, ids=str)
def test_value_and_gradients(pair):
    p, q = pair.make()
    expected = np.asarray(pair.expected())
    if listable_only_outside(p):
        value, gradients = jd.kl_divergence(p, q), ()
    else:
        value, gradients = value_and_gradients(p, q)
    assert value.shape == expected.shape
    assert value.dtype == np.float32
    infinite = np.isinf(expected)
    np.testing.assert_array_equal(np.isinf(value), infinite)
    np.testing.assert_allclose(
        np.asarray(value)[~infinite], expected[~infinite], rtol=2e-5, atol=2e-6
    )
    assert np.all(np.asarray(value) >= -2e-6)
    for leaf in jax.tree.leaves(gradients):
        assert np.all(np.isfinite(leaf))
