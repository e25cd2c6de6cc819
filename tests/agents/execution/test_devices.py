import jax
import jax.numpy as jnp
import numpy as np
import pytest

from agents.execution.devices import over_seeds


@pytest.mark.parametrize("num_seeds", [1, 2, 3, 6])
def test_a_function_of_one_seed_is_applied_to_each(num_seeds):
    keys = jax.random.split(jax.random.key(0), num_seeds)
    draw = lambda key, shift: {"bits": jax.random.bits(key, (2,)) + shift, "key": key}
    mapped = jax.jit(over_seeds(draw, num_seeds))(keys, jnp.uint32(3))
    for i, key in enumerate(keys):
        np.testing.assert_array_equal(mapped["bits"][i], jax.random.bits(key, (2,)) + 3)
    np.testing.assert_array_equal(jax.random.key_data(mapped["key"]), jax.random.key_data(keys))


def test_a_loop_and_a_batch_agree_up_to_rounding(monkeypatch):
    def walk(key, scale):
        steps = scale * jax.random.normal(key, (50, 3))
        return jax.lax.scan(lambda x, dx: (jnp.tanh(x + dx), x @ x), jnp.zeros(3), steps)

    keys = jax.random.split(jax.random.key(0), 2)
    run = lambda way: jax.jit(over_seeds(walk, 2, way))(keys, jnp.float32(2.0))
    loop, batch, chosen = run("loop"), run("vmap"), run("auto")
    monkeypatch.setattr(jax, "default_backend", lambda: "gpu")
    on_accelerator = run("auto")
    assert np.all(np.asarray(loop[1])[:, 1:] > 0)
    for a, b in ((loop, chosen), (batch, on_accelerator)):
        jax.tree.map(np.testing.assert_array_equal, a, b)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, atol=1e-5), loop, batch)
