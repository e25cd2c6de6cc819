import jax
import jax.numpy as jnp
import numpy as np
import pytest

from agents.execution import microbatches

pytestmark = pytest.mark.fast


@pytest.mark.parametrize(
    ("n", "limit", "expected"), [(1, 8, 1), (12, 8, 6), (2048, 512, 512), (7, 5, 1), (4, 0, 1)]
)
def test_the_largest_divisor(n, limit, expected):
    assert microbatches.largest_divisor(n, limit) == expected


@pytest.mark.parametrize(
    ("num_rows", "expected"), [(100, 100), (128, 128), (4096, 128), (1000, 125), (1009, 1009)]
)
def test_microbatches_divide_the_batch_evenly(num_rows, expected):
    assert microbatches.microbatch_size(num_rows) == expected


def test_an_accelerator_takes_the_batch_as_one(on_accelerator):
    batch, params = jnp.arange(4096.0), jnp.ones(())
    loss = lambda p, b: (jnp.mean(p * b), {})
    lean = lambda p, b: (jnp.mean(p * b) * (b.shape == (4096,)), {})
    assert microbatches.mean_gradient(loss, params, batch, lean)[0] == jnp.mean(batch)


def test_the_gradient_by_microbatches_is_the_gradient():
    batch = {"x": jax.random.normal(jax.random.key(0), (2048, 3)), "y": jnp.arange(2048.0) / 2048}
    params = {"w": jnp.array([1.0, -2.0, 0.5])}

    def loss(params, batch):
        error = jnp.tanh(batch["x"] @ params["w"]) - batch["y"]
        return jnp.mean(error**2), {"error": jnp.mean(error)}

    @jax.jit
    def both():
        return microbatches.mean_gradient(loss, params, batch), jax.grad(loss, has_aux=True)(
            params, batch
        )

    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-7), *both())


def test_map_microbatches_keeps_the_order_of_rows():
    x = jnp.arange(1536.0)[:, None]
    np.testing.assert_array_equal(
        microbatches.map_microbatches(lambda x: 2 * x[:, 0], x), 2 * x[:, 0]
    )


def test_parts_are_as_many_as_divide_the_rows():
    seen = []

    def double(rows):
        seen.append(rows["x"].shape)
        return 2 * rows["x"]

    x = jnp.arange(12.0).reshape(6, 2)
    for num_parts in (1, 3, 5):
        doubled = microbatches.map_parts(double, {"x": x, "y": x}, num_parts)
        np.testing.assert_array_equal(doubled, 2 * x)
    assert set(seen) == {(6, 2), (2, 2)}
