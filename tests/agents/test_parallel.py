import jax
import jax.numpy as jnp
import numpy as np
import pytest

from agents import ppo
from agents.parallel import over_seeds


@pytest.mark.parametrize("num_seeds", [1, 2, 3, 6])
def test_a_function_of_one_seed_is_applied_to_each(num_seeds):
    keys = jax.random.split(jax.random.key(0), num_seeds)
    draw = lambda key, shift: {"bits": jax.random.bits(key, (2,)) + shift, "key": key}
    mapped = jax.jit(over_seeds(draw, num_seeds))(keys, jnp.uint32(3))
    for i, key in enumerate(keys):
        np.testing.assert_array_equal(mapped["bits"][i], jax.random.bits(key, (2,)) + 3)
    np.testing.assert_array_equal(jax.random.key_data(mapped["key"]), jax.random.key_data(keys))


def test_one_batch_on_an_accelerator_is_the_same_but_for_rounding(monkeypatch):
    config = ppo.Config(total_steps=64, num_steps=16, num_minibatches=2, hidden_sizes=(8,))
    keys = jax.random.split(jax.random.key(0), 2)
    one_by_one = jax.jit(over_seeds(ppo.train, 2))(keys, config)[0]
    monkeypatch.setattr(jax, "default_backend", lambda: "gpu")
    as_a_batch = jax.jit(over_seeds(ppo.train, 2))(keys, config)[0]
    assert jnp.any(one_by_one.params["critic"][0]["weight"] != 0.0)
    jax.tree.map(
        lambda a, b: np.testing.assert_allclose(a, b, atol=1e-4),
        one_by_one.params,
        as_a_batch.params,
    )
