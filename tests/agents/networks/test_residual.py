import jax
import jax.numpy as jnp
import numpy as np
import pytest

from agents.networks.residual import EXPANSION, check_widths, residual

KEY = jax.random.key(0)


@pytest.mark.slow
def test_the_function_is_its_formula():
    net = residual((3, 8, 8, 2), "relu")
    params = jax.tree.map(lambda leaf: leaf + 0.1, net.init(KEY))
    x = jnp.asarray(np.random.default_rng(0).normal(size=(5, 3)), jnp.float32)
    first, u1, v1, u2, v2, last = [
        lambda y, p=p: np.asarray(y) @ np.asarray(p["weight"]) + np.asarray(p["bias"])
        for p in params
    ]
    norm = lambda y: (y - y.mean(-1, keepdims=True)) / np.sqrt(y.var(-1, keepdims=True) + 1e-5)
    y = first(x)
    for u, v in ((u1, v1), (u2, v2)):
        y = y + v(np.maximum(u(norm(y)), 0))
    np.testing.assert_allclose(net.apply(params, x), last(norm(y)), rtol=1e-3, atol=1e-3)
    assert params[1]["weight"].shape == (8, 8 * EXPANSION)


@pytest.mark.parametrize("sizes", [(), (8, 4)])
def test_blocks_have_one_width(sizes):
    with pytest.raises(ValueError, match="hidden_sizes of one width, once for each block"):
        check_widths(sizes)
