import jax
import jax.numpy as jnp
import numpy as np
import pytest

from agents.networks.batch_norm import EPSILON, MOMENTUM, batch_norm_mlp

KEY = jax.random.key(0)


@pytest.mark.slow
def test_the_output_depends_on_the_batch_in_training_and_on_running_statistics_otherwise():
    net = batch_norm_mlp((3, 4, 1), "relu")
    params = net.init(KEY)
    x = 5.0 + 2.0 * jax.random.normal(KEY, (64, 3))
    y, statistics = net.apply.on_batch(params, x)
    shifted, _ = net.apply.on_batch(params, 10.0 * x + 3.0)
    np.testing.assert_allclose(y, shifted, atol=0.01)  # but for epsilon
    np.testing.assert_allclose(statistics[0]["mean"], (1 - MOMENTUM) * x.mean(0), rtol=1e-4)
    for _ in range(1500):
        params = params | {"statistics": net.apply.on_batch(params, x)[1]}
    np.testing.assert_allclose(net.apply(params, x), y, rtol=1e-2, atol=1e-3)
    first = params["statistics"][0]
    np.testing.assert_allclose(first["variance"], x.var(0), rtol=1e-3)
    assert EPSILON < 0.01


@pytest.mark.slow
def test_apply_maps_rows_one_by_one():
    net = batch_norm_mlp((3, 4, 1), "relu")
    params = jax.jit(net.init)(KEY)
    x = jnp.arange(6.0).reshape(2, 3)
    apply = jax.jit(net.apply)
    np.testing.assert_allclose(apply(params, x)[1], apply(params, x[1:])[0], rtol=1e-5)
