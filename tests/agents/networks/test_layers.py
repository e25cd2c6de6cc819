import math

import jax
import numpy as np
import pytest

from agents.networks.layers import mlp

pytestmark = pytest.mark.fast

KEY = jax.random.key(0)


@pytest.mark.parametrize("sizes", [(4, 64, 64, 2), (7, 5, 1)])
def test_weights_are_orthogonal_and_biases_zero(sizes):
    params = mlp(sizes, final_scale=0.01).init(KEY)
    for i, layer in enumerate(params):
        weight = np.asarray(layer["weight"], np.float64)
        assert weight.shape == (sizes[i], sizes[i + 1])
        gram = weight @ weight.T if weight.shape[0] <= weight.shape[1] else weight.T @ weight
        gain = 0.01 if i == len(params) - 1 else math.sqrt(2)
        np.testing.assert_allclose(gram, gain**2 * np.eye(len(gram)), atol=1e-5 * gain**2)
        np.testing.assert_array_equal(layer["bias"], 0.0)


def test_vmapped_initialization_needs_no_lapack():
    """LAPACK's calls on batches can deadlock on a CPU with two cores."""
    init = jax.vmap(mlp((3, 5, 2)).init)
    assert "lapack" not in jax.jit(init).lower(jax.random.split(KEY, 4)).as_text()


def test_an_mlp_is_its_formula():
    net = mlp((3, 5, 2), activation="relu")
    first, last = params = net.init(KEY)
    x = jax.random.normal(KEY, (3,))
    hidden = np.maximum(np.asarray(x) @ first["weight"], 0.0)
    np.testing.assert_allclose(net.apply(params, x), hidden @ last["weight"], rtol=1e-5)
