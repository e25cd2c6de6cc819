import jax
import jax.numpy as jnp
import numpy as np
import pytest

from agents.execution.packed_scan import SMALL, packed_scan

pytestmark = pytest.mark.fast

LENGTH = 7
WIDE = SMALL + 1


def step(carry, x):
    pair, wide, flag, key, count = carry
    key, key_noise = jax.random.split(key)
    moved = {"a": jnp.sin(pair["a"]) + x, "b": pair["b"] * x + jax.random.normal(key_noise)}
    now = (moved, wide + x, flag ^ (x > 0.5), key, count + 1)
    return now, {"sum": jnp.sum(moved["b"]), "flag": flag, "key": key_noise, "wide": wide}


def start(scale=1.0):
    pair = {"a": scale * jnp.ones((2, 3)), "b": scale * jnp.arange(4.0)}
    return pair, jnp.zeros(WIDE), jnp.array([True, False]), jax.random.key(0), jnp.array(0)


XS = jnp.linspace(0, 1, LENGTH)


def numbers(tree):
    is_key = lambda leaf: jnp.issubdtype(leaf.dtype, jax.dtypes.prng_key)
    return jax.tree.map(lambda leaf: jax.random.key_data(leaf) if is_key(leaf) else leaf, tree)


def test_a_packed_scan_is_a_scan():
    packed, plain = jax.jit(
        lambda: (packed_scan(step, start(), XS), jax.lax.scan(step, start(), XS))
    )()
    assert jax.tree.structure(packed) == jax.tree.structure(plain)
    jax.tree.map(np.testing.assert_array_equal, numbers(packed), numbers(plain))


def test_vmap_and_derivatives_go_through():
    def loss(scan, scale):
        (pair, wide, *_), out = scan(step, start(scale), XS)
        return jnp.sum(pair["a"] * jnp.mean(out["sum"])) + jnp.sum(wide)

    slope = lambda scan: jax.jit(jax.vmap(jax.grad(lambda scale: loss(scan, scale))))
    scales = jnp.array([0.5, 1.0, 2.0])
    expected = slope(jax.lax.scan)(scales)
    np.testing.assert_allclose(slope(packed_scan)(scales), expected, rtol=1e-6)


def test_small_arrays_of_one_dtype_are_packed():
    jaxpr = jax.make_jaxpr(lambda: packed_scan(step, start(), XS))()
    loop = next(eqn for eqn in jaxpr.eqns if eqn.primitive.name == "scan")
    carried = {(v.aval.shape, str(v.aval.dtype)) for v in loop.outvars[: loop.params["num_carry"]]}
    assert carried == {
        ((10,), "float32"),
        ((WIDE,), "float32"),
        ((2,), "bool"),
        ((), "key<fry>"),
        ((), "int32"),
    }


def test_a_carry_that_changes_its_dtype_is_an_error():
    with pytest.raises(TypeError, match=r"carry\['count'\]"):
        packed_scan(
            lambda carry, x: ({"count": carry["count"] + x}, x), {"count": jnp.zeros((), int)}, XS
        )
