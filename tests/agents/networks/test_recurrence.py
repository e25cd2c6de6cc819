import jax
import jax.numpy as jnp
import numpy as np
import pytest

from agents.networks.cells import gru, min_gru, s5
from agents.networks.recurrence import hidden_states

pytestmark = pytest.mark.fast

NUM_STEPS, STREAMS, SIZE = 9, 4, 4
CELL = gru(2, SIZE)
CELLS = [CELL, *(pytest.param(cell(2, SIZE), marks=pytest.mark.slow) for cell in (min_gru, s5))]


def by_steps(params, x, is_first, h, cell=CELL):
    """The definition, which JAX differentiates step by step."""

    def step(h, x):
        x, is_first = x
        h = cell.apply(params, x, jnp.where(is_first[:, None], 0.0, h))
        return h, h

    return jax.lax.scan(step, h, (x, is_first))[1]


def at_once(params, x, is_first, h, cell=CELL):
    return hidden_states(cell, params, cell.project(params, x), is_first, h)


@pytest.mark.parametrize("cell", CELLS)
def test_hidden_states_and_their_derivatives_are_those_of_the_steps(cell):
    keys = jax.random.split(jax.random.key(0), 5)
    params = cell.init(keys[0])
    params = jax.tree.map(lambda leaf: leaf + 0.1, params)  # biases that are not zero
    x = jax.random.normal(keys[1], (NUM_STEPS, STREAMS, 2))
    h = jax.random.normal(keys[2], (STREAMS, SIZE))
    is_first = jax.random.bernoulli(keys[3], 0.3, (NUM_STEPS, STREAMS))
    weight = jax.random.normal(keys[4], (NUM_STEPS, STREAMS, SIZE))
    assert is_first[0].any()
    assert not is_first[0].all()

    def value_and_gradient(function):
        total = lambda params, x, h: jnp.sum(weight * function(params, x, is_first, h, cell))
        return jax.jit(jax.value_and_grad(total, argnums=(0, 1, 2)))(params, x, h)

    ours, expected = value_and_gradient(at_once), value_and_gradient(by_steps)
    jax.tree.map(
        lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6), ours, expected
    )


def test_a_batch_of_cells():
    """As training runs it for several seeds."""
    params = jax.vmap(CELL.init)(jax.random.split(jax.random.key(0), 2))
    x = jax.random.normal(jax.random.key(1), (2, NUM_STEPS, STREAMS, 2))
    is_first, h = jnp.zeros((NUM_STEPS, STREAMS), bool), jnp.zeros((STREAMS, SIZE))

    def gradient(function):
        total = lambda params, x: jnp.sum(function(params, x, is_first, h) ** 2)
        return jax.vmap(jax.grad(total))(params, x)

    close = lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-6)
    jax.tree.map(close, gradient(at_once), gradient(by_steps))
