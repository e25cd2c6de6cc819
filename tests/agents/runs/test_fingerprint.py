import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.sharding import NamedSharding, PartitionSpec

from agents.runs.fingerprint import LARGEST, fingerprint

RNG = np.random.default_rng(0)
TREE = {
    "float": RNG.normal(size=(4, 6, 5)).astype(np.float32),
    "integer": np.arange(4, dtype=np.int32),
    "boolean": np.ones((4, 3), bool),
    "half": np.ones((4, 2), jnp.bfloat16),
    "large": RNG.normal(size=(4, LARGEST)).astype(np.float32),
}
EXPECTED = fingerprint(TREE)


def test_it_does_not_depend_on_where_the_arrays_are():
    assert fingerprint(jax.tree.map(jnp.asarray, TREE)) == EXPECTED
    mesh = jax.make_mesh((1,), ("members",))
    sharding = NamedSharding(mesh, PartitionSpec("members"))
    assert fingerprint(jax.device_put(TREE, sharding)) == EXPECTED


def test_padding_does_not_count():
    padded = {path: np.concatenate([x, x[-1:]]) for path, x in TREE.items()}
    assert fingerprint(padded) != EXPECTED
    assert fingerprint(padded, num_members=4) == EXPECTED


@pytest.mark.parametrize("path", TREE)
def test_every_bit_counts(path):
    for _ in range(20):
        changed = TREE[path].copy()
        data = changed.reshape(-1).view(np.uint8)
        data[RNG.integers(len(data))] ^= 1
        assert fingerprint(TREE | {path: changed}) != EXPECTED


def test_shapes_types_and_names_count():
    x = TREE["float"]
    others = [x.reshape(4, 5, 6), x.view(np.int32), x[::-1]]
    assert all(fingerprint(TREE | {"float": other}) != EXPECTED for other in others)
    renamed = {path + "_": leaf for path, leaf in TREE.items()}
    assert fingerprint(renamed) != EXPECTED
