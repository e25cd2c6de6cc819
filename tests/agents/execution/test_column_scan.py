import jax
import jax.numpy as jnp
import numpy as np
import pytest

from agents.execution.column_scan import column_scan

pytestmark = pytest.mark.fast

NUM_STREAMS = 5


def start():
    """A carry of several dtypes and shapes, some of which do not fit into the matrix."""
    return {
        "x": jnp.linspace(-1.0, 1.0, NUM_STREAMS),
        "matrix": jnp.ones((NUM_STREAMS, 2, 3)),
        "count": jnp.full(NUM_STREAMS, 2**31 - 2, jnp.int32),
        "word": jnp.full(NUM_STREAMS, 0xFF800001, jnp.uint32),
        "flag": jnp.arange(NUM_STREAMS) > 2,
        "byte": jnp.full((NUM_STREAMS, 3), 250, jnp.uint8),
        "half": jnp.full(NUM_STREAMS, 1.5, jnp.bfloat16),
        "wide": jnp.zeros((NUM_STREAMS, 100)),
        "scalar": jnp.zeros(()),
        "key": jax.random.split(jax.random.key(0), NUM_STREAMS),
    }


def step(carry, x):
    carry = carry | {
        "x": jnp.tanh(carry["x"] + x),
        "matrix": carry["matrix"] * (1 + carry["x"][:, None, None]),
        "count": carry["count"] + 1,
        "word": carry["word"] ^ 1,
        "flag": ~carry["flag"],
        "byte": carry["byte"] + jnp.uint8(3),
        "half": carry["half"] * 2,
        "wide": carry["wide"] + x,
        "scalar": carry["scalar"] + jnp.sum(carry["matrix"]),
    }
    return carry, {"carry": carry, "sum": carry["matrix"].sum((1, 2)), "x": x}


def as_numbers(tree):
    is_key = lambda leaf: jnp.issubdtype(leaf.dtype, jax.dtypes.prng_key)
    return jax.tree.map(lambda x: jax.random.key_data(x) if is_key(x) else x, tree)


@pytest.mark.parametrize("num_steps", [1, 2, 7])
def test_a_column_scan_is_a_scan(num_steps):
    xs = jnp.linspace(0.0, 0.1, num_steps)
    both = jax.jit(
        lambda: (column_scan(step, start(), xs, NUM_STREAMS), jax.lax.scan(step, start(), xs))
    )()
    for ours, expected in zip(*map(jax.tree.leaves, map(as_numbers, both)), strict=True):
        exact = not jnp.issubdtype(ours.dtype, jnp.floating)
        np.testing.assert_allclose(ours, expected, rtol=0 if exact else 1e-6)


def test_derivatives_go_through_the_matrix():
    def total(scan, scale):
        xs = scale * jnp.linspace(0.0, 0.1, 6)
        carry, y = scan(xs)
        return jnp.sum(carry["matrix"]) + jnp.sum(y["sum"]) + jnp.sum(carry["wide"])

    ours = lambda xs: column_scan(step, start(), xs, NUM_STREAMS)
    expected = lambda xs: jax.lax.scan(step, start(), xs)
    slope = lambda scan: jax.jit(jax.grad(lambda scale: total(scan, scale)))(2.0)
    np.testing.assert_allclose(slope(ours), slope(expected), rtol=1e-6)


def test_a_batch_of_scans():
    xs = jnp.linspace(0.0, 0.1, 12).reshape(3, 4)
    ours = jax.jit(jax.vmap(lambda x: column_scan(step, start(), x, NUM_STREAMS)))(xs)
    expected = jax.jit(jax.vmap(lambda x: jax.lax.scan(step, start(), x)))(xs)
    close = lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-6)
    jax.tree.map(close, as_numbers(ours), as_numbers(expected))
