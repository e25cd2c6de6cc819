import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.sharding import NamedSharding
from jax.sharding import PartitionSpec as P

from agents.execution.devices import OVER_SEEDS, over_members
from agents.execution.mesh import MEMBERS, make_mesh
from benchmarks.compilers import is_available, topology


@pytest.mark.parametrize("num_seeds", [1, 2, 3, 6])
def test_a_function_of_one_member_is_applied_to_each(num_seeds):
    keys = jax.random.split(jax.random.key(0), num_seeds)
    draw = lambda _, key, shift: {"bits": jax.random.bits(key, (2,)) + shift, "key": key}
    mapped = jax.jit(over_members(draw, make_mesh(num_seeds, 1)))(keys, jnp.uint32(3))
    for i, key in enumerate(keys):
        np.testing.assert_array_equal(mapped["bits"][i], jax.random.bits(key, (2,)) + 3)
    np.testing.assert_array_equal(jax.random.key_data(mapped["key"]), jax.random.key_data(keys))


def test_a_loop_and_a_batch_agree_up_to_rounding():
    def walk(_, key, scale):
        steps = scale * jax.random.normal(key, (50, 3))
        return jax.lax.scan(lambda x, dx: (jnp.tanh(x + dx), x @ x), jnp.zeros(3), steps)

    keys = jax.random.split(jax.random.key(0), 2)
    run = lambda over_seeds: jax.jit(over_members(walk, make_mesh(2, 1), over_seeds))(
        keys, jnp.float32(2.0)
    )
    loop, batch, chosen = run("loop"), run("vmap"), run("auto")
    assert np.all(np.asarray(loop[1])[:, 1:] > 0)
    jax.tree.map(np.testing.assert_array_equal, loop, chosen)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, atol=1e-5), loop, batch)


@pytest.mark.skipif(not is_available("h100"), reason="needs the compiler for GPUs")
@pytest.mark.parametrize("over_seeds", OVER_SEEDS)
def test_an_accelerator_runs_members_as_one_batch(over_seeds):
    """Decided by the devices that run the program, and not by those of this machine."""
    mesh = make_mesh(4, 1, topology("h100").devices)
    function = over_members(lambda _, x: jnp.sin(x) @ x, mesh, over_seeds)
    x = jax.ShapeDtypeStruct((4, 5), jnp.float32, sharding=NamedSharding(mesh, P(MEMBERS)))
    assert ("while" in jax.jit(function).lower(x).as_text()) == (over_seeds == "loop")
